//! `dogwatch-agent backup …`: tells the agent how a backup went, by a file in its drop-in folder. The agent need not
//! run meanwhile; it finds the file when it does.

mod forget;
mod restore_test;
mod tail;
mod verdict;
mod wrap;

use std::{
    io::{self, Write as _},
    path::Path,
    process::ExitCode,
};

use clap::Subcommand;
use dogwatch_model::{BackupKind, IdError, RunResult};
use jiff::Timestamp;
use uuid::Uuid;

use crate::{
    config::{Config, interval},
    identity::Identity,
    schedule::Schedule,
    sources::backup::{
        drop_in::{self, DropIn},
        reserve,
    },
    state_dir,
};

/// What can be typed after `backup`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Run a backup command and report how it went; its exit code is passed on
    Run(wrap::Arguments),
    /// Run a command that restores a copy and proves it, and keep the evidence; its exit code is passed on
    RestoreTest(restore_test::Arguments),
    /// Report how a run went that something else has made
    Report(Box<Report>),
    /// Say that there is no such job any more: it is no longer late, and what was found of it clears
    Forget(forget::Arguments),
}

/// What both ways of reporting say about a job.
#[derive(Debug, clap::Args)]
struct Job {
    /// The job's name, unique on this machine
    #[arg(long = "job", value_name = "NAME")]
    name: String,
    /// What it does: backup, check, prune, replicate, verify or restore_test
    #[arg(long, default_value = "backup", value_parser = parse_kind)]
    kind: BackupKind,
    /// How often it should run, such as 24h or 7d
    #[arg(long, value_name = "INTERVAL", value_parser = interval::seconds)]
    every: Option<u64>,
    /// When it should run, where that is no plain interval: a crontab's five fields, such as "30 2 * * mon-fri"
    #[arg(long, value_name = "FIELDS", conflicts_with = "every")]
    cron: Option<String>,
    /// The zone whose clock --cron means, such as America/Toronto [default: this machine's]
    #[arg(long, value_name = "ZONE", requires = "cron")]
    zone: Option<String>,
    /// How old the last good copy may be, such as 26h
    #[arg(long, value_name = "INTERVAL", value_parser = interval::seconds)]
    rpo: Option<u64>,
    /// What makes the copy: restic, borg, pg_dump …
    #[arg(long)]
    product: Option<String>,
}

/// What can be typed after `backup report`.
#[derive(Debug, clap::Args)]
pub(super) struct Report {
    #[command(flatten)]
    job: Job,
    /// success, warning, failed, missed, running, cancelled or unknown
    #[arg(long, value_parser = parse_result)]
    result: RunResult,
    /// When it began, such as 2026-03-01T02:00:00Z
    #[arg(long, value_name = "TIME")]
    started_at: Option<Timestamp>,
    /// When it ended [default: now]
    #[arg(long, value_name = "TIME")]
    ended_at: Option<Timestamp>,
    /// Exit code of the command
    #[arg(long, value_name = "N", allow_negative_numbers = true)]
    exit_code: Option<i32>,
    /// What there is to say
    #[arg(long)]
    message: Option<String>,
    /// Bytes written by this run
    #[arg(long, value_name = "N")]
    bytes_added: Option<u64>,
    /// Bytes this run covers
    #[arg(long, value_name = "N")]
    bytes_total: Option<u64>,
    /// Snapshot or archive it made
    #[arg(long)]
    snapshot: Option<String>,
}

fn parse_kind(text: &str) -> Result<BackupKind, IdError> {
    text.parse()
}

fn parse_result(text: &str) -> Result<RunResult, IdError> {
    text.parse()
}

pub(super) fn backup(config: &Config, command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Run(arguments) => wrap::run(config, arguments),
        Command::RestoreTest(arguments) => restore_test::run(config, arguments),
        Command::Forget(arguments) => forget::run(config, arguments),
        Command::Report(report) => {
            drop_off(config, &report.into_drop_in())?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

impl Job {
    /// Refuses what the agent would refuse, before anything has run.
    fn check(&self) -> anyhow::Result<()> {
        if let Some(cron) = &self.cron {
            Schedule::new(cron, self.zone.as_deref()).map_err(anyhow::Error::msg)?;
        }
        Ok(())
    }

    fn drop_in(self, result: RunResult) -> DropIn {
        DropIn {
            job: self.name,
            result: result.as_str().to_owned(),
            kind: Some(self.kind.as_str().to_owned()),
            product: self.product,
            every_seconds: self.every,
            cron: self.cron,
            zone: self.zone,
            rpo_seconds: self.rpo,
            ..DropIn::default()
        }
    }
}

impl Report {
    fn into_drop_in(self) -> DropIn {
        DropIn {
            started_at: self.started_at,
            ended_at: self.ended_at,
            exit_code: self.exit_code,
            message: self.message,
            bytes_added: self.bytes_added,
            bytes_total: self.bytes_total,
            snapshot: self.snapshot,
            ..self.job.drop_in(self.result)
        }
    }
}

/// Writes a drop-in of a command that has ended; that it cannot be written must not change how that ended.
fn drop_off_or_say(config: &Config, drop_in: &DropIn) -> io::Result<()> {
    match drop_off(config, drop_in) {
        Ok(()) => Ok(()),
        Err(error) => writeln!(
            io::stderr(),
            "dogwatch-agent: this run is not reported: {error:#}; once that is mended: dogwatch-agent backup report \
             --job {} --result {}",
            quoted(&drop_in.job),
            drop_in.result
        ),
    }
}

/// While there is room, some is kept for the report of a command that fills the disk. An agent that is here has done so
/// already, unless it was spent; one that is not needs none.
fn keep_reserve(config: &Config) {
    if config.state.path().is_dir() {
        // Without it the report may fail, and that will be said then.
        let _ = reserve::keep(&config.state);
    }
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Writes a drop-in, after the same check that the agent will make of it.
fn drop_off(config: &Config, drop_in: &DropIn) -> anyhow::Result<()> {
    let now = Timestamp::now();
    let json = serde_json::to_string_pretty(drop_in)?;
    drop_in::parse(&json, "this run", now, now)?;
    leave(config, &json, now)
}

/// Leaves a file in the drop-in folder.
fn leave(config: &Config, json: &str, now: Timestamp) -> anyhow::Result<()> {
    let name = format!("{:017}-{}.json", now.as_microsecond(), Uuid::new_v4());
    let folder = config.state.backup_drop_ins();
    if !folder.exists() {
        config.state.create()?;
        state_dir::create_private_dir(&folder)?;
    }
    write(config, &folder.join(name), json.as_bytes())?;
    if !Identity::is_in(&config.state) {
        let folder = config.state.path().display();
        writeln!(
            io::stderr(),
            "dogwatch-agent: no agent is enrolled in {folder}, so nobody reads this run; name the folder of the one \
             that runs here with --state-dir"
        )?;
    }
    Ok(())
}

/// Writes the file; on a full disk into the room that is kept for that.
fn write(config: &Config, path: &Path, json: &[u8]) -> anyhow::Result<()> {
    match state_dir::write_atomically(path, json) {
        Err(full) if reserve::is_want_of_room(full.kind()) => {
            reserve::spend(&config.state, path, json).map_err(|_| full)?;
            writeln!(
                io::stderr(),
                "dogwatch-agent: the disk is full; this run is reported from the reserve, make room on {}",
                config.state.path().display()
            )?;
            Ok(())
        }
        written => Ok(written?),
    }
}
