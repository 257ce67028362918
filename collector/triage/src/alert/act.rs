//! What people do to an alert, through one table.
//!
//! | work | claim | release | comment | close | acknowledge |
//! |---|---|---|---|---|---|
//! | unclaimed | claimed | – | unclaimed | done | unclaimed |
//! | claimed | – | unclaimed | claimed | done | claimed |
//! | done | – | – | done | – | – |
//!
//! A dash is a refusal. Three acts pass where they would step on somebody's toes only with a reason, and the
//! reason is recorded before the act: claiming inside the other side's first-responder window, releasing or
//! closing what another person has, closing what belongs to the other side. Claiming is exclusive even so: what
//! somebody has can be released with a reason, in the open, and then be claimed.
//!
//! Whether this person may see or touch this org at all is not asked here; that is access, and comes before.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Actor, Alert, Change, Closed, EventKind, Refusal, TimelineEvent, Work};

/// The longest comment, resolution or reason: two screens of text. Longer things are links.
pub const MAX_TEXT_BYTES: usize = 8 * 1024;

/// Something a person does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// "I have it."
    Claim {
        /// Why, inside the other side's first-responder window.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        override_reason: Option<String>,
    },
    /// "Somebody else may have it."
    Release {
        /// Why, when another person has it.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        override_reason: Option<String>,
    },
    /// "Know this."
    Comment {
        /// What.
        text: String,
    },
    /// "It is over."
    Close {
        /// How it ended.
        resolution: String,
        /// Why, when another person or the other side has it.
        #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
        override_reason: Option<String>,
    },
    /// "I have seen it."
    Acknowledge,
}

/// Does it, or says why not. This is the only way in which people change an alert.
///
/// # Errors
/// [`Refusal`], and then nothing has changed.
pub fn act(alert: &Alert, act: &Act, by: &Actor, at: Timestamp) -> Result<Change, Refusal> {
    if by.person.is_none() || by.side.is_none() {
        return Err(Refusal::NotAPerson);
    }
    let mut next = alert.next_version();
    next.touched = true;
    let mut kinds = Vec::with_capacity(2);
    match act {
        Act::Claim { override_reason } => {
            kinds.extend(overridden(may_claim(alert, by, at)?, "claim", override_reason.as_deref())?);
            next.work = Work::Claimed;
            next.assignee = Some(by.clone());
            next.acknowledged_by.get_or_insert_with(|| by.clone());
            kinds.push(EventKind::Claimed);
        }
        Act::Release { override_reason } => {
            kinds.extend(overridden(may_release(alert, by)?, "release", override_reason.as_deref())?);
            next.work = Work::Unclaimed;
            next.assignee = None;
            kinds.push(EventKind::Released);
        }
        Act::Comment { text } => kinds.push(EventKind::Comment { text: written("comment", text)? }),
        Act::Close { resolution, override_reason } => {
            kinds.extend(overridden(may_close(alert, by)?, "close", override_reason.as_deref())?);
            let resolution = written("resolution", resolution)?;
            next.work = Work::Done;
            next.closed = Some(Closed { at, by: by.clone(), resolution: resolution.clone() });
            kinds.push(EventKind::Closed { resolution });
        }
        Act::Acknowledge => {
            may_acknowledge(alert)?;
            next.acknowledged_by = Some(by.clone());
            kinds.push(EventKind::Acknowledged);
        }
    }
    let entry = |kind| TimelineEvent { at, by: by.clone(), kind };
    Ok((next, kinds.into_iter().map(entry).collect()))
}

/// Free to act, or only with a reason: then what to answer without one.
type Leave = Option<Refusal>;

fn may_claim(alert: &Alert, by: &Actor, at: Timestamp) -> Result<Leave, Refusal> {
    let number = alert.number;
    match (alert.work, &alert.assignee) {
        (Work::Done, _) => Err(Refusal::Done { number }),
        (Work::Unclaimed, _) | (_, None) => Ok(alert
            .owner
            .first_responder_until
            .filter(|until| at < *until && by.side != Some(alert.owner.side))
            .map(|until| Refusal::FirstResponder { number, until, team: alert.owner.team.clone() })),
        (_, Some(holder)) if holder.is_same_person(by) => Err(Refusal::AlreadyYours { number }),
        (_, Some(holder)) => Err(Refusal::AlreadyClaimed { number, by: holder.clone() }),
    }
}

fn may_release(alert: &Alert, by: &Actor) -> Result<Leave, Refusal> {
    let number = alert.number;
    match (alert.work, &alert.assignee) {
        (Work::Done, _) => Err(Refusal::Done { number }),
        (Work::Unclaimed, _) => Err(Refusal::NotClaimed { number }),
        (_, Some(holder)) if !holder.is_same_person(by) => {
            Ok(Some(Refusal::HeldByAnother { number, by: holder.clone(), act: "release" }))
        }
        _ => Ok(None),
    }
}

fn may_close(alert: &Alert, by: &Actor) -> Result<Leave, Refusal> {
    let number = alert.number;
    match (alert.work, &alert.assignee) {
        (Work::Done, _) => Err(Refusal::Done { number }),
        (_, Some(holder)) if holder.is_same_person(by) => Ok(None),
        (_, Some(holder)) => Ok(Some(Refusal::HeldByAnother { number, by: holder.clone(), act: "close" })),
        (_, None) if by.side != Some(alert.owner.side) => {
            Ok(Some(Refusal::OtherSide { number, team: alert.owner.team.clone(), act: "close" }))
        }
        (_, None) => Ok(None),
    }
}

fn may_acknowledge(alert: &Alert) -> Result<(), Refusal> {
    let number = alert.number;
    match (alert.work, &alert.acknowledged_by) {
        (Work::Done, _) => Err(Refusal::Done { number }),
        (_, Some(by)) => Err(Refusal::AlreadyAcknowledged { number, by: by.clone() }),
        (_, None) => Ok(()),
    }
}

/// The entry that records an override, when one was needed. A reason that was not needed is not recorded.
fn overridden(leave: Leave, act: &str, reason: Option<&str>) -> Result<Option<EventKind>, Refusal> {
    match (leave, reason) {
        (None, _) => Ok(None),
        (Some(refusal), None) => Err(refusal),
        (Some(_), Some(reason)) => {
            let reason = written("reason for the override", reason)?;
            Ok(Some(EventKind::Override { act: act.to_owned(), reason }))
        }
    }
}

fn written(what: &'static str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    match text.len() {
        0 => Err(Refusal::Empty { what }),
        bytes if bytes > MAX_TEXT_BYTES => Err(Refusal::TooLong { what, bytes, limit: MAX_TEXT_BYTES }),
        _ => Ok(text.to_owned()),
    }
}
