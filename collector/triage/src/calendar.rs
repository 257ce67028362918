//! Calendars: when a team is on duty, in local time, through every change of the clocks.
//!
//! A calendar has an IANA zone, weekly hours, holidays (closed) and exceptions (that date has its own hours, or none;
//! an exception wins over a holiday). A span of hours belongs to the date on which it begins: the night shift of a
//! holiday is off, the night shift that runs into a holiday works to its end.
//!
//! Local time becomes instants by one rule, which never runs backwards: a time that comes twice begins a span at its
//! first and ends it at its last occurrence, so that a shift never ends an hour early nor begins an hour late; a time
//! that is skipped moves forward to the first moment that exists. Two calendars that meet at any local time therefore
//! leave no gap between them. Spans are half open: the end is the first instant outside.
//!
//! The zone's rules are looked up once, when the calendar is made (the system's, or else those built in), and are part
//! of it from then on: asking a calendar touches no file. What is not here: rotas, which name persons.

use std::collections::{BTreeMap, VecDeque};

use dogwatch_model::CalendarId;
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime},
    tz::{AmbiguousOffset, TimeZone},
};

mod hours;
#[cfg(test)]
pub(crate) mod tests;

use hours::{DAY_MINUTES, Place};
pub use hours::{Hours, HoursError, LocalSpan};

/// How far ahead a calendar looks for its next change: a year and its longest holiday. A calendar that does not
/// change for longer has no next change.
const LOOKAHEAD_DAYS: i16 = 400;

/// When somebody is on duty.
#[derive(Debug, Clone)]
pub struct Calendar {
    /// Its name in the matrix.
    pub id: CalendarId,
    zone: TimeZone,
    zone_name: String,
    hours: Hours,
    special: BTreeMap<Date, Special>,
}

/// A date with a rule of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Special {
    /// What people call it: `Christmas Day`.
    pub name: String,
    /// Its hours; none when it is closed.
    pub spans: Vec<LocalSpan>,
}

/// A stretch of time, half open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// The first instant inside.
    pub start: Timestamp,
    /// The first instant outside.
    pub end: Timestamp,
}

/// What a calendar says about an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct State {
    /// Whether the instant is inside.
    pub open: bool,
    /// When that changes next; `None` when it does not within about a year.
    pub until: Option<Timestamp>,
}

impl Calendar {
    /// A calendar in `zone`. Special dates come on top of the weekly hours.
    ///
    /// # Errors
    /// When there is no such zone.
    pub fn new(
        id: CalendarId,
        zone_name: &str,
        hours: Hours,
        special: BTreeMap<Date, Special>,
    ) -> Result<Self, jiff::Error> {
        let zone = TimeZone::get(zone_name)?;
        Ok(Self { id, zone, zone_name: zone_name.to_owned(), hours, special })
    }

    /// The zone it is evaluated in.
    pub const fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The IANA name of that zone.
    pub fn zone_name(&self) -> &str {
        &self.zone_name
    }

    /// The hours of an ordinary week.
    pub const fn hours(&self) -> &Hours {
        &self.hours
    }

    /// The dates with a rule of their own, in order.
    pub fn special(&self) -> impl Iterator<Item = (&Date, &Special)> {
        self.special.iter()
    }

    /// Whether `at` is inside.
    pub fn contains(&self, at: Timestamp) -> bool {
        let local = self.zone.to_datetime(at);
        let minutes = i32::from(local.hour()) * 60 + i32::from(local.minute());
        // A span of the day before yesterday still runs when its end comes twice around midnight, and tomorrow's
        // has begun when its start does.
        (-2..=1).zip(nearby(local.date(), -2)).any(|(day, date)| {
            let on_duty = |span: &LocalSpan| match span.place_of(minutes - day * DAY_MINUTES) {
                Place::Inside => true,
                Place::Outside => false,
                Place::Near => self.span_on(date, *span).is_some_and(|span| span.has(at)),
            };
            self.local_spans_of(date).iter().any(on_duty)
        })
    }

    /// Whether `at` is inside, and until when that holds.
    pub fn state(&self, at: Timestamp) -> State {
        if self.special.is_empty() && (self.hours.never() || self.hours.always()) {
            return State { open: self.hours.always(), until: None };
        }
        let ahead = SignedDuration::from_hours(24 * i64::from(LOOKAHEAD_DAYS));
        let horizon = at.checked_add(ahead).unwrap_or(Timestamp::MAX);
        let next = self.open_spans(at, horizon).find(|span| span.end > at);
        let open = next.is_some_and(|span| span.has(at));
        let change = next.map(|span| if open { span.end } else { span.start });
        State { open, until: change.filter(|change| *change < horizon) }
    }

