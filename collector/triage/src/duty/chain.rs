//! The escalation chain of an alert that nobody takes: whom each step calls, and when.
//!
//! A step calls whoever is on duty at *its* instant, not when the alert came in; one whose instant has passed calls
//! whoever is on duty now, which is how a step taken late, or looked at after a change of shift, finds the right
//! person. A rota or a person that cannot be reached falls through to the last resort and says so. The chain always
//! ends with the last resort.

use dogwatch_model::{PersonId, RotaId, Side, TeamId, VendorId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{OnDuty, in_person, on_duty, on_rota};
use crate::matrix::{Call, Matrix, Party, Row, Vendor};

/// How long after the last step the last resort is called, or after the routing where a row has no steps: long enough
/// for the last one called to get to a keyboard, short enough for nothing to lie unseen for a night.
pub const LAST_RESORT_AFTER: SignedDuration = SignedDuration::from_mins(30);

/// A step of a chain, and whom it calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Called {
    /// Which step, from 1; absent for the last resort that ends every chain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u8>,
    /// When it is due.
    pub at: Timestamp,
    /// The team that is called; for a vendor the responsible one, which calls it.
    pub team: TeamId,
    /// Its side.
    pub side: Side,
    /// The person that is called; absent when it is the team as a whole, or a vendor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The vendor that is called: tier L4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<VendorId>,
    /// The rota that should have had somebody at that instant and has not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub empty: Option<RotaId>,
    /// In words: `rota noc-nights (mira)`.
    pub to: String,
    /// Until when whom it calls stays the same, at least.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Why these.
    pub why: String,
}

/// Whom to call for an alert that `row` owns since `began`, as things stand at `as_of`; the last entry is the last
/// resort. Without a row the last resort owns it from the beginning: then the chain is that alone, due at once.
pub fn chain(matrix: &Matrix, row: Option<&Row>, began: Timestamp, as_of: Timestamp) -> Vec<Called> {
    let later = |after: SignedDuration| began.checked_add(after).unwrap_or(Timestamp::MAX);
    let Some(row) = row else { return vec![Chain { matrix, step: None, due: began, as_of }.last_resort()] };
    let mut called = Vec::with_capacity(row.escalation.len() + 1);
    for (step, number) in row.escalation.iter().zip(1..) {
        let due = later(step.after);
        called.push(Chain { matrix, step: Some(number), due, as_of }.call(row, &step.to));
    }
    let after = row.escalation.last().map_or(SignedDuration::ZERO, |step| step.after);
    let due = later(after.saturating_add(LAST_RESORT_AFTER));
    called.push(Chain { matrix, step: None, due, as_of }.last_resort());
    called
}

/// One place in a chain.
struct Chain<'m> {
    matrix: &'m Matrix,
    step: Option<u8>,
    due: Timestamp,
    as_of: Timestamp,
}

impl<'m> Chain<'m> {
    /// The instant whose duty counts.
    fn at(&self) -> Timestamp {
        self.due.max(self.as_of)
    }

    fn call(&self, row: &Row, to: &Call) -> Called {
        let known = self.matrix.directory();
        match to {
            Call::Party(Party::Team(team)) => {
                let found = on_duty(known, team, self.at());
                self.called(team, &format!("team {team}"), &found)
            }
            Call::Party(Party::Person(person)) => {
                let found = in_person(known, person, self.at());
                self.somebody_of(&format!("person {person}"), &found)
            }
            Call::Rota(id) => match known.rota(id) {
                Some(rota) => self.somebody_of(&format!("rota {id}"), &on_rota(known, rota, self.at())),
                None => self.fallen(&format!("there is no rota `{id}`"), None),
            },
            Call::Vendor(id) => match known.vendor(id) {
                Some(vendor) => self.vendor(row, vendor),
                None => self.fallen(&format!("there is no vendor `{id}`"), None),
            },
        }
    }

    /// Calls the person who was found, for the team they are of; without one, the last resort.
    fn somebody_of(&self, whom: &str, found: &OnDuty<'m>) -> Called {
        match found.person {
            Some(person) => self.called(&person.team, whom, found),
            None => self.fallen(&found.why, found.rota.map(|rota| rota.id.clone())),
        }
    }

    fn called(&self, team: &TeamId, whom: &str, found: &OnDuty<'_>) -> Called {
        let person = found.person.map(|person| person.id.clone());
        let to = match &person {
            Some(person) if whom != format!("person {person}") => format!("{whom} ({person})"),
            _ => whom.to_owned(),
        };
        Called {
            step: self.step,
            at: self.due,
            team: team.clone(),
            side: self.matrix.team(team).side,
            person,
            vendor: None,
            empty: found.rota.filter(|_| found.is_nobody()).map(|rota| rota.id.clone()),
            to,
            until: found.until,
            why: found.why.clone(),
        }
    }

    fn last_resort(&self) -> Called {
        let team = self.matrix.last_resort();
        let found = on_duty(self.matrix.directory(), team, self.at());
        let called = self.called(team, &format!("last resort {team}"), &found);
        Called { why: format!("`{team}` is the last resort; {}", called.why), ..called }
    }

    /// Whom the step names cannot be called.
    fn fallen(&self, why: &str, empty: Option<RotaId>) -> Called {
        let called = self.last_resort();
        Called { why: format!("{why}; {}", called.why), empty: empty.or(called.empty), ..called }
    }

    fn vendor(&self, row: &Row, vendor: &Vendor) -> Called {
        let contract = vendor.contract.as_ref().map(|contract| format!("contract {contract}"));
        let reach: Vec<_> = [vendor.contact.clone(), contract].into_iter().flatten().collect();
        let to = match reach.is_empty() {
            true => format!("vendor {}", vendor.name),
            false => format!("vendor {} ({})", vendor.name, reach.join(", ")),
        };
        let calendar = vendor.calendar.as_ref().and_then(|id| self.matrix.directory().calendar(id));
        let state = calendar.map(|calendar| (calendar, calendar.state(self.at())));
        let why = match state {
            Some((calendar, state)) if !state.open => {
                format!(
                    "vendor `{}` is the next step, though calendar `{}` is closed",
                    vendor.id, calendar.id
                )
            }
            _ => format!("vendor `{}` is the next step", vendor.id),
        };
        let team = row.responsible.clone();
        Called {
            step: self.step,
            at: self.due,
            side: self.matrix.team(&team).side,
            team,
            person: None,
            vendor: Some(vendor.id.clone()),
            empty: None,
            to,
            until: state.and_then(|(_, state)| state.until),
            why,
        }
    }
}
