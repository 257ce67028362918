//! Chores of the workspace: `cargo run -p xtask -- tidy` and `… -- licences`.
//!
//! Taste that a machine can check is checked here and not in review. Every finding is one line that says
//! where, what and how to mend it; any finding makes the exit code 1.
//!
//! What is deliberately missing: anything a compiler lint already says (see `[workspace.lints]`), and any
//! change to a file. A check reports, a person mends.

mod finding;
mod licences;
mod source;
mod tidy;
mod tree;

use std::process::ExitCode;

use anyhow::{Context, Result, bail};

use crate::finding::Finding;

const USAGE: &str = "\
usage: cargo run -p xtask -- COMMAND

  tidy       names, sizes, words, manners and dependency arrows of every file in the repository
  licences   licences, banned crates and sources of every dependency, against deny.toml
";

fn main() -> Result<ExitCode> {
    let root = repository_root()?;
    let command = std::env::args().nth(1).unwrap_or_default();
    let findings = match command.as_str() {
        "tidy" => tidy::run(&root)?,
        "licences" => licences::run(&root)?,
        "help" | "--help" | "-h" => {
            say(USAGE);
            return Ok(ExitCode::SUCCESS);
        }
        other => bail!("no command {other:?}\n{USAGE}"),
    };
    Ok(report(&command, &findings))
}

/// The folder that holds the workspace, found from this package's own place in it.
fn repository_root() -> Result<std::path::PathBuf> {
    let package = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let root = package.ancestors().nth(2).context("packaging/xtask has no repository above it")?;
    Ok(root.to_owned())
}

fn report(command: &str, findings: &[Finding]) -> ExitCode {
    for finding in findings {
        say(&format!("{finding}\n"));
    }
    if findings.is_empty() {
        say(&format!("{command}: nothing to mend\n"));
        return ExitCode::SUCCESS;
    }
    say(&format!("{command}: {} to mend\n", findings.len()));
    ExitCode::FAILURE
}

#[expect(clippy::print_stdout, reason = "the findings are this program's output")]
fn say(text: &str) {
    print!("{text}");
}
