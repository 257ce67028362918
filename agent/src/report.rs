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

use std::{collections::BTreeMap, time::Duration};

use change::HealthWatch;
use dogwatch_model::{
    AgentEvent, AgentFacts, BackupStatus, Check, Drive, Health, Incident, Inventory, Lane, PatchStatus,
    Report, ScanResult, Service, Software, SourceStatus,
};
use dogwatch_proto::{conversions::limits, packed};
use jiff::Timestamp;

use crate::{
    clock::{Moment, Now},
    config::SourceName,
    keeping::keep,
    outbox::{Draft, Topic},
    policy::Policy,
};

/// An unchanged inventory is sent again after this.
const INVENTORY_AGAIN: Duration = Duration::from_secs(86_400);
/// An unchanged backup status is sent again after this: well within the day after which a scan counts as stale.
const BACKUP_AGAIN: Duration = Duration::from_secs(3600);
/// Facts about the agent that differ only in what it costs are sent again after this.
const AGENT_AGAIN: Duration = Duration::from_secs(3600);
/// Unchanged services and checks are sent again after this.
const CHECKS_AGAIN: Duration = Duration::from_secs(3600);
/// Unchanged drives are sent again after this.
const DRIVES_AGAIN: Duration = Duration::from_secs(86_400);

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
    /// Services and checks.
    Checks {
        /// Services.
        services: Vec<Service>,
        /// Checks.
        checks: Vec<Check>,
    },
    /// Drives.
    Drives(Vec<Drive>),
    /// Crash evidence.
    Incidents(Vec<Incident>),
    /// Installed software.
    Software(Vec<Software>),
    /// The agent itself.
    Agent(AgentFacts),
    /// How one of its sources is doing.
    Source(SourceStatus),
    /// The endpoint's owner has switched a source off or on.
    Switched {
        /// Which.
        source: SourceName,
        /// On.
        is_on: bool,
    },
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

/// The newest of one part, and when it was last told.
#[derive(Debug)]
struct Part<T>(Option<Told<T>>);

impl<T> Default for Part<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Clone> Part<T> {
    /// Takes the newest value; gives it back when it is to be told: it is asked for, differs from the one before, or
    /// that was told longer than `again` ago.
    fn take(
        &mut self,
        value: T,
        asked: bool,
        same: impl Fn(&T, &T) -> bool,
        again: Duration,
        now: Moment,
    ) -> Option<T> {
        let told_at = self.0.take().and_then(|told| {
            (!asked && same(&told.value, &value) && now.since(told.at) < again).then_some(told.at)
        });
        let news = told_at.is_none().then(|| value.clone());
        self.0 = Some(Told { value, at: told_at.unwrap_or(now) });
        news
    }

    fn newest(&self) -> Option<&T> {
        self.0.as_ref().map(|told| &told.value)
    }
}

/// Decides what is worth sending.
#[derive(Debug, Default)]
pub struct Reporter {
    health: HealthWatch,
    inventory: Part<Inventory>,
    backup: Part<BackupStatus>,
    checks: Part<(Vec<Service>, Vec<Check>)>,
    drives: Part<Vec<Drive>>,
    agent: Part<AgentFacts>,
    sources: BTreeMap<String, SourceStatus>,
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
        let at = now.moment;
        match what {
            Observation::Health(sample) => {
                // Judged as the collector will see it.
                let sample = packed::rounded(sample);
                let worth = self.health.observe(sample.clone(), policy, at, unit);
                worth.or(asked.then_some(sample)).map(health_draft)
            }
            Observation::Inventory(inventory) => self
                .inventory
                .take(inventory, asked, PartialEq::eq, INVENTORY_AGAIN, at)
                .map(|inventory| inventory_draft(inventory, now.wall)),
            Observation::Patch(patch) => {
                self.patch = Some(patch.clone());
                Some(patch_draft(patch))
            }
            Observation::Backup(backup) => {
                self.backup.take(backup, asked, |a, b| a.jobs == b.jobs, BACKUP_AGAIN, at).map(backup_draft)
            }
            Observation::Checks { services, checks } => self
                .checks
                .take((services, checks), asked, same_checks, CHECKS_AGAIN, at)
                .map(|checks| checks_draft(checks, now.wall)),
            Observation::Drives(drives) => self
                .drives
                .take(drives, asked, PartialEq::eq, DRIVES_AGAIN, at)
                .map(|drives| drives_draft(drives, now.wall)),
            Observation::Software(software) => Some(software_draft(software, now.wall)),
            Observation::Incidents(incidents) => incidents_draft(incidents, now.wall),
            Observation::Agent(agent) => self.observe_agent(agent, now),
            Observation::Source(source) => self.observe_source(source, now),
            Observation::Switched { source, is_on } => self.observe_switch(source, is_on, now),
            Observation::Event(event) => {
                let report = Report::empty(Lane::Kept, 0, event.at);
                Some(Draft { report: Report { events: vec![event], ..report }, topic: None })
            }
        }
    }

    fn observe_agent(&mut self, mut agent: AgentFacts, now: Now) -> Option<Draft> {
        agent.sources = self.sources.values().take(limits::SOURCES).cloned().collect();
        let same = |told: &AgentFacts, agent: &AgentFacts| {
            told.version == agent.version
                && told.policy_version == agent.policy_version
                && told.sources == agent.sources
        };
        let news = self.agent.take(agent, false, same, AGENT_AGAIN, now.moment);
        news.map(|agent| agent_draft(agent, now.wall))
    }

    /// A source goes on as before, or it does not: then the agent's facts are told with it.
    fn observe_source(&mut self, mut source: SourceStatus, now: Now) -> Option<Draft> {
        if let Some(before) = self.sources.get(&source.name) {
            if before.result == source.result && before.reason == source.reason {
                return None;
            }
            if before.result == source.result {
                source.since = before.since;
            }
        }
        self.sources.insert(source.name.clone(), source);
        self.agent.newest().cloned().and_then(|agent| self.observe_agent(agent, now))
    }

    /// A source that is off says nothing, and what it said is not told again as the present.
    fn observe_switch(&mut self, source: SourceName, is_on: bool, now: Now) -> Option<Draft> {
        match source {
            SourceName::Health => self.health = HealthWatch::default(),
            SourceName::Inventory => self.inventory = Part::default(),
            SourceName::Patch => self.patch = None,
            SourceName::Backup => self.backup = Part::default(),
            SourceName::Checks => self.checks = Part::default(),
            SourceName::Drives => self.drives = Part::default(),
            SourceName::Incidents | SourceName::Software => {}
        }
        let name = source.as_str();
        let is_of = |known: &str| {
            known.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
        };
        keep(&mut self.sources, |known, _| !is_of(known));
        if !is_on {
            let reason = Some("switched off in this endpoint's own configuration".to_owned());
            let off = SourceStatus {
                name: name.to_owned(),
                result: ScanResult::Unsupported,
                reason,
                since: now.wall,
            };
            self.sources.insert(name.to_owned(), off);
        }
        self.agent.newest().cloned().and_then(|agent| self.observe_agent(agent, now))
    }

    /// What is true now and may have gone unsaid, observed now: after every connect. What travels in the kept lane is
    /// held there until it is acknowledged; when some had to wait, the collector may have taken it for history, and
    /// the [full picture](Self::full_picture) is due.
    pub fn current_state(&self, now: Now) -> Vec<Draft> {
        let health = self.health.latest().cloned().map(health_draft);
        let inventory = self.inventory.newest().map(|inventory| inventory_draft(inventory.clone(), now.wall));
        let agent = self.agent.newest().map(|agent| agent_draft(agent.clone(), now.wall));
        observed_now([health, inventory, agent].into_iter().flatten(), now)
    }

    /// Everything known, whatever was told before, observed now.
    pub fn full_picture(&self, now: Now) -> Vec<Draft> {
        let more = [
            self.patch.clone().map(patch_draft),
            self.backup.newest().map(|backup| backup_draft(backup.clone())),
            self.checks.newest().map(|checks| checks_draft(checks.clone(), now.wall)),
            self.drives.newest().map(|drives| drives_draft(drives.clone(), now.wall)),
        ];
        observed_now(self.current_state(now).into_iter().chain(more.into_iter().flatten()), now)
    }
}

