//! Backup status: which jobs there are, how their last run went, and when one last succeeded.
//!
//! Runs come in two ways. They are told, as a file in `backup.d/`, whoever wrote it: the wrapper `dogwatch-agent backup
//! run`, the command `dogwatch-agent backup report`, or anybody's script. The folder is watched, so a run is told
//! within a moment; it is also polled, since watches can fail. And they are seen: repositories that the owner named,
//! and what can be found by itself, are looked at now and then; a look only ever reads.
//!
//! Both end in one ledger, where a run counts once, told or seen.

mod borg;
pub mod doctor;
pub mod drop_in;
mod facts;
mod filesystem;
pub(crate) mod forgetting;
mod found;
pub(crate) mod hush;
mod inbox;
mod kopia;
pub mod ledger;
mod looks;
pub(crate) mod noticed;
pub(super) mod parsers;
mod pgbackrest;
#[cfg(test)]
#[cfg(unix)]
mod real_tools;
mod repository;
pub(crate) mod reserve;
mod restic;
mod rsnapshot;
mod sighting;
mod size;
#[cfg(test)]
mod tests;
mod time_machine;
mod veeam;
mod veeam_events;
mod windows_server_backup;

use std::{ffi::OsString, sync::Arc, time::Duration};

use dogwatch_model::{AgentEvent, BackupStatus};
use drop_in::DropInError;
use inbox::{Inbox, Said, Taken};
use jiff::Timestamp;
use ledger::Ledger;
pub use looks::Looks;
use looks::Seen;
use sighting::Sighting;
use tokio::{sync::Notify, time::Instant};

use super::{Desk, Look, file_watch::FileWatch};
use crate::{
    report::Observation,
    state_dir::{self, StateDir, StateError},
};

/// The net below the watch. Reading an empty folder costs next to nothing.
const POLL: Duration = Duration::from_secs(30);
/// A file that was still being written is looked at again after this.
const UNFINISHED: Duration = Duration::from_secs(1);
/// Looks at a folder that is full between two reports.
const LOOKS_A_REPORT: u32 = 16;
/// Files set aside that are told one by one of one look; of the others, how many.
const TOLD_ONE_BY_ONE: usize = 8;

/// Takes runs in and keeps the jobs' ledger.
#[derive(Debug)]
pub struct Intake {
    inbox: Inbox,
    ledger: Ledger,
    /// The ledger could not be written, and that was told.
    stuck: bool,
    state: StateDir,
}

/// When to look into the folder again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Again {
    /// At the next poll.
    Later,
    /// Somebody is still writing.
    Soon,
    /// There is more than one look takes.
    AtOnce,
}

impl Intake {
    /// The jobs known in `state`. Makes the drop-in folder if it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made or the ledger cannot be read.
    pub fn open(state: &StateDir) -> Result<Self, StateError> {
        let folder = state.backup_drop_ins();
        state_dir::create_private_dir(&folder)?;
        let intake = Self {
            inbox: Inbox::new(folder),
            ledger: Ledger::load(state.clone())?,
            stuck: false,
            state: state.clone(),
        };
        intake.keep_reserve();
        Ok(intake)
    }

    /// Room for results that come while the disk is full.
    fn keep_reserve(&self) {
        if let Err(error) = reserve::keep(&self.state) {
            tracing::warn!(%error, "no room is kept for results of backups");
        }
    }

    /// Takes in what has arrived.
    fn take_in(&mut self, now: Timestamp) -> (Vec<AgentEvent>, Again) {
        let Taken { arrivals, again } = self.inbox.arrivals(now);
        let arrived = !arrivals.is_empty();
        let (mut good, mut bad, mut events) = (Vec::new(), Vec::new(), Vec::new());
        self.ledger.drop_tombstones(now);
        for arrival in arrivals {
            match arrival.said.and_then(|said| self.enter(said, &mut events, now)) {
                Ok(job) => good.push((arrival.file, job)),
                Err(reason) => bad.push((arrival.file, reason.to_string())),
            }
        }
        // Only when the ledger is on disk do the files go: a crash in between brings them back, and the ledger knows
        // the runs by their ids. When it cannot be written they wait where they are, and what they say is told all the
        // same.
        if let Some(event) = self.commit(now) {
            return (vec![event], Again::Later);
        }
        if self.stuck {
            return (Vec::new(), Again::Later);
        }
        for (file, job) in good {
            tracing::info!(job, file = %file.display(), "backup drop-in taken in");
            self.inbox.done(&file);
        }
        events.extend(bad_events(&bad, now));
        for (file, reason) in bad {
            tracing::warn!(file = %file.display(), reason, "backup drop-in set aside");
            self.inbox.bad(&file, &reason);
        }
        self.inbox.forget_oldest();
        if arrived {
            self.keep_reserve();
        }
        (events, again)
    }

