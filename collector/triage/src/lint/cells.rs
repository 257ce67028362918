//! What a matrix divides: every tool and category, severity, kind of endpoint and hour, and which row has which.
//!
//! A *subject* is a tool with one of its categories, or a category that no tool is for. Endpoints come in *kinds*:
//! those that the same filters take. Where the endpoints are not known there is a kind for each filter, which only it
//! takes, and one that no filter takes; so different filters are never said to overlap, and only a row without one
//! covers everything.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{CalendarId, TeamId, ToolId};
use jiff::Timestamp;

use super::{
    LintContext,
    bits::Bits,
    staff::staffed,
    year::{Track, Year},
};
use crate::{
    filter::{Filter, Verdict},
    finding::{Category, Severity},
    matrix::{Duty, Matrix, Row, Selector},
};

/// What an alert may be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Subject<'m> {
    pub(super) tool: Option<&'m ToolId>,
    pub(super) category: Option<Category>,
}

/// What a row takes, were it alone.
pub(super) struct Share<'m> {
    pub(super) row: &'m Row,
    pub(super) subjects: Bits,
    pub(super) severities: Bits,
    pub(super) kinds: Bits,
    pub(super) hours: Bits,
}

impl Share<'_> {
    /// Whether there is anything at all that it takes.
    pub(super) fn takes_something(&self) -> bool {
        [&self.subjects, &self.severities, &self.kinds, &self.hours].iter().all(|set| !set.is_empty())
    }
}

/// Hours of one subject that no row takes.
pub(super) struct Gap<'m> {
    pub(super) subject: Subject<'m>,
    pub(super) severities: Vec<Severity>,
    /// The name of an endpoint that it concerns, where endpoints are known.
    pub(super) endpoint: Option<&'m str>,
    pub(super) hours: Bits,
}

pub(super) struct Cells<'m> {
    pub(super) year: Year,
    pub(super) shares: Vec<Share<'m>>,
    /// The hours in which each row wins something.
    pub(super) won: Vec<Bits>,
    pub(super) gaps: Vec<Gap<'m>>,
    /// The hours in which somebody of a team is on duty, for teams that have a rota.
    pub(super) staffed: BTreeMap<&'m TeamId, Bits>,
}

impl<'m> Cells<'m> {
    pub(super) fn of(matrix: &'m Matrix, context: &LintContext<'m>, year: (Timestamp, Timestamp)) -> Self {
        let (year, open, staffed) = hours(matrix, year);
        let subjects = subjects(matrix);
        let kinds = Kinds::of(matrix, context);
        let share = |row: &'m Row| Share {
            row,
            subjects: which(&subjects, |subject| takes(&row.selects, subject)),
            severities: which(Severity::ALL, |severity| {
                row.selects.severity.is_empty() || row.selects.severity.contains(severity)
            }),
            kinds: kinds.of_filter(row.selects.endpoint.as_ref()),
            hours: match &row.duty {
                Duty::Always => year.always(),
                Duty::During(calendar) => open.get(calendar).cloned().unwrap_or_else(|| year.never()),
                Duty::Outside(calendar) => {
                    open.get(calendar).map_or_else(|| year.always(), |open| year.always().without(open))
                }
            },
        };
        let shares: Vec<_> = matrix.rows().iter().map(share).collect();
        let won = shares.iter().map(|_| year.never()).collect();
        let mut cells = Self { year, shares, won, gaps: Vec::new(), staffed };
        for (index, subject) in subjects.iter().enumerate() {
            cells.divide(index, *subject, &kinds);
        }
        cells
    }

    /// Gives the hours of a subject to the rows in their order; what is left is a gap.
    fn divide(&mut self, index: usize, subject: Subject<'m>, kinds: &Kinds<'m>) {
        let concerned: Vec<usize> =
            (0..self.shares.len()).filter(|row| self.shares[*row].subjects.has(index)).collect();
        let mut gap = Gap { subject, severities: Vec::new(), endpoint: None, hours: self.year.never() };
        for (severity_index, severity) in Severity::ALL.iter().enumerate() {
            for kind in 0..kinds.count {
                let mut left = self.year.always();
                for row in &concerned {
                    let share = &self.shares[*row];
                    if !share.severities.has(severity_index) || !share.kinds.has(kind) {
                        continue;
                    }
                    self.won[*row].add_all(&left.both(&share.hours));
                    left.remove_all(&share.hours);
                    if left.is_empty() {
                        break;
                    }
                }
                if !left.is_empty() {
                    gap.hours.add_all(&left);
                    gap.endpoint = gap.endpoint.or(kinds.examples.get(kind).copied());
                    if !gap.severities.contains(severity) {
                        gap.severities.push(*severity);
                    }
                }
            }
        }
        if !gap.severities.is_empty() {
            self.gaps.push(gap);
        }
    }
}

