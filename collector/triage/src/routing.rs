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

use dogwatch_model::{RowId, ToolId, text_enum};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    alert::Owner,
    calendar::{Calendar, State},
    filter,
    finding::{Category, Finding, Severity},
    matrix::{Duty, Matrix, Row, Selector},
};

mod reasons;
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    Misses(Miss),
}

/// What about a question a row is not for, or cannot tell that it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Miss {
    OtherTool,
    OtherCategory,
    OtherSeverity,
    OtherEndpoint,
    ToolNotNamed,
    CategoryNotNamed,
    EndpointNotNamed,
    EndpointUnknown,
}

impl Miss {
    /// The row might have matched, had more been known of the endpoint.
    const fn is_doubt(self) -> bool {
        matches!(self, Self::EndpointNotNamed | Self::EndpointUnknown)
    }
}

/// Finds the owner. Costs a look at each row up to the winner; words are made for the answer alone.
pub fn route<'m>(question: &Question<'_>, matrix: &'m Matrix) -> Routed<'m> {
    let mut duties = Duties::new(matrix, question.at);
    let decided = decide(question, &mut duties);
    let mut why: Vec<_> = decided.doubts.iter().map(|(row, doubt)| doubt.in_words(question, row)).collect();
    let (team, row) = match decided.winner {
        Some(row) => {
            why.push(reasons::matched(question, row, duties.state(&row.duty)));
            (&row.responsible, Some(row))
        }
        None => match matrix.catch_all() {
            Some(row) => {
                why.push("no row matches; the catch-all takes what no row takes".to_owned());
                (&row.responsible, Some(row))
            }
            None => {
                let team = matrix.last_resort();
                why.push(format!("no row matches and there is no catch-all; `{team}` is the last resort"));
                (team, None)
            }
        },
    };
    let window_end = row.and_then(|row| question.at.checked_add(row.first_responder).ok());
    let owner = Owner {
        team: team.clone(),
        side: matrix.team(team).side,
        row: row.map(|row| row.id.clone()),
        calendar: row.and_then(|row| row.duty.calendar().cloned()),
        until: duties.until(),
        first_responder_until: window_end.filter(|end| *end > question.at),
        matrix_version: matrix.version().to_owned(),
        why,
    };
    Routed { owner, row }
}

/// The row that wins, without its reasons, and the rows before it that could not be judged.
struct Decided<'m> {
    winner: Option<&'m Row>,
    doubts: Vec<(&'m Row, Miss)>,
}

fn decide<'m>(question: &Question<'_>, duties: &mut Duties<'m>) -> Decided<'m> {
    let mut doubts = Vec::new();
    for row in duties.matrix.rows() {
        match judge(question, duties, row) {
            Judged::Matches => return Decided { winner: Some(row), doubts },
            Judged::Misses(miss) if miss.is_doubt() => doubts.push((row, miss)),
            Judged::Misses(_) | Judged::OffDuty => {}
        }
    }
    Decided { winner: None, doubts }
}

/// `owner("backup")` in a filter: the team that a critical alert of that tool would go to now.
impl filter::Owners for Matrix {
    fn team_of(&self, tool: &str, endpoint: &filter::Row<'_>) -> Option<&str> {
        let tool = self.tools().find(|known| known.id.as_str() == tool)?;
        // No row of a matrix asks for an owner, so this ends.
        let question = Question {
            tool: Some(&tool.id),
            category: tool.category(),
            severity: Severity::Critical,
            endpoint: Some(endpoint),
            at: endpoint.as_of,
        };
        let winner = decide(&question, &mut Duties::new(self, endpoint.as_of)).winner;
        let team = winner.or(self.catch_all()).map_or(self.last_resort(), |row| &row.responsible);
        Some(team.as_str())
    }
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
                (Fate::Won, reasons::matched(question, row, duties.state(&row.duty)))
            }
            (Judged::Matches, Some(first)) => {
                (Fate::Later, format!("row `{}` matches too, but `{first}` stands before it", row.id))
            }
            (Judged::OffDuty, _) => (Fate::Lost, reasons::off_duty(question, row, duties.state(&row.duty))),
            (Judged::Misses(miss), _) => {
                let fate = if miss.is_doubt() { Fate::Unknown } else { Fate::Lost };
                (fate, miss.in_words(question, row))
            }
        };
        considered.push(Considered { row: row.id.clone(), fate, why });
    }
    considered
}

fn judge<'m>(question: &Question<'_>, duties: &mut Duties<'m>, row: &'m Row) -> Judged {
    if let Some(miss) = miss(question, &row.selects) {
        return Judged::Misses(miss);
    }
    let open = duties.state(&row.duty).is_none_or(|(_, state)| state.open);
    let on_duty = match row.duty {
        Duty::Always => true,
        Duty::During(_) => open,
        Duty::Outside(_) => !open,
    };
    if on_duty { Judged::Matches } else { Judged::OffDuty }
}

/// Whether a selector is certainly for what is asked about, hours aside.
pub(crate) fn selects(question: &Question<'_>, selector: &Selector) -> bool {
    miss(question, selector).is_none()
}

fn miss(question: &Question<'_>, selects: &Selector) -> Option<Miss> {
    match question.tool {
        _ if selects.tools.is_empty() => {}
        None => return Some(Miss::ToolNotNamed),
        Some(tool) if selects.tools.contains(tool) => {}
        Some(_) => return Some(Miss::OtherTool),
    }
    match question.category {
        _ if selects.categories.is_empty() => {}
        None => return Some(Miss::CategoryNotNamed),
        Some(category) if selects.categories.contains(&category) => {}
        Some(_) => return Some(Miss::OtherCategory),
    }
    if !selects.severity.is_empty() && !selects.severity.contains(&question.severity) {
        return Some(Miss::OtherSeverity);
    }
    let filter = selects.endpoint.as_ref()?;
    match question.endpoint.map(|endpoint| filter.judge(endpoint)) {
        Some(filter::Verdict::Match) => None,
        Some(filter::Verdict::NoMatch) => Some(Miss::OtherEndpoint),
        Some(filter::Verdict::Unknown) => Some(Miss::EndpointUnknown),
        None => Some(Miss::EndpointNotNamed),
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
