//! When to renew: at half of the certificate's life, each endpoint at its own moment around it.

use std::time::Duration;

use jiff::Timestamp;

use super::lifetime::Validity;

/// How much of a life the due instants of a fleet are spread over, centred on its half.
const SPREAD: f64 = 0.2;

/// Two renewals on one connection are at least this far apart.
const AT_LEAST: Duration = Duration::from_secs(10);

/// The instant to renew at. `unit` is a random number from 0 to 1, drawn once per certificate.
pub fn due_at(validity: Validity, unit: f64) -> Timestamp {
    let life = validity.not_after.duration_since(validity.not_before);
    let part = 0.5 + SPREAD * (unit.clamp(0.0, 1.0) - 0.5);
    validity.not_before.saturating_add(life.mul_f64(part)).unwrap_or(validity.not_after)
}

/// How long to wait for it from `now`; nothing when it is due.
pub fn due_in(validity: Validity, unit: f64, now: Timestamp) -> Duration {
    Duration::try_from(due_at(validity, unit).duration_since(now)).unwrap_or(Duration::ZERO)
}

/// How long to wait after a renewal. As [`due_in`], but never at once: a certificate can come past its half life, from a
/// collector that dates it back to make up for slow clocks, or to a machine whose clock is fast.
pub fn again_in(validity: Validity, unit: f64, now: Timestamp) -> Duration {
    let left = Duration::try_from(validity.not_after.duration_since(now)).unwrap_or(Duration::ZERO);
    due_in(validity, unit, now).max(left / 4).max(AT_LEAST)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(days: i64) -> Timestamp {
        Timestamp::from_second(days * 86400).unwrap()
    }

    #[test]
    fn a_thirty_day_certificate_is_renewed_between_day_twelve_and_eighteen() {
        let validity = Validity { not_before: days(0), not_after: days(30) };
        assert_eq!(due_at(validity, 0.0), days(12));
        assert_eq!(due_at(validity, 0.5), days(15));
        assert_eq!(due_at(validity, 1.0), days(18));
    }

    #[test]
    fn what_is_past_due_is_due_now() {
        let validity = Validity { not_before: days(0), not_after: days(30) };
        assert_eq!(due_in(validity, 0.5, days(14)), Duration::from_secs(86400));
        assert_eq!(due_in(validity, 0.5, days(16)), Duration::ZERO);
        assert_eq!(due_in(validity, 0.5, days(400)), Duration::ZERO);
    }

    #[test]
    fn a_certificate_that_comes_past_its_half_life_is_not_renewed_at_once() {
        let validity = Validity { not_before: days(0), not_after: days(30) };
        assert_eq!(again_in(validity, 0.5, days(1)), Duration::from_secs(14 * 86_400));
        assert_eq!(again_in(validity, 0.5, days(26)), Duration::from_secs(86_400));
        assert_eq!(again_in(validity, 0.5, days(400)), AT_LEAST);
    }
}
