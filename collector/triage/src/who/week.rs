//! Who acts first at every instant of a week: exact stretches, not samples.
//!
//! Each stretch ends where the answer to the question at its beginning says that it may change. A week is a local one,
//! from Monday's midnight to the next: where the clocks change in it, it has 167 or 169 hours, or half an hour less
//! or more, and says so.

use dogwatch_model::{PersonId, RotaId, RowId, Side, TeamId};
use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time, Weekday},
    tz::TimeZone,
};
use serde::{Deserialize, Serialize};

use super::{Asked, Query, UnknownName, names, priority_of};
use crate::{
    calendar::first_of,
    duty::{Via, on_duty},
    filter,
    finding::Severity,
    matrix::{Matrix, Standing},
    routing::{Question, route},
};

/// A stretch of time in which the answer is the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stretch {
    /// Its first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub until: Timestamp,
    /// The team that acts first.
    pub team: TeamId,
    /// What people call it.
    pub team_name: String,
    /// Its side.
    pub side: Side,
    /// The person of it who is on duty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    /// The rota that was asked for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rota: Option<RotaId>,
    /// What made them the one.
    pub via: Via,
    /// The row that decided; absent when the last resort owns.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<RowId>,
}

/// Who acts first through a week.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Week {
    /// What was asked; its instant is the one whose week this is.
    pub asked: Asked,
    /// The IANA name of the zone whose week it is, where it has one.
    pub zone: String,
    /// The first instant of Monday there.
    pub from: Timestamp,
    /// The first instant of the next Monday.
    pub until: Timestamp,
    /// How many minutes that is: those of 168 hours, but for changes of the clocks.
    pub minutes: i64,
    /// Who, in order, without gaps.
    pub stretches: Vec<Stretch>,
    /// Hash of the matrix that decided.
    pub matrix_version: String,
    /// Whether both sides stand behind that matrix.
    pub matrix_standing: Standing,
}

/// Answers a person's question for every instant of the local week of `at`. What is known of the endpoint is what is
/// known now.
///
/// # Errors
/// [`UnknownName`] when the matrix has no such tool and there is no such category.
pub fn week(
    query: &Query,
    matrix: &Matrix,
    endpoint: Option<&filter::Row<'_>>,
    at: Timestamp,
    zone: &TimeZone,
) -> Result<Week, UnknownName> {
    let (tool, category) = names::resolve(&query.about, matrix)?;
    let severity = query.severity.unwrap_or(Severity::Critical);
    let question = Question { tool: tool.as_ref(), category, severity, endpoint, at };
    let (from, until) = bounds(at, zone);
    Ok(Week {
        asked: Asked {
            org: matrix.org().clone(),
            tool: tool.clone(),
            category,
            severity,
            priority: priority_of(&question),
            endpoint: endpoint.map(|row| row.endpoint.name.clone()),
            alert: None,
            at,
        },
        zone: zone.iana_name().unwrap_or("local time").to_owned(),
        from,
        until,
        minutes: until.duration_since(from).as_mins(),
        stretches: stretches(&question, matrix, from, until),
        matrix_version: matrix.version().to_owned(),
        matrix_standing: matrix.standing(),
    })
}

/// Monday's midnight before `at`, and the next one.
fn bounds(at: Timestamp, zone: &TimeZone) -> (Timestamp, Timestamp) {
    let midnight = |date: Date| first_of(zone, date.to_datetime(Time::midnight()));
    let today = zone.to_datetime(at).date();
    let since_monday = i64::from(today.weekday().since(Weekday::Monday));
    let monday = today.saturating_sub(jiff::Span::new().days(since_monday));
    let next = monday.saturating_add(jiff::Span::new().days(7));
    let week = SignedDuration::from_hours(7 * 24);
    let from = midnight(monday).unwrap_or(at);
    (from, midnight(next).unwrap_or_else(|| from.checked_add(week).unwrap_or(Timestamp::MAX)))
}

fn stretches(question: &Question<'_>, matrix: &Matrix, from: Timestamp, until: Timestamp) -> Vec<Stretch> {
    let mut stretches: Vec<Stretch> = Vec::new();
    let mut at = from;
    while at < until {
        let now = stretch(question, matrix, at, until);
        at = now.until;
        match stretches.last_mut().filter(|last| is_same(last, &now)) {
            Some(last) => last.until = now.until,
            None => stretches.push(now),
        }
    }
    stretches
}

fn stretch(question: &Question<'_>, matrix: &Matrix, at: Timestamp, end: Timestamp) -> Stretch {
    let owner = route(&Question { at, ..*question }, matrix).owner;
    let duty = on_duty(matrix.directory(), &owner.team, at);
    let changes = [owner.until, duty.until].into_iter().flatten().filter(|until| *until > at).min();
    Stretch {
        from: at,
        until: changes.map_or(end, |until| until.min(end)),
        team_name: matrix.team(&owner.team).name.clone(),
        team: owner.team,
        side: owner.side,
        person: duty.person.map(|person| person.id.clone()),
        rota: duty.rota.map(|rota| rota.id.clone()),
        via: duty.via,
        row: owner.row,
    }
}

fn is_same(one: &Stretch, other: &Stretch) -> bool {
    (&one.team, &one.person, &one.rota, one.via, &one.row)
        == (&other.team, &other.person, &other.rota, other.via, &other.row)
}
