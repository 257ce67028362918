//! Service levels: how much of what was promised for an alert is used up, computed from its timeline on read.
//!
//! | clock | runs from | to | stands while |
//! |---|---|---|---|
//! | response | the beginning of this life | the first claim, or the end | waiting, hidden, out of hours |
//! | resolve | the beginning of this life | the end | waiting, hidden, out of hours |
//! | vendor | the latest wait for the vendor | the end of that wait | the vendor's desk is closed |
//! | accept | the latest offer of a hand-off | its answer | the other team's rota is closed |
//!
//! A promise is made once: by the row to which this life was routed first. A later shift, hand-over or hand-off
//! changes who works on it and not what was promised; a change of priority does, from the beginning of the life.
//!
//! *Hidden* is a maintenance window, a storm, or an item that explains this one, whose own clocks run. Snoozing is not
//! among the pauses: it is a way to look away, and everybody may. *Acknowledged* is not a response: nobody has it yet.
//!
//! Nothing is counted up: the same timeline gives the same clocks, after a restart and years later. A deadline is what
//! follows if nothing else happens; a clock that stands for a reason that only an event can end has none.
//!
//! Not here: warning anybody, which is the alert's own tick, and the sums over many alerts in reports.

use dogwatch_model::{CalendarId, text_enum};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{
    alert::{Alert, EventKind, TimelineEvent, WaitOn},
    calendar::Span,
    matrix::{Matrix, Row, SlaClass},
};

mod breach;
mod life;
mod promise;
mod running;
mod tally;
#[cfg(test)]
mod tests;

pub use breach::NextBreach;
use life::Life;
pub use promise::promise;
use running::Running;
pub use tally::MARKS;
use tally::tally;

text_enum! {
    /// Why a clock stands that has not stopped.
    pub enum Pause {
        /// It waits for the vendor, whose own clock runs.
        Vendor = "vendor",
        /// It waits for somebody who uses the endpoint.
        User = "user",
        /// It waits for a reboot.
        Reboot = "reboot",
        /// It waits for a maintenance window.
        Window = "window",
        /// Something hides it.
        Hidden = "hidden",
        /// These are not the hours in which it runs.
        Hours = "hours",
    }
}

impl Pause {
    const fn of(on: WaitOn) -> Self {
        match on {
            WaitOn::Vendor => Self::Vendor,
            WaitOn::User => Self::User,
            WaitOn::Reboot => Self::Reboot,
            WaitOn::Window => Self::Window,
        }
    }
}

/// A share of the promised time, and when it is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Mark {
    /// The share, in percent: one of [`MARKS`].
    pub percent: u8,
    /// When it was reached, or will be as things stand.
    pub at: Timestamp,
}

/// One clock at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct ClockState {
    /// Since when it is counted.
    pub began: Timestamp,
    /// What was promised, in running time.
    pub promised: SignedDuration,
    /// How much of it is used up; more than was promised once it is breached.
    pub used: SignedDuration,
    /// The calendar that it runs by; absent when it runs around the clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarId>,
    /// Whether it runs at this instant.
    pub running: bool,
    /// Why it stands, if it has neither stopped nor runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused_by: Option<Pause>,
    /// When what it waited for happened.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stopped_at: Option<Timestamp>,
    /// When the promised time is, or was, used up. Absent when the clock stopped before, and while only an event can
    /// make it run again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// The deadline, once it has passed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub breached_at: Option<Timestamp>,
    /// When each of [`MARKS`] was or will be reached, as far as that is known.
    pub marks: Vec<Mark>,
}

impl ClockState {
    /// The highest mark reached at `at`, in percent; zero before the first.
    pub fn reached(&self, at: Timestamp) -> u8 {
        self.marks.iter().filter(|mark| mark.at <= at).map(|mark| mark.percent).max().unwrap_or(0)
    }

    /// The first mark to come after `at`.
    pub fn next_mark(&self, at: Timestamp) -> Option<Mark> {
        self.marks.iter().copied().find(|mark| mark.at > at)
    }
}

/// The clocks of an alert at an instant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Clocks {
    /// To the first claim.
    pub response: ClockState,
    /// To the end.
    pub resolve: ClockState,
    /// The vendor's; absent when it was never called in this life or promises nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<ClockState>,
    /// Between the sides; absent when no hand-off was offered in this life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accept: Option<ClockState>,
}

