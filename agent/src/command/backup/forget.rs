//! `dogwatch-agent backup forget JOB`: there is no such job any more, and whatever was found of it may clear.
//!
//! Nobody guesses that: a job of which nothing comes any more is late, and stays so until its machine says this.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use anyhow::bail;
use jiff::Timestamp;

use super::{leave, restore_test::who_is_logged_in};
use crate::{
    config::Config,
    sources::backup::{forgetting::ForgetFile, ledger::Ledger},
};

/// What can be typed after `backup forget`.
#[derive(Debug, clap::Args)]
#[command(after_help = "A run that comes later brings the job back, as a new one.")]
pub(in crate::command) struct Arguments {
    /// The job that is no more
    #[arg(value_name = "JOB")]
    job: String,
    /// Who says so [default: who is logged in]
    #[arg(long, value_name = "PERSON")]
    by: Option<String>,
}

pub(super) fn run(config: &Config, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { job, by } = arguments;
    // Whoever may not read the ledger may still write the word; the agent will say if it means nothing.
    if let Some(ledger) = Ledger::load_untouched(&config.state) {
        let known = ledger.names();
        if !known.contains(&job.as_str()) {
            bail!("no job `{job}` is known here; known are: {}", listed(&known));
        }
    }
    let now = Timestamp::now();
    let word = ForgetFile { forget: job, by: by.or_else(who_is_logged_in), at: Some(now) };
    leave(config, &serde_json::to_string_pretty(&word)?, now)?;
    if config.repositories.iter().any(|repository| repository.name == word.forget) {
        writeln!(
            io::stderr(),
            "dogwatch-agent: agent.toml still names a repository `{}`: its next snapshot brings the job back",
            word.forget
        )?;
    }
    Ok(ExitCode::SUCCESS)
}

fn listed(known: &[&str]) -> String {
    if known.is_empty() { "none".into() } else { known.join(", ") }
}
