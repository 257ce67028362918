//! Why a row won or lost, in sentences: the same in an alert's timeline, in `who` and in the console.

use core::fmt::Display;

use jiff::Timestamp;

use super::{Miss, Question};
use crate::{
    calendar::{Calendar, State},
    filter::{Filter, Scope},
    matrix::{Duty, Row},
};

/// A calendar that was asked, and what it said.
type Asked<'m> = Option<(&'m Calendar, State)>;

/// Why a row matches: each thing that it asks for, and its hours.
pub(super) fn matched(question: &Question<'_>, row: &Row, asked: Asked<'_>) -> String {
    let selects = &row.selects;
    let tool = question.tool.filter(|_| !selects.tools.is_empty()).map(|tool| format!("tool {tool}"));
    let category = question.category.filter(|_| !selects.categories.is_empty());
    let category = category.map(|category| format!("category {category}"));
    let severity = (!selects.severity.is_empty()).then(|| format!("severity {}", question.severity));
    let endpoint = selects.endpoint.as_ref().map(|filter| format!("endpoint where {}", filter.source()));
    let hours = asked.map(|(calendar, state)| hours(calendar, state, question.at));
    let parts: Vec<_> = [tool, category, severity, endpoint, hours].into_iter().flatten().collect();
    match parts.is_empty() {
        true => format!("row `{}` matches everything", row.id),
        false => format!("row `{}` matches: {}", row.id, parts.join(", ")),
    }
}

/// Why a row that matches in all else does not apply at this hour.
pub(super) fn off_duty(question: &Question<'_>, row: &Row, asked: Asked<'_>) -> String {
    let hours = asked.map(|(calendar, state)| hours(calendar, state, question.at)).unwrap_or_default();
    match row.duty {
        Duty::Outside(_) => format!("row `{}` applies outside its calendar, and {hours}", row.id),
        Duty::During(_) | Duty::Always => {
            format!("row `{}` applies during its calendar, and {hours}", row.id)
        }
    }
}

impl Miss {
    /// Why a row lost, or could not be judged.
    pub(super) fn in_words(self, question: &Question<'_>, row: &Row) -> String {
        let (id, selects) = (&row.id, &row.selects);
        let filter = selects.endpoint.as_ref().map_or("", Filter::source);
        match self {
            Self::OtherTool => format!("row `{id}` is for {}", list("tool", &selects.tools)),
            Self::OtherCategory => format!("row `{id}` is for {}", list("category", &selects.categories)),
            Self::OtherSeverity => format!("row `{id}` is for {}", list("severity", &selects.severity)),
            Self::OtherEndpoint => format!("row `{id}` is for endpoints where {filter}"),
            Self::ToolNotNamed => {
                format!("row `{id}` is for {}, and no tool was named", list("tool", &selects.tools))
            }
            Self::CategoryNotNamed => {
                let wanted = list("category", &selects.categories);
                format!("row `{id}` is for {wanted}, and no category was named")
            }
            Self::EndpointNotNamed => {
                format!("row `{id}` is for endpoints where {filter}, and no endpoint was named")
            }
            Self::EndpointUnknown => {
                let missing = missing(question, row).join(", ");
                format!("row `{id}` could not be judged for endpoints where {filter}: not known: {missing}")
            }
        }
    }
}

/// The facts whose absence made the endpoint filter of a row unknown.
fn missing(question: &Question<'_>, row: &Row) -> Vec<String> {
    match (&row.selects.endpoint, question.endpoint) {
        (Some(filter), Some(endpoint)) => filter.missing_in(&mut Scope::new(endpoint)),
        _ => Vec::new(),
    }
}

/// "calendar `office` is closed (Christmas Day) until 2026-12-28T09:00:00Z".
fn hours(calendar: &Calendar, state: State, at: Timestamp) -> String {
    let word = if state.open { "open" } else { "closed" };
    let special = calendar.special_at(at).map(|special| format!(" ({})", special.name)).unwrap_or_default();
    let until =
        state.until.map_or_else(|| " for more than a year".to_owned(), |until| format!(" until {until}"));
    format!("calendar `{}` is {word}{special}{until}", calendar.id)
}

fn list<T: Display>(kind: &str, of: &[T]) -> String {
    let names = of.iter().map(|item| format!("`{item}`")).collect::<Vec<_>>().join(" or ");
    format!("{kind} {names}")
}
