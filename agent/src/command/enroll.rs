//! `dogwatch-agent enroll TOKEN`.

use std::{io::Write as _, process::ExitCode};

use dogwatch_model::{Class, IdError, JoinToken};

use crate::{
    config::Config,
    enroll::{self, MAX_TAGS, Request},
    paths,
};

/// What can be typed after `enroll`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  dogwatch-agent enroll 'dwj1~collector.example:7443~acme~toronto~…' --tag role=db"
)]
pub(super) struct Arguments {
    /// The join token, from `dogwatch join-token create`
    // A text here and not a token: the complaint about one that is cut must not print what is left of its secret.
    token: String,
    /// What to call this machine [default: its host name]
    #[arg(long)]
    name: Option<String>,
    /// A free tag, may be repeated
    #[arg(long = "tag", value_name = "TAG")]
    tags: Vec<String>,
    /// server, workstation, laptop or virtual [default: the collector's choice]
    #[arg(long, value_parser = parse_class)]
    class: Option<Class>,
}

fn parse_class(text: &str) -> Result<Class, IdError> {
    text.parse()
}

/// How to start what was enrolled, with the folder where that has to be named.
fn start_command(config: &Config) -> String {
    let folder = config.state.path();
    if folder == paths::state_dir() {
        return "dogwatch-agent run".into();
    }
    format!("dogwatch-agent run --state-dir '{}'", folder.display())
}

pub(super) fn enroll(config: &Config, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Arguments { token, name, tags, class } = arguments;
    anyhow::ensure!(tags.len() <= MAX_TAGS, "{} tags given, at most {MAX_TAGS} are taken", tags.len());
    let token: JoinToken = token.parse()?;
    let request = Request { token, name, tags, class };
    let enrolled = super::runtime()?.block_on(enroll::enroll(config, request))?;
    let record = enrolled.identity.record();
    let mut out = std::io::stdout();
    writeln!(
        out,
        "enrolled as `{}` ({}) in {}/{} at {}",
        record.name, record.endpoint_id, record.org, record.site, record.collector
    )?;
    if enrolled.approval_pending {
        writeln!(out, "somebody has to approve it: dogwatch endpoint approve {}", record.name)?;
    }
    writeln!(out, "start it with: {}", start_command(config))?;
    Ok(ExitCode::SUCCESS)
}
