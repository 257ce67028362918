//! Deputies: who stands in for somebody who is away or has left.
//!
//! Whoever has a deputy for a date is away on it, from local midnight to local midnight of their own zone. A deputy
//! may be away as well; then theirs is asked, and so on, but nobody twice. Of several deputies for the same date the
//! first who can be reached counts.

use dogwatch_model::PersonId;
use jiff::{Timestamp, civil::Time, tz::TimeZone};

use super::sooner;
use crate::{
    calendar::{Span, first_of},
    matrix::{Deputy, Directory, Person},
};

/// Who was reached, and until when that holds.
pub(super) struct Reached<'k> {
    /// The person, or why there is none.
    pub(super) person: Result<&'k Person, String>,
    /// The next date on which any deputy that was asked about changes.
    pub(super) until: Option<Timestamp>,
}

/// `person` or whoever stands in for them at `at`.
pub(super) fn reach<'k>(known: &'k Directory, person: &PersonId, at: Timestamp) -> Reached<'k> {
    let mut search = Search { known, at, asked: Vec::new(), until: None };
    let person = search.reach(person);
    Reached { person, until: search.until }
}

struct Search<'k> {
    known: &'k Directory,
    at: Timestamp,
    asked: Vec<PersonId>,
    until: Option<Timestamp>,
}

impl<'k> Search<'k> {
    fn reach(&mut self, id: &PersonId) -> Result<&'k Person, String> {
        if self.asked.contains(id) {
            return Err(format!("the deputies lead back to `{id}`"));
        }
        self.asked.push(id.clone());
        let person = self.known.person(id).ok_or_else(|| format!("nobody knows `{id}`"))?;
        let deputies = self.deputies(person);
        if deputies.is_empty() && !person.disabled {
            return Ok(person);
        }
        let mut why = format!("`{id}` is disabled and has no deputy for that day");
        for deputy in deputies {
            match self.reach(&deputy.person) {
                Ok(reached) => return Ok(reached),
                Err(missing) => why = format!("`{id}` is away, and {missing}"),
            }
        }
        Err(why)
    }

    /// Who stands in for a person now.
    fn deputies(&mut self, person: &'k Person) -> Vec<&'k Deputy> {
        if person.deputies.is_empty() {
            return Vec::new();
        }
        let zone = zone_of(person);
        let (mut now, at) = (Vec::new(), self.at);
        for deputy in &person.deputies {
            let Some(span) = days_of(deputy, &zone) else { continue };
            let next = [span.start, span.end].into_iter().find(|change| *change > at);
            self.until = sooner(self.until, next);
            if span.has(at) {
                now.push(deputy);
            }
        }
        now
    }
}

fn zone_of(person: &Person) -> TimeZone {
    person.zone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC)
}

fn days_of(deputy: &Deputy, zone: &TimeZone) -> Option<Span> {
    let start = first_of(zone, deputy.from.to_datetime(Time::midnight()))?;
    let end = first_of(zone, deputy.until.tomorrow().ok()?.to_datetime(Time::midnight()))?;
    Some(Span { start, end })
}
