//! What waits to be sent and what waits to be acknowledged: three lanes, in memory, bounded.
//!
//! Invariants, all property-tested:
//! * On the wire a lane's sequences are 1, 2, 3 … without a gap within an epoch. A report gets its number when it is
//!   first sent: what is superseded or dropped before that never had one.
//! * What was sent stays until it is acknowledged, and is sent again, with the same number, after a reconnect.
//! * No more than a window of frames and [`IN_FLIGHT_BYTES`] per lane are under way.
//! * What is dropped from the kept lane is counted, and told in a report of its own as soon as one can be sent.
//!
//! Pure: the clock is an argument, and there is no I/O. What it deliberately does not do: survive the process. When the
//! link is stale, what it holds goes to the spool, and comes back from there when the link is up.

mod lane;
mod shared;
mod spilling;
#[cfg(test)]
mod tests;

use std::time::Duration;

use dogwatch_model::{AgentEvent, Epoch, Lane, LaneMarks, Report, counted};
use lane::LaneQueue;
pub use shared::SharedOutbox;
pub use spilling::SPOOLED;

use crate::{clock::Moment, spool::Gap};

/// Frames per lane under way without an acknowledgement, until the collector says otherwise.
pub const WINDOW_FRAMES: usize = 256;
/// Bytes per lane under way without an acknowledgement: four of the largest messages.
pub const IN_FLIGHT_BYTES: usize = 1024 * 1024;
/// Reports that wait in the kept lane: a day of a busy machine.
const KEPT_REPORTS: usize = 4096;
/// Their bytes: what the agent may grow by when neither the collector nor the disk takes them.
const KEPT_BYTES: usize = 2 * 1024 * 1024;
/// Samples that wait: what comes in a minute of trouble, and half a day of summaries. The oldest go first.
const SAMPLES: usize = 720;
/// Their bytes.
const SAMPLES_BYTES: usize = 512 * 1024;

/// What a report in the latest lane is about: a newer one with the same topic takes its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Topic {
    /// What the machine is.
    Inventory,
    /// The agent itself.
    Agent,
    /// Drives.
    Drives,
    /// Installed software.
    Software,
    /// How the machine is, told anew.
    Health,
    /// Missing updates, told anew.
    Patch,
    /// Backups, told anew.
    Backup,
    /// Services and checks, told anew.
    Checks,
}

impl Topic {
    /// What a report is about.
    pub fn of(report: &Report) -> Option<Self> {
        [
            (report.health.is_some(), Self::Health),
            (report.inventory.is_some(), Self::Inventory),
            (report.patch.is_some(), Self::Patch),
            (report.backup.is_some(), Self::Backup),
            (report.services.is_some() || report.checks.is_some(), Self::Checks),
            (report.drives.is_some(), Self::Drives),
            (report.software.is_some(), Self::Software),
            (report.agent.is_some(), Self::Agent),
        ]
        .into_iter()
        .find_map(|(is, topic)| is.then_some(topic))
    }
}

/// A report that has no number yet.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// What it says; its sequence and age do not matter yet.
    pub report: Report,
    /// In the latest lane, what it is about.
    pub topic: Option<Topic>,
}

/// The collector said something about a lane that cannot be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OutboxError {
    /// It has what was never sent.
    #[error("the collector acknowledges {said} in the {lane} lane, where only {sent} were sent")]
    NeverSent {
        /// The lane.
        lane: Lane,
        /// What it said.
        said: u64,
        /// What is true.
        sent: u64,
    },
    /// It wants what was acknowledged and let go.
    #[error("the collector expects {expected} in the {lane} lane, which begins at {first} here")]
    Gone {
        /// The lane.
        lane: Lane,
        /// What it wants.
        expected: u64,
        /// The first that is still here.
        first: u64,
    },
}

/// Until a collector says otherwise: two of its shortest ordinary intervals.
const LATE_AFTER: Duration = Duration::from_secs(120);

/// The outbox of one epoch.
#[derive(Debug)]
pub struct Outbox {
    epoch: Epoch,
    kept: LaneQueue,
    latest: LaneQueue,
    samples: LaneQueue,
    gap: Option<Gap>,
    /// A collector that lost its memory was met: it knows nothing of what it acknowledged before.
    begun_anew: bool,
    /// What is older than this when it is sent counts as history.
    late_after: Duration,
    /// A connection stands.
    connected: bool,
    /// The epoch before this one, until the spool has heard how far it came.
    former: Option<(Epoch, LaneMarks)>,
    /// The epoch of a process before this one in which reports of the spool were sent.
    resuming: Option<Epoch>,
    /// What the collector stored of that.
    resumed: Option<LaneMarks>,
}

impl Outbox {
    /// An empty one.
    pub fn new(epoch: Epoch) -> Self {
        Self {
            epoch,
            kept: LaneQueue::new(Lane::Kept, KEPT_REPORTS, KEPT_BYTES),
            latest: LaneQueue::new(Lane::Latest, usize::MAX, usize::MAX),
            samples: LaneQueue::new(Lane::Samples, SAMPLES, SAMPLES_BYTES),
            gap: None,
            begun_anew: false,
            late_after: LATE_AFTER,
            connected: false,
            former: None,
            resuming: None,
            resumed: None,
        }
    }

