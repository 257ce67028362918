//! Looks at all sources at once: each has its own task, its own time limit and its own retries, so none waits for
//! another.
//!
//! What is ready is told when all are, or after [`PATIENCE`]; what comes later is told when it comes. A source whose
//! inputs nobody touched is not asked again (for a day): its answer still holds, and is not told again either.

use std::{path::Path, time::Duration};

use dogwatch_model::PatchStatus;
use jiff::Timestamp;
use tokio::{
    task::JoinSet,
    time::{Instant, sleep_until},
};

use super::{
    board::{Board, Ended, Entry},
    bounded, fingerprint,
    first_seen::FirstSeen,
    ground::Ground,
    package_manager::Manager,
    reboot::Evidence,
};
use crate::{sources::Look, state_dir::StateDir};

/// How long the quick wait for the slow.
const PATIENCE: Duration = Duration::from_secs(20);
/// An answer is asked for anew, and told again, after this, whatever the files say.
const BELIEVED: Duration = Duration::from_secs(24 * 3600);

/// Looks for missing updates.
#[derive(Debug)]
pub struct Scanner {
    ground: Ground,
    first_seen: FirstSeen,
    board: Board,
    running: JoinSet<Ended>,
    evidence: Evidence,
    /// Something is ready that was not told.
    untold: bool,
    told_at: Option<Instant>,
    patience: Duration,
    patient_until: Instant,
}

impl Scanner {
    /// A scanner of the machine seen below `root`, which remembers in `state` since when an update is missing.
    pub fn new(root: &Path, state: &StateDir) -> Self {
        Self::on(Ground::new(root), FirstSeen::load(state.clone()))
    }

    /// A scanner that remembers nothing: for a look that leaves no trace.
    pub fn without_memory(root: &Path, state: &StateDir) -> Self {
        Self::on(Ground::new(root), FirstSeen::load(state.clone()).read_only())
    }

    pub(super) fn on(ground: Ground, first_seen: FirstSeen) -> Self {
        Self {
            ground,
            first_seen,
            board: Board::default(),
            running: JoinSet::new(),
            evidence: Evidence::default(),
            untold: false,
            told_at: None,
            patience: PATIENCE,
            patient_until: Instant::now(),
        }
    }

    /// One that tells what it has at once.
    #[cfg(test)]
    pub(super) fn impatient(mut self) -> Self {
        self.patience = Duration::ZERO;
        self
    }

    /// Looks now, and waits for every source.
    pub async fn scan(&mut self) -> PatchStatus {
        self.start(Look::Asked);
        while let Some(ended) = self.running.join_next().await {
            self.ended(ended.ok());
        }
        self.status().await
    }

    /// Starts what is to be looked at; what runs already runs on.
    pub(super) fn start(&mut self, look: Look) {
        let here: Vec<Manager> =
            Manager::ALL.into_iter().filter(|manager| manager.is_here(self.ground.root())).collect();
        self.board.keep(&here);
        self.patient_until = Instant::now() + self.patience;
        for entry in self.board.entries().iter_mut().filter(|entry| entry.running) {
            entry.again |= look == Look::Changed;
        }
        self.launch(|_, unchanged| look == Look::Asked || !unchanged);
        // Nobody has to be waited for: there is no source, or all that was told still holds.
        let is_old = self.told_at.is_none_or(|at| at.elapsed() >= BELIEVED);
        self.untold |= self.running.is_empty() && (look != Look::Due || is_old);
    }

    /// Starts those that are wanted and do not run; each is judged with whether its inputs are as they were.
    fn launch(&mut self, wanted: impl Fn(&Entry, bool) -> bool) {
        for entry in self.board.entries().iter_mut().filter(|entry| !entry.running) {
            let print = fingerprint::of(self.ground.root(), entry.manager.inputs());
            let same = |(before, at): (u64, Instant)| Some(before) == print && at.elapsed() < BELIEVED;
            let unchanged = entry.print.is_some_and(same);
            if wanted(entry, unchanged) {
                entry.running = true;
                entry.retry_at = None;
                self.running.spawn(look_at(entry.manager, self.ground.clone(), print));
            } else if unchanged {
                entry.still_so(Timestamp::now());
            }
        }
    }

    /// Waits until there is something to tell.
    pub(super) async fn news(&mut self) {
        loop {
            if self.running.is_empty() {
                if std::mem::take(&mut self.untold) {
                    return;
                }
                match self.board.next_retry() {
                    Some(at) => sleep_until(at).await,
                    None => std::future::pending().await,
                }
                self.retry();
                continue;
            }
            let next_retry = self.board.next_retry();
            tokio::select! {
                Some(ended) = self.running.join_next() => self.ended(ended.ok()),
                () = sleep_until(self.patient_until), if self.untold => {
                    self.untold = false;
                    return;
                }
                () = async { if let Some(at) = next_retry { sleep_until(at).await } }, if next_retry.is_some() => {
                    self.retry();
                }
            }
        }
    }

    fn retry(&mut self) {
        let now = Instant::now();
        self.launch(|entry, _| entry.retry_at.is_some_and(|at| at <= now));
    }

    /// Takes in what a scan found. One that panicked found nothing, and its source is asked again another time.
    fn ended(&mut self, ended: Option<Ended>) {
        let manager = ended.as_ref().map(|ended| ended.manager);
        if let Some(ended) = ended {
            self.board.take(ended, Instant::now());
            self.evidence.is_old();
            self.untold = true;
        }
        let all_over = self.running.is_empty();
        for entry in self.board.entries() {
            entry.running &= !all_over && Some(entry.manager) != manager;
        }
        self.launch(|entry, unchanged| entry.again && !unchanged);
        for entry in self.board.entries().iter_mut().filter(|entry| Some(entry.manager) == manager) {
            entry.again = false;
        }
    }

    /// What is known now.
    pub(super) async fn status(&mut self) -> PatchStatus {
        (self.untold, self.told_at) = (false, Some(Instant::now()));
        let now = Timestamp::now();
        let mut status = self.board.status(now);
        let silent = self.board.silent();
        self.first_seen.assign(status.updates.as_deref_mut().unwrap_or_default(), &silent, now);
        let reboot = self.evidence.look(self.ground.root(), self.board.since_boot()).await;
        status.reboot = reboot.map(|mut reboot| {
            let seen = self.first_seen.reboot_since(reboot.pending, now);
            reboot.since = reboot.since.or(seen);
            reboot
        });
        bounded(status)
    }
}

async fn look_at(manager: Manager, ground: Ground, print: Option<u64>) -> Ended {
    let started = Instant::now();
    let scan = manager.scan(&ground).await;
    let seconds = started.elapsed().as_secs_f64();
    Ended { manager, scan, scanned_at: Timestamp::now(), seconds, print }
}
