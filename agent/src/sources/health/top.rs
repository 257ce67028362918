//! The busiest processes, as context for an alert: looked for only while processor or memory are past a band of the
//! policy, then once a minute, and never at other times.
//!
//! Only short names are told, never arguments: those hold secrets. The list is read once, and, when there is no earlier
//! one to compare with, once more after a moment.

use dogwatch_model::{Process, Top};
use dogwatch_proto::conversions::limits;

use super::rounding;
use crate::{
    policy::{Band, Metric},
    sources::order,
};

/// What one process has used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Usage {
    pub(super) pid: u32,
    name: String,
    /// Processor time so far, in ticks.
    ticks: u64,
    rss_pages: u64,
}

/// Whether a number is past a band that somebody wants to hear of.
pub(super) fn is_past(health: &dogwatch_model::Health, bands: &[Band]) -> bool {
    let cpu = health.cpu.as_ref().and_then(|cpu| cpu.used_percent);
    let memory = health.memory.as_ref().and_then(dogwatch_model::Memory::used_percent);
    bands.iter().any(|band| match band.metric {
        Metric::CpuUsed => cpu.is_some_and(|used| used >= band.at),
        Metric::MemoryUsed => memory.is_some_and(|used| used >= band.at),
        _ => false,
    })
}

/// One `/proc/PID/stat`; its second field may hold spaces and parentheses (proc_pid_stat(5)).
pub(super) fn usage(stat: &str) -> Option<Usage> {
    let (pid, rest) = stat.split_once(" (")?;
    let (name, rest) = rest.rsplit_once(") ")?;
    // From the state on: ticks are the 12th and 13th, resident pages the 22nd.
    let mut fields = rest.split(' ').skip(11);
    let mut number = || fields.next()?.parse::<u64>().ok();
    let (user, system) = (number()?, number()?);
    let rss_pages = rest.split(' ').nth(21)?.trim().parse().ok()?;
    let name = limits::clip(name, limits::NAME_BYTES);
    Some(Usage { pid: pid.parse().ok()?, name, ticks: user.saturating_add(system), rss_pages })
}

/// The busiest between two lists, both sorted by process id, which are `ticks` apart.
pub(super) fn rank(before: &[Usage], after: &[Usage], ticks: f64, page_bytes: u64) -> Top {
    #[expect(clippy::cast_precision_loss, reason = "a share needs no more than 53 bits")]
    let share = |used: u64| if ticks > 0.0 { used as f64 / ticks * 100.0 } else { 0.0 };
    let used = |usage: &Usage| {
        let known =
            before.binary_search_by_key(&usage.pid, |known| known.pid).ok().map(|at| before[at].ticks);
        // A process that came meanwhile has used all of its time meanwhile; so has another one of the same id.
        known.and_then(|known| usage.ticks.checked_sub(known)).unwrap_or(usage.ticks)
    };
    let told = |usage: &Usage| {
        let mut process = Process {
            pid: usage.pid,
            name: usage.name.clone(),
            cpu_percent: share(used(usage)),
            rss_bytes: usage.rss_pages.saturating_mul(page_bytes),
        };
        rounding::process(&mut process);
        process
    };
    let best = |of: &dyn Fn(&Usage) -> u64| {
        let mut all: Vec<&Usage> = after.iter().filter(|usage| of(usage) > 0).collect();
        order::by(&mut all, |a, b| of(b).cmp(&of(a)).then(a.pid.cmp(&b.pid)));
        all.into_iter().take(limits::TOP).map(told).collect()
    };
    Top { by_cpu: best(&used), by_memory: best(&|usage| usage.rss_pages) }
}

/// For the table of parsers.
pub(super) fn survives(text: &str) {
    let _ = usage(text).map(|usage| rank(&[], &[usage], 1.0, 4096));
}

#[cfg(target_os = "linux")]
pub(super) use imp::Busiest;

#[cfg(target_os = "linux")]
mod imp {
    use std::{
        fs,
        path::{Path, PathBuf},
        time::Duration,
    };

    use dogwatch_model::Top;

    use super::{Usage, rank, usage};
    use crate::{
        clock::{self, Moment},
        sources::order,
    };

    /// Between two lists while a number stays past its band.
    const AGAIN: Duration = Duration::from_secs(60);
    /// What the first list is compared with: long enough for ten ticks, short enough for the alert not to wait.
    const MOMENT: Duration = Duration::from_millis(100);
    /// `USER_HZ`, which is 100 on every Linux that this runs on.
    const TICKS_PER_SECOND: f64 = 100.0;
    /// Processes that are looked at.
    const MOST: usize = 32 * 1024;

    /// Looks for them.
    pub(in super::super) struct Busiest {
        proc: PathBuf,
        told: Option<Told>,
    }

    struct Told {
        at: Moment,
        list: Vec<Usage>,
        top: Top,
    }