/// The clocks of an alert at `at`. What the timeline has after `at` is not looked at.
pub fn clocks(alert: &Alert, timeline: &[TimelineEvent], matrix: &Matrix, at: Timestamp) -> Clocks {
    let life = Life::read(alert, timeline, at);
    let row = life.routed.as_ref().and_then(|row| matrix.row(row));
    let promised = promise(matrix, row, alert.priority);
    let running = Running::of(matrix, row, &promised.runs);
    let clock = |promised, stopped| measure(promised, running, &life.unpaused(stopped, at), life.paused, at);
    Clocks {
        response: clock(promised.response, life.answered),
        resolve: clock(promised.resolve, life.ended),
        vendor: vendor(alert, matrix, &life, at),
        accept: accept(matrix, row, &life, at),
    }
}

/// The clocks of an alert that would come in at `at` and go by `row`.
pub fn fresh(matrix: &Matrix, row: Option<&Row>, priority: crate::alert::Priority, at: Timestamp) -> Clocks {
    let promised = promise(matrix, row, priority);
    let running = Running::of(matrix, row, &promised.runs);
    let counted = Counted::since(at, None, at);
    let clock = |promised| measure(promised, running, &counted, None, at);
    Clocks {
        response: clock(promised.response),
        resolve: clock(promised.resolve),
        vendor: None,
        accept: None,
    }
}

/// When `length` of the hours in which the promise for `row` and `priority` runs have gone by since `from`, if they ever do.
pub fn running_out(
    matrix: &Matrix,
    row: Option<&Row>,
    priority: crate::alert::Priority,
    length: SignedDuration,
    from: Timestamp,
) -> Option<Timestamp> {
    let running = Running::of(matrix, row, &promise(matrix, row, priority).runs);
    measure(length, running, &Counted::since(from, None, from), None, from).deadline
}

/// What of the time since its beginning counts for a clock, hours aside.
struct Counted {
    began: Timestamp,
    stopped: Option<Timestamp>,
    /// Until `at` or the stop, in order.
    spans: Vec<Span>,
}

impl Counted {
    /// All of it.
    fn since(began: Timestamp, stopped: Option<Timestamp>, at: Timestamp) -> Self {
        Self { began, stopped, spans: vec![Span { start: began, end: stopped.unwrap_or(at) }] }
    }
}

fn vendor(alert: &Alert, matrix: &Matrix, life: &Life, at: Timestamp) -> Option<ClockState> {
    let (began, stopped) = life.vendor?;
    let row = alert.owner.row.as_ref().and_then(|row| matrix.row(row));
    let vendor = matrix.directory().vendor(row?.vendor.as_ref()?)?;
    let running = Running::by(matrix, vendor.calendar.as_ref());
    Some(measure(vendor.response?, running, &Counted::since(began, stopped, at), None, at))
}

fn accept(matrix: &Matrix, row: Option<&Row>, life: &Life, at: Timestamp) -> Option<ClockState> {
    let (began, stopped, to) = life.offer.as_ref()?;
    let promised = matrix.sla_of(row).map_or(SlaClass::ACCEPT, |class| class.accept);
    let known = matrix.directory();
    let rota = known.team(to).and_then(|team| team.rota.as_ref()).and_then(|rota| known.rota(rota));
    let running = Running::by(matrix, rota.and_then(|rota| rota.during.as_ref()));
    Some(measure(promised, running, &Counted::since(*began, *stopped, at), None, at))
}

fn measure(
    promised: SignedDuration,
    running: Running<'_>,
    counted: &Counted,
    paused: Option<Pause>,
    at: Timestamp,
) -> ClockState {
    let stopped_at = counted.stopped;
    let goes_on = (stopped_at.is_none() && paused.is_none()).then_some(at);
    let tally = tally(promised, running, &counted.spans, goes_on);
    let open = running.is_open(at);
    let paused_by = match stopped_at {
        Some(_) => None,
        None => paused.or((!open).then_some(Pause::Hours)),
    };
    let deadline = tally.marks.iter().find(|mark| mark.percent == 100).map(|mark| mark.at);
    ClockState {
        began: counted.began,
        promised,
        used: tally.used,
        calendar: running.calendar().cloned(),
        running: stopped_at.is_none() && paused_by.is_none(),
        paused_by,
        stopped_at,
        deadline,
        breached_at: deadline.filter(|deadline| *deadline <= at),
        marks: tally.marks,
    }
}
