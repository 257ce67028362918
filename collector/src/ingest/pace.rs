//! A token bucket: how many frames one agent may send for long, and at once.

use std::time::Instant;

/// Counts frames against a rate. Late frames wait, they are not dropped: the stream itself pushes back.
#[derive(Debug)]
pub(super) struct Pace {
    per_second: f64,
    burst: f64,
    tokens: f64,
    filled_at: Instant,
}

impl Pace {
    /// A full bucket.
    pub(super) fn new(per_second: u32, burst: u32, now: Instant) -> Self {
        let burst = f64::from(burst.max(1));
        Self { per_second: f64::from(per_second.max(1)), burst, tokens: burst, filled_at: now }
    }

    /// Takes one frame; says how long to wait before taking another from the wire.
    pub(super) fn take(&mut self, now: Instant) -> Option<std::time::Duration> {
        let elapsed = now.saturating_duration_since(self.filled_at).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.per_second).min(self.burst) - 1.0;
        self.filled_at = now;
        (self.tokens < 0.0).then(|| std::time::Duration::from_secs_f64(-self.tokens / self.per_second))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let start = Instant::now();
        let mut pace = Pace::new(50, 500, start);
        assert!((0..500).all(|_| pace.take(start).is_none()));
        assert_eq!(pace.take(start), Some(Duration::from_millis(20)));
    }

    #[test]
    fn a_quiet_second_earns_a_second_of_frames_and_no_more_than_the_burst() {
        let start = Instant::now();
        let mut pace = Pace::new(50, 100, start);
        assert!((0..100).all(|_| pace.take(start).is_none()));
        let later = start + Duration::from_secs(1);
        assert_eq!((0..60).filter(|_| pace.take(later).is_none()).count(), 50);
        let much_later = later + Duration::from_secs(3600);
        assert_eq!((0..200).filter(|_| pace.take(much_later).is_none()).count(), 100);
    }
}
