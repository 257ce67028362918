//! A sum of times in figures that say something: how many, how much, the middle and the slow end.

use serde::{Deserialize, Serialize};

/// Times, summed up.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Spread {
    /// How many.
    pub count: u64,
    /// All of them, in seconds.
    pub sum_seconds: i64,
    /// Half are no longer than this.
    pub median_seconds: Option<i64>,
    /// Nine of ten are no longer than this.
    pub p90_seconds: Option<i64>,
}

impl Spread {
    /// Of times in seconds. Percentiles are by nearest rank: each is a time that was measured.
    pub fn of(mut seconds: Vec<i64>) -> Self {
        seconds.sort_unstable();
        let rank = |percent: usize| (seconds.len() * percent).div_ceil(100).checked_sub(1);
        let at = |percent| rank(percent).and_then(|place| seconds.get(place).copied());
        Self {
            count: seconds.len() as u64,
            sum_seconds: seconds.iter().sum(),
            median_seconds: at(50),
            p90_seconds: at(90),
        }
    }
}

/// One of another, to four digits; `None` of nothing.
pub fn share<N: TryInto<i64>>(part: N, of: N) -> Option<f64> {
    let (part, of) = (part.try_into().ok()?, of.try_into().ok()?);
    #[expect(clippy::cast_precision_loss, reason = "a share to four digits")]
    (of > 0).then(|| (part as f64 / of as f64 * 1e4).round() / 1e4)
}
