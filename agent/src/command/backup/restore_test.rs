//! `dogwatch-agent backup restore-test --job NAME -- COMMAND…`: the command restores a copy and proves it; how that
//! went, how long it took and who did it becomes the job's evidence.
//!
//! The command line is not part of the evidence: it may hold what nobody else should read.

use std::{ffi::OsString, process::ExitCode};

use dogwatch_model::{BackupKind, IdError, RestoreKind};
use jiff::Timestamp;

use super::{
    drop_off_or_say, keep_reserve,
    wrap::{self, Ran},
};
use crate::{
    config::{Config, interval},
    sources::backup::drop_in::DropIn,
};

/// What can be typed after `backup restore-test`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Example:\n  dogwatch-agent backup restore-test --job nightly --kind file --rto 4h -- sh restore-and-compare.sh"
)]
pub(in crate::command) struct Arguments {
    /// The job whose copy is restored
    #[arg(long, value_name = "NAME")]
    job: String,
    /// What is restored: full, file, database, application or boot
    #[arg(long, value_parser = parse_kind)]
    kind: Option<RestoreKind>,
    /// Who tests [default: who is logged in]
    #[arg(long, value_name = "PERSON")]
    by: Option<String>,
    /// How long it may take, such as 4h
    #[arg(long, value_name = "INTERVAL", value_parser = interval::seconds)]
    rto: Option<u64>,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

fn parse_kind(text: &str) -> Result<RestoreKind, IdError> {
    text.parse()
}

pub(super) fn run(config: &Config, arguments: Arguments) -> anyhow::Result<ExitCode> {
    keep_reserve(config);
    let started_at = Timestamp::now();
    let ran = wrap::execute_to_end(&arguments.command, None)?;
    let drop_in = DropIn {
        job: arguments.job,
        result: ran.result.as_str().to_owned(),
        kind: Some(BackupKind::RestoreTest.as_str().to_owned()),
        started_at: Some(started_at),
        ended_at: Some(Timestamp::now().max(started_at)),
        exit_code: Some(ran.exit_code),
        rto_seconds: arguments.rto,
        restore_kind: arguments.kind.map(|kind| kind.as_str().to_owned()),
        by: arguments.by.or_else(who_is_logged_in),
        evidence: Some(evidence(&arguments.command, &ran)),
        ..DropIn::default()
    };
    drop_off_or_say(config, &drop_in)?;
    Ok(ran.code())
}

fn evidence(command: &[OsString], ran: &Ran) -> String {
    let program = wrap::program_name(command).unwrap_or_default();
    let Ran { exit_code, output_bytes, output_sha256, message, .. } = ran;
    let mut text =
        format!("{program}: exit code {exit_code}, {output_bytes} bytes of output, sha256 {output_sha256}");
    if let Some(message) = message {
        text.push('\n');
        text.push_str(message);
    }
    text
}

pub(super) fn who_is_logged_in() -> Option<String> {
    let named = ["SUDO_USER", "LOGNAME", "USER", "USERNAME"];
    named.iter().find_map(|name| std::env::var(name).ok().filter(|who| !who.trim().is_empty()))
}
