//! What happens next if nobody takes it: the hand-over to the backup, then the steps of the chain.

use dogwatch_model::text_enum;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    alert::Owner,
    duty::{Called, chain, on_duty},
    matrix::{Matrix, Row},
};

text_enum! {
    /// What happens.
    pub enum Kind {
        /// The first-responder window ends, and the backup takes over.
        HandOver = "hand_over",
        /// A step of the chain is taken.
        Step = "step",
        /// The chain ends: the last resort is called.
        LastResort = "last_resort",
    }
}

/// Something that happens if nobody takes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Next {
    /// What.
    pub kind: Kind,
    /// When, whom it calls, and why.
    #[serde(flatten)]
    pub called: Called,
}

/// What happens to something that `owner` owns by `row` since `began`, if nobody takes it, as things stand at `as_of`.
/// In the order of time; what the last resort owns from the beginning has nobody left to call.
pub(super) fn after(
    matrix: &Matrix,
    row: Option<&Row>,
    owner: &Owner,
    began: Timestamp,
    as_of: Timestamp,
) -> Vec<Next> {
    if row.is_none() {
        return Vec::new();
    }
    let steps = chain(matrix, row, began, as_of).into_iter().map(|called| {
        let kind = if called.step.is_some() { Kind::Step } else { Kind::LastResort };
        Next { kind, called }
    });
    let mut next: Vec<_> = hand_over(matrix, row, owner, as_of).into_iter().chain(steps).collect();
    next.sort_by_key(|next| next.called.at);
    next
}

fn hand_over(matrix: &Matrix, row: Option<&Row>, owner: &Owner, as_of: Timestamp) -> Option<Next> {
    // An item that is with the backup already has nobody to go to.
    let backup = row?.backup.as_ref().filter(|backup| **backup != owner.team)?;
    let at = owner.first_responder_until?;
    let found = on_duty(matrix.directory(), backup, at.max(as_of));
    let to = match found.person {
        Some(person) => format!("backup {backup} ({})", person.id),
        None => format!("backup {backup}"),
    };
    let called = Called {
        step: None,
        at,
        team: backup.clone(),
        side: matrix.team(backup).side,
        person: found.person.map(|person| person.id.clone()),
        vendor: None,
        empty: found.rota.filter(|_| found.is_nobody()).map(|rota| rota.id.clone()),
        to,
        until: found.until,
        why: format!("`{backup}` is the backup; {}", found.why),
    };
    Some(Next { kind: Kind::HandOver, called })
}
