//! What the worker and the files tell the core, put into state and batch.

use dogwatch_model::ChannelId;
use dogwatch_triage::{
    alert::{EventKind, TimelineEvent, Told},
    notice::Via,
};
use jiff::Timestamp;

use super::{Message, News, Order, Outcome, channels::MAIL_CHANNEL};
use crate::{core::Batch, queue, state::State, storage::Table};

/// The key of the last sign of life for the heartbeat in the meta table.
const HEARTBEAT: &str = "heartbeat";

/// Takes up a piece of news.
pub(crate) fn settle(state: &mut State, news: News, now: Timestamp, batch: &mut Batch) {
    match news {
        News::Channels(facts) => state.outbox.facts = *facts,
        News::Worker(worker) => {
            // What is in the state was committed before this batch; what this batch adds goes out with it.
            for message in state.outbox.messages().cloned() {
                let worker = worker.clone();
                batch.then(move || drop(worker.send(Order::Send(Box::new(message)))));
            }
            state.outbox.worker = Some(worker);
        }
        News::Ended { id, outcome } => {
            if let Some(message) = state.outbox.take(&id) {
                batch.delete(Table::Outbox, &id);
                write_down(state, &message, &outcome, now, batch);
            }
        }
        News::Beat(reply) => {
            batch.put(Table::Meta, HEARTBEAT, &now);
            batch.then(move || {
                // Who asked may have gone away.
                let _ = reply.send(());
            });
        }
    }
}

/// Each item that was told of says so.
fn write_down(state: &mut State, message: &Message, outcome: &Outcome, now: Timestamp, batch: &mut Batch) {
    let channel = match &message.via {
        Via::Channel(id) => Some(id.clone()),
        Via::Mail(_) => ChannelId::new(MAIL_CHANNEL).ok(),
    };
    for (number, who) in &message.told {
        let notified = |told: Told| {
            let who = match &message.via {
                Via::Mail(address) => format!("{who} <{address}>"),
                Via::Channel(_) => who.clone(),
            };
            channel.clone().map(|channel| EventKind::Notified { who, channel, key: message.id.clone(), told })
        };
        let kind = match outcome {
            Outcome::Delivered { tries } => notified(Told::Delivered { tries: *tries }),
            Outcome::Failed { tries, error } => {
                notified(Told::Failed { tries: *tries, error: error.clone() })
            }
            Outcome::Impossible { why } => {
                Some(EventKind::NotNotified { who: who.clone(), why: why.clone() })
            }
        };
        if let Some(kind) = kind {
            queue::append(state, *number, TimelineEvent::by_dogwatch(now, kind), batch);
        }
    }
}
