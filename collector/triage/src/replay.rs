//! What a draft would have changed: items of the past, routed by it as if it had been in force.
//!
//! What each item was and where it went is read from its timeline, as it was when it came. Of its endpoint only what is
//! known now can be asked, so a row with an endpoint filter is judged by today's facts. What happened after an item came,
//! hand-offs and hand-overs, is not played: a replay tells where work begins.
//!
//! Pure: items and a draft go in, counts and the items that would have moved come out.

use std::collections::BTreeMap;

use dogwatch_model::{RowId, Side, TeamId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    alert::{Alert, AlertNumber, EventKind, TimelineEvent},
    filter,
    matrix::Matrix,
    routing::{Question, route},
};

/// The most items that are told one by one; the counts are of all.
pub const MAX_MOVED: usize = 1_000;

/// An item of the past.
#[derive(Debug, Clone, Copy)]
pub struct Past<'a> {
    /// The item.
    pub alert: &'a Alert,
    /// What happened to it.
    pub timeline: &'a [TimelineEvent],
    /// Its endpoint as it is now, if there is one and it is still there.
    pub endpoint: Option<&'a filter::Row<'a>>,
}

/// Where an item went, or would have gone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Place {
    /// To which team.
    pub team: TeamId,
    /// Of which side.
    pub side: Side,
    /// By which row; absent for the last resort.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<RowId>,
}

/// An item that would have gone to another team.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Moved {
    /// Which.
    pub number: AlertNumber,
    /// When it came.
    pub at: Timestamp,
    /// Its endpoint; empty without one.
    pub endpoint_name: String,
    /// What it is about.
    pub title: String,
    /// Where it went.
    pub before: Place,
    /// Where it would have gone.
    pub after: Place,
}

/// How many items a team had, and would have had.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct TeamLoad {
    /// Which team.
    pub team: TeamId,
    /// Its side.
    pub side: Side,
    /// How many came to it.
    pub before: usize,
    /// How many would have.
    pub after: usize,
}

/// The same of a side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SideLoad {
    /// Which side.
    pub side: Side,
    /// How many came to it.
    pub before: usize,
    /// How many would have.
    pub after: usize,
}

/// What a draft would have changed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Replay {
    /// How many items were looked at.
    pub items: usize,
    /// Each team that had or would have had any, the busiest first.
    pub teams: Vec<TeamLoad>,
    /// Each side that had or would have had any.
    pub sides: Vec<SideLoad>,
    /// How many would have gone to another team.
    pub moved_total: usize,
    /// Those, the first [`MAX_MOVED`].
    pub moved: Vec<Moved>,
}

/// Routes items of the past by a draft.
pub fn replay<'a>(items: impl IntoIterator<Item = Past<'a>>, draft: &Matrix) -> Replay {
    let mut told = Replay::default();
    let mut teams: BTreeMap<(TeamId, Side), (usize, usize)> = BTreeMap::new();
    let mut sides: BTreeMap<Side, (usize, usize)> = BTreeMap::new();
    for past in items {
        let (at, before) = went(&past);
        let after = would_go(&past, at, draft);
        told.items += 1;
        teams.entry((before.team.clone(), before.side)).or_default().0 += 1;
        teams.entry((after.team.clone(), after.side)).or_default().1 += 1;
        sides.entry(before.side).or_default().0 += 1;
        sides.entry(after.side).or_default().1 += 1;
        if before.team == after.team && before.side == after.side {
            continue;
        }
        told.moved_total += 1;
        if told.moved.len() < MAX_MOVED {
            let Alert { number, endpoint_name, title, .. } = past.alert.clone();
            told.moved.push(Moved { number, at, endpoint_name, title, before, after });
        }
    }
    let load = |((team, side), (before, after))| TeamLoad { team, side, before, after };
    told.teams = teams.into_iter().map(load).collect();
    told.teams.sort_by_key(|load| core::cmp::Reverse(load.before.max(load.after)));
    told.sides = sides.into_iter().map(|(side, (before, after))| SideLoad { side, before, after }).collect();
    told
}

/// When an item came and where it went then.
fn went(past: &Past<'_>) -> (Timestamp, Place) {
    let routed = past.timeline.iter().find_map(|event| match &event.kind {
        EventKind::Routed { owner } => Some((event.at, owner)),
        _ => None,
    });
    let (at, owner) = routed.unwrap_or((past.alert.first_seen, &past.alert.owner));
    (at, Place { team: owner.team.clone(), side: owner.side, row: owner.row.clone() })
}

fn would_go(past: &Past<'_>, at: Timestamp, draft: &Matrix) -> Place {
    let alert = past.alert;
    let severity = past.timeline.iter().find_map(|event| match event.kind {
        EventKind::Created { severity, .. } => Some(severity),
        EventKind::SeverityChanged { from, .. } => Some(from),
        _ => None,
    });
    let question = Question {
        tool: Some(&alert.tool),
        category: Some(alert.category),
        severity: severity.unwrap_or(alert.severity),
        endpoint: past.endpoint,
        at,
    };
    let owner = route(&question, draft).owner;
    Place { team: owner.team, side: owner.side, row: owner.row }
}

#[cfg(test)]
mod tests;
