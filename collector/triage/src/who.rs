//! "When this happens, who acts first, who is told, and who answers for it?"
//!
//! One value for the command line (online and offline), the API and the view of an alert. The first responder is
//! what [`route`] says and nothing else, so that the answer to a person is the owner that the collector routes to.

use dogwatch_model::{CalendarId, OrgId, PersonId, RowId, Side, TeamId, ToolId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    filter,
    finding::{Category, Severity},
    matrix::{Matrix, Party, Person, Row, Standing, Team},
    routing::{Considered, Fate, Question, explain, route},
};

mod moment;
#[cfg(test)]
mod tests;
mod words;

pub use moment::{Moment, MomentError, parse_at};

/// What a person asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Query {
    /// A tool or a category, by name.
    pub about: String,
    /// How bad it is; critical when not said, since that is when it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
}

/// A name that is neither a tool of the matrix nor a category.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no tool or category `{name}`; {mend}")]
pub struct UnknownName {
    /// The name.
    pub name: String,
    /// What was probably meant, or what there is.
    pub mend: String,
}

/// What was asked, with every name resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Asked {
    /// The org.
    pub org: OrgId,
    /// The tool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool: Option<ToolId>,
    /// The category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Category>,
    /// The severity.
    pub severity: Severity,
    /// The endpoint's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The instant.
    pub at: Timestamp,
}

/// A team or a person, with how to reach them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Card {
    /// A team.
    Team(Team),
    /// A person.
    Person(Person),
}

/// Who acts first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FirstResponder {
    /// The team.
    pub team: TeamId,
    /// What people call it.
    pub team_name: String,
    /// Its side.
    pub side: Side,
    /// How to reach it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contact: Option<String>,
    /// The person of that team who knows the tool best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// Who stands in for that person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deputy: Option<Person>,
    /// Until when this answer holds if nothing else changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Until when its side alone may claim what came in at the instant asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alone_until: Option<Timestamp>,
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// What was asked.
    pub asked: Asked,
    /// Who acts first.
    pub first_responder: FirstResponder,
    /// Who answers for the outcome.
    pub accountable: Card,
    /// Who is asked before something is changed.
    pub consulted: Vec<Card>,
    /// Who is told.
    pub informed: Vec<Card>,
    /// Who acts when the first responder does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<Team>,
    /// The row that decided; absent when the last resort owns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<RowId>,
    /// The calendar that the row goes by.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub calendar: Option<CalendarId>,
    /// A note of the row, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// Where it is written what to do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runbook: Option<String>,
    /// Hash of the matrix that decided.
    pub matrix_version: String,
    /// Whether both sides stand behind that matrix.
    pub matrix_standing: Standing,
    /// Why, a sentence each.
    pub why: Vec<String>,
    /// The rows that did not decide, and why.
    pub lost: Vec<Considered>,
}

/// Answers a person's question.
///
/// # Errors
/// [`UnknownName`] when the matrix has no such tool and there is no such category.
pub fn who(
    query: &Query,
    matrix: &Matrix,
    endpoint: Option<&filter::Row<'_>>,
    at: Timestamp,
) -> Result<Answer, UnknownName> {
    let (tool, category) = resolve(&query.about, matrix)?;
    let severity = query.severity.unwrap_or(Severity::Critical);
    Ok(answer(&Question { tool: tool.as_ref(), category, severity, endpoint, at }, matrix))
}

/// Answers a question whose parts are known: that of an alert.
pub fn answer(question: &Question<'_>, matrix: &Matrix) -> Answer {
    let routed = route(question, matrix);
    let row = routed.row;
    let owner = routed.owner;
    let team = matrix.team(&owner.team);
    let (person, deputy) = expert(question, matrix, &owner.team);
    let first_responder = FirstResponder {
        team: team.id.clone(),
        team_name: team.name.clone(),
        side: team.side,
        contact: team.contact.clone(),
        person,
        deputy,
        until: owner.until,
        alone_until: owner.first_responder_until,
    };
    let cards = |parties: &[Party]| parties.iter().filter_map(|party| card(matrix, party)).collect();
    let lost = explain(question, matrix).into_iter().filter(|row| row.fate != Fate::Won).collect();
    Answer {
        asked: Asked {
            org: matrix.org().clone(),
            tool: question.tool.cloned(),
            category: question.category,
            severity: question.severity,
            endpoint: question.endpoint.map(|row| row.endpoint.name.clone()),
            at: question.at,
        },
        first_responder,
        accountable: row
            .and_then(|row| card(matrix, &row.accountable))
            .unwrap_or_else(|| Card::Team(team.clone())),
        consulted: row.map_or_else(Vec::new, |row| cards(&row.consulted)),
        informed: row.map_or_else(Vec::new, |row| cards(&row.informed)),
        backup: row.and_then(|row| row.backup.as_ref()).map(|team| matrix.team(team).clone()),
        row: owner.row,
        calendar: owner.calendar,
        note: row.and_then(|row: &Row| row.note.clone()),
        runbook: row.and_then(|row| row.runbook.clone()),
        matrix_version: owner.matrix_version,
        matrix_standing: matrix.standing(),
        why: owner.why,
        lost,
    }
}

/// The tool and the category that a name means. A tool brings its category along, a category its one tool.
fn resolve(name: &str, matrix: &Matrix) -> Result<(Option<ToolId>, Option<Category>), UnknownName> {
    let category: Option<Category> = name.parse().ok();
    if let Some(tool) = matrix.tools().find(|tool| tool.id.as_str() == name) {
        return Ok((Some(tool.id.clone()), tool.category().or(category)));
    }
    if let Some(category) = category {
        let mut serving = matrix.tools().filter(|tool| tool.categories().any(|serves| serves == category));
        let only = serving.next().filter(|_| serving.next().is_none());
        return Ok((only.map(|tool| tool.id.clone()), Some(category)));
    }
    let tools: Vec<_> = matrix.tools().map(|tool| tool.id.as_str()).collect();
    let categories: Vec<_> = Category::ALL.iter().map(|category| category.as_str()).collect();
    let mend = match filter::nearest(name, tools.iter().chain(&categories).copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("tools: {}; categories: {}", tools.join(", "), categories.join(", ")),
    };
    Err(UnknownName { name: name.to_owned(), mend })
}

/// The person who knows the tool best and the deputy, as far as they are of the team that acts.
fn expert(question: &Question<'_>, matrix: &Matrix, team: &TeamId) -> (Option<Person>, Option<Person>) {
    let tool = question.tool.and_then(|tool| matrix.tool(tool));
    let of_team = |id: Option<&PersonId>| {
        id.and_then(|id| matrix.directory().person(id)).filter(|person| person.team == *team).cloned()
    };
    let named = |pick: fn(&crate::matrix::Tool) -> Option<&PersonId>| of_team(tool.and_then(pick));
    (named(|tool| tool.person.as_ref()), named(|tool| tool.deputy.as_ref()))
}

fn card(matrix: &Matrix, party: &Party) -> Option<Card> {
    match party {
        Party::Team(team) => matrix.directory().team(team).cloned().map(Card::Team),
        Party::Person(person) => matrix.directory().person(person).cloned().map(Card::Person),
    }
}
