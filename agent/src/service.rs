//! The system's service manager: told how the agent is doing, and asked to run it.
//!
//! One `imp` per system with the same functions: systemd, the Windows service control manager, launchd. What an
//! installed service runs is `dogwatch-agent run` with the defaults of [`crate::paths`]; other folders are for agents
//! that people run by hand.
//!
//! It installs a service and nothing else: the program stays where it is, so that package managers keep what is theirs.

#[cfg(any(target_os = "macos", all(unix, test)))]
#[cfg_attr(
    not(target_os = "macos"),
    expect(dead_code, unreachable_pub, reason = "other systems only test it")
)]
mod launchd;
#[cfg(target_os = "macos")]
use launchd as imp;

#[cfg(windows)]
mod scm;
#[cfg(windows)]
use scm as imp;

#[cfg(target_os = "linux")]
mod systemd;
#[cfg(target_os = "linux")]
use systemd as imp;

pub(crate) mod launchctl_print;
#[cfg(any(windows, test))]
mod log_file;
mod program;
pub(crate) mod systemctl_show;
#[cfg(unix)]
mod tool;

use std::{
    io,
    path::{Path, PathBuf},
};

#[cfg(windows)]
pub use imp::power_news;
pub use imp::{asked_to_end, dispatch, log_lines, ready, status, stopping};
use serde::Serialize;

use crate::sources::process::ProcessError;

/// What the service is called, on every system.
pub const NAME: &str = "dogwatch-agent";

/// What to install, and where.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The system's root: `/`, or the folder of an image that is being made. In an image only files are written.
    pub root: PathBuf,
    /// The program that the service starts, as the system will see it.
    pub program: PathBuf,
    /// How much of the machine it may see.
    pub sight: Sight,
}

/// How much of the machine the service may see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sight {
    /// What every user of the machine may see; no rights at all.
    Plain,
    /// Also what only root may: the kernel's log, drives, other users' processes, the secrets of backups.
    Full,
}

/// How the service stands with its manager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Standing {
    /// Which manager.
    pub manager: &'static str,
    /// It knows the service.
    pub installed: bool,
    /// It starts it with the system.
    pub enabled: bool,
    /// It is running it.
    pub running: bool,
    /// The manager's own words, such as `failed (exit-code)`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Standing {
    fn absent(manager: &'static str) -> Self {
        Self { manager, installed: false, enabled: false, running: false, detail: None }
    }
}

/// Why the service manager did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum ServiceError {
    /// Not on this system, or not like this.
    #[error("{0}")]
    Unsupported(String),
    /// A program that a service must not start.
    #[error("{0}")]
    Program(String),
    /// Only the administrator may.
    #[error("{0}; run this as {1}")]
    NotAllowed(String, &'static str),
    /// The manager said no.
    #[error("{0}")]
    Refused(String),
    /// A file of the service.
    #[error("cannot {verb} {path}: {cause}")]
    File {
        /// What was tried.
        verb: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// The manager's tool did not run.
    #[error(transparent)]
    Tool(#[from] ProcessError),
}

/// Installs the service and has it start with the system; done twice it is the same. Says what it did, a line each.
///
/// # Errors
/// When the manager is not there, is not allowed to, or refuses.
pub async fn install(plan: &Plan) -> Result<Vec<String>, ServiceError> {
    if plan.root == Path::new("/") {
        program::check(&plan.program)?;
    }
    imp::install(plan).await
}

/// Stops the service and takes it out of the manager. The state folder stays.
///
/// # Errors
/// As [`install`].
pub async fn uninstall(root: &Path) -> Result<Vec<String>, ServiceError> {
    imp::uninstall(root).await
}

/// Starts the service.
///
/// # Errors
/// When it is not installed, or does not start.
pub async fn start() -> Result<(), ServiceError> {
    imp::start().await
}

/// Stops the service until it is started again, or the system is.
///
/// # Errors
/// When it is not installed, or does not stop.
pub async fn stop() -> Result<(), ServiceError> {
    imp::stop().await
}

/// How the service stands.
///
/// # Errors
/// When the manager cannot be asked.
pub async fn standing() -> Result<Standing, ServiceError> {
    imp::standing().await
}
