//! What people type: `dogwatch-agent …`.

mod answer;
mod backup;
mod doctor;
mod enroll;
mod output;
mod preview;
mod run;
mod service;
mod status;

use std::{io, path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use dogwatch_model::join_token::JoinTokenError;

use crate::{
    config::{Config, ConfigError},
    dial::Failure,
    enroll::EnrollError,
    service::ServiceError,
};

/// Exit codes that other programs may rely on.
mod exit {
    pub(super) const FAILED: u8 = 1;
    pub(super) const USAGE: u8 = 2;
    pub(super) const NOT_ALLOWED: u8 = 4;
    pub(super) const UNREACHABLE: u8 = 5;
}

/// The Dogwatch agent: tells its collector how this machine is doing.
#[derive(Debug, Parser)]
#[command(
    name = "dogwatch-agent",
    version,
    after_help = "Example:\n  dogwatch-agent enroll TOKEN && dogwatch-agent run\n\nEnvironment:\n  DOGWATCH_LOG  which log lines appear, such as info, debug or warn,dogwatch_agent=debug [default: info]"
)]
pub struct Arguments {
    /// Folder for identity and ledgers [default: /var/lib/dogwatch-agent as root, else below XDG_STATE_HOME]
    #[arg(long, global = true, value_name = "DIR", env = "DOGWATCH_AGENT_STATE_DIR")]
    state_dir: Option<PathBuf>,
    /// Configuration file [default: /etc/dogwatch/agent.toml, if it is there]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Enrol this machine at a collector
    Enroll(enroll::Arguments),
    /// Run in the foreground; the service runs the same
    Run,
    /// Have the system run the agent
    #[command(subcommand)]
    Service(service::Command),
    /// Show what this agent is and how its link is doing
    Status(status::Arguments),
    /// Say what is wrong on this machine, and how to mend it
    Doctor(doctor::Arguments),
    /// Report how a backup went
    #[command(subcommand)]
    Backup(backup::Command),
    /// Show exactly what is sent to the collector, as JSON, with sizes
    Preview(preview::Arguments),
}

/// Runs a command to its end; errors are printed, each on one line.
pub fn main(arguments: Arguments) -> ExitCode {
    let located = Config::located(arguments.config.as_deref(), arguments.state_dir.as_deref());
    let done = match arguments.command {
        // What a bad file cannot spoil: the start by the last good one, the look at what is wrong, and people's backups.
        Command::Run => run::run(located),
        Command::Status(arguments) => status::status(&located, &arguments),
        Command::Doctor(arguments) => doctor::doctor(&located, &arguments),
        Command::Backup(command) => backup::backup(&located, command),
        Command::Service(command) => service::service(&located, command),
        Command::Enroll(arguments) => read(&located).and_then(|config| enroll::enroll(&config, arguments)),
        Command::Preview(arguments) => {
            read(&located).and_then(|config| preview::preview(&config, &arguments))
        }
    };
    match done {
        Ok(code) => code,
        // Whoever read our output has seen enough.
        Err(error) if is_broken_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

fn read(located: &Config) -> anyhow::Result<Config> {
    Ok(located.read()?)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    let kind = kind.or_else(|| error.downcast_ref::<serde_json::Error>()?.io_error_kind());
    kind == Some(io::ErrorKind::BrokenPipe)
}

fn fail(error: &anyhow::Error) -> ExitCode {
    let _ = io::Write::write_fmt(&mut io::stderr(), format_args!("dogwatch-agent: {error:#}\n"));
    ExitCode::from(exit_code(error))
}

fn exit_code(error: &anyhow::Error) -> u8 {
    let unreachable = |failure: &Failure| {
        matches!(
            failure,
            Failure::Resolve { .. }
                | Failure::Refused { .. }
                | Failure::Unreachable { .. }
                | Failure::TimedOut { .. }
                | Failure::Proxy { .. }
                | Failure::Broken { .. }
        )
    };
    if let Some(ServiceError::NotAllowed(..)) = error.downcast_ref() {
        return exit::NOT_ALLOWED;
    }
    match error.downcast_ref::<EnrollError>() {
        Some(EnrollError::Link(failure)) if unreachable(failure) => exit::UNREACHABLE,
        Some(EnrollError::Link(_) | EnrollError::Refused { .. }) => exit::NOT_ALLOWED,
        _ if error.is::<ConfigError>() || error.is::<JoinTokenError>() => exit::USAGE,
        _ => exit::FAILED,
    }
}

/// One thread for everything that waits, and a few for what blocks.
fn runtime() -> io::Result<tokio::runtime::Runtime> {
    /// Volumes that hang, file reads, name resolution. Threads go away when they have been idle for a while.
    const BLOCKING_THREADS: usize = 8;
    tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(BLOCKING_THREADS).build()
}
