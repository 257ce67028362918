//! Decides when the spool is used: nothing is written while the collector listens, and everything is when it does not.
//!
//! [`Keeper::turn`] is one round of its work and blocks; [`Keeper::run`] calls it on a thread for blocking work, and
//! only when there is something to do.

use std::{path::PathBuf, sync::Arc, time::Duration};

use dogwatch_journal::{Disk, Error};
use dogwatch_model::{AgentEvent, Epoch, Lane, LaneMarks, Report};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use super::{Here, Notice, Spool, Terms};
use crate::{
    clock::{self, Moment, Now},
    outbox::{Draft, SPOOLED, SharedOutbox},
};

/// A report that was not acknowledged for this long is no longer safe in memory alone: the link is stale.
pub const STALE_AFTER: Duration = Duration::from_secs(30);
/// Once the spool is in use and no connection stands, nothing stays in memory alone for longer.
const OFFLINE_FLUSH: Duration = Duration::from_secs(5);
/// Between two portions of history. With [`PORTION`] this stays below the frames that a collector takes from one agent
/// for long (50 a second), so that the present is never held up behind history.
const DRAW_EVERY: Duration = Duration::from_secs(1);
/// Reports of the spool that are sent at once.
const PORTION: usize = 32;
/// After a failure of the disk it is left alone for this long.
const RETRY: Duration = Duration::from_secs(60);

/// Keeps the spool of one agent.
#[derive(Debug)]
pub struct Keeper {
    disk: Arc<dyn Disk>,
    dir: PathBuf,
    max_bytes: u64,
    stale_after: Duration,
    outbox: SharedOutbox,
    /// Notified when what was told late is to be told as the present.
    caught_up: Arc<Notify>,
    spool: Option<Spool>,
    epoch: Epoch,
    drawn_at: Option<Moment>,
    retry_at: Option<Moment>,
    failing: bool,
}

impl Keeper {
    /// Of the spool in a folder, which is opened now if something waits in it.
    pub fn new(
        (disk, dir): (Arc<dyn Disk>, PathBuf),
        Terms { max_bytes, stale_after }: Terms,
        outbox: SharedOutbox,
        caught_up: Arc<Notify>,
    ) -> Self {
        let epoch = outbox.lock().epoch();
        let mut keeper = Self {
            disk,
            dir,
            max_bytes,
            stale_after,
            outbox,
            caught_up,
            spool: None,
            epoch,
            drawn_at: None,
            retry_at: None,
            failing: false,
        };
        if Spool::is_in(&*keeper.disk, &keeper.dir) {
            let opened = keeper.open();
            keeper.noticed(&opened, clock::now());
        }
        keeper
    }

    /// Whether nothing is on the disk.
    #[cfg(test)]
    pub(super) fn is_closed(&self) -> bool {
        self.spool.is_none()
    }

    /// Works until told to end, then saves what is left.
    pub async fn run(mut self, cancel: CancellationToken) {
        let outbox = self.outbox.clone();
        loop {
            let wait = self.wait(clock::now().moment);
            tokio::select! {
                () = cancel.cancelled() => break,
                () = outbox.stirred() => {}
                () = sleep(wait) => {}
            }
            if self.wait(clock::now().moment).is_some_and(|wait| wait.is_zero()) {
                let Some(kept) = blocking(self, Self::turn).await else { return };
                self = kept;
            }
        }
        if self.spool.is_some() || outbox.lock().oldest_in_memory(clock::now().moment).is_some() {
            blocking(self, Self::finish).await;
        }
    }

    /// How long there is nothing to do; `None` until something stirs.
    fn wait(&self, now: Moment) -> Option<Duration> {
        let outbox = self.outbox.lock();
        let (open, connected) = (self.spool.is_some(), outbox.is_connected());
        let patience =
            if open && !connected { OFFLINE_FLUSH.min(self.stale_after) } else { self.stale_after };
        let stale = outbox.oldest_in_memory(now).map(|age| patience.saturating_sub(age));
        let draw =
            (open && connected).then(|| self.drawn_at.map_or(Duration::ZERO, |at| left(at, DRAW_EVERY, now)));
        let wait = stale.into_iter().chain(draw).min()?;
        Some(self.retry_at.map_or(wait, |at| wait.max(at.since(now))))
    }

