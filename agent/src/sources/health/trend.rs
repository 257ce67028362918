//! When will a volume be full? By the recent trend: half an hour of what was free, a point a minute.

use std::{
    collections::{BTreeMap, VecDeque},
    time::Duration,
};

use dogwatch_model::Disk;

use crate::{clock::Moment, keeping::keep};

/// Between two points.
const STEP: Duration = Duration::from_secs(60);
/// Points that are kept.
const POINTS: usize = 31;
/// A shorter history tells more about the last burst than about a trend.
const LEAST: Duration = Duration::from_secs(600);
/// What is farther away than this is not worth a word.
const HORIZON: Duration = Duration::from_secs(30 * 86400);

/// What was free on each volume of late.
#[derive(Debug, Default)]
pub(super) struct Trend {
    volumes: BTreeMap<String, VecDeque<(Moment, u64)>>,
}

impl Trend {
    /// Notes what is free and writes into each volume when it will be full.
    pub(super) fn note(&mut self, disks: &mut [Disk], now: Moment) {
        keep(&mut self.volumes, |mount, _| disks.iter().any(|disk| disk.mount == *mount));
        for disk in disks {
            let points = self.volumes.entry(disk.mount.clone()).or_default();
            if points.back().is_none_or(|(at, _)| now.since(*at) >= STEP) {
                points.push_back((now, disk.free_bytes));
            }
            if points.len() > POINTS {
                points.pop_front();
            }
            disk.full_in_seconds = points.front().and_then(|first| full_in(*first, now, disk.free_bytes));
        }
    }
}

fn full_in((then, free_then): (Moment, u64), now: Moment, free: u64) -> Option<u64> {
    let elapsed = now.since(then);
    let used_up = free_then.checked_sub(free).filter(|used| *used > 0)?;
    if elapsed < LEAST {
        return None;
    }
    let seconds = u128::from(free) * u128::from(elapsed.as_secs()) / u128::from(used_up);
    u64::try_from(seconds).ok().filter(|seconds| *seconds <= HORIZON.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    fn disk(free_bytes: u64) -> Disk {
        Disk {
            mount: "/".into(),
            device: String::new(),
            fs: "ext4".into(),
            total_bytes: 1 << 40,
            free_bytes,
            inodes_free_percent: None,
            read_only: false,
            full_in_seconds: None,
        }
    }

    fn full_in_after(free: impl Fn(u64) -> u64, minutes: u64) -> Option<u64> {
        let mut trend = Trend::default();
        let mut last = None;
        for minute in 0..=minutes {
            let mut disks = [disk(free(minute))];
            trend.note(&mut disks, at(minute * 60));
            last = disks[0].full_in_seconds;
        }
        last
    }

    #[test]
    fn a_volume_that_fills_steadily_has_a_date() {
        assert_eq!(full_in_after(|minute| 1_000_000 - minute * 1_000, 100), Some(900 * 60));
    }

    #[test]
    fn a_volume_that_empties_rests_or_is_barely_known_has_none() {
        assert_eq!(full_in_after(|minute| 1_000_000 + minute, 60), None);
        assert_eq!(full_in_after(|_| 1_000_000, 60), None);
        assert_eq!(full_in_after(|minute| 1_000_000 - minute * 1_000, 9), None);
        assert_eq!(full_in_after(|minute| (1 << 40) - minute, 60), None, "centuries away");
    }
}
