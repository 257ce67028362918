//! Who of a team is to be called at an instant: the person on call, and why that one.
//!
//! A rota answers in this order: a *swap* that covers the instant, else the *turn*; whoever that names is then asked
//! whether somebody stands in for them. A swap is what people agreed between themselves for exactly that time, so it
//! holds even while the rota's calendar is closed. Turns change at the rota's local hand-over time, by the same rule
//! as calendars: a time that comes twice is its first occurrence, one that is skipped the moment after it; two turns
//! meet without a gap.
//!
//! Nobody is a possible answer, and always has its reason. It never means that nobody owns: the team does, and
//! [`chain`] goes on to the last resort.
//!
//! Not here: which team it is, which is [`routing`](crate::routing), and telling anybody anything.

use dogwatch_model::{PersonId, TeamId, text_enum};
use jiff::Timestamp;

use crate::matrix::{Directory, Person, Rota, Swap};

mod chain;
mod deputy;
#[cfg(test)]
pub(crate) mod tests;
mod turn;

pub use chain::{Called, LAST_RESORT_AFTER, chain};

text_enum! {
    /// What made somebody the one to call.
    pub enum Via {
        /// It is their turn on the rota.
        Turn = "turn",
        /// They took over for a time.
        Swap = "swap",
        /// They were named themselves.
        Named = "named",
        /// They stand in for whom the rota or the row names.
        Deputy = "deputy",
        /// The team has no rota: all of it is called.
        Team = "team",
        /// Nobody is to be called at this instant.
        Nobody = "nobody",
    }
}

/// Who is to be called.
#[derive(Debug, Clone, PartialEq)]
pub struct OnDuty<'k> {
    /// The person; absent when the team has no rota, or nobody is on it.
    pub person: Option<&'k Person>,
    /// The rota that was asked.
    pub rota: Option<&'k Rota>,
    /// What made them the one.
    pub via: Via,
    /// Until when this holds at least; `None` when nothing known will change it.
    pub until: Option<Timestamp>,
    /// Why, in a sentence.
    pub why: String,
}

impl OnDuty<'_> {
    /// Whether a rota should have had somebody and has not.
    pub const fn is_nobody(&self) -> bool {
        matches!(self.via, Via::Nobody)
    }
}

/// Who of a team is to be called at `at`.
pub fn on_duty<'k>(known: &'k Directory, team: &TeamId, at: Timestamp) -> OnDuty<'k> {
    let named = known.team(team).and_then(|team| team.rota.as_ref());
    match named.and_then(|rota| known.rota(rota)) {
        Some(rota) => on_rota(known, rota, at),
        None => OnDuty {
            person: None,
            rota: None,
            via: Via::Team,
            until: None,
            why: format!("team `{team}` has no rota: all of it is called"),
        },
    }
}

/// Who of a rota is to be called at `at`.
pub fn on_rota<'k>(known: &'k Directory, rota: &'k Rota, at: Timestamp) -> OnDuty<'k> {
    let mut until = next_swap(rota, at);
    let (person, via, why) = match rota.overrides.iter().rev().find(|swap| covers(swap, at)) {
        Some(swap) => {
            until = sooner(until, Some(swap.until));
            let reason = swap.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
            let why = format!("`{}` swapped in on rota `{}`{reason}", swap.person, rota.id);
            (Some(&swap.person), Via::Swap, why)
        }
        None => {
            let (person, changes, why) = turn(known, rota, at);
            until = sooner(until, changes);
            (person, if person.is_some() { Via::Turn } else { Via::Nobody }, why)
        }
    };
    let asked = OnDuty { person: None, rota: Some(rota), via, until, why };
    match person {
        Some(person) => reached(known, person, at, asked),
        None => asked,
    }
}

/// Who is to be called when `person` is named, by a row or a step of a chain.
pub fn in_person<'k>(known: &'k Directory, person: &PersonId, at: Timestamp) -> OnDuty<'k> {
    let why = format!("`{person}` is named");
    reached(known, person, at, OnDuty { person: None, rota: None, via: Via::Named, until: None, why })
}

/// The person named, or whoever stands in for them.
fn reached<'k>(known: &'k Directory, person: &PersonId, at: Timestamp, asked: OnDuty<'k>) -> OnDuty<'k> {
    let found = deputy::reach(known, person, at);
    let until = sooner(asked.until, found.until);
    match found.person {
        Ok(reached) if reached.id == *person => OnDuty { person: Some(reached), until, ..asked },
        Ok(deputy) => {
            let why = format!("{}; `{}` stands in for `{person}`", asked.why, deputy.id);
            OnDuty { person: Some(deputy), via: Via::Deputy, until, why, ..asked }
        }
        Err(why) => {
            OnDuty { person: None, via: Via::Nobody, until, why: format!("{}; {why}", asked.why), ..asked }
        }
    }
}

/// Whose turn it is, if it is anybody's, until when that holds, and why.
fn turn<'k>(
    known: &'k Directory,
    rota: &'k Rota,
    at: Timestamp,
) -> (Option<&'k PersonId>, Option<Timestamp>, String) {
    let calendar = rota.during.as_ref().and_then(|id| known.calendar(id)).map(|calendar| {
        let state = calendar.state(at);
        (calendar, state)
    });
    let closes = calendar.and_then(|(_, state)| state.until);
    match (turn::at(rota, at), calendar) {
        (turn::At::NoPeople, _) => (None, None, format!("nobody is on rota `{}`", rota.id)),
        (turn::At::Before(starts), _) => {
            (None, Some(starts), format!("rota `{}` begins on {} only", rota.id, rota.starts))
        }
        (turn::At::Never, _) => (None, None, format!("rota `{}` has no turn at that time", rota.id)),
        (turn::At::Turn { .. }, Some((calendar, state))) if !state.open => {
            let why =
                format!("nobody of rota `{}` is on call while calendar `{}` is closed", rota.id, calendar.id);
            // A turn that ends while the calendar is closed changes nothing; what opens it does.
            (None, closes, why)
        }
        (turn::At::Turn { person, until }, _) => {
            (Some(person), sooner(until, closes), format!("`{person}` has the turn on rota `{}`", rota.id))
        }
    }
}

fn covers(swap: &Swap, at: Timestamp) -> bool {
    swap.from <= at && at < swap.until
}

/// When the next swap begins.
fn next_swap(rota: &Rota, at: Timestamp) -> Option<Timestamp> {
    rota.overrides.iter().map(|swap| swap.from).filter(|from| *from > at).min()
}

/// The sooner of two changes.
fn sooner(one: Option<Timestamp>, other: Option<Timestamp>) -> Option<Timestamp> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (one, other) => one.or(other),
    }
}
