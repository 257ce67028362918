//! Who of a team is on call when: people in turn, and the swaps between them.

use dogwatch_model::{CalendarId, PersonId, RotaId, TeamId};
use jiff::{
    Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};

/// The longest turn, in days: a month. Who is on call longer than that is not on a rota.
pub const MAX_TURN_DAYS: u16 = 31;

/// People of one team who take turns.
#[derive(Debug, Clone, PartialEq)]
pub struct Rota {
    /// Its id.
    pub id: RotaId,
    /// The team that they are of.
    pub team: TeamId,
    /// The zone that dates and the hand-over time are in.
    pub zone: TimeZone,
    /// The IANA name of that zone.
    pub zone_name: String,
    /// In the order of their turns; the first begins on [`starts`](Self::starts). May be empty: then nobody is.
    pub people: Vec<PersonId>,
    /// How long a turn is, in days, at most [`MAX_TURN_DAYS`]: 1 is daily, 7 weekly.
    pub turn_days: u16,
    /// The local date on which the first turn begins. Before it nobody is on call.
    pub starts: Date,
    /// The local time at which turns change.
    pub hand_over: Time,
    /// Somebody is on call only while this is open; always when absent.
    pub during: Option<CalendarId>,
    /// Swaps, in the order of the file; the last that covers an instant counts.
    pub overrides: Vec<Swap>,
    /// The line it begins on in its file.
    pub line: usize,
}

/// Somebody else takes over for a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Swap {
    /// Who.
    pub person: PersonId,
    /// The first instant of it.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
    /// Why, for people.
    pub reason: Option<String>,
}
