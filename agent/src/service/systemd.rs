//! systemd: `sd_notify(3)`, and a unit that it starts with the system.
//!
//! A unit that a package brought is enabled as it is; only where there is none is one written, the same one, to
//! `/etc/systemd/system`. In an image (`--root`) nothing is asked of the running system: the unit and its link in
//! `multi-user.target.wants` are all there is to being enabled.
//!
//! Beside the agent's own unit stands the one that has it say goodbye before the machine sleeps; they come and go together.

mod unit;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use sd_notify::NotifyState;
use unit::Unit;

use super::{Plan, ServiceError, Sight, Standing, systemctl_show as show, tool::Tool};
use crate::state_dir::StateDir;

const MANAGER: &str = "systemd";
const UNIT: &str = unit::AGENT.name;
/// In the order in which they are installed.
const UNITS: [&Unit; 2] = [&unit::AGENT, &unit::SLEEP];
/// Where packages put their units; the first two are one folder on a merged system.
const PACKAGED: [&str; 3] = ["usr/lib/systemd/system", "lib/systemd/system", "usr/local/lib/systemd/system"];
const OURS: &str = "etc/systemd/system";

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(false, state) {
        tracing::debug!(%error, "service manager not told");
    }
}

/// The agent is up: identity loaded, sources started. The link may still be down; that is no reason to restart it.
/// Does nothing when there is no `NOTIFY_SOCKET`, as the others.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The agent is on its way out.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// Where log lines go: the journal takes standard error.
pub fn log_lines(_: &StateDir) -> fn() -> io::Stderr {
    io::stderr
}

/// One line for `systemctl status`.
pub fn status(line: &str) {
    tell(&[NotifyState::Status(line)]);
}

/// systemd starts a service as any other process.
pub fn dispatch(main: impl FnOnce() -> anyhow::Result<()> + Send + 'static) -> anyhow::Result<()> {
    main()
}

/// A service manager that asks by signals asks nothing here.
pub async fn asked_to_end() {
    std::future::pending().await
}

pub(super) async fn install(plan: &Plan) -> Result<Vec<String>, ServiceError> {
    Systemd::of(&plan.root)?.install(plan).await
}

pub(super) async fn uninstall(root: &Path) -> Result<Vec<String>, ServiceError> {
    Systemd::of(root)?.uninstall().await
}

pub(super) async fn start() -> Result<(), ServiceError> {
    Systemd::of(Path::new("/"))?.control(&["start", UNIT]).await
}

pub(super) async fn stop() -> Result<(), ServiceError> {
    Systemd::of(Path::new("/"))?.control(&["stop", UNIT]).await
}

pub(super) async fn standing() -> Result<Standing, ServiceError> {
    Systemd::of(Path::new("/"))?.standing().await
}

/// A system, running or being made.
struct Systemd {
    root: PathBuf,
    /// None for an image.
    systemctl: Option<Tool>,
}

impl Systemd {
    fn of(root: &Path) -> Result<Self, ServiceError> {
        let root = root.to_owned();
        if root != Path::new("/") {
            return Ok(Self { root, systemctl: None });
        }
        // The test of sd_booted(3).
        if !Path::new("/run/systemd/system").is_dir() {
            let advice =
                "systemd does not run this system; have the init that does start `dogwatch-agent run`";
            return Err(ServiceError::Unsupported(advice.into()));
        }
        Ok(Self { root, systemctl: Some(Tool::new("systemctl")) })
    }

    fn packaged(&self, unit: &Unit) -> Option<PathBuf> {
        PACKAGED.iter().map(|folder| self.root.join(folder).join(unit.name)).find(|unit| unit.is_file())
    }

    fn own(&self, unit: &Unit) -> PathBuf {
        self.root.join(OURS).join(unit.name)
    }

    fn is_there(&self, unit: &Unit) -> bool {
        self.own(unit).is_file() || self.packaged(unit).is_some()
    }

    /// What `systemctl enable` makes.
    fn wish(&self, unit: &Unit) -> PathBuf {
        self.root.join(OURS).join(format!("{}.wants", unit.wanted_by)).join(unit.name)
    }

    fn drop_in(&self) -> PathBuf {
        self.root.join(OURS).join(format!("{UNIT}.d/full-sight.conf"))
    }

    async fn control(&self, arguments: &[&str]) -> Result<(), ServiceError> {
        if let Some(systemctl) = &self.systemctl {
            systemctl.run(arguments).await?;
        }
        Ok(())
    }

