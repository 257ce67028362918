//! The crates in use, as `cargo tree` lists them.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

/// One crate in one version.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Crate {
    pub(super) name: String,
    pub(super) licence: String,
    /// Where it comes from, if that is not the registry: a folder for our own, a repository for others.
    pub(super) origin: Option<String>,
}

impl Crate {
    /// Whether it is a package of this workspace; cargo shows those by their folder.
    pub(super) fn is_ours(&self) -> bool {
        self.origin.as_deref().is_some_and(|origin| !origin.contains("://"))
    }
}

/// Which part of the graph.
#[derive(Clone, Copy)]
pub(super) enum Scope {
    /// All that any package needs on any target, for its build and its tests too.
    Everything,
    /// What this package links on this machine's target.
    Linked(&'static str),
}

pub(super) fn list(root: &Path, scope: Scope) -> Result<Vec<Crate>> {
    let mut command = Command::new(env!("CARGO"));
    command.current_dir(root).args(["tree", "--locked", "--prefix", "none", "--format", "{p}|{l}"]);
    match scope {
        Scope::Everything => command.args(["--workspace", "--target", "all", "--edges", "normal,build,dev"]),
        Scope::Linked(package) => command.args(["--package", package, "--edges", "normal"]),
    };
    let output = command.output().context("cannot run cargo tree")?;
    ensure!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr).trim());
    parse(&String::from_utf8_lossy(&output.stdout))
}

/// Reads lines such as `serde v1.0.228|MIT OR Apache-2.0 (*)`; the star says that it was listed before.
pub(super) fn parse(listing: &str) -> Result<Vec<Crate>> {
    let lines = listing.lines().filter(|line| !line.is_empty());
    let crates: Result<BTreeSet<Crate>> = lines.map(parse_line).collect();
    Ok(crates?.into_iter().collect())
}

fn parse_line(line: &str) -> Result<Crate> {
    let line = line.strip_suffix(" (*)").unwrap_or(line);
    let (package, licence) = line.rsplit_once('|').with_context(|| format!("cargo tree wrote {line:?}"))?;
    let mut words = package.split_whitespace();
    let name = words.next().with_context(|| format!("cargo tree wrote {line:?}"))?;
    let origin = words
        .filter_map(|word| word.strip_prefix('(')?.strip_suffix(')'))
        .find(|word| *word != "proc-macro")
        .map(str::to_owned);
    Ok(Crate { name: name.to_owned(), licence: licence.to_owned(), origin })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_cargo_tree_are_read() -> Result<()> {
        let listing = "serde v1.0.0 (proc-macro)|MIT OR Apache-2.0\nserde v1.0.0 (proc-macro)|MIT OR Apache-2.0 (*)\n\
                       agent v0.1.0 (/home/dog/agent)|MIT\n";
        let crates = parse(listing)?;
        assert_eq!(crates.len(), 2, "{crates:?}");
        assert!(crates[0].is_ours());
        assert_eq!(crates[1].licence, "MIT OR Apache-2.0");
        assert_eq!(crates[1].origin, None);
        Ok(())
    }
}
