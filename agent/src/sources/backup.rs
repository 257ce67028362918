//! Backup status: which jobs there are, how their last run went, and when one last succeeded.
//!
//! Every run arrives as a file in `backup.d/`, whoever wrote it: the wrapper `dogwatch-agent backup run`, the command
//! `dogwatch-agent backup report`, or anybody's script. The folder is watched, so a run is told within a moment; it is
//! also polled, since watches can fail.

pub mod doctor;
pub mod drop_in;
mod inbox;
pub mod ledger;
#[cfg(test)]
mod tests;

use std::{sync::Arc, time::Duration};

use dogwatch_model::{AgentEvent, BackupStatus};
use inbox::{Inbox, Taken};
use jiff::Timestamp;
use ledger::Ledger;
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

/// Takes runs in and keeps the jobs' ledger.
#[derive(Debug)]
pub struct Intake {
    inbox: Inbox,
    ledger: Ledger,
}

impl Intake {
    /// The jobs known in `state`. Makes the drop-in folder if it is not there.
    ///
    /// # Errors
    /// When the folder cannot be made or the ledger cannot be read.
    pub fn open(state: &StateDir) -> Result<Self, StateError> {
        let folder = state.backup_drop_ins();
        state_dir::create_private_dir(&folder)?;
        Ok(Self { inbox: Inbox::new(folder), ledger: Ledger::load(state.clone())? })
    }

    /// Takes in what has arrived. True when something is still being written and wants another look soon.
    fn take_in(&mut self, now: Timestamp) -> (Vec<AgentEvent>, bool) {
        let Taken { arrivals, unfinished } = self.inbox.arrivals(now);
        let mut events = Vec::new();
        for arrival in arrivals {
            let taken = arrival.run.and_then(|run| {
                let job = run.job.clone();
                self.ledger.record(run, now)?;
                tracing::info!(job, file = arrival.name, "backup run taken in");
                Ok(())
            });
            // Only now, when the ledger is on disk, does the file go: a crash in between brings it back, and the
            // ledger knows the run by its id.
            match taken {
                Ok(()) => self.inbox.done(&arrival.name),
                Err(reason) => {
                    let reason = reason.to_string();
                    tracing::warn!(file = arrival.name, reason, "backup drop-in set aside");
                    self.inbox.bad(&arrival.name, &reason);
                    let detail = format!("{}: {reason}", arrival.name);
                    events.push(AgentEvent { at: now, kind: "bad_drop_in".into(), detail });
                }
            }
        }
        (events, unfinished)
    }

    /// The state of the backups.
    pub fn status(&self, now: Timestamp) -> BackupStatus {
        self.ledger.status(now)
    }
}

/// Takes runs in as they arrive.
pub async fn run(mut desk: Desk, mut intake: Intake, changed: Arc<Notify>) {
    loop {
        let looked = Instant::now();
        let now = Timestamp::now();
        let (events, unfinished) = intake.take_in(now);
        for event in events {
            desk.tell(Observation::Event(event)).await;
        }
        desk.tell(Observation::Backup(intake.status(now))).await;
        let most = if unfinished { UNFINISHED } else { POLL };
        if desk.next_look_or(looked, |policy| policy.backup_scan.min(most), &changed).await == Look::Never {
            return;
        }
    }
}

/// Watches the drop-in folder.
pub fn watch(file_watch: &mut FileWatch, state: &StateDir, changed: &Arc<Notify>) {
    file_watch.watch(&state.backup_drop_ins(), drop_in::is_name, changed.clone());
}
