//! Routing: which team owns this, now, and why.
//!
//! Rows are tried in the order of the file and the first that matches wins. A row whose endpoint filter cannot be
//! judged, because a fact is missing, does not match, and the reasons say so. What no row takes goes to the
//! catch-all; without one, to the last resort. There is always exactly one owner.
//!
//! An owner holds until the next change of a calendar that could alter the answer: that of the winner, and those of
//! the rows before it that match in everything but the hour. Endpoint filters may change their minds earlier; they
//! are asked again whenever facts arrive.
//!
//! [`route`] is the quick way, for every alert at every change; [`explain`] tells of every row why it won or lost.
//! Both go through the same judgement of a row.

use core::fmt::Write as _;

use dogwatch_model::{RowId, ToolId, text_enum};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    alert::Owner,
    calendar::{Calendar, State},
    filter,
    finding::{Category, Finding, Severity},
    matrix::{Duty, Matrix, Row},
};

#[cfg(test)]
mod tests;

/// What is asked of a matrix.
#[derive(Debug, Clone, Copy)]
pub struct Question<'a> {
    /// The tool concerned; absent when a person asks by category alone.
    pub tool: Option<&'a ToolId>,
    /// What it is about; absent when a person asks by a tool that is for no one category.
    pub category: Option<Category>,
    /// How bad it is.
    pub severity: Severity,
    /// The endpoint; absent when a person asks in general.
    pub endpoint: Option<&'a filter::Row<'a>>,
    /// When.
    pub at: Timestamp,
}

impl<'a> Question<'a> {
    /// Whose is this finding?
    pub const fn of(finding: &'a Finding, endpoint: &'a filter::Row<'a>, at: Timestamp) -> Self {
        Self {
            tool: Some(&finding.tool),
            category: Some(finding.category),
            severity: finding.severity,
            endpoint: Some(endpoint),
            at,
        }
    }
}

/// The answer: who owns it, and the row that said so.
#[derive(Debug, Clone)]
pub struct Routed<'m> {
    /// The owner, with the reasons.
    pub owner: Owner,
    /// The row that won, or the catch-all; `None` when the last resort owns.
    pub row: Option<&'m Row>,
}

text_enum! {
    /// What became of a row.
    pub enum Fate {
        /// It matches and is the first.
        Won = "won",
        /// It does not match.
        Lost = "lost",
        /// It could not be judged, which is as good as lost.
        Unknown = "unknown",
        /// It matches too, and an earlier row won.
        Later = "later",
    }
}

/// What became of a row, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Considered {
    /// The row.
    pub row: RowId,
    /// What became of it.
    pub fate: Fate,
    /// Why, in a sentence.
    pub why: String,
}

/// How one row stands to a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Judged {
    Matches,
    OffDuty,
    OtherTool,
    OtherCategory,
    OtherSeverity,
    OtherEndpoint,
    ToolNotNamed,
    CategoryNotNamed,
    EndpointNotNamed,
    EndpointUnknown,
}

/// Finds the owner. Costs a look at each row up to the winner; words are made for the answer alone.
pub fn route<'m>(question: &Question<'_>, matrix: &'m Matrix) -> Routed<'m> {
    let mut duties = Duties::new(matrix, question.at);
    let mut why = Vec::new();
    for row in matrix.rows() {
        let judged = judge(question, &mut duties, row);
        if matches!(judged, Judged::Matches | Judged::EndpointUnknown | Judged::EndpointNotNamed) {
            why.push(in_words(judged, question, &mut duties, row));
        }
        if judged == Judged::Matches {
            return Routed { owner: owner(question, &duties, row, why), row: Some(row) };
        }
    }
    if let Some(row) = matrix.catch_all() {
        why.push("no row matches; the catch-all takes what no row takes".to_owned());
        return Routed { owner: owner(question, &duties, row, why), row: Some(row) };
    }
    let team = matrix.team(matrix.last_resort());
    why.push(format!("no row matches and there is no catch-all; `{}` is the last resort", team.id));
    let owner = Owner {
        team: team.id.clone(),
        side: team.side,
        row: None,
        calendar: None,
        until: duties.until(),
        first_responder_until: None,
        matrix_version: matrix.version().to_owned(),
        why,
    };
    Routed { owner, row: None }
}

