//! What every source said last, and what all of them say together.
//!
//! A source that cannot tell keeps what it told last: its updates stay listed, its own entry says that the latest scan
//! failed, why, and of when the list is. So one that fails makes the whole `partial`, never shorter.

use std::time::Duration;

use dogwatch_model::{InstallResult, PatchSource, PatchStatus, ScanResult, Update};
use jiff::Timestamp;
use tokio::time::Instant;

use super::{package_manager::Manager, scan::Scan};
use crate::sources::{Retry, order};

/// What failed is tried again after half a minute, then less and less often, down to this.
const RETRY_AT_LEAST_EVERY: Duration = Duration::from_secs(3600);

/// A scan that has ended.
#[derive(Debug)]
pub(super) struct Ended {
    pub(super) manager: Manager,
    pub(super) scan: Scan,
    pub(super) scanned_at: Timestamp,
    pub(super) seconds: f64,
    /// What its inputs looked like before it began.
    pub(super) print: Option<u64>,
}

/// One source.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) manager: Manager,
    /// Its scan runs.
    pub(super) running: bool,
    /// Something changed while it ran.
    pub(super) again: bool,
    /// What its inputs looked like before its latest good scan, and when that was.
    pub(super) print: Option<(u64, Instant)>,
    /// When what failed is tried again.
    pub(super) retry_at: Option<Instant>,
    retry: Retry,
    standing: Option<PatchSource>,
    updates: Option<Vec<Update>>,
    latest: Latest,
}

/// What a source says beside its updates.
#[derive(Debug, Default)]
struct Latest {
    install_at: Option<Timestamp>,
    install_result: Option<InstallResult>,
    auto_update: Option<bool>,
    since_boot: Option<Vec<(String, Timestamp)>>,
}

impl Entry {
    fn new(manager: Manager) -> Self {
        Self {
            manager,
            running: false,
            again: false,
            print: None,
            retry_at: None,
            retry: Retry::default(),
            standing: None,
            updates: None,
            latest: Latest::default(),
        }
    }

    /// Nothing that it depends on has changed: what it told is still so.
    pub(super) fn still_so(&mut self, now: Timestamp) {
        if let Some(standing) = &mut self.standing {
            standing.scanned_at = now;
            standing.known_at = Some(now);
        }
    }

    fn take(&mut self, ended: Ended, now: Instant) {
        let Ended { scan, scanned_at, seconds, print, .. } = ended;
        let (result, error) = (scan.result(), scan.reason());
        let known_before = self.standing.take().and_then(|standing| standing.known_at);
        let good = scan.updates.is_ok();
        self.retry.note(good || result == ScanResult::Unsupported);
        let wait = self.retry.wait(RETRY_AT_LEAST_EVERY);
        self.retry_at = (result == ScanResult::Failed).then(|| now + wait);
        self.print = print.filter(|_| result == ScanResult::Ok).map(|print| (print, now));
        self.standing = Some(PatchSource {
            source: self.manager.name().to_owned(),
            result,
            error,
            scanned_at,
            known_at: if good { Some(scanned_at) } else { known_before },
            metadata_at: scan.metadata_at,
            scan_seconds: Some(seconds),
        });
        self.latest = Latest {
            install_at: scan.last_install_at,
            install_result: scan.last_install_result,
            auto_update: scan.auto_update,
            since_boot: scan.since_boot.or(self.latest.since_boot.take()),
        };
        if let Ok(updates) = scan.updates {
            self.updates = Some(updates);
        }
    }
}

/// All sources of this machine.
#[derive(Debug, Default)]
pub(super) struct Board {
    entries: Vec<Entry>,
}

impl Board {
    /// Takes in which sources there are now: what came is new, what went is forgotten.
    pub(super) fn keep(&mut self, here: &[Manager]) {
        self.entries.retain(|entry| here.contains(&entry.manager));
        for manager in here {
            if !self.entries.iter().any(|entry| entry.manager == *manager) {
                self.entries.push(Entry::new(*manager));
            }
        }
        order::by(&mut self.entries, |a, b| a.manager.cmp(&b.manager));
    }

    pub(super) fn entries(&mut self) -> &mut [Entry] {
        &mut self.entries
    }

