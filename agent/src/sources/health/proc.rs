//! Understanding the small files of `/proc`. Pure: text in, numbers out.

use dogwatch_model::{Memory, health::share_percent};
use jiff::Timestamp;

/// Processor time in ticks since boot, over all processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticks {
    total: u64,
    /// With the time of waiting for disks.
    idle: u64,
    iowait: u64,
    steal: u64,
}

/// How the time between two samples was spent, percent of all processors.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Shares {
    pub(super) used: f64,
    pub(super) steal: f64,
    /// The kernel lets this counter go back at times; it is not told then.
    pub(super) iowait: Option<f64>,
}

impl Ticks {
    /// The shares since `before`. `None` when no time has passed, or the counters went back, as they do when processors
    /// are unplugged.
    pub(super) fn since(self, before: Self) -> Option<Shares> {
        let total = self.total.checked_sub(before.total)?;
        let idle = self.idle.checked_sub(before.idle)?;
        let iowait = self.iowait.checked_sub(before.iowait).filter(|iowait| *iowait <= total);
        Some(Shares {
            used: share_percent(total.checked_sub(idle)?, total)?,
            steal: share_percent(self.steal.checked_sub(before.steal)?.min(total), total)?,
            iowait: iowait.and_then(|iowait| share_percent(iowait, total)),
        })
    }
}

/// What `/proc/stat` tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) ticks: Ticks,
    pub(super) cpus: u32,
    pub(super) boot_at: Option<Timestamp>,
}

pub(super) fn stat(text: &str) -> Option<Stat> {
    let all = text.lines().find_map(|line| line.strip_prefix("cpu "))?;
    // user nice system idle iowait irq softirq steal; guest time is in user already.
    let mut fields = [0_u64; 8];
    let mut known = 0;
    for (field, text) in fields.iter_mut().zip(all.split_whitespace()) {
        *field = text.parse().ok()?;
        known += 1;
    }
    let [.., idle, iowait, _, _, steal] = fields;
    let is_processor = |line: &&str| {
        line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let boot = text.lines().find_map(|line| line.strip_prefix("btime "));
    let total = fields.iter().fold(0_u64, |sum, field| sum.saturating_add(*field));
    let ticks = Ticks { total, idle: idle.saturating_add(iowait), iowait, steal };
    (known >= 4).then(|| Stat {
        ticks,
        cpus: u32::try_from(text.lines().filter(is_processor).count()).unwrap_or(u32::MAX),
        boot_at: boot.and_then(|second| Timestamp::from_second(second.trim().parse().ok()?).ok()),
    })
}

pub(super) fn memory(meminfo: &str) -> Option<Memory> {
    let bytes = |name: &str| {
        let line = meminfo.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))?;
        line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
    };
    let swap_total = bytes("SwapTotal").filter(|total| *total > 0);
    Some(Memory {
        total_bytes: bytes("MemTotal")?,
        available_bytes: bytes("MemAvailable")?,
        swap_total_bytes: swap_total,
        swap_used_bytes: swap_total.and_then(|total| total.checked_sub(bytes("SwapFree")?)),
    })
}

/// Shares of the last minute: `some`, and `full` where the file tells it.
pub(super) fn pressure(text: &str) -> (Option<f64>, Option<f64>) {
    let share = |kind: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(kind)?.strip_prefix(' '))?;
        let share: f64 = line.split(' ').find_map(|field| field.strip_prefix("avg60="))?.parse().ok()?;
        (0.0..=100.0).contains(&share).then_some(share)
    };
    (share("some"), share("full"))
}

pub(super) fn load(loadavg: &str) -> Option<[f64; 3]> {
    let mut fields =
        loadavg.split_whitespace().map(|field| field.parse().ok().filter(|load: &f64| *load >= 0.0));
    Some([fields.next()??, fields.next()??, fields.next()??])
}

pub(super) fn uptime_seconds(uptime: &str) -> Option<u64> {
    uptime.split(['.', ' ']).next()?.parse().ok()
}

/// For the table of parsers.
pub(super) fn survives(text: &str) {
    let _ = stat(text).map(|now| now.ticks.since(now.ticks));
    let _ = (memory(text), load(text), uptime_seconds(text), pressure(text));
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of Linux 6.1, two processors; rounded numbers.
    const STAT: &str = "cpu  1300 20 400 8000 200 0 60 20 0 0\ncpu0 650 10 200 4000 100 0 30 10 0 0\n\
        cpu1 650 10 200 4000 100 0 30 10 0 0\nintr 1 2 3\nctxt 4\nbtime 1700000000\nprocesses 5\n";

    const MEMINFO: &str = "MemTotal:        8000000 kB\nMemFree:          500000 kB\nMemAvailable:    6000000 kB\n\
        SwapTotal:       1000000 kB\nSwapFree:         750000 kB\n";

    #[test]
    fn processors_and_boot_are_counted() {
        let stat = stat(STAT).unwrap();
        assert_eq!(stat.cpus, 2);
        assert_eq!(stat.boot_at, Timestamp::from_second(1_700_000_000).ok());
        assert_eq!(stat.ticks, Ticks { total: 10_000, idle: 8_200, iowait: 200, steal: 20 });
        assert_eq!(super::stat("cpu  1 2 3\n"), None);
    }

    #[test]
    fn use_is_what_was_not_idle_between_two_samples() {
        let before = Ticks { total: 10_000, idle: 8_200, iowait: 200, steal: 20 };
        let after = Ticks { total: 10_200, idle: 8_350, iowait: 220, steal: 22 };
        assert_eq!(after.since(before), Some(Shares { used: 25.0, steal: 1.0, iowait: Some(10.0) }));
        assert_eq!(before.since(before), None);
        assert_eq!(before.since(after), None);
        let back = Ticks { iowait: 100, ..after };
        assert_eq!(back.since(before).unwrap().iowait, None, "it is known to go back");
    }

    /// As Linux 6.1 writes them; before 5.13 the one of processors has no `full`.
    #[test]
    fn pressure_is_that_of_the_last_minute() {
        let io = "some avg10=0.80 avg60=3.15 avg300=2.59 total=228977391\nfull avg10=0.00 avg60=0.09 avg300=0.60 total=6\n";
        assert_eq!(pressure(io), (Some(3.15), Some(0.09)));
        assert_eq!(pressure("some avg10=90.10 avg60=86.34 avg300=42.24 total=5\n"), (Some(86.34), None));
        assert_eq!(pressure("some avg60=NaN\nfull avg60=1e9"), (None, None));
    }

    #[test]
    fn memory_without_swap_has_no_swap() {
        let memory = memory(MEMINFO).unwrap();
        assert_eq!(memory.used_percent(), Some(25.0));
        assert_eq!(memory.swap_used_percent(), Some(25.0));
        let none = MEMINFO.replace("1000000", "0").replace("750000", "0");
        assert_eq!(super::memory(&none).unwrap().swap_total_bytes, None);
    }

    #[test]
    fn load_and_uptime_are_read() {
        assert_eq!(load("0.52 0.58 0.59 1/389 12345\n"), Some([0.52, 0.58, 0.59]));
        assert_eq!(uptime_seconds("3661.42 7000.00\n"), Some(3661));
        assert_eq!(load("rubbish"), None);
    }
}
