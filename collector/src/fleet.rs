//! The fleet's picture: what one report does to one endpoint. Pure, and the same when it comes live and when the
//! journal is replayed.
//!
//! Order is judged by lane and sequence alone, freshness by the age that the agent's monotonic clock measured: a wrong
//! wall clock on an endpoint shows as a clock offset and as nothing else.

use std::collections::BTreeMap;

use dogwatch_model::{
    Endpoint, Epoch, Facts, Lane, LaneMarks, PatchStatus, Report, ScanResult, SoftwareDigest, Update,
    UpdateClass,
};
use jiff::{SignedDuration, Timestamp};

use crate::state::{MAX_EPOCHS, Member};

/// Where a report stands in its lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// The next one: to be applied.
    Next,
    /// Applied before: to be acknowledged again and nothing else.
    Before,
    /// Some are missing before it.
    Ahead {
        /// The sequence that is wanted.
        expected: u64,
    },
}

impl Member {
    /// The marks of the epoch that the agent speaks in now.
    pub(crate) fn marks(&self) -> LaneMarks {
        self.epochs.last().map_or_else(LaneMarks::default, |(_, marks)| *marks)
    }

    /// The marks of an epoch; none for one that is not remembered.
    pub(crate) fn marks_of(&self, epoch: Epoch) -> LaneMarks {
        let known = self.epochs.iter().find(|(known, _)| *known == epoch);
        known.map_or_else(LaneMarks::default, |(_, marks)| *marks)
    }

    /// Makes `epoch` the present one; one that was seen before goes on where it stood.
    ///
    /// `first` is what the agent still holds: what it gave up before that is not waited for. Says whether anything
    /// changed.
    pub(crate) fn enter_epoch(&mut self, epoch: Epoch, first: LaneMarks) -> bool {
        let before = self.epochs.clone();
        let known = self.epochs.iter().position(|(known, _)| *known == epoch);
        let (_, mut marks) = known.map_or((epoch, LaneMarks::default()), |at| self.epochs.remove(at));
        for lane in Lane::ALL {
            let mark = marks.get_mut(*lane);
            *mark = (*mark).max(first.get(*lane).saturating_sub(1));
        }
        self.epochs.push((epoch, marks));
        let excess = self.epochs.len().saturating_sub(MAX_EPOCHS);
        self.epochs.drain(..excess);
        self.epochs != before
    }

    /// Where a report of the present epoch stands.
    pub(crate) fn place(&self, lane: Lane, sequence: u64) -> Place {
        let expected = self.marks().get(lane).saturating_add(1);
        match sequence.cmp(&expected) {
            core::cmp::Ordering::Less => Place::Before,
            core::cmp::Ordering::Equal => Place::Next,
            core::cmp::Ordering::Greater => Place::Ahead { expected },
        }
    }

    /// Moves the high-water mark of the present epoch.
    pub(crate) fn advance(&mut self, lane: Lane, sequence: u64) {
        if let Some((_, marks)) = self.epochs.last_mut() {
            let mark = marks.get_mut(lane);
            *mark = (*mark).max(sequence);
        }
    }
}

/// What came of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Applied {
    /// It is the endpoint's present truth now.
    Live,
    /// It is too old to say anything of the present: history only.
    Late,
}

/// Lets a report change what is known of its endpoint.
pub(crate) fn apply(
    endpoint: &mut Endpoint,
    report: Report,
    received_at: Timestamp,
    late_after: SignedDuration,
) -> Applied {
    endpoint.presence.last_seen = endpoint.presence.last_seen.max(Some(received_at));
    // What happened has happened, whenever it is told.
    append(&mut endpoint.facts.events, report.events, Facts::EVENTS, |event| event.at);
    let age = SignedDuration::from_millis(i64::try_from(report.age_ms).unwrap_or(i64::MAX));
    if age > late_after {
        return Applied::Late;
    }
    let facts = &mut endpoint.facts;
    let observed_here = received_at.saturating_sub(age).unwrap_or(Timestamp::MIN);
    facts.clock_offset_seconds = Some(report.observed_at.duration_since(observed_here).as_secs_f64());
    replace(&mut facts.agent, report.agent);
    if let Some(inventory) = report.inventory {
        if let Some(class) = inventory.class.filter(|_| !endpoint.class_fixed) {
            endpoint.class = Some(class);
        }
        facts.inventory = Some(inventory);
    }
    replace(&mut facts.drives, report.drives);
    append(&mut facts.incidents, report.incidents, Facts::INCIDENTS, |incident| incident.at);
    if report.software.is_some() {
        // The agent tells the digest first. If the list has changed since, the next digest differs and it is asked again.
        facts.software_held = facts.inventory.as_ref().and_then(|inventory| inventory.software.clone());
    }
    replace(&mut facts.services, report.services);
    replace(&mut facts.checks, report.checks);
    if let Some(mut health) = report.health {
        health.disks.sort_by(|a, b| a.mount.cmp(&b.mount));
        facts.health = Some(health);
    }
    if let Some(mut patch) = report.patch {
        believe_dates(&mut patch, received_at);
        keep_first_seen(&mut patch, facts.patch.as_ref());
        if patch.updates.is_none() && patch.result == ScanResult::Failed {
            // A scan that could not tell takes nothing back; that it failed, and when, is told beside the list.
            patch.updates = facts.patch.take().and_then(|known| known.updates);
        }
        facts.patch = Some(patch);
    }
    if let Some(mut backup) = report.backup {
        backup.jobs.sort_by(|a, b| a.name.cmp(&b.name));
        facts.backup = Some(backup);
    }
    Applied::Live
}

/// Adds to a list of what happened, and keeps its newest `most`.
fn append<T>(known: &mut Option<Vec<T>>, told: Vec<T>, most: usize, at: impl Fn(&T) -> Timestamp) {
    if told.is_empty() {
        return;
    }
    let known = known.get_or_insert_default();
    known.extend(told);
    known.sort_by_key(at);
    known.drain(..known.len().saturating_sub(most));
}

/// Which list of installed software the endpoint holds and the collector does not.
pub(crate) fn lacks_software(endpoint: &Endpoint) -> Option<&SoftwareDigest> {
    let told = endpoint.facts.inventory.as_ref()?.software.as_ref()?;
    (endpoint.facts.software_held.as_ref() != Some(told)).then_some(told)
}

fn replace<T>(known: &mut Option<T>, told: Option<T>) {
    if told.is_some() {
        *known = told;
    }
}

/// An agent whose clock stands at 1970 has found nothing then: what it tells is new now.
fn believe_dates(told: &mut PatchStatus, received_at: Timestamp) {
    /// 2026-01-01: no agent is older.
    const EARLIEST: Timestamp = Timestamp::constant(1_767_225_600, 0);
    for update in told.updates.iter_mut().flatten() {
        if update.first_seen_missing < EARLIEST {
            update.first_seen_missing = received_at;
        }
    }
}

/// An agent that lost its memory sees every update for the first time; the collector has not forgotten. An update that
/// has become a security update meanwhile counts from then.
fn keep_first_seen(told: &mut PatchStatus, known: Option<&PatchStatus>) {
    let Some(known) = known.and_then(|patch| patch.updates.as_deref()) else { return };
    let known: BTreeMap<&str, &Update> = known.iter().map(|update| (update.id.as_str(), update)).collect();
    for update in told.updates.iter_mut().flatten() {
        if let Some(before) = known.get(update.id.as_str())
            && (before.class == update.class || before.class == UpdateClass::Security)
        {
            update.first_seen_missing = update.first_seen_missing.min(before.first_seen_missing);
        }
    }
}
