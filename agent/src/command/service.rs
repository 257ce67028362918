//! `dogwatch-agent service …`: have the system run the agent.

mod sleeping;

use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::ExitCode,
};

use clap::Subcommand;
use dogwatch_model::{Goodbye, IdError};

use crate::{
    config::Config,
    farewell,
    identity::Identity,
    service::{self, Plan, Sight, Standing},
    state_dir::{LockError, StateDir},
};

/// What can be typed after `service`.
#[derive(Debug, Subcommand)]
#[command(
    after_help = "Example:\n  dogwatch-agent enroll TOKEN && dogwatch-agent service install && dogwatch-agent service start"
)]
pub(super) enum Command {
    /// Have the system start the agent; done twice it is the same
    Install(Install),
    /// Take the agent out of the system; its identity stays unless --purge
    Uninstall(Uninstall),
    /// Start the service
    Start,
    /// Stop the service until it or the system is started again
    Stop(Stop),
    /// Show how the service stands: exit code 0 when it runs
    Status(Status),
    /// Have the running agent say goodbye before the machine sleeps; the system's own hook runs this
    #[command(hide = true)]
    Sleep,
    /// Have the agent connect again after a sleep; the system's own hook runs this
    #[command(hide = true)]
    Wake,
}

/// What can be typed after `service install`.
#[derive(Debug, clap::Args)]
pub(super) struct Install {
    /// The folder of a system image, to write into instead of this system (Linux and macOS)
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    /// The program to start [default: this one]
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    /// Let it see what only root may: kernel log, drives, other users' processes, secrets of backups (Linux)
    #[arg(long)]
    full_sight: bool,
}

/// What can be typed after `service uninstall`.
#[derive(Debug, clap::Args)]
pub(super) struct Uninstall {
    /// The folder of a system image (Linux and macOS)
    #[arg(long, value_name = "DIR", default_value = "/")]
    root: PathBuf,
    /// Also delete the state folder: identity, ledgers and reports that wait
    #[arg(long, conflicts_with = "root")]
    purge: bool,
    /// Do not ask whether --purge is meant
    #[arg(long, requires = "purge")]
    yes: bool,
}

/// What can be typed after `service stop`.
#[derive(Debug, clap::Args)]
pub(super) struct Stop {
    /// What the agent tells its collector: shutdown, upgrade or uninstall
    #[arg(long, default_value = "shutdown", value_parser = parse_reason)]
    reason: Goodbye,
}

/// What can be typed after `service status`.
#[derive(Debug, clap::Args)]
pub(super) struct Status {
    /// As JSON
    #[arg(long)]
    json: bool,
}

fn parse_reason(text: &str) -> Result<Goodbye, IdError> {
    text.parse()
}

pub(super) fn service(config: &Config, command: Command) -> anyhow::Result<ExitCode> {
    let runtime = super::runtime()?;
    match command {
        Command::Install(arguments) => runtime.block_on(install(config, arguments)),
        Command::Uninstall(arguments) => runtime.block_on(uninstall(config, &arguments)),
        Command::Start => {
            runtime.block_on(service::start())?;
            say(&["started".into()])
        }
        Command::Stop(Stop { reason }) => {
            leave_reason(config, reason);
            runtime.block_on(service::stop())?;
            say(&["stopped".into()])
        }
        Command::Sleep => runtime.block_on(sleeping::sleep(config)),
        Command::Wake => sleeping::wake(config),
        Command::Status(arguments) => status(&runtime.block_on(service::standing())?, &arguments),
    }
}