/// Tells of every row what became of it, in the order of the file; the catch-all is last.
pub fn explain(question: &Question<'_>, matrix: &Matrix) -> Vec<Considered> {
    let mut duties = Duties::new(matrix, question.at);
    let mut winner: Option<&RowId> = None;
    let mut considered = Vec::with_capacity(matrix.rows().len() + 1);
    for row in matrix.rows().iter().chain(matrix.catch_all()) {
        let judged = judge(question, &mut duties, row);
        let (fate, why) = match (judged, winner) {
            (Judged::Matches, None) => {
                winner = Some(&row.id);
                (Fate::Won, in_words(judged, question, &mut duties, row))
            }
            (Judged::Matches, Some(first)) => {
                (Fate::Later, format!("row `{}` matches too, but `{first}` stands before it", row.id))
            }
            (Judged::EndpointUnknown | Judged::EndpointNotNamed, _) => {
                (Fate::Unknown, in_words(judged, question, &mut duties, row))
            }
            _ => (Fate::Lost, in_words(judged, question, &mut duties, row)),
        };
        considered.push(Considered { row: row.id.clone(), fate, why });
    }
    considered
}

fn judge<'m>(question: &Question<'_>, duties: &mut Duties<'m>, row: &'m Row) -> Judged {
    let selects = &row.selects;
    match question.tool {
        _ if selects.tools.is_empty() => {}
        None => return Judged::ToolNotNamed,
        Some(tool) if selects.tools.contains(tool) => {}
        Some(_) => return Judged::OtherTool,
    }
    match question.category {
        _ if selects.categories.is_empty() => {}
        None => return Judged::CategoryNotNamed,
        Some(category) if selects.categories.contains(&category) => {}
        Some(_) => return Judged::OtherCategory,
    }
    if !selects.severity.is_empty() && !selects.severity.contains(&question.severity) {
        return Judged::OtherSeverity;
    }
    if let Some(filter) = &selects.endpoint {
        match question.endpoint.map(|endpoint| filter.judge(endpoint)) {
            Some(filter::Verdict::Match) => {}
            Some(filter::Verdict::NoMatch) => return Judged::OtherEndpoint,
            Some(filter::Verdict::Unknown) => return Judged::EndpointUnknown,
            None => return Judged::EndpointNotNamed,
        }
    }
    let open = duties.state(&row.duty).is_none_or(|(_, state)| state.open);
    let on_duty = match row.duty {
        Duty::Always => true,
        Duty::During(_) => open,
        Duty::Outside(_) => !open,
    };
    if on_duty { Judged::Matches } else { Judged::OffDuty }
}

fn owner(question: &Question<'_>, duties: &Duties<'_>, row: &Row, why: Vec<String>) -> Owner {
    let team = duties.matrix.team(&row.responsible);
    let window_end = question.at.checked_add(row.first_responder).ok();
    Owner {
        team: team.id.clone(),
        side: team.side,
        row: Some(row.id.clone()),
        calendar: row.duty.calendar().cloned(),
        until: duties.until(),
        first_responder_until: window_end.filter(|end| *end > question.at),
        matrix_version: duties.matrix.version().to_owned(),
        why,
    }
}

/// The calendars that were asked, each once. The hour is what a row is judged by last, so every calendar in here
/// belongs to a row that matches in all else: exactly those decide how long an answer holds.
struct Duties<'m> {
    matrix: &'m Matrix,
    at: Timestamp,
    asked: Vec<(&'m Calendar, State)>,
}

impl<'m> Duties<'m> {
    const fn new(matrix: &'m Matrix, at: Timestamp) -> Self {
        Self { matrix, at, asked: Vec::new() }
    }

    fn state(&mut self, duty: &Duty) -> Option<(&'m Calendar, State)> {
        let calendar = self.matrix.calendar_of(duty)?;
        let known = self.asked.iter().find(|(asked, _)| asked.id == calendar.id);
        Some(known.copied().unwrap_or_else(|| {
            let state = (calendar, calendar.state(self.at));
            self.asked.push(state);
            state
        }))
    }

