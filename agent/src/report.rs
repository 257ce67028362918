//! From observations to reports: what is worth sending, in which lane, and when.
//!
//! Report by exception: a health sample goes out at once when it says something new, otherwise the minute is
//! summarised, and that summary is the heartbeat. Everything else goes out when it changes, and now and then all the
//! same, so that "looked and found nothing new" can be told from "did not look".
//!
//! Pure: instants and chance are arguments. Numbers are given by the outbox.

pub mod change;
mod summary;
#[cfg(test)]
mod tests;

use std::time::Duration;

use change::HealthWatch;
use dogwatch_model::{AgentEvent, AgentFacts, BackupStatus, Health, Inventory, Lane, PatchStatus, Report};
use jiff::Timestamp;

use crate::{
    clock::{Moment, Now},
    outbox::{Draft, Topic},
    policy::Policy,
};

/// An unchanged inventory is sent again after this.
const INVENTORY_AGAIN: Duration = Duration::from_secs(86_400);
/// An unchanged backup status is sent again after this: well within the day after which a scan counts as stale.
const BACKUP_AGAIN: Duration = Duration::from_secs(3600);
/// Facts about the agent that differ only in what it costs are sent again after this.
const AGENT_AGAIN: Duration = Duration::from_secs(3600);

/// Something that a source saw.
#[derive(Debug, Clone, PartialEq)]
pub enum Observation {
    /// A health sample.
    Health(Health),
    /// What the machine is.
    Inventory(Inventory),
    /// The result of a patch scan.
    Patch(PatchStatus),
    /// The state of the backups.
    Backup(BackupStatus),
    /// The agent itself.
    Agent(AgentFacts),
    /// Something that happened to the agent.
    Event(AgentEvent),
}

/// An observation, and why it was made.
#[derive(Debug, Clone, PartialEq)]
pub struct Sighting {
    /// What was seen.
    pub what: Observation,
    /// The collector asked for it: it is told even if nothing is new.
    pub asked: bool,
}

impl From<Observation> for Sighting {
    fn from(what: Observation) -> Self {
        Self { what, asked: false }
    }
}

/// What was told last, and when.
#[derive(Debug)]
struct Told<T> {
    value: T,
    at: Moment,
}

/// Decides what is worth sending.
#[derive(Debug, Default)]
pub struct Reporter {
    health: HealthWatch,
    inventory: Option<Told<Inventory>>,
    backup: Option<Told<BackupStatus>>,
    agent: Option<Told<AgentFacts>>,
    patch: Option<PatchStatus>,
}

impl Reporter {
    /// Takes an observation; gives a report when it is worth one. `unit` is a random number from 0 to 1.
    pub fn observe(
        &mut self,
        seen: impl Into<Sighting>,
        policy: &Policy,
        now: Now,
        unit: f64,
    ) -> Option<Draft> {
        let Sighting { what, asked } = seen.into();
        match what {
            Observation::Health(sample) => {
                let worth = self.health.observe(sample.clone(), policy, now.moment, unit);
                worth.or(asked.then_some(sample)).map(health_draft)
            }
            Observation::Inventory(inventory) => {
                let known = !asked
                    && self.inventory.as_ref().is_some_and(|told| {
                        told.value == inventory && now.moment.since(told.at) < INVENTORY_AGAIN
                    });
                self.inventory = Some(keep(self.inventory.take(), inventory.clone(), now.moment, known));
                (!known).then(|| inventory_draft(inventory, now.wall))
            }
            Observation::Patch(patch) => {
                self.patch = Some(patch.clone());
                Some(patch_draft(patch))
            }
            Observation::Backup(backup) => {
                let known = !asked
                    && self.backup.as_ref().is_some_and(|told| {
                        told.value.jobs == backup.jobs && now.moment.since(told.at) < BACKUP_AGAIN
                    });
                self.backup = Some(keep(self.backup.take(), backup.clone(), now.moment, known));
                (!known).then(|| backup_draft(backup))
            }
            Observation::Agent(agent) => {
                let known = self.agent.as_ref().is_some_and(|told| {
                    told.value.version == agent.version
                        && told.value.policy_version == agent.policy_version
                        && now.moment.since(told.at) < AGENT_AGAIN
                });
                self.agent = Some(keep(self.agent.take(), agent.clone(), now.moment, known));
                (!known).then(|| agent_draft(agent, now.wall))
            }
            Observation::Event(event) => {
                let report = Report::empty(Lane::Kept, 0, event.at);
                Some(Draft { report: Report { events: vec![event], ..report }, topic: None })
            }
        }
    }

    /// What is true now and may have gone unsaid, observed now: after every connect. Patch and backup status travel in
    /// the kept lane, which holds them until they are acknowledged; when some had to wait, the collector may have
    /// taken them for history, and the [full picture](Self::full_picture) is due.
    pub fn current_state(&self, now: Now) -> Vec<Draft> {
        let health = self.health.latest().cloned().map(health_draft);
        let inventory = self.inventory.as_ref().map(|told| inventory_draft(told.value.clone(), now.wall));
        let agent = self.agent.as_ref().map(|told| agent_draft(told.value.clone(), now.wall));
        observed_now([health, inventory, agent].into_iter().flatten(), now)
    }

    /// Everything known, whatever was told before, observed now.
    pub fn full_picture(&self, now: Now) -> Vec<Draft> {
        let patch = self.patch.clone().map(patch_draft);
        let backup = self.backup.as_ref().map(|told| backup_draft(told.value.clone()));
        observed_now(self.current_state(now).into_iter().chain(patch).chain(backup), now)
    }
}

/// A state that is told again is observed again, whenever it was first seen.
fn observed_now(drafts: impl Iterator<Item = Draft>, now: Now) -> Vec<Draft> {
    drafts.map(|draft| Draft { report: Report { observed_at: now.wall, ..draft.report }, ..draft }).collect()
}

/// Remembers the newest value; the time it was told only when it is told.
fn keep<T>(old: Option<Told<T>>, value: T, now: Moment, known: bool) -> Told<T> {
    let at = old.filter(|_| known).map_or(now, |told| told.at);
    Told { value, at }
}

fn health_draft(health: Health) -> Draft {
    let report = Report::empty(Lane::Samples, 0, health.sampled_at);
    Draft { report: Report { health: Some(health), ..report }, topic: None }
}

fn inventory_draft(inventory: Inventory, at: Timestamp) -> Draft {
    let report = Report { inventory: Some(inventory), ..Report::empty(Lane::Latest, 0, at) };
    Draft { report, topic: Some(Topic::Inventory) }
}

fn agent_draft(agent: AgentFacts, at: Timestamp) -> Draft {
    let report = Report { agent: Some(agent), ..Report::empty(Lane::Latest, 0, at) };
    Draft { report, topic: Some(Topic::Agent) }
}

fn patch_draft(patch: PatchStatus) -> Draft {
    let report = Report::empty(Lane::Kept, 0, patch.scanned_at);
    Draft { report: Report { patch: Some(patch), ..report }, topic: None }
}

fn backup_draft(backup: BackupStatus) -> Draft {
    let report = Report::empty(Lane::Kept, 0, backup.scanned_at);
    Draft { report: Report { backup: Some(backup), ..report }, topic: None }
}
