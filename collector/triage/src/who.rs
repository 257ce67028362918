//! "When this happens, who acts first, who is told, and who answers for it?"
//!
//! One value for the command line (online and offline), the API and the view of an alert. The first responder is
//! what [`route`] says and nothing else, and the person is whom [`duty`](crate::duty) says, so that the answer to a
//! person is the owner that the collector routes to and the phone that rings. [`week`] asks the same question for
//! every instant of a week, [`for_alert`] for an alert as it stands.

use dogwatch_model::{CalendarId, Criticality, OrgId, PersonId, RotaId, RowId, Side, SlaId, TeamId, ToolId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    alert::{Actor, AlertNumber, Owner, Priority},
    duty::{OnDuty, Via, on_duty},
    filter,
    finding::{Category, Severity},
    matrix::{Matrix, Party, Person, Row, Standing, Team, Tier, Vendor},
    routing::{Considered, Fate, Question, explain, route},
    sla::{Clocks, fresh},
};

mod item;
mod moment;
mod names;
mod next;
mod strip;
#[cfg(test)]
mod tests;
mod week;
mod words;

pub use item::for_alert;
pub use moment::{Moment, MomentError, parse_at};
pub use names::{UnknownName, UnknownTeam, known_team};
pub use next::{Kind, Next};
pub use week::{Stretch, Week, week};

/// What a person asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Query {
    /// A tool or a category, by name.
    pub about: String,
    /// How bad it is; critical when not said, since that is when it matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub severity: Option<Severity>,
}

/// What was asked, with every name resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// How urgent that makes it on this endpoint, or on an ordinary one.
    pub priority: Priority,
    /// The endpoint's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub endpoint: Option<String>,
    /// The alert that was asked about; then everything is said of it as it stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<AlertNumber>,
    /// The instant.
    pub at: Timestamp,
}

/// A team or a person, with how to reach them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Card {
    /// A team.
    Team(Team),
    /// A person.
    Person(Person),
}

impl Card {
    fn of(matrix: &Matrix, party: &Party) -> Option<Self> {
        match party {
            Party::Team(team) => matrix.directory().team(team).cloned().map(Self::Team),
            Party::Person(person) => matrix.directory().person(person).cloned().map(Self::Person),
        }
    }
}

/// Who acts first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// The person of it who is on duty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<Person>,
    /// The rota that says so, or that has nobody.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rota: Option<RotaId>,
    /// What made them the one: their turn, a swap, somebody they stand in for.
    pub via: Via,
    /// The same in a sentence.
    pub duty: String,
    /// Until when this answer holds if nothing else changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// Until when its side alone may claim what came in at the instant asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alone_until: Option<Timestamp>,
    /// The person of that team who knows the tool best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expert: Option<Person>,
    /// Who stands in for the expert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expert_deputy: Option<Person>,
}

/// The whole answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Answer {
    /// What was asked.
    pub asked: Asked,
    /// Who acts first.
    pub first_responder: FirstResponder,
    /// Who has the alert that was asked about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<Actor>,
    /// Who answers for the outcome.
    pub accountable: Card,
    /// Who is asked before something is changed.
    pub consulted: Vec<Card>,
    /// Who is told.
    pub informed: Vec<Card>,
    /// Who acts when the first responder does not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backup: Option<Team>,
    /// What happens if nobody takes it, and when.
    pub next: Vec<Next>,
    /// The vendor of the row, for what the sides cannot mend.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vendor: Option<Vendor>,
    /// What is promised, and until when: to what came in at the instant asked for, or to the alert.
    pub clocks: Clocks,
    /// The class of service levels that promises it; absent when it is what ships.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sla: Option<SlaId>,
    /// The row that decided; absent when the last resort owns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<RowId>,
    /// How far up the ladder the row's work stands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tier: Option<Tier>,
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
    let (tool, category) = names::resolve(&query.about, matrix)?;
    let severity = query.severity.unwrap_or(Severity::Critical);
    Ok(answer(&Question { tool: tool.as_ref(), category, severity, endpoint, at }, matrix))
}

