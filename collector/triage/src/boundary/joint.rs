//! Joint cases: what follows what within a time is one case, with a lead fixed beforehand.

use crate::{
    alert::{Alert, AlertNumber, Joint},
    filter,
    matrix::BoundaryRule,
    routing::{Question, selects},
};
use jiff::Timestamp;

/// Two items that are one joint case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Together {
    /// The item that came first.
    pub first: AlertNumber,
    /// The case.
    pub joint: Joint,
}

/// The joint case that `alert`, which has just come in or come again, is part of: by the first of the rules for which
/// another item of the same endpoint came in, cleared or ended within the rule's time before `at`; of several the latest.
///
/// `None` for what is part of one already. An item without an endpoint follows nothing.
pub fn joint(
    rules: &[BoundaryRule],
    alert: &Alert,
    recent: &[&Alert],
    endpoint: Option<&filter::Row<'_>>,
    at: Timestamp,
) -> Option<Together> {
    if alert.joint.is_some() || alert.endpoint.is_none() {
        return None;
    }
    let is = |alert: &Alert, selector| selects(&question(alert, endpoint, at), selector);
    rules.iter().filter(|rule| is(alert, &rule.then)).find_map(|rule| {
        let before = recent.iter().filter(|other| {
            let near = at.duration_since(latest(other, at)) <= rule.within;
            other.number != alert.number && other.endpoint == alert.endpoint && near && is(other, &rule.first)
        });
        let first = before.max_by_key(|other| (latest(other, at), other.number))?.number;
        Some(Together { first, joint: Joint { rule: rule.id.clone(), lead: rule.lead.clone() } })
    })
}

/// When an item last came, cleared or ended, up to `at`.
fn latest(alert: &Alert, at: Timestamp) -> Timestamp {
    let ended = alert.closed.as_ref().map(|closed| closed.at);
    let came = alert.first_seen.max(alert.progress.began);
    [Some(came), alert.cleared_at, ended]
        .into_iter()
        .flatten()
        .filter(|seen| *seen <= at)
        .max()
        .unwrap_or(came)
}

fn question<'a>(alert: &'a Alert, endpoint: Option<&'a filter::Row<'a>>, at: Timestamp) -> Question<'a> {
    Question {
        tool: Some(&alert.tool),
        category: Some(alert.category),
        severity: alert.severity,
        endpoint,
        at,
    }
}
