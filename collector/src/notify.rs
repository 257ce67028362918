//! Telling people: what the core has decided they should hear becomes messages on disk, and messages are sent.
//!
//! ```text
//! change of an item ─► notices (outbox) ─► gathered into a message ─► sender ─► Notified in the timeline
//!      one commit         one commit: `seal`          worker, tries       one commit: `settle`
//! ```
//! *Who should hear* and *did we tell them* are rows of their own. A notice is written with the change that led to it, a
//! message with the notices that it takes up, its end with the timeline entries that tell of it. Nothing is sent before
//! it is on disk, so a stop at any point costs at most one repetition, under the same key.
//!
//! The core's thread decides all that; [`worker`] only sends, and reports what came of it. Who should hear, grouping and
//! limits are decided in [`dogwatch_triage::notice`].
//!
//! An item's version does not move when somebody was told of it: nobody who acts on it must see that first.

mod address;
mod backoff;
pub mod channels;
pub mod heartbeat;
pub(crate) mod http;
mod message;
mod outbox;
mod rows;
mod seal;
mod send;
mod settle;
mod stop;
mod template;
pub mod worker;

use std::collections::BTreeSet;

use dogwatch_triage::{
    alert::{Alert, EventKind, TimelineEvent},
    notice::{self, Notice, Reason},
};
use jiff::Timestamp;

pub use channels::Channels;
pub use message::{Line, Message, Outcome, Subject};
pub(crate) use outbox::{Facts, Outbox};
pub(crate) use rows::apply_row;
pub(crate) use seal::{repeat, seal};
#[cfg(test)]
pub(crate) use send::written;
pub(crate) use settle::settle;
pub(crate) use stop::stop;

use crate::{core::Batch, policy::Policy, queue, state::State, storage::Table};

/// What the worker is told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Order {
    /// Send this.
    Send(Box<Message>),
    /// Let go of the messages with these ids: they are not to be sent any more.
    Drop(BTreeSet<String>),
}

/// What the core is told about telling.
pub(crate) enum News {
    /// The channels there are, as `notify.toml` has them now.
    Channels(Box<Facts>),
    /// The worker is there: it gets every message that is on disk, and from now on each new one.
    Worker(tokio::sync::mpsc::UnboundedSender<Order>),
    /// What came of a message.
    Ended {
        /// Its id.
        id: String,
        /// What came of it.
        outcome: Outcome,
    },
    /// Write a sign of life to the disk and answer: both the thread and the store are well then.
    Beat(tokio::sync::oneshot::Sender<()>),
}

/// Writes down who should hear of the items that this batch has changed; in the same commit.
pub(crate) fn enqueue(state: &mut State, policy: &Policy, now: Timestamp, batch: &mut Batch) {
    for (number, first) in state.outbox.take_changed() {
        let Some(item) = state.alerts.get(&number) else { continue };
        let heard = notice::due(&item.alert, &item.timeline, first, policy.matrix(&item.alert.org));
        let followers = followers(state, &item.alert, &item.timeline[first..], &heard.notices);
        let mut missed: Vec<_> = heard.missed.into_iter().map(|missed| (missed.who, missed.why)).collect();
        for notice in heard.notices.into_iter().chain(followers) {
            if let Some(why) = stop::why_not(state, policy.matrix(&item.alert.org), &notice.org, &notice.via)
            {
                missed.extend((!notice.follow_up).then_some((notice.who, why)));
                continue;
            }
            match state.outbox.facts.may_carry(&notice) {
                Ok(true) => {
                    batch.put(Table::Notices, &notice.key, &notice);
                    state.outbox.add(notice);
                }
                // A word for ways that keep a state, and this one keeps none.
                Ok(false) => {}
                Err(why) => missed.push((notice.who, why)),
            }
        }
        missed.sort();
        missed.dedup();
        for (who, why) in missed {
            let kind = EventKind::NotNotified { who, why };
            queue::append(state, number, TimelineEvent::by_dogwatch(now, kind), batch);
        }
    }
}

/// Ways with incidents of their own that were told of an item before it went to another team: they hear of its end too, or
/// their incident would stay open for ever.
fn followers(state: &State, alert: &Alert, news: &[TimelineEvent], heard: &[Notice]) -> Vec<Notice> {
    let ended = news.iter().find(|event| matches!(event.kind, EventKind::Closed { .. }));
    let taken = news.iter().find(|event| matches!(event.kind, EventKind::Claimed | EventKind::Acknowledged));
    let (event, reason) = match (ended, taken) {
        (Some(event), _) => (event, Reason::Closed),
        (None, Some(event)) => (event, Reason::Taken),
        (None, None) => return Vec::new(),
    };
    let ways = state.outbox.following(&alert.org, alert.number);
    ways.filter(|via| heard.iter().all(|notice| notice.via != **via))
        .map(|via| Notice {
            key: format!("{}/{}/{}-{}/{via}", alert.org, alert.number.0, reason, alert.version),
            org: alert.org.clone(),
            alert: alert.number,
            at: event.at,
            reason,
            pace: reason.pace(alert.priority),
            who: format!("channel {via}"),
            via: via.clone(),
            follow_up: true,
        })
        .collect()
}
