//! What the process takes from the system: a few files of `/proc`, read when somebody asks.

/// What is known; nothing where there is no `/proc`.
#[derive(Debug, Default)]
pub(super) struct Figures {
    pub(super) resident_bytes: Option<i64>,
    pub(super) cpu_seconds: Option<f64>,
    pub(super) open_fds: Option<i64>,
}

#[cfg(target_os = "linux")]
pub(super) fn figures() -> Figures {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = resident.and_then(|line| line.split_ascii_whitespace().next()?.parse::<i64>().ok());
    let open = std::fs::read_dir("/proc/self/fd").ok().map(|files| files.count());
    Figures {
        resident_bytes: kib.map(|kib| kib.saturating_mul(1024)),
        cpu_seconds: Some(cpu_seconds()),
        open_fds: open.and_then(|count| i64::try_from(count).ok()),
    }
}

/// Processor time of all its threads.
#[cfg(target_os = "linux")]
fn cpu_seconds() -> f64 {
    let used = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    core::time::Duration::try_from(used).map_or(0.0, |used| used.as_secs_f64())
}

#[cfg(not(target_os = "linux"))]
pub(super) fn figures() -> Figures {
    Figures::default()
}