type Hours<'m> = (Year, BTreeMap<&'m CalendarId, Bits>, BTreeMap<&'m TeamId, Bits>);

/// The year, and in it the open hours of each calendar that a row goes by and the staffed ones of each team that acts.
fn hours(matrix: &Matrix, year: (Timestamp, Timestamp)) -> Hours<'_> {
    let mut tracks: Vec<Track> = Vec::new();
    let calendars: BTreeSet<_> = matrix.rows().iter().filter_map(|row| row.duty.calendar()).collect();
    let calendars: Vec<_> =
        calendars.into_iter().filter_map(|id| Some((id, matrix.directory().calendar(id)?))).collect();
    tracks.extend(calendars.iter().map(|(_, calendar)| calendar.open_spans(year.0, year.1).collect()));
    let acting: BTreeSet<_> =
        matrix.rows().iter().chain(matrix.catch_all()).map(|row| &row.responsible).collect();
    let acting: Vec<_> = acting
        .into_iter()
        .filter_map(|team| Some((team, staffed(matrix.directory(), team, year)?)))
        .collect();
    let teams: Vec<_> = acting.iter().map(|(team, _)| *team).collect();
    tracks.extend(acting.into_iter().map(|(_, spans)| spans));
    let year = Year::cut(&tracks, year);
    let open = calendars.iter().enumerate().map(|(track, (id, _))| (*id, year.hours_of(track))).collect();
    let first = calendars.len();
    let staffed = teams.iter().enumerate().map(|(n, team)| (*team, year.hours_of(first + n))).collect();
    (year, open, staffed)
}

fn which<T>(all: &[T], is: impl Fn(&T) -> bool) -> Bits {
    let mut bits = Bits::none(all.len());
    all.iter().enumerate().filter(|(_, one)| is(one)).for_each(|(index, _)| bits.add(index));
    bits
}

fn subjects(matrix: &Matrix) -> Vec<Subject<'_>> {
    let mut subjects = Vec::new();
    let mut served = BTreeSet::new();
    for tool in matrix.tools() {
        let before = subjects.len();
        for category in tool.categories() {
            served.insert(category);
            subjects.push(Subject { tool: Some(&tool.id), category: Some(category) });
        }
        if subjects.len() == before {
            subjects.push(Subject { tool: Some(&tool.id), category: None });
        }
    }
    let unserved = Category::ALL.iter().filter(|category| !served.contains(category));
    subjects.extend(unserved.map(|category| Subject { tool: None, category: Some(*category) }));
    subjects
}

fn takes(selects: &Selector, subject: &Subject<'_>) -> bool {
    let tool = selects.tools.is_empty() || subject.tool.is_some_and(|tool| selects.tools.contains(tool));
    let category = selects.categories.is_empty()
        || subject.category.is_some_and(|category| selects.categories.contains(&category));
    tool && category
}

/// Endpoints by the filters that take them.
struct Kinds<'m> {
    count: usize,
    /// The kinds that each filter takes, by its text.
    of: BTreeMap<&'m str, Bits>,
    /// The name of an endpoint of each kind, where endpoints are known.
    examples: Vec<&'m str>,
}

impl<'m> Kinds<'m> {
    fn of(matrix: &'m Matrix, context: &LintContext<'m>) -> Self {
        let filters: BTreeMap<&str, &Filter> = matrix
            .rows()
            .iter()
            .filter_map(|row| row.selects.endpoint.as_ref())
            .map(|filter| (filter.source(), filter))
            .collect();
        let Some(endpoints) = context.endpoints.filter(|endpoints| !endpoints.is_empty()) else {
            let count = filters.len() + 1;
            let alone = |index| {
                let mut kinds = Bits::none(count);
                kinds.add(index);
                kinds
            };
            let of = filters.keys().enumerate().map(|(index, source)| (*source, alone(index))).collect();
            return Self { count, of, examples: Vec::new() };
        };
        let mut kinds: BTreeMap<Bits, &str> = BTreeMap::new();
        let filters: Vec<_> = filters.into_iter().collect();
        for endpoint in endpoints {
            let taken = which(&filters, |(_, filter)| filter.judge(endpoint) == Verdict::Match);
            kinds.entry(taken).or_insert(&endpoint.endpoint.name);
        }
        let kinds: Vec<_> = kinds.into_iter().collect();
        let taking = |filter: usize| which(&kinds, |(taken, _)| taken.has(filter));
        let of = filters.iter().enumerate().map(|(index, (source, _))| (*source, taking(index))).collect();
        Self { count: kinds.len(), of, examples: kinds.iter().map(|(_, name)| *name).collect() }
    }

    fn of_filter(&self, filter: Option<&Filter>) -> Bits {
        let Some(filter) = filter else { return Bits::all(self.count) };
        self.of.get(filter.source()).cloned().unwrap_or_else(|| Bits::none(self.count))
    }
}