    async fn install(&self, plan: &Plan) -> Result<Vec<String>, ServiceError> {
        let mut done = Vec::new();
        for unit in UNITS {
            done.push(self.place(unit, &plan.program)?);
        }
        done.extend(self.open_eyes(plan.sight)?);
        self.control(&["daemon-reload"]).await?;
        for unit in UNITS {
            match self.systemctl {
                Some(_) => self.control(&["enable", unit.name]).await?,
                None => self.link(unit)?,
            }
        }
        done.push(format!("enabled {UNIT}: it starts with the system"));
        Ok(done)
    }

    /// A package's unit stays what it is.
    fn place(&self, unit: &Unit, program: &Path) -> Result<String, ServiceError> {
        if let Some(packaged) = self.packaged(unit) {
            return Ok(format!("uses the unit of the package: {}", packaged.display()));
        }
        write(&self.own(unit), &unit.text(program)?)?;
        Ok(format!("wrote {}", self.own(unit).display()))
    }

    fn open_eyes(&self, sight: Sight) -> Result<Option<String>, ServiceError> {
        let drop_in = self.drop_in();
        match sight {
            Sight::Full => {
                write(&drop_in, unit::FULL_SIGHT)?;
                Ok(Some(format!("wrote {}: it may see what root sees", drop_in.display())))
            }
            Sight::Plain => Ok(remove(&drop_in)?.then(|| format!("removed {}", drop_in.display()))),
        }
    }

    /// What `systemctl enable` does, for an image whose systemctl may not run here.
    fn link(&self, unit: &Unit) -> Result<(), ServiceError> {
        let (link, unit) = (self.wish(unit), self.packaged(unit).unwrap_or_else(|| self.own(unit)));
        let inside = Path::new("/").join(unit.strip_prefix(&self.root).unwrap_or(&unit));
        remove(&link)?;
        create_parent(&link)?;
        std::os::unix::fs::symlink(inside, &link).map_err(|cause| file("link", &link, cause))
    }

    async fn uninstall(&self) -> Result<Vec<String>, ServiceError> {
        if self.systemctl.is_some() {
            // An older installation has the first one only.
            if self.is_there(&unit::SLEEP) {
                self.control(&["disable", "--now", unit::SLEEP.name]).await?;
            }
            if self.standing().await?.installed {
                self.control(&["disable", "--now", UNIT]).await?;
            }
        }
        let mut done = Vec::new();
        let units = UNITS.iter().flat_map(|unit| [self.wish(unit), self.own(unit)]);
        for path in units.chain([self.drop_in()]) {
            if remove(&path)? {
                done.push(format!("removed {}", path.display()));
            }
        }
        // Empty now, unless somebody keeps a setting of their own there.
        let _ = self.drop_in().parent().map(fs::remove_dir);
        self.control(&["daemon-reload"]).await?;
        for unit in UNITS.iter().filter_map(|unit| self.packaged(unit)) {
            done.push(format!("left {} to its package, disabled", unit.display()));
        }
        Ok(done)
    }

    async fn standing(&self) -> Result<Standing, ServiceError> {
        let Some(systemctl) = &self.systemctl else { return Ok(self.standing_in_image()) };
        let properties = format!("--property={}", show::PROPERTIES);
        Ok(show::parse(&systemctl.run(&["show", UNIT, &properties]).await?))
    }

    fn standing_in_image(&self) -> Standing {
        let enabled = self.wish(&unit::AGENT).is_symlink();
        let installed = self.is_there(&unit::AGENT);
        Standing { installed, enabled, ..Standing::absent(MANAGER) }
    }
}

fn file(verb: &'static str, path: &Path, cause: io::Error) -> ServiceError {
    if cause.kind() == io::ErrorKind::PermissionDenied {
        return ServiceError::NotAllowed(format!("cannot {verb} {}", path.display()), "root");
    }
    ServiceError::File { verb, path: path.to_owned(), cause }
}

fn create_parent(path: &Path) -> Result<(), ServiceError> {
    path.parent()
        .map_or(Ok(()), fs::create_dir_all)
        .map_err(|cause| file("create the folder of", path, cause))
}

fn write(path: &Path, text: &str) -> Result<(), ServiceError> {
    create_parent(path)?;
    fs::write(path, text).map_err(|cause| file("write", path, cause))
}

/// Whether there was something to remove.
fn remove(path: &Path) -> Result<bool, ServiceError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(file("remove", path, error)),
    }
}

#[cfg(test)]
mod tests;
