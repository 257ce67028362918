//! When to try again.

use std::time::Duration;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;

/// How failed tries are repeated: waits that double, each shortened by chance so that what failed together does not come
/// back together, until it is given up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Backoff {
    /// After the first failure.
    pub first: SignedDuration,
    /// At most.
    pub most: SignedDuration,
    /// From the first try to the last word.
    pub give_up: SignedDuration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self {
            first: SignedDuration::from_secs(5),
            most: SignedDuration::from_mins(15),
            // A mail server that is down over night is mended in the morning.
            give_up: SignedDuration::from_hours(24),
        }
    }
}

impl Backoff {
    pub(super) fn check(&self) -> Result<(), String> {
        let ordered =
            SignedDuration::ZERO < self.first && self.first <= self.most && self.most <= self.give_up;
        if ordered { Ok(()) } else { Err("must have 0 < first ≤ most ≤ give_up".to_owned()) }
    }

    /// How long to wait after so many tries. `asked` is what the target asked for; it is honoured up to the end. `chance`
    /// is anything.
    pub(super) fn wait(&self, tries: u32, asked: Option<Duration>, chance: u32) -> Duration {
        let std = |span: SignedDuration| Duration::try_from(span).unwrap_or(Duration::ZERO);
        let doubled =
            std(self.first).saturating_mul(1 << tries.saturating_sub(1).min(20)).min(std(self.most));
        let share = 0.5 + f64::from(chance) / f64::from(u32::MAX) / 2.0;
        let ours = doubled.mul_f64(share);
        asked.map_or(ours, |asked| asked.max(ours)).min(std(self.give_up))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_the_most_and_chance_shortens_them_by_half_at_the_most() {
        let backoff = Backoff::default();
        let of = |tries, chance| backoff.wait(tries, None, chance).as_secs_f64();
        assert_eq!((of(1, u32::MAX), of(2, u32::MAX), of(3, u32::MAX)), (5.0, 10.0, 20.0));
        assert_eq!(of(2, 0), 5.0);
        assert_eq!(of(99, u32::MAX), 900.0);
    }

    #[test]
    fn what_the_target_asks_for_is_waited_for() {
        let asked = Some(Duration::from_secs(3600));
        assert_eq!(Backoff::default().wait(1, asked, 0), Duration::from_secs(3600));
        let asked = Some(Duration::from_secs(9_999_999));
        assert_eq!(Backoff::default().wait(1, asked, 0), Duration::from_secs(24 * 3600), "but not for ever");
    }
}
