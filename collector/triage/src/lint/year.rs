//! The next year, cut into the states that calendars and rotas can be in together.
//!
//! Each calendar's open spans and each rota's staffed ones are a track. Between two neighbouring edges of any track
//! nothing changes, and most of those stretches look alike: "the office is closed, the night shift is there". What
//! looks alike is one state. A set of hours is then a set of states, exact to the second, and comparing two of them
//! is a handful of machine words.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::bits::Bits;
use crate::calendar::Span;

/// One thing that is either so or not at any instant.
pub(super) type Track = Vec<Span>;

/// Stretches of the year that look alike.
struct State {
    first: Span,
    total: SignedDuration,
    holds: Bits,
}

pub(super) struct Year {
    states: Vec<State>,
}

impl Year {
    /// Cuts `from..to` at every edge of the tracks.
    pub(super) fn cut(tracks: &[Track], (from, to): (Timestamp, Timestamp)) -> Self {
        let mut edges: Vec<(Timestamp, usize)> = Vec::new();
        let mut now = Bits::none(tracks.len());
        for (track, spans) in tracks.iter().enumerate() {
            for span in spans.iter().filter(|span| span.end > from && span.start < to) {
                if span.start <= from {
                    now.flip(track);
                } else {
                    edges.push((span.start, track));
                }
                edges.push((span.end, track));
            }
        }
        edges.retain(|(at, _)| *at < to);
        edges.sort_unstable();
        let mut year = Self { states: Vec::new() };
        let mut seen = BTreeMap::new();
        let mut begun = from;
        for (at, track) in edges {
            year.stretch(&mut seen, &now, Span { start: begun, end: at });
            now.flip(track);
            begun = at;
        }
        year.stretch(&mut seen, &now, Span { start: begun, end: to });
        year
    }

    fn stretch(&mut self, seen: &mut BTreeMap<Bits, usize>, holds: &Bits, span: Span) {
        if span.start >= span.end {
            return;
        }
        let length = span.end.duration_since(span.start);
        if let Some(known) = seen.get(holds) {
            let state: &mut State = &mut self.states[*known];
            state.total += length;
            // Two edges at one instant split nothing: what follows at once in the same state is one stretch.
            if state.first.end == span.start {
                state.first.end = span.end;
            }
        } else {
            seen.insert(holds.clone(), self.states.len());
            self.states.push(State { first: span, total: length, holds: holds.clone() });
        }
    }

    /// Every hour.
    pub(super) fn always(&self) -> Bits {
        Bits::all(self.states.len())
    }

    /// No hour.
    pub(super) fn never(&self) -> Bits {
        Bits::none(self.states.len())
    }

    /// The hours in which a track holds.
    pub(super) fn hours_of(&self, track: usize) -> Bits {
        let mut hours = self.never();
        let holding = self.states.iter().enumerate().filter(|(_, state)| state.holds.has(track));
        holding.for_each(|(index, _)| hours.add(index));
        hours
    }

    /// The first stretch of some hours, and how long all of them are together.
    pub(super) fn measure(&self, hours: &Bits) -> Option<(Span, SignedDuration)> {
        let states = || hours.iter().filter_map(|index| self.states.get(index));
        let first = states().map(|state| state.first).min_by_key(|first| first.start)?;
        Some((first, states().map(|state| state.total).sum()))
    }
}
