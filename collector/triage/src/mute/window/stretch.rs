//! The stretches of time that a window covers: which there are, and which come next.
//!
//! Looking from an instant costs little whatever the window: a single time is computed, what comes again is looked for
//! from the nearest date on, and what is over has no date to look at.

use jiff::{SignedDuration, Timestamp, civil::Date};

use super::{MAX_LENGTH, Window, WindowError};
use crate::{
    calendar::{Span, first_of},
    mute::Recurrence,
};

/// How far ahead the next begin of a window is looked for: a little over a year, for what is yearly by its dates.
const LOOKAHEAD_DAYS: i64 = 400;

/// The furthest begin of a window, from when it is made: five years. What lies further is a year that was mistyped.
const MAX_AHEAD: SignedDuration = SignedDuration::from_hours(24 * 365 * 5);

impl Window {
    /// The stretch that covers `at`, if one does.
    pub fn span_at(&self, at: Timestamp) -> Option<Span> {
        self.span_at_or_after(at).filter(|span| span.has(at))
    }

    /// The stretch that covers `at`, or the next one; `None` when there is none within about a year of the later of
    /// `at` and its first date.
    pub fn span_at_or_after(&self, at: Timestamp) -> Option<Span> {
        if self.ended_at.is_some_and(|ended| ended <= at) {
            return None;
        }
        let local = self.zone.to_datetime(at).date();
        // A stretch of [`MAX_LENGTH`] may have begun that long ago; a date more for the zone's changes.
        let from = local.saturating_sub(jiff::Span::new().days(MAX_LENGTH.as_hours() / 24 + 1));
        self.dates_from(from).filter_map(|date| self.span_on(date)).find(|span| span.end > at)
    }

    /// From when on it covers nothing any more; `None` when it comes again for ever.
    pub fn over_at(&self) -> Option<Timestamp> {
        let first = self.plan.starts.date();
        let last = match (&self.plan.every, self.plan.last_day) {
            (Recurrence::Once, _) => Some(first),
            (every, Some(day)) => core::iter::successors(Some(day), |date| date.yesterday().ok())
                .take_while(|date| *date >= first)
                .find(|date| every.begins_on(first, *date)),
            (_, None) => None,
        };
        let end = last.and_then(|date| self.whole_span_on(date)).map(|span| span.end);
        [end, self.ended_at].into_iter().flatten().min()
    }

    /// Whether it covers nothing from `at` on.
    pub fn is_over(&self, at: Timestamp) -> bool {
        self.over_at().is_some_and(|over| over <= at)
    }

    /// Refuses what would never begin, begins too far ahead, or hides without a break.
    pub(super) fn check_stretches(&self, at: Timestamp) -> Result<(), WindowError> {
        let starts = self.plan.starts;
        let far = at.checked_add(MAX_AHEAD).is_ok_and(|far| self.zone.to_datetime(far) < starts);
        if far {
            return Err(WindowError::Far(starts));
        }
        if self.span_at_or_after(at).is_none() {
            let why = match self.plan.every {
                Recurrence::Once => "its only time has passed".to_owned(),
                ref every => format!("no date of `{every}` lies ahead and before its last day"),
            };
            return Err(WindowError::Never(why));
        }
        let mut spans = self.dates_from(starts.date()).filter_map(|date| self.span_on(date));
        let mut before = spans.next();
        for next in spans {
            if before.is_some_and(|before| next.start <= before.end) {
                let lasts = self.plan.lasts;
                return Err(WindowError::JoinsUp { lasts, every: self.plan.every.clone(), next: next.start });
            }
            before = Some(next);
        }
        Ok(())
    }

    /// The dates of about a year, on some of which it begins, none before its first or after its last.
    fn dates_from(&self, from: Date) -> impl Iterator<Item = Date> + use<> {
        let first = self.plan.starts.date();
        let from = from.max(first);
        let ahead = match self.plan.every {
            Recurrence::Once => first,
            _ => from.saturating_add(jiff::Span::new().days(LOOKAHEAD_DAYS)),
        };
        let last = self.plan.last_day.map_or(ahead, |day| day.min(ahead));
        core::iter::successors(Some(from), |date| date.tomorrow().ok()).take_while(move |date| *date <= last)
    }

    /// The stretch that begins on a date, as far as it was not ended.
    fn span_on(&self, date: Date) -> Option<Span> {
        let Span { start, end } = self.whole_span_on(date)?;
        let end = self.ended_at.map_or(end, |ended| ended.min(end));
        (start < end).then_some(Span { start, end })
    }

    fn whole_span_on(&self, date: Date) -> Option<Span> {
        if !self.plan.every.begins_on(self.plan.starts.date(), date) {
            return None;
        }
        let start = first_of(&self.zone, date.to_datetime(self.plan.starts.time()))?;
        Some(Span { start, end: start.checked_add(self.plan.lasts).ok()? })
    }
}
