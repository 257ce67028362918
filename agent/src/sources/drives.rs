//! Drives: what they say of themselves, by smartctl where it is installed, else what the system tells without it.
//!
//! Looked at a few times a day: a drive seldom changes its mind, and asking costs it more than us. A drive that sleeps is
//! never woken: what it said last stands. Without smartctl, or without the right to ask, there is no judgement, and the
//! standing of this source says why: "not asked" must not look like "healthy".

mod growth;
#[cfg(target_os = "linux")]
#[path = "drives/linux.rs"]
mod imp;
#[cfg(not(target_os = "linux"))]
#[path = "drives/portable.rs"]
mod imp;
mod smartctl;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use dogwatch_model::{Drive, ScanResult};
use dogwatch_proto::conversions::limits;
use growth::Growth;
use smartctl::{Answer, Found};
use tokio::time::Instant;

use super::{
    Desk, Look, Retry,
    process::{self, Output, ProcessError},
};
use crate::{clock, report::Observation, sources::order, state_dir::StateDir};

/// Between two looks.
const INTERVAL: Duration = Duration::from_secs(6 * 3600);
/// A drive that answers slowly (spinning up, behind a controller) needs seconds.
const ANSWER: Duration = Duration::from_secs(30);

/// What a sandbox without devices looks like.
const HIDDEN: &str = "Permission denied: the agent's service is shown no drive of this machine";

/// Looks at drives.
pub struct Inspector {
    root: PathBuf,
    tool: String,
    /// What each drive said last, by device: for those that sleep.
    last: BTreeMap<String, Drive>,
    growth: Growth,
}

/// What a look came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Inspection {
    /// The drives, sorted by device.
    pub drives: Vec<Drive>,
    /// How looking went.
    pub result: ScanResult,
    /// Why it did not go well.
    pub reason: Option<String>,
}

impl Inspector {
    /// One for the machine below `root`, which remembers in `state` how many errors a drive had.
    pub fn new(root: &Path, state: &StateDir) -> Self {
        Self {
            root: root.to_owned(),
            tool: "smartctl".to_owned(),
            last: BTreeMap::new(),
            growth: Growth::load(state.clone()),
        }
    }

    /// One that remembers nothing: for a look that leaves no trace.
    pub fn without_memory(root: &Path, state: &StateDir) -> Self {
        let inspector = Self::new(root, state);
        Self { growth: inspector.growth.read_only(), ..inspector }
    }

    /// Looks now.
    pub async fn look(&mut self) -> Inspection {
        let known = imp::drives(&self.root);
        let mut troubles = Vec::new();
        let asked = match self.scan().await {
            Ok(found) => {
                if found.is_empty() && self.are_hidden(&known) {
                    troubles.push(HIDDEN.to_owned());
                }
                let mut drives = Vec::new();
                for device in found.into_iter().take(limits::DRIVES) {
                    drives.extend(self.ask(&device, &mut troubles).await);
                }
                Ok(drives)
            }
            Err(problem) => Err(problem),
        };
        let inspection = put_together(asked, known, troubles);
        let mut drives = inspection.drives;
        self.growth.note(&mut drives, clock::now().wall);
        self.last.clear();
        self.last.extend(drives.iter().map(|drive| (drive.device.clone(), drive.clone())));
        Inspection { drives, ..inspection }
    }

    /// The system knows drives, and none has a device: so it is in a sandbox that shows none.
    fn are_hidden(&self, known: &[Drive]) -> bool {
        let has_device = |drive: &Drive| self.root.join(drive.device.trim_start_matches('/')).exists();
        !known.is_empty() && !known.iter().any(has_device)
    }

    async fn run(&self, arguments: &[&str]) -> Result<Output, Problem> {
        match process::run(&self.tool, arguments, ANSWER).await {
            Ok(output) => Ok(output),
            Err(ProcessError::Start { cause, .. }) if cause.kind() == std::io::ErrorKind::NotFound => {
                Err(Problem::Missing)
            }
            Err(error) => Err(Problem::Failed(error.to_string())),
        }
    }

    async fn scan(&self) -> Result<Vec<Found>, Problem> {
        let output = self.run(&["--scan-open", "-j"]).await?;
        smartctl::scan(&output.stdout).ok_or_else(|| {
            // Versions before 7.0 know no JSON.
            let said =
                output.stderr.lines().chain(output.stdout.lines()).find(|line| !line.trim().is_empty());
            Problem::Failed(format!("smartctl cannot be understood: {}", said.unwrap_or("it said nothing")))
        })
    }

