//! Hot reload: a changed file is read again at once, and a bad one changes nothing but what is said of it.
//!
//! The folders are watched, not the files: editors replace files, and configuration managers swap links. SIGHUP and a
//! slow poll are the net below, for file systems that tell nothing.

use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use dogwatch_model::OrgId;
use jiff::Timestamp;
use notify::{RecursiveMode, Watcher as _};
use sd_notify::NotifyState;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};
use tokio_util::sync::CancellationToken;

use super::{Basis, OrgFiles, PolicyFault, orgs::Asked, read};
use crate::{
    core::{CoreHandle, Input},
    lifecycle::tell_service_manager,
};

/// Quiet time after a change before files are read: editors write in several steps.
const SETTLE: Duration = Duration::from_millis(200);

/// The net below the watch.
const POLL: Duration = Duration::from_secs(30);

/// What the files on disk came to when they were last read.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Standing {
    /// They are in force.
    InForce {
        /// Since when.
        since: Timestamp,
    },
    /// They are not valid; what was in force before still is.
    Refused {
        /// When they were read.
        at: Timestamp,
        /// Every fault, a line each.
        faults: Vec<String>,
    },
}

/// The watch over the policy folder.
pub struct Watch {
    folder: PathBuf,
    basis: Basis,
    core: CoreHandle,
    changes: mpsc::Receiver<()>,
    asked: mpsc::Receiver<Asked>,
    _watcher: Option<notify::RecommendedWatcher>,
    seen: Vec<(PathBuf, Vec<u8>)>,
}

impl Watch {
    /// Begins to watch.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn new(folder: PathBuf, basis: Basis, core: CoreHandle) -> Result<(Self, OrgFiles), PolicyFault> {
        let (changed, changes) = mpsc::channel(1);
        let watcher = watcher(&folder, RecursiveMode::Recursive, changed).inspect_err(|error| {
            tracing::warn!(%error, "policy files are not watched; they are polled every 30 s, and SIGHUP reads them at once");
        });
        let seen = super::read::files(&folder)?;
        let (orgs, asked) = OrgFiles::new(&folder);
        Ok((Self { folder, basis, core, changes, asked, _watcher: watcher.ok(), seen }, orgs))
    }

    /// Watches until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
        loop {
            let mut waits = None;
            let asked = tokio::select! {
                () = stop.cancelled() => return,
                _ = hangup.recv() => true,
                changed = self.changes.recv() => {
                    if changed.is_none() { std::future::pending::<()>().await; }
                    tokio::time::sleep(SETTLE).await;
                    while self.changes.try_recv().is_ok() {}
                    false
                }
                Some(reply) = self.asked.recv() => {
                    waits = Some(reply);
                    false
                }
                () = tokio::time::sleep(POLL) => false,
            };
            if asked {
                tell_service_manager(NotifyState::Reloading);
            }
            self.look(asked).await;
            if asked {
                tell_service_manager(NotifyState::Ready);
            }
            if let Some(reply) = waits {
                let _ = reply.send(Standing::clone(&self.core.policy_files()));
            }
        }
    }

    async fn look(&mut self, asked: bool) {
        let files = match super::read::files(&self.folder) {
            Ok(files) if files == self.seen && !asked => return,
            Ok(files) => files,
            Err(fault) => return self.refuse(&[fault]),
        };
        self.seen = files;
        let read = read(&self.folder, &self.basis).and_then(|policy| {
            let orphans = self.orphans(&policy);
            if !orphans.is_empty() {
                return Err(orphans);
            }
            let (versions, left) =
                self.core.read(|state| (state.matrices.clone(), state.access.left.clone()));
            policy.with_agreed(&versions, &left, Timestamp::now())
        });
        match read {
            Ok(policy) => {
                tracing::info!(
                    rules = policy.rules.rules().len(),
                    orgs = policy.orgs.len(),
                    "policy in force"
                );
                policy.warn_of_unanswerable();
                self.core.policy.store(Arc::new(policy));
                self.core.policy_files.store(Arc::new(Standing::InForce { since: Timestamp::now() }));
                let _ = self.core.inputs.send(Input::PolicyChanged).await;
            }
            Err(faults) => self.refuse(&faults),
        }
    }

    /// Orgs that have endpoints and would have no matrix: a file that was moved away by mistake, or is just being replaced.
    fn orphans(&self, policy: &super::Policy) -> Vec<PolicyFault> {
        let orgs: BTreeSet<OrgId> = self.core.read(|state| {
            let orgs = state.members.values().map(|member| &member.endpoint.org);
            orgs.filter(|org| !policy.orgs.contains_key(org)).cloned().collect()
        });
        let fault = |org| {
            PolicyFault::Content(format!(
                "policy/orgs/{org}.toml is gone, and org `{org}` has endpoints; put it back"
            ))
        };
        orgs.iter().map(fault).collect()
    }

    fn refuse(&self, faults: &[PolicyFault]) {
        let faults: Vec<String> = faults.iter().map(ToString::to_string).collect();
        tracing::warn!(faults = faults.join("; "), "policy files refused; what was in force still is");
        self.core.policy_files.store(Arc::new(Standing::Refused { at: Timestamp::now(), faults }));
    }
}

/// Tells `changed` whenever something in a folder changes.
pub(crate) fn watcher(
    folder: &Path,
    mode: RecursiveMode,
    changed: mpsc::Sender<()>,
) -> notify::Result<notify::RecommendedWatcher> {
    let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
        if event.is_ok_and(|event| !event.kind.is_access()) {
            // One token says it all: a full channel means that a look is due anyway.
            let _ = changed.try_send(());
        }
    })?;
    watcher.watch(folder, mode)?;
    Ok(watcher)
}
