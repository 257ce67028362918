//! The hours in which a clock runs.

use dogwatch_model::CalendarId;
use jiff::Timestamp;

use crate::{
    calendar::{Calendar, Span},
    matrix::{Duty, Matrix, Row, Runs},
};

/// When a clock runs, pauses aside.
#[derive(Debug, Clone, Copy)]
pub(super) enum Running<'m> {
    Always,
    WhileOpen(&'m Calendar),
    WhileClosed(&'m Calendar),
}

impl<'m> Running<'m> {
    /// As a promise for `row` says.
    pub(super) fn of(matrix: &'m Matrix, row: Option<&Row>, runs: &Runs) -> Self {
        match (runs, row.map(|row| &row.duty)) {
            (Runs::Always, _) | (Runs::WithRow, None | Some(Duty::Always)) => Self::Always,
            (Runs::During(calendar), _) | (Runs::WithRow, Some(Duty::During(calendar))) => {
                Self::by(matrix, Some(calendar))
            }
            (Runs::WithRow, Some(Duty::Outside(calendar))) => {
                matrix.directory().calendar(calendar).map_or(Self::Always, Self::WhileClosed)
            }
        }
    }

    /// While a calendar is open; always without one.
    pub(super) fn by(matrix: &'m Matrix, calendar: Option<&CalendarId>) -> Self {
        calendar.and_then(|id| matrix.directory().calendar(id)).map_or(Self::Always, Self::WhileOpen)
    }

    /// The calendar, if there is one.
    pub(super) const fn calendar(self) -> Option<&'m CalendarId> {
        match self {
            Self::Always => None,
            Self::WhileOpen(calendar) | Self::WhileClosed(calendar) => Some(&calendar.id),
        }
    }

    /// Whether it runs at `at`.
    pub(super) fn is_open(self, at: Timestamp) -> bool {
        match self {
            Self::Always => true,
            Self::WhileOpen(calendar) => calendar.contains(at),
            Self::WhileClosed(calendar) => !calendar.contains(at),
        }
    }

    /// The parts of `within` in which it runs, in order.
    pub(super) fn parts(self, within: Span) -> Box<dyn Iterator<Item = Span> + 'm> {
        let Span { start, end } = within;
        let clamp = move |span: Span| Span { start: span.start.max(start), end: span.end.min(end) };
        match self {
            Self::Always => Box::new(core::iter::once(within)),
            Self::WhileOpen(calendar) => Box::new(calendar.open_spans(start, end).map(clamp)),
            Self::WhileClosed(calendar) => {
                let open = calendar.open_spans(start, end).map(clamp);
                let last = Span { start: end, end };
                let mut from = start;
                Box::new(open.chain([last]).filter_map(move |span| {
                    let closed = Span { start: from, end: span.start };
                    from = span.end;
                    (closed.start < closed.end).then_some(closed)
                }))
            }
        }
    }
}