    /// The special date that rules the local day of `at`, if there is one.
    pub fn special_at(&self, at: Timestamp) -> Option<&Special> {
        self.special.get(&self.zone.to_datetime(at).date())
    }

    /// The first instant after `at` at which [`contains`](Self::contains) changes, within about a year.
    pub fn next_change(&self, at: Timestamp) -> Option<Timestamp> {
        self.state(at).until
    }

    /// The open spans that overlap `from..to`, in order, merged where they touch. The first may begin before `from`. The
    /// last may end after `to`, and what follows it then is not looked at: its end is exact only up to `to`.
    pub fn open_spans(&self, from: Timestamp, to: Timestamp) -> OpenSpans<'_> {
        let first = nearby(self.zone.to_datetime(from).date(), -2).next();
        let last = nearby(self.zone.to_datetime(to).date(), 1).next().unwrap_or(Date::MAX);
        OpenSpans { calendar: self, from, to, next: first, last, day: VecDeque::new(), growing: None }
    }

    /// The spans that begin on `date`.
    fn spans_of(&self, date: Date) -> impl Iterator<Item = Span> {
        self.local_spans_of(date).iter().filter_map(move |span| self.span_on(date, *span))
    }

    fn local_spans_of(&self, date: Date) -> &[LocalSpan] {
        let special = if self.special.is_empty() { None } else { self.special.get(&date) };
        special.map_or_else(|| self.hours.of(date.weekday()), |special| special.spans.as_slice())
    }

    fn span_on(&self, date: Date, span: LocalSpan) -> Option<Span> {
        let start = self.earliest(span.start_on(date)?)?;
        let end = self.latest(span.end_on(date)?)?;
        (start < end).then_some(Span { start, end })
    }

    /// The first instant at which the local clock shows `local`, or the moment the clock jumps over it.
    pub fn earliest(&self, local: DateTime) -> Option<Timestamp> {
        first_of(&self.zone, local)
    }

    /// The last instant at which the local clock shows `local`, or the moment the clock jumps over it.
    fn latest(&self, local: DateTime) -> Option<Timestamp> {
        let ambiguous = self.zone.to_ambiguous_timestamp(local);
        match ambiguous.offset() {
            AmbiguousOffset::Gap { .. } => self.earliest(local),
            AmbiguousOffset::Fold { .. } | AmbiguousOffset::Unambiguous { .. } => ambiguous.later().ok(),
        }
    }
}

/// The first instant at which a clock in `zone` shows `local`, or the moment it jumps over it.
pub(crate) fn first_of(zone: &TimeZone, local: DateTime) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    let AmbiguousOffset::Gap { before, .. } = ambiguous.offset() else {
        return ambiguous.compatible().ok();
    };
    // By the offset before the gap the time lies at or after the jump: the jump is the last one until there.
    let inside = before.to_timestamp(local).ok()?;
    let jump = zone.preceding(inside.checked_add(SignedDuration::from_secs(1)).ok()?).next()?;
    Some(jump.timestamp())
}

impl Span {
    /// Whether `at` is inside.
    pub fn has(&self, at: Timestamp) -> bool {
        self.start <= at && at < self.end
    }
}

/// Dates from `from` days beside `today` on, as long as there are any.
fn nearby(today: Date, from: i64) -> impl Iterator<Item = Date> {
    let first = today.saturating_add(jiff::Span::new().days(from));
    core::iter::successors(Some(first), |date| date.tomorrow().ok())
}

/// The open spans of a calendar, in order; see [`Calendar::open_spans`].
#[derive(Debug)]
pub struct OpenSpans<'a> {
    calendar: &'a Calendar,
    from: Timestamp,
    to: Timestamp,
    next: Option<Date>,
    last: Date,
    day: VecDeque<Span>,
    growing: Option<Span>,
}

impl OpenSpans<'_> {
    /// The next span, not merged yet.
    fn pull(&mut self) -> Option<Span> {
        while self.day.is_empty() {
            let date = self.next.filter(|date| *date <= self.last)?;
            self.day.extend(self.calendar.spans_of(date));
            self.next = date.tomorrow().ok();
        }
        self.day.pop_front()
    }
}

impl Iterator for OpenSpans<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        while let Some(span) = self.pull() {
            match &mut self.growing {
                Some(growing) if span.start <= growing.end => growing.end = growing.end.max(span.end),
                growing => {
                    let whole = growing.replace(span);
                    if let Some(whole) = whole.filter(|whole| whole.end > self.from && whole.start < self.to)
                    {
                        return Some(whole);
                    }
                }
            }
        }
        self.growing.take().filter(|whole| whole.end > self.from && whole.start < self.to)
    }
}
