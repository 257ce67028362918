//! Sends what is on disk, and reports what came of it. Decides nothing.
//!
//! Every channel is a lane of its own, and so is the mail server: what hangs in one delays nobody in another. Within a
//! lane the message with the fewest tries goes first, so one that is never taken does not stand in the way. Nothing is
//! kept here that is not on disk: after a stop everything is handed over anew.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::{Duration, Instant},
};

use dogwatch_model::ChannelId;
use dogwatch_triage::notice::Via;
use jiff::Timestamp;
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;

use super::{
    Channels, Message, News, Order, Outcome,
    http::{Again, Fault},
    send::{NotSent, send},
};
use crate::core::{CoreHandle, Input};

/// Mails under way to the server at once; most servers take ten connections of one client.
const MAILS_AT_ONCE: usize = 4;

/// Messages under way to one channel at once: in order, and kind to the target.
const POSTS_AT_ONCE: usize = 1;

/// What is under way at a stop may take so long to end; what has not then is sent again, under the same key.
const STOP_LIMIT: Duration = Duration::from_secs(2);

/// What shares a connection's fate.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum LaneKey {
    Mail,
    Channel(ChannelId),
}

/// One lane.
#[derive(Default)]
struct Lane {
    waiting: Vec<Job>,
    running: usize,
}

/// A message on its way.
struct Job {
    message: Message,
    tries: u32,
    not_before: Instant,
}

/// The worker.
pub struct Worker {
    core: CoreHandle,
    channels: watch::Receiver<Arc<Channels>>,
    inbox: mpsc::UnboundedReceiver<Order>,
    lanes: BTreeMap<LaneKey, Lane>,
    running: JoinSet<Ended>,
    /// What ends a try that is under way, by the message's id.
    cuts: BTreeMap<String, CancellationToken>,
}

/// A try that is over.
struct Ended {
    lane: LaneKey,
    id: String,
    /// There is to be another one.
    again: Option<Job>,
}

impl Worker {
    /// A worker that takes over all there is to send once it runs.
    pub async fn new(core: CoreHandle, channels: watch::Receiver<Arc<Channels>>) -> Self {
        // Bounded by the core, which lets no more than a few messages of each way be under way.
        let (outbox, inbox) = mpsc::unbounded_channel();
        let _ = core.inputs.send(Input::Notify(Box::new(News::Worker(outbox)))).await;
        Self { core, channels, inbox, lanes: BTreeMap::new(), running: JoinSet::new(), cuts: BTreeMap::new() }
    }

    /// Sends until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        loop {
            self.start_what_can(Instant::now());
            let next = self.next_start();
            tokio::select! {
                () = stop.cancelled() => break,
                order = self.inbox.recv() => match order {
                    Some(Order::Send(message)) => self.take(*message),
                    Some(Order::Drop(ids)) => self.let_go(&ids),
                    None => break,
                },
                Some(ended) = self.running.join_next() => {
                    if let Ok(ended) = ended {
                        self.ended(ended);
                    }
                }
                () = wait_until(next) => {}
            }
        }
        let rest = async { while self.running.join_next().await.is_some() {} };
        let _ = tokio::time::timeout(STOP_LIMIT, rest).await;
    }

    fn take(&mut self, message: Message) {
        let key = self.lane_of(&message);
        let lane = self.lanes.entry(key).or_default();
        if lane.waiting.iter().all(|job| job.message.id != message.id) {
            lane.waiting.push(Job { message, tries: 0, not_before: Instant::now() });
        }
    }

    fn lane_of(&self, message: &Message) -> LaneKey {
        match &message.via {
            Via::Mail(_) => LaneKey::Mail,
            Via::Channel(id) => {
                let channels = self.channels.borrow();
                let is_mail = channels
                    .channels
                    .get(id)
                    .is_some_and(|channel| channel.way.kind() == super::channels::Kind::Email);
                if is_mail { LaneKey::Mail } else { LaneKey::Channel(id.clone()) }
            }
        }
    }

    fn start_what_can(&mut self, now: Instant) {
        for (key, lane) in &mut self.lanes {
            let most = if *key == LaneKey::Mail { MAILS_AT_ONCE } else { POSTS_AT_ONCE };
            while lane.running < most {
                let ready = lane.waiting.iter().enumerate().filter(|(_, job)| job.not_before <= now);
                let Some((place, _)) = ready.min_by_key(|(place, job)| (job.tries, *place)) else { break };
                let job = lane.waiting.remove(place);
                lane.running += 1;
                let channels = self.channels.borrow().clone();
                let (cut, core, lane) = (CancellationToken::new(), self.core.clone(), key.clone());
                self.cuts.insert(job.message.id.clone(), cut.clone());
                self.running.spawn(attempt(core, channels, (lane, job), cut));
            }
        }
        self.lanes.retain(|_, lane| lane.running > 0 || !lane.waiting.is_empty());
    }

    fn ended(&mut self, Ended { lane, id, again }: Ended) {
        let dropped = self.cuts.remove(&id).is_some_and(|cut| cut.is_cancelled());
        let lane = self.lanes.entry(lane).or_default();
        lane.running = lane.running.saturating_sub(1);
        lane.waiting.extend(again.filter(|_| !dropped));
    }

    /// Messages are not to be sent any more, not even to the end of a try.
    fn let_go(&mut self, ids: &BTreeSet<String>) {
        for lane in self.lanes.values_mut() {
            lane.waiting.retain(|job| !ids.contains(&job.message.id));
        }
        ids.iter().filter_map(|id| self.cuts.get(id)).for_each(CancellationToken::cancel);
    }

    /// When something that waits may start; what waits for a free place starts when one becomes free.
    fn next_start(&self) -> Option<Instant> {
        let open = self.lanes.iter().filter(|(key, lane)| {
            lane.running < if **key == LaneKey::Mail { MAILS_AT_ONCE } else { POSTS_AT_ONCE }
        });
        open.flat_map(|(_, lane)| lane.waiting.iter().map(|job| job.not_before)).min()
    }
}

