//! Durations gathered under load, and what people ask of them.

use std::time::Duration;

/// A bag of durations, kept exactly (in microseconds): a benchmark's few million fit in memory.
#[derive(Debug, Clone, Default)]
pub struct Latencies(Vec<u32>);

impl Latencies {
    /// Adds one.
    pub fn record(&mut self, latency: Duration) {
        self.0.push(u32::try_from(latency.as_micros()).unwrap_or(u32::MAX));
    }

    /// Adds all of another bag.
    pub fn extend(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// How many there are.
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The duration that `share` (0 to 1) of all do not exceed, by nearest rank; `None` of nothing.
    pub fn quantile(&mut self, share: f64) -> Option<Duration> {
        let last = self.0.len().checked_sub(1)?;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index into a list in memory"
        )]
        let rank = ((share * self.0.len() as f64).ceil() as usize).saturating_sub(1).min(last);
        let (_, &mut value, _) = self.0.select_nth_unstable(rank);
        Some(Duration::from_micros(value.into()))
    }

    /// [`quantile`](Self::quantile) in milliseconds; NaN of nothing.
    pub fn quantile_ms(&mut self, share: f64) -> f64 {
        self.quantile(share).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1e3)
    }
}

/// The middle value; of an even number, the mean of the two in the middle. NaN of nothing.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    match values.len() {
        0 => f64::NAN,
        n if n % 2 == 1 => values[n / 2],
        n => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_values_that_were_seen() {
        let mut bag = Latencies::default();
        for ms in (1..=100).rev() {
            bag.record(Duration::from_millis(ms));
        }
        assert_eq!(bag.quantile(0.5), Some(Duration::from_millis(50)));
        assert_eq!(bag.quantile(0.99), Some(Duration::from_millis(99)));
        assert_eq!(bag.quantile(1.0), Some(Duration::from_millis(100)));
    }

    #[test]
    fn nothing_has_no_quantile() {
        assert_eq!(Latencies::default().quantile(0.5), None);
    }

    #[test]
    fn the_median_of_an_even_number_lies_between() {
        assert!((median(vec![4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < f64::EPSILON);
    }
}