    /// The first change of any calendar that was asked.
    fn until(&self) -> Option<Timestamp> {
        self.asked.iter().filter_map(|(_, state)| state.until).min()
    }
}

fn in_words(judged: Judged, question: &Question<'_>, duties: &mut Duties<'_>, row: &Row) -> String {
    let id = &row.id;
    let mut calendar =
        || duties.state(&row.duty).map(|(calendar, state)| hours_in_words(calendar, state, question.at));
    let filter = row.selects.endpoint.as_ref().map_or("", filter::Filter::source);
    match judged {
        Judged::Matches => matches_in_words(question, row, calendar()),
        Judged::OffDuty => match &row.duty {
            Duty::Outside(_) => {
                format!("row `{id}` applies outside its calendar, and {}", calendar().unwrap_or_default())
            }
            _ => format!("row `{id}` applies during its calendar, and {}", calendar().unwrap_or_default()),
        },
        Judged::OtherTool => format!("row `{id}` is for {}", list("tool", &row.selects.tools)),
        Judged::OtherCategory => format!("row `{id}` is for {}", list("category", &row.selects.categories)),
        Judged::OtherSeverity => format!("row `{id}` is for {}", list("severity", &row.selects.severity)),
        Judged::OtherEndpoint => format!("row `{id}` is for endpoints where {filter}"),
        Judged::ToolNotNamed => {
            format!("row `{id}` is for {}, and no tool was named", list("tool", &row.selects.tools))
        }
        Judged::CategoryNotNamed => {
            let wanted = list("category", &row.selects.categories);
            format!("row `{id}` is for {wanted}, and no category was named")
        }
        Judged::EndpointNotNamed => {
            format!("row `{id}` is for endpoints where {filter}, and no endpoint was named")
        }
        Judged::EndpointUnknown => {
            let missing = missing(question, row).join(", ");
            format!("row `{id}` could not be judged for endpoints where {filter}: not known: {missing}")
        }
    }
}

/// The facts whose absence made the endpoint filter of a row unknown.
fn missing(question: &Question<'_>, row: &Row) -> Vec<String> {
    match (&row.selects.endpoint, question.endpoint) {
        (Some(filter), Some(endpoint)) => filter.missing_in(&mut filter::Scope::new(endpoint)),
        _ => Vec::new(),
    }
}

fn matches_in_words(question: &Question<'_>, row: &Row, calendar: Option<String>) -> String {
    let mut parts = Vec::new();
    if let Some(tool) = question.tool.filter(|_| !row.selects.tools.is_empty()) {
        parts.push(format!("tool {tool}"));
    }
    if let Some(category) = question.category.filter(|_| !row.selects.categories.is_empty()) {
        parts.push(format!("category {category}"));
    }
    if !row.selects.severity.is_empty() {
        parts.push(format!("severity {}", question.severity));
    }
    if let Some(filter) = &row.selects.endpoint {
        parts.push(format!("endpoint where {}", filter.source()));
    }
    parts.extend(calendar);
    let mut words = format!("row `{}` matches", row.id);
    let _infallible = match parts.is_empty() {
        true => write!(words, " everything"),
        false => write!(words, ": {}", parts.join(", ")),
    };
    words
}

/// "calendar `office` is closed (Christmas Day) until 2026-12-28T09:00:00Z".
fn hours_in_words(calendar: &Calendar, state: State, at: Timestamp) -> String {
    let mut words = format!("calendar `{}` is {}", calendar.id, if state.open { "open" } else { "closed" });
    let special = calendar.special_at(at).map(|special| format!(" ({})", special.name));
    words.push_str(&special.unwrap_or_default());
    match state.until {
        Some(until) => words.push_str(&format!(" until {until}")),
        None => words.push_str(" for the foreseeable future"),
    }
    words
}

fn list<T: core::fmt::Display>(kind: &str, of: &[T]) -> String {
    let names = of.iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join(" or ");
    format!("{kind} {names}")
}
