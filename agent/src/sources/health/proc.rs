//! Understanding the small files of `/proc`. Pure: text in, numbers out.

use dogwatch_model::Memory;
use jiff::Timestamp;

/// Processor time in ticks since boot, over all processors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticks {
    total: u64,
    idle: u64,
}

impl Ticks {
    /// The share in use since `before`, percent. `None` when no time has passed, or the counters went back, as they do
    /// when processors are unplugged.
    pub(super) fn used_percent_since(self, before: Self) -> Option<f64> {
        let total = self.total.checked_sub(before.total)?;
        let idle = self.idle.checked_sub(before.idle)?;
        dogwatch_model::health::share_percent(total.checked_sub(idle)?, total)
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
    let fields: Vec<u64> = all.split_whitespace().take(8).map_while(|field| field.parse().ok()).collect();
    let idle = fields.get(3)?.saturating_add(fields.get(4).copied().unwrap_or(0));
    let is_processor = |line: &&str| {
        line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    };
    let boot = text.lines().find_map(|line| line.strip_prefix("btime "));
    Some(Stat {
        ticks: Ticks { total: fields.iter().sum(), idle },
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

pub(super) fn load(loadavg: &str) -> Option<[f64; 3]> {
    let mut fields = loadavg.split_whitespace().map(|field| field.parse().ok());
    Some([fields.next()??, fields.next()??, fields.next()??])
}

pub(super) fn uptime_seconds(uptime: &str) -> Option<u64> {
    uptime.split(['.', ' ']).next()?.parse().ok()
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
        assert_eq!(stat.ticks, Ticks { total: 10_000, idle: 8_200 });
    }

    #[test]
    fn use_is_what_was_not_idle_between_two_samples() {
        let before = Ticks { total: 10_000, idle: 8_200 };
        let used = Ticks { total: 10_200, idle: 8_350 }.used_percent_since(before);
        assert_eq!(used, Some(25.0));
        assert_eq!(before.used_percent_since(before), None);
        assert_eq!(Ticks { total: 5, idle: 1 }.used_percent_since(before), None);
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
