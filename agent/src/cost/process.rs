//! What the system tells about a process: a few small files of `/proc`. Other systems tell nothing here.

use std::{fs, path::PathBuf};

use serde::Serialize;

/// `USER_HZ`, which is 100 on every Linux that this runs on.
const TICKS_PER_SECOND: f64 = 100.0;

/// What a process costs. What cannot be read is absent.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Process {
    /// Resident memory.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rss_bytes: Option<u64>,
    /// The most it ever was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub peak_rss_bytes: Option<u64>,
    /// Processor time of its own, user and system.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cpu_seconds: Option<f64>,
    /// Processor time of the tools that it ran and that have ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tools_cpu_seconds: Option<f64>,
    /// Threads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub threads: Option<u64>,
    /// Open files, sockets and pipes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_files: Option<u64>,
    /// Bytes that it had the disk write, and tools that it ran and that have ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disk_write_bytes: Option<u64>,
}

/// Looks at a process.
pub fn look(pid: u32) -> Process {
    let folder = PathBuf::from(format!("/proc/{pid}"));
    let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap_or_default();
    let open_files = fs::read_dir(folder.join("fd")).map(|entries| entries.count() as u64).ok();
    Process { open_files, ..parse(&text("stat"), &text("status"), &text("io")) }
}

fn parse(stat: &str, status: &str, io: &str) -> Process {
    let kib = |key: &str| {
        let (number, _) = value(status, key)?.split_once(' ')?;
        number.parse::<u64>().ok()?.checked_mul(1024)
    };
    let times = cpu_times(stat);
    Process {
        rss_bytes: kib("VmRSS"),
        peak_rss_bytes: kib("VmHWM"),
        cpu_seconds: times.map(|(own, _)| own),
        tools_cpu_seconds: times.map(|(_, tools)| tools),
        threads: value(status, "Threads").and_then(|text| text.parse().ok()),
        open_files: None,
        disk_write_bytes: value(io, "write_bytes").and_then(|text| text.parse().ok()),
    }
}

/// The value of a line `key: value`.
fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':')).map(str::trim)
}

/// Seconds of the process itself and of its children that have ended, from a line whose second field may hold spaces
/// and parentheses.
fn cpu_times(stat: &str) -> Option<(f64, f64)> {
    let (_, after_name) = stat.rsplit_once(')')?;
    let ticks: Vec<f64> =
        after_name.split_whitespace().skip(11).take(4).filter_map(|field| field.parse().ok()).collect();
    let [user, system, children_user, children_system] = ticks.try_into().ok()?;
    Some(((user + system) / TICKS_PER_SECOND, (children_user + children_system) / TICKS_PER_SECOND))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_systems_files_are_understood() {
        let stat = "42 (dog) watch)) S 1 42 42 0 -1 4194304 100 0 0 0 17 5 200 50 20 0 3 0 100 1 1 1";
        let status = "Name:\tdogwatch-agent\nVmHWM:\t    7168 kB\nVmRSS:\t    6144 kB\nThreads:\t3\n";
        let found = parse(stat, status, "rchar: 5\nwrite_bytes: 4096\ncancelled_write_bytes: 0\n");
        let expected = Process {
            rss_bytes: Some(6_291_456),
            peak_rss_bytes: Some(7_340_032),
            cpu_seconds: Some(0.22),
            tools_cpu_seconds: Some(2.5),
            threads: Some(3),
            open_files: None,
            disk_write_bytes: Some(4096),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn what_cannot_be_read_is_absent() {
        assert_eq!(parse("", "VmRSS:\tmuch\nThreads: -\n", "write_bytes"), Process::default());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_very_process_can_be_looked_at() {
        let own = look(std::process::id());
        assert!(own.rss_bytes.is_some() && own.open_files.is_some_and(|files| files > 2), "{own:?}");
    }
}