    /// The epoch its sequences count in.
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Takes a report for sending.
    pub fn push(&mut self, draft: Draft, now: Moment) {
        let lane = draft.report.lane;
        let dropped = self.lane_mut(lane).push(draft, now);
        self.count(lane, &dropped);
    }

    /// Notes what was dropped of the kept lane.
    fn count(&mut self, lane: Lane, dropped: &[Report]) {
        for report in dropped.iter().filter(|_| lane == Lane::Kept) {
            let one = Gap::one(report.observed_at);
            self.gap = Some(self.gap.map_or(one, |gap| gap.and(one)));
        }
    }

    /// Takes the collector's word for what counts as history.
    pub fn set_late_after(&mut self, late_after: Duration) {
        self.late_after = late_after;
    }

    /// Whether the collector may not know the present, because what told it waited too long or was forgotten. Says so
    /// once.
    pub fn take_behind(&mut self, now: Moment) -> bool {
        let waited =
            self.kept.is_spooled() || self.kept.oldest(now).is_some_and(|age| age >= self.late_after);
        std::mem::take(&mut self.begun_anew) || waited
    }

    /// Whether [`Self::next`] has something to give.
    pub fn has_next(&self) -> bool {
        self.gap.is_some() && self.kept.has_room() && !self.kept.is_held()
            || self.lanes().iter().any(|lane| lane.has_next())
    }

    /// The next report to send: live state first, then what is kept, then samples.
    pub fn next(&mut self, now: Moment) -> Option<Report> {
        if self.kept.has_room()
            && !self.kept.is_held()
            && let Some(gap) = self.gap.take()
        {
            self.kept.push_first(gap_report(gap), now);
        }
        self.latest.next(now).or_else(|| self.kept.next(now)).or_else(|| self.samples.next(now))
    }

    /// Everything of the lane up to `up_to` is on the collector's disk.
    ///
    /// # Errors
    /// When that was never sent.
    pub fn acknowledge(&mut self, lane: Lane, up_to: u64) -> Result<(), OutboxError> {
        self.lane_mut(lane).acknowledge(up_to)
    }

    /// The collector wants the lane again from `expected`.
    ///
    /// # Errors
    /// When that is no longer here.
    pub fn rewind(&mut self, lane: Lane, expected: u64) -> Result<(), OutboxError> {
        self.lane_mut(lane).rewind(expected)
    }

    /// The collector set this one aside; it is not sent again. Gives it back, to be logged.
    pub fn forget(&mut self, lane: Lane, sequence: u64) -> Option<Report> {
        self.lane_mut(lane).forget(sequence)
    }

    /// A new connection stands, and the collector has told what it holds: the rest is sent again.
    ///
    /// # Errors
    /// When it holds what was never sent.
    pub fn reconnected(&mut self, stored: LaneMarks) -> Result<(), OutboxError> {
        for &lane in Lane::ALL {
            self.lane_mut(lane).reconnected(stored.get(lane))?;
        }
        Ok(())
    }

    /// Begins a new epoch with everything that is not acknowledged.
    pub fn begin_epoch(&mut self, epoch: Epoch) {
        self.begun_anew = true;
        let marks = self.acknowledged();
        self.former.get_or_insert((self.epoch, marks));
        self.epoch = epoch;
        for &lane in Lane::ALL {
            self.lane_mut(lane).restart();
        }
    }

    /// Frames per lane that may be under way.
    pub fn set_window(&mut self, frames: usize) {
        for &lane in Lane::ALL {
            self.lane_mut(lane).set_window(frames);
        }
    }

    /// Per lane, the first sequence still held.
    pub fn first(&self) -> LaneMarks {
        LaneMarks { kept: self.kept.first(), latest: self.latest.first(), samples: self.samples.first() }
    }

    /// Per lane, the sequence that comes next.
    pub fn next_marks(&self) -> LaneMarks {
        LaneMarks {
            kept: self.kept.next_sequence(),
            latest: self.latest.next_sequence(),
            samples: self.samples.next_sequence(),
        }
    }

    /// Nothing of the kept lane waits or is under way.
    pub fn kept_is_settled(&self) -> bool {
        self.kept.is_settled() && self.gap.is_none()
    }

    /// Something of the kept lane was never sent.
    pub fn kept_waits(&self) -> bool {
        self.kept.waits() || self.gap.is_some() && !self.kept.is_held()
    }

    fn lanes(&self) -> [&LaneQueue; 3] {
        [&self.kept, &self.latest, &self.samples]
    }

    fn lane_mut(&mut self, lane: Lane) -> &mut LaneQueue {
        match lane {
            Lane::Kept => &mut self.kept,
            Lane::Latest => &mut self.latest,
            Lane::Samples => &mut self.samples,
        }
    }
}

fn gap_report(gap: Gap) -> Report {
    let Gap { count, from, to } = gap;
    let event = AgentEvent {
        at: to,
        kind: "outbox_overflow".into(),
        detail: format!(
            "{} dropped, from {from} to {to}: the outbox was full",
            counted(count, "report was", "reports were")
        ),
    };
    Report { events: vec![event], ..Report::empty(Lane::Kept, 0, to) }
}