async fn wait_until(instant: Option<Instant>) {
    match instant {
        Some(instant) => tokio::time::sleep_until(instant.into()).await,
        None => std::future::pending().await,
    }
}

/// One try. Gives the job back when there is to be another; else the core is told what came of it, unless it said to let go.
async fn attempt(
    core: CoreHandle,
    channels: Arc<Channels>,
    (lane, mut job): (LaneKey, Job),
    cut: CancellationToken,
) -> Ended {
    job.tries += 1;
    let (tries, id) = (job.tries, job.message.id.clone());
    let sent = tokio::select! {
        biased;
        () = cut.cancelled() => return Ended { lane, id, again: None },
        sent = send(&channels, &job.message) => sent,
    };
    let outcome = match sent {
        Ok(()) => Outcome::Delivered { tries },
        Err(NotSent::Impossible(why)) => Outcome::Impossible { why },
        Err(NotSent::Fault(fault)) => match again(&channels, &job, &fault, Timestamp::now()) {
            Some(wait) => {
                tracing::warn!(via = %job.message.via, id = job.message.id, tries, error = fault.what, "not told yet");
                job.not_before = Instant::now() + wait;
                return Ended { lane, id, again: Some(job) };
            }
            None => Outcome::Failed { tries, error: fault.what },
        },
    };
    match &outcome {
        Outcome::Delivered { .. } => {
            tracing::info!(via = %job.message.via, id = job.message.id, tries, "told")
        }
        _ => tracing::error!(via = %job.message.via, id = job.message.id, tries, ?outcome, "nobody was told"),
    }
    let news = News::Ended { id: job.message.id, outcome };
    // A core that has ended finds the message on its disk and hands it out again.
    let _ = core.inputs.send(Input::Notify(Box::new(news))).await;
    Ended { lane, id, again: None }
}

/// How long to wait before the next try; `None` when there is to be none.
fn again(channels: &Channels, job: &Job, fault: &Fault, now: Timestamp) -> Option<Duration> {
    let backoff = channels.backoff;
    let asked = match fault.again {
        Again::Never => return None,
        Again::Later => None,
        Again::After(asked) => Some(asked),
    };
    let mut chance = [0; 4];
    // Without chance all come back at once, which is still better than not at all.
    let _ = getrandom::fill(&mut chance);
    let wait = backoff.wait(job.tries, asked, u32::from_ne_bytes(chance));
    let end = job.message.sealed_at.checked_add(backoff.give_up).unwrap_or(Timestamp::MAX);
    let next = now.checked_add(jiff::SignedDuration::try_from(wait).ok()?).unwrap_or(Timestamp::MAX);
    (next < end).then_some(wait)
}
