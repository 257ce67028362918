//! Patch status: which updates are missing, since when, and whether a reboot is waiting.
//!
//! Looked at by interval, when the package database or the package lists change, and when asked. Lists are never
//! refreshed here: how old they are is reported, and whether that is too old is for the rules.

pub mod apt;
pub mod doctor;
mod first_seen;
mod reboot;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use dogwatch_model::{PatchStatus, ScanResult};
use dogwatch_proto::{conversions::limits, v1};
use first_seen::FirstSeen;
use jiff::Timestamp;
use prost::Message as _;
use tokio::{
    sync::Notify,
    time::{Instant, timeout, timeout_at},
};

use super::{Desk, Look, file_watch::FileWatch};
use crate::{report::Observation, state_dir::StateDir};

/// An installation writes many times: looked at when nothing has happened for this long.
const QUIET: Duration = Duration::from_secs(5);
/// But no later than this after the first write.
const UNREST: Duration = Duration::from_secs(60);
/// Room in a message for everything but the updates.
const FRAME: usize = 8 * 1024;

/// Looks for missing updates.
#[derive(Debug)]
pub struct Scanner {
    root: PathBuf,
    first_seen: FirstSeen,
}

impl Scanner {
    /// A scanner of the machine seen below `root`, which remembers in `state` since when an update is missing.
    pub fn new(root: &Path, state: &StateDir) -> Self {
        Self { root: root.to_owned(), first_seen: FirstSeen::load(state.clone()) }
    }

    /// A scanner that remembers nothing: for a look that leaves no trace.
    pub fn without_memory(root: &Path, state: &StateDir) -> Self {
        Self { root: root.to_owned(), first_seen: FirstSeen::load(state.clone()).read_only() }
    }

    /// Looks now.
    pub async fn scan(&mut self) -> PatchStatus {
        let started = Instant::now();
        let mut status = if apt::is_here(&self.root) { apt::scan(&self.root).await } else { unsupported() };
        status.scan_seconds = Some(started.elapsed().as_secs_f64());
        status.scanned_at = Timestamp::now();
        status.reboot = reboot::look(&self.root);
        if let Some(updates) = &mut status.updates {
            self.first_seen.assign(updates, status.scanned_at);
        }
        bounded(status)
    }
}

/// Looks by interval, on change and when asked.
pub async fn run(mut desk: Desk, mut scanner: Scanner, changed: Arc<Notify>) {
    loop {
        let looked = Instant::now();
        desk.tell(Observation::Patch(scanner.scan().await)).await;
        match desk.next_look_or(looked, |policy| policy.patch_scan, &changed).await {
            Look::Never => return,
            Look::Changed => settled(&changed).await,
            Look::Due | Look::Asked => {}
        }
    }
}

/// Waits until it has been quiet for a while.
async fn settled(changed: &Notify) {
    let latest = Instant::now() + UNREST;
    let quiet = async { while timeout(QUIET, changed.notified()).await.is_ok() {} };
    // Still restless: looked at all the same, and again after the next write.
    let _ = timeout_at(latest, quiet).await;
}

/// Watches what changes when packages are installed or lists refreshed.
pub fn watch(file_watch: &mut FileWatch, root: &Path, changed: &Arc<Notify>) {
    file_watch.watch(&root.join("var/lib/dpkg"), |name| name == "status", changed.clone());
    file_watch.watch(&root.join("var/lib/apt/lists"), |name| !name.starts_with("lock"), changed.clone());
}

fn unsupported() -> PatchStatus {
    PatchStatus {
        error: Some("no package manager that this version can ask".into()),
        ..empty("none", ScanResult::Unsupported)
    }
}

/// A status that says nothing yet.
fn empty(source: &str, result: ScanResult) -> PatchStatus {
    PatchStatus {
        source: source.to_owned(),
        scanned_at: Timestamp::UNIX_EPOCH,
        scan_seconds: None,
        result,
        error: None,
        metadata_at: None,
        updates: None,
        reboot: None,
        last_install_at: None,
        auto_update: None,
    }
}

/// Keeps the list to what one message can hold: what mends security faults stays, the rest is counted.
fn bounded(mut status: PatchStatus) -> PatchStatus {
    let Some(updates) = &mut status.updates else { return status };
    updates.sort_by(|a, b| (a.class, &a.id).cmp(&(b.class, &b.id)));
    let all = updates.len();
    let mut bytes = 0;
    let fits = updates.iter().take(limits::UPDATES).take_while(|update| {
        bytes += v1::Update::from(*update).encoded_len() + 4;
        bytes <= limits::MESSAGE_BYTES - FRAME
    });
    let kept = fits.count();
    if kept < all {
        updates.truncate(kept);
        status.result = ScanResult::Partial;
        status.error =
            Some(format!("{} of {all} updates are not listed: a report holds no more", all - kept));
    }
    status
}

#[cfg(test)]
mod tests {
    use dogwatch_model::{Update, UpdateClass, UpdateSeverity, UpdateState};

    use super::*;

    fn update(number: usize, class: UpdateClass) -> Update {
        Update {
            id: format!("apt:package-{number:05}"),
            package: format!("package-{number:05}"),
            installed: Some("1.0-1+deb12u1".into()),
            available: Some("1.0-1+deb12u2".into()),
            class,
            severity: UpdateSeverity::Unspecified,
            cves: Vec::new(),
            kbs: Vec::new(),
            origin: Some("Debian-Security:12/oldstable-security".into()),
            first_seen_missing: Timestamp::UNIX_EPOCH,
            state: UpdateState::Missing,
        }
    }

    #[test]
    fn a_list_that_no_message_can_hold_keeps_the_security_updates() {
        let mut updates: Vec<Update> = (0..5_000).map(|n| update(n, UpdateClass::Regular)).collect();
        updates.extend((5_000..5_100).map(|n| update(n, UpdateClass::Security)));
        let status = bounded(PatchStatus { updates: Some(updates), ..empty("apt", ScanResult::Ok) });
        assert!(v1::PatchStatus::from(&status).encoded_len() < limits::MESSAGE_BYTES - FRAME / 2);
        assert_eq!(status.result, ScanResult::Partial);
        let kept = status.updates.unwrap();
        assert!(kept.len() > 1_000);
        assert_eq!(kept.iter().filter(|update| update.class == UpdateClass::Security).count(), 100);
        assert!(status.error.unwrap().contains("of 5100 updates"));
    }

    #[tokio::test]
    async fn a_machine_without_a_known_package_manager_is_unsupported_not_fine() {
        let root = tempfile::tempdir().unwrap();
        let status = Scanner::new(root.path(), &StateDir::new(root.path())).scan().await;
        assert_eq!((status.result, status.updates), (ScanResult::Unsupported, None));
    }
}
