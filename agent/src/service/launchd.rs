//! launchd: a daemon described by a property list in `/Library/LaunchDaemons`.
//!
//! launchd knows no state between loaded and not: a daemon that is to stay up is started again whenever it ends, so
//! `stop` unloads it, and the next start of the system, or `start`, loads it again. Nobody is told how the agent is
//! doing: launchd watches the process and nothing else.

mod plist;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    NAME, Plan, ServiceError, Sight, Standing,
    launchctl_print::{self as print, LABEL},
    tool::Tool,
};
use crate::state_dir::StateDir;

const MANAGER: &str = "launchd";
const DAEMONS: &str = "Library/LaunchDaemons";
/// Where standard error goes; newsyslog or the owner rotates it.
const LOG: &str = "/Library/Logs/dogwatch-agent.log";

/// launchd wants no word of it.
pub fn ready() {}

/// launchd wants no word of it.
pub fn stopping() {}

/// Where log lines go: launchd puts standard error into a file.
pub fn log_lines(_: &StateDir) -> fn() -> io::Stderr {
    io::stderr
}

/// launchd shows no line of the daemon's own.
pub fn status(_: &str) {}

/// launchd starts a daemon as any other process.
pub fn dispatch(main: impl FnOnce() -> anyhow::Result<()> + Send + 'static) -> anyhow::Result<()> {
    main()
}

/// A service manager that asks by signals asks nothing here.
pub async fn asked_to_end() {
    std::future::pending().await
}

pub(super) async fn install(plan: &Plan) -> Result<Vec<String>, ServiceError> {
    Launchd::of(&plan.root).install(plan).await
}

pub(super) async fn uninstall(root: &Path) -> Result<Vec<String>, ServiceError> {
    Launchd::of(root).uninstall().await
}

pub(super) async fn start() -> Result<(), ServiceError> {
    Launchd::of(Path::new("/")).start().await
}

pub(super) async fn stop() -> Result<(), ServiceError> {
    Launchd::of(Path::new("/")).control(&["bootout", &target()]).await
}

pub(super) async fn standing() -> Result<Standing, ServiceError> {
    Launchd::of(Path::new("/")).standing().await
}

fn target() -> String {
    format!("system/{LABEL}")
}

/// A system, running or being made.
struct Launchd {
    root: PathBuf,
    /// None for an image.
    launchctl: Option<Tool>,
}

impl Launchd {
    fn of(root: &Path) -> Self {
        let launchctl = (root == Path::new("/")).then(|| Tool::new("/bin/launchctl"));
        Self { root: root.to_owned(), launchctl }
    }

    fn plist(&self) -> PathBuf {
        self.root.join(DAEMONS).join(format!("{LABEL}.plist"))
    }

    async fn control(&self, arguments: &[&str]) -> Result<(), ServiceError> {
        if let Some(launchctl) = &self.launchctl {
            launchctl.run(arguments).await?;
        }
        Ok(())
    }

    async fn install(&self, plan: &Plan) -> Result<Vec<String>, ServiceError> {
        if plan.sight == Sight::Full {
            let advice = "a daemon is root here already; grant Full Disk Access to the program in System Settings > \
                          Privacy & Security for what that still hides";
            return Err(ServiceError::Unsupported(advice.into()));
        }
        let path = self.plist();
        write(&path, &plist::text(&plan.program)?)?;
        // A daemon that was switched off with `launchctl disable` is not loaded, whatever its list says.
        self.control(&["enable", &target()]).await?;
        Ok(vec![format!("wrote {}", path.display()), format!("enabled {LABEL}: it starts with the system")])
    }

    /// Loads it, which starts it; one that is loaded and not running is started.
    async fn start(&self) -> Result<(), ServiceError> {
        if self.is_loaded().await {
            return self.control(&["kickstart", &target()]).await;
        }
        let path = self.plist();
        if !path.is_file() {
            return Err(ServiceError::Unsupported(format!(
                "{NAME} is not installed; try: {NAME} service install"
            )));
        }
        self.control(&["bootstrap", "system", &path.to_string_lossy()]).await
    }

    async fn is_loaded(&self) -> bool {
        self.control(&["print", &target()]).await.is_ok()
    }

    async fn uninstall(&self) -> Result<Vec<String>, ServiceError> {
        if self.launchctl.is_some() && self.is_loaded().await {
            self.control(&["bootout", &target()]).await?;
        }
        let path = self.plist();
        match fs::remove_file(&path) {
            Ok(()) => Ok(vec![format!("removed {}", path.display())]),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(file("remove", &path, error)),
        }
    }

    async fn standing(&self) -> Result<Standing, ServiceError> {
        let installed = self.plist().is_file();
        let Some(launchctl) = self.launchctl.as_ref().filter(|_| installed) else {
            return Ok(Standing { installed, enabled: installed, ..Standing::absent(MANAGER) });
        };
        // launchctl fails for a daemon that is not loaded, and has no other word for it.
        let printed = launchctl.run(&["print", &target()]).await.unwrap_or_default();
        let disabled = launchctl.run(&["print-disabled", "system"]).await.unwrap_or_default();
        Ok(print::parse(&printed, &disabled))
    }
}

fn file(verb: &'static str, path: &Path, cause: io::Error) -> ServiceError {
    if cause.kind() == io::ErrorKind::PermissionDenied {
        return ServiceError::NotAllowed(format!("cannot {verb} {}", path.display()), "root, with sudo");
    }
    ServiceError::File { verb, path: path.to_owned(), cause }
}

fn write(path: &Path, text: &str) -> Result<(), ServiceError> {
    let made = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    made.map_err(|cause| file("write", path, cause))
}

#[cfg(test)]
mod tests;