    impl Busiest {
        pub(in super::super) fn new(root: &Path) -> Self {
            Self { proc: root.join("proc"), told: None }
        }

        /// The busiest while `past` a band. `None` where only the agent's own processes can be seen.
        pub(in super::super) async fn look(&mut self, past: bool) -> Option<Top> {
            if !past || !self.proc.join("1/stat").exists() {
                self.told = None;
                return None;
            }
            let now = clock::now().moment;
            if let Some(told) = self.told.as_ref().filter(|told| now.since(told.at) < AGAIN) {
                return Some(told.top.clone());
            }
            let (since, before) = match self.told.take() {
                Some(told) => (told.at, told.list),
                None => {
                    let before = self.list();
                    tokio::time::sleep(MOMENT).await;
                    (now, before)
                }
            };
            let (at, list) = (clock::now().moment, self.list());
            let ticks = at.since(since).as_secs_f64() * TICKS_PER_SECOND;
            let page_bytes = rustix::param::page_size() as u64;
            let top = rank(&before, &list, ticks, page_bytes);
            self.told = Some(Told { at, list, top: top.clone() });
            Some(top)
        }

        fn list(&self) -> Vec<Usage> {
            let entries = fs::read_dir(&self.proc).into_iter().flatten().flatten();
            let is_process = |name: &str| name.bytes().all(|byte| byte.is_ascii_digit());
            let mut list: Vec<Usage> = entries
                .filter(|entry| entry.file_name().to_str().is_some_and(is_process))
                .take(MOST)
                .filter_map(|entry| usage(&fs::read_to_string(entry.path().join("stat")).ok()?))
                .collect();
            order::by(&mut list, |a, b| a.pid.cmp(&b.pid));
            list
        }
    }
}

#[cfg(test)]
mod tests {
    use dogwatch_model::{Cpu, Health};

    use super::*;

    fn one(pid: u32, name: &str, ticks: u64, rss_pages: u64) -> Usage {
        Usage { pid, name: name.into(), ticks, rss_pages }
    }

    #[test]
    fn a_name_with_parentheses_does_not_shift_the_fields() {
        let stat = "42 (a b) c)) S 1 42 42 0 -1 4194304 100 0 0 0 17 5 0 0 20 0 3 0 100 999 321 184467 1";
        assert_eq!(usage(stat), Some(one(42, "a b) c)", 22, 321)));
        assert_eq!(usage("42 (x) S 1"), None);
    }

    #[test]
    fn the_busiest_come_first_and_idle_ones_not_at_all() {
        let before = [one(1, "init", 100, 10), one(2, "idle", 50, 0), one(7, "old", 9_000, 3)];
        let after =
            [one(1, "init", 110, 10), one(2, "idle", 50, 0), one(7, "reused", 20, 3), one(9, "new", 30, 99)];
        let top = rank(&before, &after, 40.0, 4096);
        let names = |list: &[Process]| {
            list.iter().map(|p| format!("{} {} {}", p.name, p.cpu_percent, p.rss_bytes)).collect::<Vec<_>>()
        };
        assert_eq!(names(&top.by_cpu), ["new 75 405504", "reused 50 12288", "init 25 40960"]);
        assert_eq!(names(&top.by_memory), ["new 75 405504", "init 25 40960", "reused 50 12288"]);
    }

    #[test]
    fn a_band_of_processor_or_memory_is_what_counts() {
        let health =
            Health { cpu: Some(Cpu { used_percent: Some(91.0), ..Cpu::default() }), ..Health::default() };
        let past = |metric, at| is_past(&health, &[Band { metric, at }]);
        assert!(past(Metric::CpuUsed, 90.0));
        assert!(
            !past(Metric::CpuUsed, 92.0) && !past(Metric::DiskUsed, 1.0) && !past(Metric::MemoryUsed, 1.0)
        );
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn nobody_looks_while_all_is_well() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, stat: &str| {
            std::fs::create_dir_all(root.path().join("proc").join(path)).unwrap();
            std::fs::write(root.path().join("proc").join(path).join("stat"), stat).unwrap();
        };
        write("1", "1 (init) S 0 1 1 0 -1 4194560 9 8 7 6 5 4 3 2 20 0 1 0 4 1000 200 5");
        let mut busiest = Busiest::new(root.path());
        assert_eq!(busiest.look(false).await, None);
        let top = busiest.look(true).await.unwrap();
        assert_eq!((top.by_cpu.len(), top.by_memory[0].name.as_str()), (0, "init"));
        write("2", "2 (late) S 0 1 1 0 -1 4194560 9 8 7 6 5 4 3 2 20 0 1 0 4 1000 900 5");
        assert_eq!(busiest.look(true).await, Some(top), "within the minute it is told again, not looked for");
        assert_eq!(busiest.look(false).await, None);
        assert_eq!(busiest.look(true).await.unwrap().by_memory[0].name, "late");
    }
}