    /// One round.
    pub fn turn(&mut self, here: &Here) {
        let outcome = self.round(here, false);
        self.noticed(&outcome, here.now);
    }

    /// The last round: the agent ends, and everything that is not acknowledged is saved.
    pub fn finish(&mut self, here: &Here) {
        self.retry_at = None;
        let outcome = self.round(here, true);
        self.noticed(&outcome, here.now);
    }

    fn round(&mut self, here: &Here, last: bool) -> Result<(), Error> {
        if self.retry_at.is_some_and(|at| at > here.now.moment) {
            return Ok(());
        }
        self.retry_at = None;
        self.settle()?;
        self.spill(here, last)?;
        if !last {
            self.draw(here)?;
        }
        self.let_go(here.now)
    }

    fn open(&mut self) -> Result<(), Error> {
        let spool = Spool::open(self.disk.clone(), &self.dir, self.max_bytes)?;
        let mut outbox = self.outbox.lock();
        // What this very process had under way is known here.
        let resuming = spool.epoch_under_way().filter(|epoch| *epoch != outbox.epoch());
        outbox.set_resuming(resuming);
        for lane in SPOOLED {
            let settled = spool.is_settled(lane);
            outbox.set_spooled(lane, !settled);
        }
        drop(outbox);
        self.spool = Some(spool);
        Ok(())
    }

    /// Lets the spool know what was acknowledged.
    fn settle(&mut self) -> Result<(), Error> {
        let (epoch, former, resumed, acknowledged) = {
            let mut outbox = self.outbox.lock();
            (outbox.epoch(), outbox.take_former(), outbox.take_resumed(), outbox.acknowledged())
        };
        let known = std::mem::replace(&mut self.epoch, epoch);
        let Some(spool) = &mut self.spool else { return Ok(()) };
        if let Some(stored) = resumed {
            spool.resume(stored)?;
        }
        if let Some((left, marks)) = former.filter(|(left, _)| *left == known) {
            tracing::debug!(epoch = %left, "numbers of the spool begin anew");
            settle_up_to(spool, left, marks)?;
            for lane in SPOOLED {
                if spool.epoch_under_way() == Some(left) {
                    spool.forget_under_way(lane);
                }
            }
        }
        settle_up_to(spool, epoch, acknowledged)
    }

    /// Writes what has been in memory for too long.
    fn spill(&mut self, here: &Here, last: bool) -> Result<(), Error> {
        let due = {
            let outbox = self.outbox.lock();
            let open = self.spool.is_some() && !outbox.is_connected();
            let patience = if open { OFFLINE_FLUSH.min(self.stale_after) } else { self.stale_after };
            outbox.oldest_in_memory(here.now.moment).is_some_and(|age| last || age >= patience)
        };
        if !due {
            return Ok(());
        }
        if self.spool.is_none() {
            self.open()?;
        }
        let Some(spool) = &mut self.spool else { return Ok(()) };
        for lane in SPOOLED {
            let (epoch, spill) = {
                let mut outbox = self.outbox.lock();
                (outbox.epoch(), outbox.spill(lane, here))
            };
            let written = if spill.is_empty() && spill.gap.is_none() {
                Ok(())
            } else {
                spool.write(epoch, lane, &spill, here)
            };
            let mut outbox = self.outbox.lock();
            if written.is_err() {
                outbox.unspill(lane, spill, here);
            }
            let settled = spool.is_settled(lane);
            outbox.set_spooled(lane, !settled);
            drop(outbox);
            written?;
        }
        Ok(())
    }

