//! Turns: which of a rota's people has it, from which hand-over to which.
//!
//! Turns are counted in local dates from the rota's first, so that a change of the clocks makes one of them an hour
//! longer or shorter and moves no later one.

use dogwatch_model::PersonId;
use jiff::{Span, Timestamp};

use crate::{calendar::first_of, matrix::Rota};

/// What a rota's turns say about an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum At<'k> {
    /// The rota is empty.
    NoPeople,
    /// It has not begun; this is when it does.
    Before(Timestamp),
    /// Beyond what dates can say.
    Never,
    /// Somebody has it.
    Turn {
        /// Who.
        person: &'k PersonId,
        /// When the next one takes over; absent when there is nobody else.
        until: Option<Timestamp>,
    },
}

/// Whose turn it is at `at`.
pub(super) fn at(rota: &Rota, at: Timestamp) -> At<'_> {
    if rota.people.is_empty() {
        return At::NoPeople;
    }
    let Some(first) = begins(rota, 0) else { return At::Never };
    if at < first {
        return At::Before(first);
    }
    let today = rota.zone.to_datetime(at).date();
    let Ok(days) = today.since(rota.starts).map(|span| i64::from(span.get_days())) else { return At::Never };
    let guess = days.div_euclid(length(rota));
    // The hand-over of today may still be to come; and where the clocks skip a day, tomorrow's has been.
    let begun = |number: &i64| begins(rota, *number).is_some_and(|begins| begins <= at);
    let Some(number) = [guess + 1, guess, guess - 1].into_iter().find(begun) else { return At::Never };
    let count = i64::try_from(rota.people.len()).unwrap_or(i64::MAX);
    let place = usize::try_from(number.rem_euclid(count)).unwrap_or_default();
    let until = begins(rota, number + 1).filter(|_| count > 1);
    At::Turn { person: &rota.people[place], until }
}

/// When the turn of a number begins, counted from zero.
fn begins(rota: &Rota, number: i64) -> Option<Timestamp> {
    let days = number.checked_mul(length(rota))?;
    let date = rota.starts.checked_add(Span::new().try_days(days).ok()?).ok()?;
    first_of(&rota.zone, date.to_datetime(rota.hand_over))
}

fn length(rota: &Rota) -> i64 {
    i64::from(rota.turn_days.max(1))
}
