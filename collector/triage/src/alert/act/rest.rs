//! What lets it rest: waiting for others, and sleep. Both end, and nobody may put them off for ever.

use jiff::{SignedDuration, Timestamp};

use super::{Doing, EventKind, Refusal, WaitOn, written};
use crate::alert::{
    Snooze, Waiting,
    pause::{MAX_SNOOZE, MAX_WAIT},
};

impl Doing<'_> {
    pub(super) fn wait(&mut self, on: WaitOn, until: Timestamp, reason: &str) -> Result<(), Refusal> {
        self.ahead("end of the wait", until, MAX_WAIT)?;
        let reason = written("reason", reason)?;
        self.next.waiting = Some(Waiting { on, since: self.at, until, reason: reason.clone() });
        // Each call of the vendor has its own clock.
        self.next.progress.vendor_warned = 0;
        self.kinds.push(EventKind::Waits { on, until, reason });
        Ok(())
    }

    pub(super) fn snooze(&mut self, until: Timestamp, reason: &str) -> Result<(), Refusal> {
        self.ahead("end of the snooze", until, MAX_SNOOZE)?;
        let reason = written("reason", reason)?;
        self.next.snooze = Some(Snooze { until, by: self.by.clone(), reason: reason.clone() });
        self.kinds.push(EventKind::Snoozed { until, reason });
        Ok(())
    }

    pub(super) fn wake(&mut self) -> Result<(), Refusal> {
        let slept = self.next.snooze.take();
        slept.ok_or(Refusal::NotSnoozed { number: self.alert.number })?;
        self.kinds.push(EventKind::Woke);
        Ok(())
    }

    /// Whether an instant is ahead, and not by more than what is sensible.
    pub(super) fn ahead(
        &self,
        what: &'static str,
        until: Timestamp,
        longest: SignedDuration,
    ) -> Result<(), Refusal> {
        if until <= self.at {
            return Err(Refusal::NotAhead { what, until, now: self.at });
        }
        let latest = self.at.saturating_add(longest).unwrap_or(Timestamp::MAX);
        if until > latest {
            return Err(Refusal::TooFar { what, until, latest });
        }
        Ok(())
    }
}
