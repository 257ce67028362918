//! Samples lose detail as they age, and never their extremes.
//!
//! Neighbours that fall into the same stretch of time become one: its numbers are those of the last sample, its summary
//! covers all of them (least, mean by count, greatest). Stretches are cut by the clock that observed, ages come from
//! the stamp, so a wall clock that jumps makes a few stretches more and takes nothing away within one boot. Across a
//! reboot it may thin what is a day younger or older than it should be.

use std::time::Duration;

use dogwatch_model::{Health, HealthSummary, Report, Spread};

use super::record::Record;

/// Up to an age, one sample a stretch.
const TIERS: [(Duration, i64); 3] = [(hours(6), 60), (hours(7 * 24), 600), (hours(90 * 24), 3600)];

const fn hours(hours: u64) -> Duration {
    Duration::from_secs(hours * 3600)
}

/// The stretch that a sample of this age falls into, by its length and number; `None` when it is too old to be told.
pub(super) fn stretch(record: &Record, age: Duration) -> Option<(i64, i64)> {
    let (_, seconds) = TIERS.iter().find(|(up_to, _)| age < *up_to)?;
    Some((*seconds, record.report.observed_at.as_second().div_euclid(*seconds)))
}

/// Two neighbours of one stretch as one. What is no sample cannot be merged: then both come back.
pub(super) fn merge(earlier: Record, later: Record) -> Result<Record, Box<(Record, Record)>> {
    let (Some(a), Some(b)) = (&earlier.report.health, &later.report.health) else {
        return Err(Box::new((earlier, later)));
    };
    let summary = join(&summary(a), &summary(b));
    let health = Health { summary: Some(summary), ..b.clone() };
    Ok(Record { report: Report { health: Some(health), ..later.report }, ..later })
}

/// What a sample stands for: its summary, or itself.
fn summary(health: &Health) -> HealthSummary {
    let alone = |value: f64| Spread { min: value, mean: value, max: value };
    health.summary.clone().unwrap_or_else(|| HealthSummary {
        samples: 1,
        cpu_used_percent: health.cpu.as_ref().and_then(|cpu| cpu.used_percent).map(alone),
        memory_used_percent: health.memory.as_ref().and_then(dogwatch_model::Memory::used_percent).map(alone),
    })
}

fn join(a: &HealthSummary, b: &HealthSummary) -> HealthSummary {
    let weigh = |left, right| spread(left, right, (a.samples, b.samples));
    HealthSummary {
        samples: a.samples.saturating_add(b.samples),
        cpu_used_percent: weigh(a.cpu_used_percent, b.cpu_used_percent),
        memory_used_percent: weigh(a.memory_used_percent, b.memory_used_percent),
    }
}

fn spread(a: Option<Spread>, b: Option<Spread>, (count_a, count_b): (u32, u32)) -> Option<Spread> {
    let (Some(a), Some(b)) = (a, b) else { return a.or(b) };
    let (weight_a, weight_b) = (f64::from(count_a.max(1)), f64::from(count_b.max(1)));
    let (min, max) = (a.min.min(b.min), a.max.max(b.max));
    let mean = (a.mean * weight_a + b.mean * weight_b) / (weight_a + weight_b);
    // Rounding must not carry the mean out of its bounds.
    Some(Spread { min, mean: mean.max(min).min(max), max })
}

#[cfg(test)]
mod tests {
    use dogwatch_model::{Cpu, Lane};
    use jiff::Timestamp;

    use super::*;
    use crate::{
        clock::{Moment, Now},
        spool::record::{Here, Stamp},
    };

    fn sample(second: i64, used: f64) -> Record {
        let at = Timestamp::from_second(second).unwrap();
        let cpu = Cpu { used_percent: Some(used), count: 1, ..Cpu::default() };
        let health = Health { sampled_at: at, cpu: Some(cpu), ..Health::default() };
        let moment = Moment::after_start(Duration::from_secs(1));
        let here = Here { run: None, now: Now { wall: at, moment } };
        let report = Report { health: Some(health), ..Report::empty(Lane::Samples, 0, at) };
        Record { stamp: Stamp::of_age(Duration::ZERO, &here), report }
    }

    #[test]
    fn stretches_grow_with_age_and_end_after_ninety_days() {
        let at = |age| stretch(&sample(7200, 0.0), hours(age)).map(|(seconds, _)| seconds);
        let found = [0, 5, 6, 167, 168, 2159, 2160].map(at);
        assert_eq!(found, [Some(60), Some(60), Some(600), Some(600), Some(3600), Some(3600), None]);
    }

    #[test]
    fn the_last_sample_stands_for_all_with_least_mean_and_greatest() {
        let merged = [20.0, 90.0, 10.0]
            .into_iter()
            .zip([0, 30, 50])
            .map(|(used, second)| sample(second, used))
            .reduce(|a, b| merge(a, b).unwrap())
            .unwrap();
        let health = merged.report.health.unwrap();
        let summary = health.summary.unwrap();
        assert_eq!(health.cpu.unwrap().used_percent, Some(10.0));
        assert_eq!(summary.samples, 3);
        let spread = summary.cpu_used_percent.unwrap();
        assert_eq!((spread.min, spread.max), (10.0, 90.0));
        assert!((spread.mean - 40.0).abs() < 1e-9);
        assert_eq!(summary.memory_used_percent, None);
    }
}
