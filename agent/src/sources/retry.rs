//! When to try again what failed: sooner than the ordinary interval, and less and less often.

use std::time::Duration;

/// The first retry comes after this.
const FIRST: Duration = Duration::from_secs(30);

/// Counts failures in a row.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Retry {
    failures: u32,
}

impl Retry {
    /// A look has ended.
    pub fn note(&mut self, good: bool) {
        self.failures = if good { 0 } else { self.failures.saturating_add(1) };
    }

    /// How long to wait for the next look: the ordinary interval, or after failures 30 s, 1 min, 2 min … up to it.
    pub fn wait(self, interval: Duration) -> Duration {
        let Some(doublings) = self.failures.checked_sub(1) else { return interval };
        FIRST.saturating_mul(1 << doublings.min(20)).min(interval)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_are_retried_sooner_and_then_less_often_and_never_later_than_the_interval() {
        let interval = Duration::from_secs(600);
        let mut retry = Retry::default();
        assert_eq!(retry.wait(interval), interval);
        let waits: Vec<u64> = (0..7)
            .map(|_| {
                retry.note(false);
                retry.wait(interval).as_secs()
            })
            .collect();
        assert_eq!(waits, [30, 60, 120, 240, 480, 600, 600]);
        retry.note(true);
        assert_eq!(retry.wait(interval), interval);
        assert_eq!(Retry { failures: u32::MAX }.wait(interval), interval);
    }
}