    /// One drive; `None` when it does not let itself be asked and was never seen.
    async fn ask(&self, device: &Found, troubles: &mut Vec<String>) -> Option<Drive> {
        let name = device.label();
        if let Some(error) = &device.open_error {
            troubles.push(format!("{name}: {error}"));
            return None;
        }
        let output = match self.run(&["-n", "standby", "-j", "-a", "-d", &device.kind, &device.name]).await {
            Ok(output) => output,
            Err(problem) => {
                troubles.push(format!("{name}: {problem}"));
                return None;
            }
        };
        match smartctl::drive(&output.stdout, &name) {
            Answer::Told(drive) => Some(*drive),
            Answer::Asleep => {
                self.last.get(&name).cloned().or_else(|| Some(Drive { device: name, ..Drive::default() }))
            }
            Answer::Refused(reason) => {
                troubles.push(format!("{name}: {reason}"));
                None
            }
        }
    }
}

/// Why no drive could be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum Problem {
    #[error("smartctl is not installed")]
    Missing,
    #[error("{0}")]
    Failed(String),
}

/// What smartctl said, and for the rest what the system knows.
fn put_together(
    asked: Result<Vec<Drive>, Problem>,
    known: Vec<Drive>,
    mut troubles: Vec<String>,
) -> Inspection {
    let problem = asked.as_ref().err().cloned();
    troubles.extend(problem.as_ref().map(Problem::to_string));
    let mut drives = asked.unwrap_or_default();
    let is_judged = drives.iter().any(|drive| drive.passed.is_some());
    for drive in known {
        if !drives.iter().any(|asked| is_same(asked, &drive)) {
            drives.push(drive);
        }
    }
    order::by(&mut drives, |a, b| a.device.cmp(&b.device));
    drives.dedup_by(|b, a| a.device == b.device);
    drives.truncate(limits::DRIVES);
    let (result, reason) = match (problem, troubles.as_slice()) {
        (Some(Problem::Missing), _) => (ScanResult::Unsupported, Some(troubles.join("; "))),
        (None, []) if is_judged || drives.is_empty() => (ScanResult::Ok, None),
        // Disks of virtual machines have nothing to tell.
        (None, []) => (ScanResult::Unsupported, Some("no drive here tells of its health".to_owned())),
        (_, troubles) => {
            let forbidden = troubles.iter().any(|trouble| smartctl::is_forbidden(trouble));
            let result = match (is_judged, forbidden) {
                (true, _) => ScanResult::Partial,
                // Nobody's fault, and trying again soon will not mend it.
                (false, true) => ScanResult::Unsupported,
                (false, false) => ScanResult::Failed,
            };
            (result, Some(format!("{}{}", if forbidden { "permission: " } else { "" }, troubles.join("; "))))
        }
    };
    Inspection { drives, result, reason }
}

/// Whether what smartctl asked is what the system knows: it may go by another name.
fn is_same(asked: &Drive, known: &Drive) -> bool {
    asked.device == known.device
        || is_namespace_of(&known.device, &asked.device)
        || (known.serial.is_some() && asked.serial == known.serial)
}

/// `/dev/nvme0n1` is the first part of `/dev/nvme0`.
fn is_namespace_of(device: &str, controller: &str) -> bool {
    device.strip_prefix(controller).is_some_and(|rest| {
        controller.starts_with("/dev/nvme")
            && rest.strip_prefix('n').is_some_and(|n| n.bytes().all(|b| b.is_ascii_digit()))
    })
}

/// For the table of parsers.
pub(super) fn survives(text: &str) {
    smartctl::survives(text);
}

/// Looks by interval and when asked; sooner again after a look that failed.
pub async fn run(mut desk: Desk, mut inspector: Inspector) {
    let mut retry = Retry::default();
    loop {
        let looked = Instant::now();
        let Inspection { drives, result, reason } = inspector.look().await;
        // What is not installed or not allowed stays so until somebody acts: only what went wrong is tried again soon.
        retry.note(result != ScanResult::Failed);
        desk.tell(Observation::Drives(drives)).await;
        desk.tell_standing("drives", result, reason).await;
        if desk.next_look(looked, |_| retry.wait(INTERVAL)).await == Look::Never {
            return;
        }
    }
}

#[cfg(test)]
mod tests;