fn say(lines: &[String]) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    for line in lines {
        writeln!(out, "{line}")?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn install(config: &Config, arguments: Install) -> anyhow::Result<ExitCode> {
    let Install { root, program, full_sight } = arguments;
    let program = match program {
        Some(program) => program,
        None => std::env::current_exe()?,
    };
    let sight = if full_sight { Sight::Full } else { Sight::Plain };
    let mut done = service::install(&Plan { root: root.clone(), program, sight }).await?;
    if root == Path::new("/") {
        let enrolled = Identity::load(&config.state).is_ok();
        done.push(if enrolled {
            "start it with: dogwatch-agent service start".into()
        } else {
            "not enrolled yet: dogwatch-agent enroll TOKEN, then dogwatch-agent service start".into()
        });
    }
    say(&done)
}

async fn uninstall(config: &Config, arguments: &Uninstall) -> anyhow::Result<ExitCode> {
    let state = config.state.path();
    anyhow::ensure!(
        !arguments.purge || arguments.yes,
        "--purge deletes {} with this endpoint's identity; a new join token is needed to come back: add --yes if that is meant",
        state.display()
    );
    let here = arguments.root == Path::new("/");
    let was_running = here && service::standing().await.is_ok_and(|standing| standing.running);
    if arguments.purge && !was_running {
        // One that somebody runs by hand: before anything is gone.
        unused(&config.state)?;
    }
    if here {
        leave_reason(config, Goodbye::Uninstall);
    }
    let mut done: Vec<String> = was_running.then(|| "stopped the service".into()).into_iter().collect();
    done.extend(service::uninstall(&arguments.root).await?);
    if done.is_empty() {
        done.push("the service was not installed".into());
    }
    if arguments.purge {
        unused(&config.state)?;
        purge(state)?;
        done.push(format!("deleted {}", state.display()));
    } else if state.is_dir() && arguments.root == Path::new("/") {
        done.push(format!("left {} with the identity; --purge --yes deletes it", state.display()));
    }
    say(&done)
}

/// Nothing of a running agent is deleted: it would go on without its identity, and write what it knows anew.
fn unused(state: &StateDir) -> anyhow::Result<()> {
    match state.path().is_dir().then(|| state.lock()) {
        Some(Err(taken @ LockError::Taken { .. })) => {
            Err(anyhow::Error::from(taken).context("nothing was deleted"))
        }
        _ => Ok(()),
    }
}

/// Deletes the folder, and where it really lies when systemd has put a link there.
fn purge(state: &Path) -> anyhow::Result<()> {
    let real = fs::canonicalize(state).unwrap_or_else(|_| state.to_owned());
    let gone = |deleted: std::io::Result<()>| match deleted {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    };
    gone(fs::remove_dir_all(&real))?;
    if real != state {
        gone(fs::remove_file(state))?;
    }
    Ok(())
}

/// An agent that runs takes it along; that it could not be left is no reason not to stop.
fn leave_reason(config: &Config, reason: Goodbye) {
    if reason != Goodbye::Shutdown
        && config.state.path().is_dir()
        && let Err(error) = farewell::announce(&config.state, reason)
    {
        tracing::debug!(%error, "the reason of the stop is not told");
    }
}

fn status(standing: &Standing, arguments: &Status) -> anyhow::Result<ExitCode> {
    let mut out = std::io::stdout();
    if arguments.json {
        serde_json::to_writer_pretty(&mut out, standing)?;
        writeln!(out)?;
    } else {
        let word = |yes: bool, word: &str| if yes { word.to_owned() } else { format!("not {word}") };
        let Standing { manager, installed, enabled, running, detail } = standing;
        let detail = detail.as_ref().map(|detail| format!(": {detail}")).unwrap_or_default();
        let (installed, enabled) = (word(*installed, "installed"), word(*enabled, "enabled"));
        writeln!(out, "{installed}, {enabled}, {} ({manager}{detail})", word(*running, "running"))?;
    }
    Ok(if standing.running { ExitCode::SUCCESS } else { ExitCode::from(super::exit::FAILED) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_running_agent_uses_is_not_deleted() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::new(root.path().join("state"));
        unused(&state).unwrap();
        fs::create_dir(state.path()).unwrap();
        let running = state.lock().unwrap();
        let refusal = format!("{:#}", unused(&state).unwrap_err());
        assert!(
            refusal.starts_with("nothing was deleted: another dogwatch-agent is running on"),
            "{refusal}"
        );
        drop(running);
        unused(&state).unwrap();
        purge(state.path()).unwrap();
        assert!(!state.path().exists());
    }
}