/// How often a report like this is sent in a day on which nothing happens. What is only sent on change counts as 0.
pub fn times_a_day(report: &Report, policy: &Policy) -> usize {
    const DAY: Duration = Duration::from_secs(86_400);
    let again = if report.health.is_some() {
        policy.summary
    } else if report.patch.is_some() {
        policy.patch_scan
    } else if report.backup.is_some() {
        BACKUP_AGAIN
    } else if report.checks.is_some() || report.services.is_some() {
        CHECKS_AGAIN
    } else if report.agent.is_some() {
        AGENT_AGAIN
    } else if report.inventory.is_some() {
        INVENTORY_AGAIN
    } else if report.drives.is_some() {
        DRIVES_AGAIN
    } else {
        return 0;
    };
    usize::try_from(DAY.as_millis() / again.as_millis().max(1)).unwrap_or(usize::MAX)
}

/// Numbers that wiggle, such as the age of a file that is young enough, are no news by themselves.
fn same_checks(told: &(Vec<Service>, Vec<Check>), seen: &(Vec<Service>, Vec<Check>)) -> bool {
    let same = |(told, seen): (&Check, &Check)| {
        let wiggles = matches!(seen.kind.as_str(), "file" | "process");
        let value = if wiggles { seen.value } else { told.value };
        *seen == Check { value, ..told.clone() }
    };
    told.0 == seen.0 && told.1.len() == seen.1.len() && told.1.iter().zip(&seen.1).all(same)
}

/// A state that is told again is observed again, whenever it was first seen, and goes out before everything that waits:
/// the newest of it is enough.
fn observed_now(drafts: impl Iterator<Item = Draft>, now: Now) -> Vec<Draft> {
    drafts
        .map(|Draft { report, .. }| {
            let report = Report { observed_at: now.wall, lane: Lane::Latest, ..report };
            Draft { topic: Topic::of(&report), report }
        })
        .collect()
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

fn checks_draft((services, checks): (Vec<Service>, Vec<Check>), at: Timestamp) -> Draft {
    let report = Report::empty(Lane::Kept, 0, at);
    Draft { report: Report { services: Some(services), checks: Some(checks), ..report }, topic: None }
}

fn drives_draft(drives: Vec<Drive>, at: Timestamp) -> Draft {
    let report = Report { drives: Some(drives), ..Report::empty(Lane::Latest, 0, at) };
    Draft { report, topic: Some(Topic::Drives) }
}

fn software_draft(software: Vec<Software>, at: Timestamp) -> Draft {
    let report = Report { software: Some(software), ..Report::empty(Lane::Latest, 0, at) };
    Draft { report, topic: Some(Topic::Software) }
}

/// Observed now, whenever they happened: the collector takes the time of an observation for the endpoint's clock.
fn incidents_draft(mut incidents: Vec<Incident>, at: Timestamp) -> Option<Draft> {
    incidents.truncate(limits::INCIDENTS);
    (!incidents.is_empty())
        .then(|| Draft { report: Report { incidents, ..Report::empty(Lane::Kept, 0, at) }, topic: None })
}
