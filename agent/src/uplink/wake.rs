//! Notices after the fact that the machine was asleep: the clock that counts sleep has run ahead of the one that does not.
//!
//! Timers stand still while a machine sleeps, so nothing wakes the agent when it wakes up but the rest of a timer that
//! ran before: it looks at least every [`LOOK_EVERY`]. A look is two readings of a clock and no system call.

use std::time::Duration;

/// Between two looks when nothing else happens.
const LOOK_EVERY: Duration = Duration::from_secs(10);
/// Less than this is no sleep that a connection would notice.
const LEAST: Duration = Duration::from_secs(2);

/// Remembers how long the machine had slept.
#[derive(Debug)]
pub struct Wake {
    clock: fn() -> Duration,
    known: Duration,
}

impl Wake {
    /// From now on. `clock` tells how long the machine has slept in all.
    pub fn new(clock: fn() -> Duration) -> Self {
        Self { clock, known: clock() }
    }

    /// How long the machine has slept since this was last asked; `None` when it has not.
    pub(super) fn slept(&mut self) -> Option<Duration> {
        let now = (self.clock)();
        let slept = now.saturating_sub(self.known);
        if slept < LEAST {
            return None;
        }
        self.known = now;
        Some(slept)
    }
}

/// Until it is time to look.
pub(super) async fn look_again() {
    tokio::time::sleep(LOOK_EVERY).await;
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    static SLEPT: AtomicU64 = AtomicU64::new(5);

    #[test]
    fn a_sleep_is_noticed_once_and_jitter_is_not_sleep() {
        let mut wake = Wake::new(|| Duration::from_secs(SLEPT.load(Ordering::Relaxed)));
        assert_eq!(wake.slept(), None, "what was before the start is no news");
        SLEPT.store(6, Ordering::Relaxed);
        assert_eq!(wake.slept(), None);
        SLEPT.store(6 + 3 * 86_400, Ordering::Relaxed);
        assert_eq!(wake.slept(), Some(Duration::from_secs(3 * 86_400 + 1)));
        assert_eq!(wake.slept(), None);
    }
}
