//! What a tree of processes used, by the kernel's own account.

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};

use super::{count, namespace::loopback_bytes};

/// What a tree of processes used over a while.
#[derive(Debug, Clone)]
pub(super) struct Used {
    pub(super) resident_bytes: u64,
    pub(super) threads: u64,
    pub(super) processes: u64,
    pub(super) written_bytes: u64,
    cpu: Duration,
    children: Duration,
    wire_bytes: Option<u64>,
    time: Duration,
}

impl Used {
    /// Processor time of the processes that live, seconds an hour.
    pub(super) fn cpu_per_hour(&self) -> f64 {
        self.cpu.as_secs_f64() / self.time.as_secs_f64() * 3600.0
    }

    /// That of children that have ended.
    pub(super) fn children_per_hour(&self) -> f64 {
        self.children.as_secs_f64() / self.time.as_secs_f64() * 3600.0
    }

    /// Both ways, from the IP header on.
    pub(super) fn bytes_per_day(&self) -> Option<f64> {
        self.wire_bytes.map(|bytes| count(bytes) / self.time.as_secs_f64() * 86_400.0)
    }
}

/// Looks at the tree below `pid` before and after.
pub(super) fn measure(pid: u32, meanwhile: impl FnOnce()) -> Result<Used> {
    let (start, before, wire) = (Instant::now(), look(pid)?, loopback_bytes()?);
    meanwhile();
    let (after, wire_after, time) = (look(pid)?, loopback_bytes()?, start.elapsed());
    Ok(Used {
        resident_bytes: after.resident_bytes,
        threads: after.threads,
        processes: after.processes,
        written_bytes: after.written_bytes.saturating_sub(before.written_bytes),
        cpu: after.cpu.saturating_sub(before.cpu),
        children: after.children.saturating_sub(before.children),
        wire_bytes: wire.zip(wire_after).map(|(before, after)| after - before),
        time,
    })
}

/// Resident memory of the tree below `pid` now.
pub(super) fn resident_bytes(pid: u32) -> Result<u64> {
    Ok(look(pid)?.resident_bytes)
}

#[derive(Debug, Default)]
struct Look {
    resident_bytes: u64,
    threads: u64,
    processes: u64,
    written_bytes: u64,
    cpu: Duration,
    children: Duration,
}

fn look(root: u32) -> Result<Look> {
    let mut look = Look::default();
    for pid in tree(root)? {
        let folder = format!("/proc/{pid}");
        // One that ended meanwhile is counted by its parent.
        let (Ok(status), Ok(stat)) =
            (fs::read_to_string(format!("{folder}/status")), fs::read_to_string(format!("{folder}/stat")))
        else {
            continue;
        };
        // What has ended and was not waited for is nobody that works.
        if status.lines().any(|line| line.starts_with("State:\tZ")) {
            continue;
        }
        let line = |name: &str| number(status.lines().find_map(|line| line.strip_prefix(name)));
        look.processes += 1;
        look.threads += line("Threads:");
        look.resident_bytes += line("VmRSS:") * 1024;
        let io = fs::read_to_string(format!("{folder}/io")).unwrap_or_default();
        look.written_bytes += number(io.lines().find_map(|line| line.strip_prefix("write_bytes:")));
        for task in fs::read_dir(format!("{folder}/task")).into_iter().flatten().flatten() {
            let spent = fs::read_to_string(task.path().join("schedstat")).unwrap_or_default();
            look.cpu += Duration::from_nanos(number(Some(&spent)));
        }
        // cutime and cstime, in hundredths of a second: 16 and 17, of which two stand before the name's bracket.
        let fields = stat.rsplit_once(')').map(|(_, rest)| rest).unwrap_or_default();
        let ticks: u64 =
            fields.split_ascii_whitespace().skip(13).take(2).map(|field| number(Some(field))).sum();
        look.children += Duration::from_millis(ticks * 10);
    }
    anyhow::ensure!(look.processes > 0, "process {root} has ended");
    Ok(look)
}

fn number(text: Option<&str>) -> u64 {
    text.and_then(|text| text.split_ascii_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// A process and all below it.
fn tree(root: u32) -> Result<Vec<u32>> {
    let mut parents = BTreeMap::new();
    for entry in fs::read_dir("/proc").context("cannot list processes")?.flatten() {
        let Some(pid) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(')').map(|(_, rest)| number(rest.split_ascii_whitespace().nth(1)));
        parents.insert(pid, parent.unwrap_or(0));
    }
    let mut tree = vec![root];
    let mut next = 0;
    while let Some(&parent) = tree.get(next) {
        tree.extend(parents.iter().filter(|(_, of)| **of == u64::from(parent)).map(|(pid, _)| *pid));
        next += 1;
    }
    Ok(tree)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_something() {
        let used = measure(std::process::id(), || {
            let start = Instant::now();
            while start.elapsed() < Duration::from_millis(20) {}
        })
        .unwrap();
        assert!(used.cpu_per_hour() > 0.0);
        assert!(used.resident_bytes > 100_000 && used.threads >= 1 && used.processes >= 1);
    }
}
