//! What a change of one item is a measure of.

use super::story::{Story, is_work};
use crate::alert::{Alert, BY_HAND, EventKind, Measure, TimelineEvent, Work};

/// Another item, with its timeline.
#[derive(Debug, Clone, Copy)]
pub struct Other<'a> {
    /// The item.
    pub alert: &'a Alert,
    /// What happened to it.
    pub timeline: &'a [TimelineEvent],
}

/// Whether two items are about the same endpoint (or site) and the same condition; see [the room](super).
pub fn is_about_same(one: &Alert, other: &Alert) -> bool {
    let place = |alert: &Alert| (alert.endpoint, alert.endpoint.is_none().then(|| alert.site.clone()));
    let hand = by_hand(one) || by_hand(other);
    one.number != other.number
        && one.org == other.org
        && place(one) == place(other)
        && if hand { one.tool == other.tool } else { one.rule == other.rule }
}

/// What the entries of `timeline` from `first` on, which one change has made, are a measure of; `alert` is as it is after
/// it, `others` are at least the open items of the same endpoint (or, without one, of the same site).
///
/// To be recorded in the same commit, after those entries.
pub fn observe<'a>(
    alert: &Alert,
    timeline: &[TimelineEvent],
    first: usize,
    others: impl Iterator<Item = Other<'a>>,
) -> Vec<EventKind> {
    let (before, new) = timeline.split_at(first.min(timeline.len()));
    let mut story = Story::read(before);
    let concerns_others = new.iter().any(|event| begins(&event.kind) || is_work(&event.kind));
    let open = |other: &Other<'_>| other.alert.work != Work::Done && is_about_same(alert, other.alert);
    let others: Vec<_> = if concerns_others { others.filter(open).collect() } else { Vec::new() };
    let mut found = Vec::new();
    for event in new {
        found.extend(story.take(event));
        if begins(&event.kind) {
            found.extend(double_ticket(alert, &others));
        }
        if is_work(&event.kind) && !story.collided {
            let collision = event.by.side.and_then(|side| {
                let other = others.iter().find_map(|other| {
                    let theirs = Story::read(other.timeline);
                    let by = theirs.worked_by_other(side).filter(|_| !theirs.collided)?;
                    Some(format!(
                        "{} works on it while {by} works on {}, about the same",
                        event.by, other.alert.number
                    ))
                });
                other.map(|how| (Measure::Collision, how))
            });
            story.collided |= collision.is_some();
            found.extend(collision);
        }
    }
    found.into_iter().map(|(measure, how)| EventKind::Measured { measure, how }).collect()
}

/// Whether an item, or another life of it, begins with this entry.
pub const fn begins(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::Created { .. }
            | EventKind::OpenedByHand { .. }
            | EventKind::Reopened
            | EventKind::ReopenedByHand { .. }
    )
}

fn by_hand(alert: &Alert) -> bool {
    alert.rule.as_str() == BY_HAND
}

fn double_ticket(alert: &Alert, others: &[Other<'_>]) -> Option<super::story::Found> {
    let elsewhere = |other: &&Other<'_>| {
        let other = other.alert;
        let side = |alert: &Alert| alert.opened_by.as_ref().and_then(|by| by.side);
        by_hand(alert) != by_hand(other) || side(alert) != side(other)
    };
    let twin = others.iter().find(elsewhere)?.alert;
    let source = match &twin.opened_by {
        Some(by) => format!("opened by {by}"),
        None => format!("found by rule `{}`", twin.rule),
    };
    Some((Measure::DoubleTicket, format!("{} is open about the same, {source}", twin.number)))
}