    /// Enters what a file says into the ledger; of which job it was.
    fn enter(
        &mut self,
        said: Said,
        events: &mut Vec<AgentEvent>,
        now: Timestamp,
    ) -> Result<String, DropInError> {
        match said {
            Said::Run(run) => {
                let job = run.job.clone();
                self.ledger.record(*run, now)?;
                Ok(job)
            }
            Said::Forget(word) => {
                self.ledger.forget(&word)?;
                events.push(word.event());
                Ok(word.job)
            }
        }
    }

    /// Takes in what a look has seen.
    fn see(&mut self, seen: Vec<Sighting>, now: Timestamp) -> Option<AgentEvent> {
        for sighting in seen {
            if let Err(error) = self.ledger.see(sighting, now) {
                tracing::warn!(%error, "job that was found is left out");
            }
        }
        self.commit(now)
    }

    /// Writes the ledger if it has changed. The first time that this fails is an event.
    fn commit(&mut self, now: Timestamp) -> Option<AgentEvent> {
        let failed = self.ledger.commit().err();
        let told = std::mem::replace(&mut self.stuck, failed.is_some());
        let error = failed?;
        tracing::error!(%error, "ledger of backup jobs is not written; what has arrived waits");
        (!told).then(|| AgentEvent { at: now, kind: "backup_ledger".into(), detail: error.to_string() })
    }

    /// The state of the backups.
    pub fn status(&self, now: Timestamp) -> BackupStatus {
        self.ledger.status(now)
    }
}

fn bad_events(bad: &[(OsString, String)], now: Timestamp) -> Vec<AgentEvent> {
    let event = |detail| AgentEvent { at: now, kind: "bad_drop_in".into(), detail };
    let told =
        bad.iter().take(TOLD_ONE_BY_ONE).map(|(file, reason)| event(format!("{}: {reason}", file.display())));
    let others = bad.len().saturating_sub(TOLD_ONE_BY_ONE);
    let others =
        (others > 0).then(|| event(format!("{others} more drop-ins were set aside with their reasons")));
    told.chain(others).collect()
}

/// Takes runs in as they arrive, and looks at repositories when it is time.
pub async fn run(mut desk: Desk, mut intake: Intake, mut looks: Looks, changed: Arc<Notify>) {
    let (mut asked, mut looks_since_report) = (false, 0);
    loop {
        let (looked, now) = (Instant::now(), Timestamp::now());
        looks.begin(looked, asked);
        intake.ledger.keep_looked_at(|name| looks.knows(name));
        let (events, again) = intake.take_in(now);
        for event in events {
            desk.tell(Observation::Event(event)).await;
        }
        if again == Again::AtOnce && looks_since_report < LOOKS_A_REPORT {
            looks_since_report += 1;
            tokio::task::yield_now().await;
            continue;
        }
        looks_since_report = 0;
        desk.tell(Observation::Backup(intake.status(now))).await;
        let most = match again {
            Again::Later => POLL,
            Again::Soon => UNFINISHED,
            Again::AtOnce => Duration::ZERO,
        };
        let most = most.min(looks.next(looked));
        tokio::select! {
            look = desk.next_look_or(looked, |policy| policy.backup_scan.min(most), &changed) => match look {
                Look::Never => return,
                look => asked = look == Look::Asked,
            },
            seen = looks.ended() => {
                asked = false;
                let scan = desk.policy(|policy| policy.backup_scan);
                settle(&desk, &mut intake, &mut looks, seen, scan).await;
            }
        }
    }
}

/// A look has ended: what it saw goes to the ledger, and how it went is told.
async fn settle(desk: &Desk, intake: &mut Intake, looks: &mut Looks, mut seen: Seen, scan: Duration) {
    let now = Timestamp::now();
    // What is wrong with a repository that the owner named stands at its job.
    if let Some(result) = seen.standing() {
        desk.tell_standing(&format!("backup.{}", seen.name), result, seen.failure.clone()).await;
    }
    let event = seen.sightings.take().and_then(|sightings| intake.see(sightings, now));
    if intake.stuck {
        seen.is_lost();
    }
    if let Some(event) = event {
        desk.tell(Observation::Event(event)).await;
    }
    looks.plan(&seen, &intake.ledger, scan, now);
}

/// Watches the drop-in folder.
pub fn watch(file_watch: &mut FileWatch, state: &StateDir, changed: &Arc<Notify>) {
    file_watch.watch(&state.backup_drop_ins(), drop_in::is_name, changed.clone());
}
