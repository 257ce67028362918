//! Who was disturbed how often, and when by their own clock.

use std::collections::BTreeMap;

use dogwatch_model::{OrgId, PersonId, Side};
use jiff::{SignedDuration, Timestamp, civil::Weekday, tz::TimeZone};

use super::{Asked, Burden};
use crate::{
    alert::{Alert, EventKind, TimelineEvent, Told},
    matrix::Matrix,
};

/// What comes within this of a person's last page is the same disturbance: mail and chat about one thing, a grouped message
/// and the call that it follows.
pub const SAME_PAGE: SignedDuration = SignedDuration::from_mins(5);

/// The local hour at which night begins.
pub const NIGHT_BEGINS: i8 = 22;

/// The local hour at which it ends.
pub const NIGHT_ENDS: i8 = 7;

/// Instants at which people were called or told, in any order.
#[derive(Default)]
pub(super) struct Pages(BTreeMap<(OrgId, Side, PersonId), Vec<Timestamp>>);

impl Pages {
    pub(super) fn read(&mut self, alert: &Alert, timeline: &[TimelineEvent], asked: &Asked<'_>) {
        let Some(matrix) = asked.matrices.get(&alert.org) else { return };
        for event in timeline.iter().filter(|event| event.at <= asked.as_of) {
            let person = match &event.kind {
                EventKind::Escalated { person, .. } => person.clone(),
                EventKind::Notified { who, told: Told::Delivered { .. }, .. } => told_person(who),
                _ => None,
            };
            let known = person.and_then(|person| matrix.directory().person(&person));
            if let Some(person) = known {
                let key = (alert.org.clone(), person.side, person.id.clone());
                self.0.entry(key).or_default().push(event.at);
            }
        }
    }

    pub(super) fn finish(self, asked: &Asked<'_>) -> Vec<Burden> {
        let burden = self.0.into_iter().map(|((org, side, person), mut at)| {
            at.sort_unstable();
            let zone = zone_of(asked.matrices.get(&org).copied(), &person);
            let mut burden = Burden { org, side, person, pages: 0, night: 0, weekend: 0 };
            let mut last: Option<Timestamp> = None;
            for at in at {
                if last.is_none_or(|last| at.duration_since(last) >= SAME_PAGE) {
                    burden.count(&zone, at);
                    last = Some(at);
                }
            }
            burden
        });
        burden.collect()
    }
}

/// The person among whom a message was told: `mira`, or `mira <mira@example.com>`; a team's begins with `team`.
fn told_person(who: &str) -> Option<PersonId> {
    let name = who.split_once(" <").map_or(who, |(name, _)| name);
    PersonId::new(name).ok()
}

/// Their zone; UTC when the matrix does not say.
fn zone_of(matrix: Option<&Matrix>, person: &PersonId) -> TimeZone {
    let person = matrix.and_then(|matrix| matrix.directory().person(person));
    let zone = person.and_then(|person| person.zone.as_deref());
    zone.and_then(|zone| TimeZone::get(zone).ok()).unwrap_or(TimeZone::UTC)
}

impl Burden {
    fn count(&mut self, zone: &TimeZone, at: Timestamp) {
        let local = zone.to_datetime(at);
        let weekend = matches!(local.weekday(), Weekday::Saturday | Weekday::Sunday);
        self.pages += 1;
        self.night += u64::from(local.hour() >= NIGHT_BEGINS || local.hour() < NIGHT_ENDS);
        self.weekend += u64::from(weekend);
    }
}