    /// Takes in what a scan found; that of a source that went meanwhile is nobody's.
    pub(super) fn take(&mut self, ended: Ended, now: Instant) {
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.manager == ended.manager) {
            entry.take(ended, now);
        }
    }

    /// The earliest retry.
    pub(super) fn next_retry(&self) -> Option<Instant> {
        self.entries.iter().filter(|entry| !entry.running).filter_map(|entry| entry.retry_at).min()
    }

    /// Sources that have told no updates since the agent started, so that what was known of them may still be so.
    pub(super) fn silent(&self) -> Vec<&'static str> {
        self.entries
            .iter()
            .filter(|entry| entry.updates.is_none())
            .map(|entry| entry.manager.name())
            .collect()
    }

    /// Packages that want a reboot and are newer than the boot; `None` where no source can tell.
    pub(super) fn since_boot(&self) -> Option<Vec<(String, Timestamp)>> {
        let told: Vec<_> = self.entries.iter().filter_map(|entry| entry.latest.since_boot.as_ref()).collect();
        (!told.is_empty()).then(|| told.into_iter().flatten().cloned().collect())
    }

    /// What all say together; of a source whose first scan still runs there is nothing to say.
    pub(super) fn status(&self, now: Timestamp) -> PatchStatus {
        let heard: Vec<(&Entry, &PatchSource)> =
            self.entries.iter().filter_map(|entry| Some((entry, entry.standing.as_ref()?))).collect();
        if heard.is_empty() {
            return nothing(now, self.entries.is_empty());
        }
        let sources: Vec<PatchSource> = heard.iter().map(|(_, source)| (*source).clone()).collect();
        let updates: Vec<&Vec<Update>> =
            heard.iter().filter_map(|(entry, _)| entry.updates.as_ref()).collect();
        let newest = heard.iter().map(|(entry, _)| &entry.latest).max_by_key(|latest| latest.install_at);
        let by_itself = heard.iter().filter_map(|(entry, _)| entry.latest.auto_update);
        PatchStatus {
            source: sources.iter().map(|source| source.source.as_str()).collect::<Vec<_>>().join("+"),
            scanned_at: sources.iter().map(|source| source.scanned_at).max().unwrap_or(now),
            scan_seconds: sources.iter().filter_map(|source| source.scan_seconds).max_by(f64::total_cmp),
            result: together(&sources),
            error: reasons(&sources),
            metadata_at: sources.iter().filter_map(|source| source.metadata_at).min(),
            updates: (!updates.is_empty()).then(|| updates.into_iter().flatten().cloned().collect()),
            reboot: None,
            last_install_at: newest.and_then(|latest| latest.install_at),
            last_install_result: newest.and_then(|latest| latest.install_result),
            // Half of it is not "by itself".
            auto_update: by_itself.reduce(|all, one| all && one),
            sources,
        }
    }
}

/// The result of all: what one says alone, and `partial` where they differ.
fn together(sources: &[PatchSource]) -> ScanResult {
    let mut results = sources.iter().map(|source| source.result);
    let first = results.next().unwrap_or(ScanResult::Unsupported);
    if results.all(|result| result == first) { first } else { ScanResult::Partial }
}

/// Why it is not `ok`: each source that is not, by its name where there are several.
fn reasons(sources: &[PatchSource]) -> Option<String> {
    let told = sources.iter().filter_map(|source| Some((source, source.error.as_ref()?)));
    let said: Vec<String> = told
        .map(
            |(source, error)| {
                if sources.len() == 1 { error.clone() } else { format!("{}: {error}", source.source) }
            },
        )
        .collect();
    (!said.is_empty()).then(|| super::ground::clip(&said.join("; ")))
}

fn nothing(now: Timestamp, nobody: bool) -> PatchStatus {
    let error =
        if nobody { "no package manager that this version can ask" } else { "no source has answered yet" };
    PatchStatus {
        source: "none".to_owned(),
        scanned_at: now,
        scan_seconds: None,
        result: if nobody { ScanResult::Unsupported } else { ScanResult::Failed },
        error: Some(error.to_owned()),
        metadata_at: None,
        updates: None,
        reboot: None,
        last_install_at: None,
        last_install_result: None,
        auto_update: None,
        sources: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{super::ground::ScanError, *};

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn ended(manager: Manager, second: i64, updates: Result<&[&str], &str>) -> Ended {
        let updates = updates
            .map(|packages| packages.iter().map(|package| Update::missing(manager.name(), package)).collect())
            .map_err(|complaint| ScanError::Says { tool: "tool".into(), complaint: complaint.into() });
        let scan = Scan { metadata_at: Some(at(second - 10)), ..Scan::from(updates) };
        Ended { manager, scan, scanned_at: at(second), seconds: 1.0, print: None }
    }

    fn ids(status: &PatchStatus) -> Vec<&str> {
        status.updates.iter().flatten().map(|update| update.id.as_str()).collect()
    }

    #[tokio::test]
    async fn a_source_that_fails_keeps_its_list_and_its_failure_is_seen() {
        let (mut board, now) = (Board::default(), Instant::now());
        board.keep(&[Manager::Snap, Manager::Apt]);
        board.take(ended(Manager::Apt, 100, Ok(&["bash"])), now);
        board.take(ended(Manager::Snap, 105, Ok(&["firefox"])), now);
        let status = board.status(at(110));
        assert_eq!((status.source.as_str(), status.result), ("apt+snap", ScanResult::Ok));
        assert_eq!((status.scanned_at, status.metadata_at), (at(105), Some(at(90))));
        board.take(ended(Manager::Snap, 200, Err("no luck")), now);
        let status = board.status(at(210));
        assert_eq!(status.result, ScanResult::Partial);
        assert_eq!(status.error.as_deref(), Some("snap: tool says: no luck"));
        assert_eq!(ids(&status), ["apt:bash", "snap:firefox"]);
        let snap = &status.sources[1];
        assert_eq!(
            (snap.result, snap.scanned_at, snap.known_at),
            (ScanResult::Failed, at(200), Some(at(105)))
        );
        board.keep(&[Manager::Apt]);
        assert_eq!(ids(&board.status(at(220))), ["apt:bash"]);
    }

    #[tokio::test]
    async fn all_that_fail_are_failed_and_tell_no_list_that_nobody_told() {
        let (mut board, now) = (Board::default(), Instant::now());
        board.keep(&[Manager::Apt, Manager::Flatpak]);
        assert_eq!(board.status(at(1)).result, ScanResult::Failed);
        board.take(ended(Manager::Apt, 100, Err("a")), now);
        board.take(ended(Manager::Flatpak, 100, Err("b")), now);
        let status = board.status(at(101));
        assert_eq!((status.result, status.updates), (ScanResult::Failed, None));
        assert_eq!(board.silent(), ["apt", "flatpak"]);
        assert_eq!(board.next_retry(), Some(now + Duration::from_secs(30)));
    }
}