/// Answers a question whose parts are known.
pub fn answer(question: &Question<'_>, matrix: &Matrix) -> Answer {
    let routed = route(question, matrix);
    let priority = priority_of(question);
    let case = Case {
        clocks: fresh(matrix, routed.row, priority, question.at),
        next: next::after(matrix, routed.row, &routed.owner, question.at, question.at),
        row: routed.row,
        owner: routed.owner,
        priority,
        alert: None,
        holder: None,
    };
    told(question, matrix, case)
}

fn priority_of(question: &Question<'_>) -> Priority {
    let criticality = question.endpoint.map_or(Criticality::Normal, |row| row.endpoint.criticality);
    Priority::of(question.severity, criticality)
}

/// What an answer is about: something that would come in now, or an alert.
struct Case<'m> {
    owner: Owner,
    row: Option<&'m Row>,
    priority: Priority,
    clocks: Clocks,
    next: Vec<Next>,
    alert: Option<AlertNumber>,
    holder: Option<Actor>,
}

fn told(question: &Question<'_>, matrix: &Matrix, case: Case<'_>) -> Answer {
    let Case { owner, row, priority, clocks, next, alert, holder } = case;
    let known = matrix.directory();
    let cards = |pick: fn(&Row) -> &[Party]| -> Vec<Card> {
        row.map_or(&[][..], pick).iter().filter_map(|party| Card::of(matrix, party)).collect()
    };
    let won = |row: &Considered| row.fate == Fate::Won || Some(&row.row) == owner.row.as_ref();
    Answer {
        asked: Asked {
            org: matrix.org().clone(),
            tool: question.tool.cloned(),
            category: question.category,
            severity: question.severity,
            priority,
            endpoint: question.endpoint.map(|row| row.endpoint.name.clone()),
            alert,
            at: question.at,
        },
        first_responder: first_responder(question, matrix, &owner),
        holder,
        accountable: row
            .and_then(|row| Card::of(matrix, &row.accountable))
            .unwrap_or_else(|| Card::Team(matrix.team(matrix.last_resort()).clone())),
        consulted: cards(|row| &row.consulted),
        informed: cards(|row| &row.informed),
        backup: row.and_then(|row| row.backup.as_ref()).map(|team| matrix.team(team).clone()),
        next,
        vendor: row.and_then(|row| row.vendor.as_ref()).and_then(|id| known.vendor(id)).cloned(),
        clocks,
        sla: matrix.sla_of(row).map(|class| class.id.clone()),
        tier: row.and_then(|row| row.tier),
        note: row.and_then(|row: &Row| row.note.clone()),
        runbook: row.and_then(|row| row.runbook.clone()),
        matrix_standing: matrix.standing(),
        lost: explain(question, matrix).into_iter().filter(|row| !won(row)).collect(),
        row: owner.row,
        calendar: owner.calendar,
        matrix_version: owner.matrix_version,
        why: owner.why,
    }
}

fn first_responder(question: &Question<'_>, matrix: &Matrix, owner: &Owner) -> FirstResponder {
    let team = matrix.directory().team(&owner.team);
    let OnDuty { person, rota, via, until, why } = on_duty(matrix.directory(), &owner.team, question.at);
    let (expert, expert_deputy) = expert(question, matrix, &owner.team);
    FirstResponder {
        team: owner.team.clone(),
        team_name: team.map_or_else(|| owner.team.to_string(), |team| team.name.clone()),
        side: owner.side,
        contact: team.and_then(|team| team.contact.clone()),
        person: person.cloned(),
        rota: rota.map(|rota| rota.id.clone()),
        via,
        duty: why,
        until: [owner.until, until].into_iter().flatten().min(),
        alone_until: owner.first_responder_until,
        expert,
        expert_deputy,
    }
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