    /// Takes the next portion of the spool for sending: of the kept lane as long as there is any.
    fn draw(&mut self, here: &Here) -> Result<(), Error> {
        let Some(spool) = &mut self.spool else { return Ok(()) };
        let (connected, history) = {
            let outbox = self.outbox.lock();
            (outbox.is_connected() && outbox.resuming().is_none(), outbox.late_after())
        };
        if !connected {
            self.drawn_at = None;
            return Ok(());
        }
        // The first portion comes a moment after the connection: the present goes first.
        let paced = here.now.moment.since(*self.drawn_at.get_or_insert(here.now.moment)) < DRAW_EVERY;
        if paced {
            return Ok(());
        }
        self.drawn_at = Some(here.now.moment);
        // Just past what still counts as the present.
        let history = history + Duration::from_millis(1);
        let lane = if spool.is_settled(Lane::Kept) { Lane::Samples } else { Lane::Kept };
        let Some((epoch, first)) = self.outbox.lock().begin_drawing(lane) else { return Ok(()) };
        let drawn = spool.draw(lane, (epoch, first), PORTION, (here, history));
        let (drawn, outcome) = drawn.map_or_else(|error| (Vec::new(), Err(error)), |drawn| (drawn, Ok(())));
        if !self.outbox.lock().take_drawn(lane, epoch, drawn, here.now.moment) {
            spool.forget_under_way(lane);
        }
        self.outbox.refilled();
        outcome
    }

    /// Lets waiting reports go on once the spool holds nothing before them, and closes it once it holds nothing.
    fn let_go(&mut self, now: Now) -> Result<(), Error> {
        let Some(spool) = &self.spool else { return Ok(()) };
        let settled = SPOOLED.map(|lane| spool.is_settled(lane));
        {
            let mut outbox = self.outbox.lock();
            for (lane, settled) in SPOOLED.into_iter().zip(settled) {
                let was = outbox.is_spooled(lane);
                outbox.set_spooled(lane, !settled);
                if was && settled && lane == Lane::Kept {
                    outbox.caught_up();
                    self.caught_up.notify_one();
                    self.outbox.refilled();
                }
            }
        }
        if settled.iter().all(|settled| *settled)
            && let Some(mut spool) = self.spool.take()
        {
            let notices = spool.take_notices();
            self.tell(notices, now);
            spool.remove().map_err(|source| super::failed("remove", &self.dir, source))?;
            tracing::info!("the spool is empty and was removed");
        }
        Ok(())
    }

    /// Tells what happened, upward and in the log. A disk that fails is left alone for a while.
    fn noticed(&mut self, outcome: &Result<(), Error>, now: Now) {
        let mut notices = self.spool.as_mut().map(Spool::take_notices).unwrap_or_default();
        if let Err(error) = outcome {
            self.retry_at = Some(now.moment.plus(RETRY));
            if !std::mem::replace(&mut self.failing, true) {
                let what = format!("{:#}; reports stay in memory as far as there is room", Chain(error));
                notices.push(("spool_failed", what));
            }
            // What it says of itself can be relied upon only after it was opened again.
            if !matches!(error, Error::Full { .. }) {
                self.spool = None;
            }
        } else if self.spool.is_some() {
            self.failing = false;
        }
        self.tell(notices, now);
    }

    fn tell(&self, notices: Vec<Notice>, now: Now) {
        let at = now.wall;
        for (kind, detail) in notices {
            tracing::warn!(kind, detail, "spool");
            let event = AgentEvent { at, kind: kind.to_owned(), detail };
            let report = Report { events: vec![event], ..Report::empty(Lane::Kept, 0, at) };
            self.outbox.lock().push(Draft { report, topic: None }, now.moment);
            self.outbox.refilled();
        }
    }
}

/// An error with its causes, on one line.
struct Chain<'a>(&'a Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        std::error::Error::source(self.0).map_or(Ok(()), |cause| write!(f, ": {cause}"))
    }
}

fn settle_up_to(spool: &mut Spool, epoch: Epoch, marks: LaneMarks) -> Result<(), Error> {
    if spool.epoch_under_way() == Some(epoch) {
        for lane in SPOOLED {
            spool.acknowledged(lane, marks.get(lane))?;
        }
    }
    Ok(())
}

fn left(since: Moment, interval: Duration, now: Moment) -> Duration {
    interval.saturating_sub(now.since(since))
}

async fn sleep(wait: Option<Duration>) {
    match wait {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}

/// Does a piece of work that blocks; `None` when the runtime is going down.
async fn blocking(mut keeper: Keeper, work: fn(&mut Keeper, &Here)) -> Option<Keeper> {
    let done = tokio::task::spawn_blocking(move || {
        let here = Here { run: clock::run(), now: clock::now() };
        work(&mut keeper, &here);
        keeper
    });
    done.await.ok()
}
