//! Understanding the kernel's log. Pure: a record of `/dev/kmsg` in, an incident out.
//!
//! Only what the kernel itself wrote counts: any program that may write to the log could else invent incidents. One
//! fault fills many lines; the line that names it is taken, and the trace behind it left alone. Warnings with a trace
//! (`WARNING: CPU: …`) and corrected memory errors are left out: nobody gets up for them.

use std::time::Duration;

use dogwatch_model::IncidentKind;

/// One record (Documentation/ABI/testing/dev-kmsg): `priority,sequence,microseconds,flags;message`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sources) struct Record<'a> {
    /// Counts records of this boot.
    pub(in crate::sources) sequence: u64,
    /// Since boot, without the time asleep.
    pub(in crate::sources) since_boot: Duration,
    /// Written by the kernel, not by a program.
    by_kernel: bool,
    message: &'a str,
}

/// What a record tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sources) struct Sign {
    pub(in crate::sources) kind: IncidentKind,
    pub(in crate::sources) subject: Option<String>,
    pub(in crate::sources) detail: String,
}

/// Reads one record.
pub(in crate::sources) fn record(text: &str) -> Option<Record<'_>> {
    let (prefix, message) = text.split_once(';')?;
    let mut fields = prefix.split(',');
    let priority: u32 = fields.next()?.parse().ok()?;
    let sequence = fields.next()?.parse().ok()?;
    let since_boot = Duration::from_micros(fields.next()?.parse().ok()?);
    // Further lines hold KEY=value pairs.
    let message = message.lines().next()?;
    Some(Record { sequence, since_boot, by_kernel: priority >> 3 == 0, message })
}

impl Record<'_> {
    /// The incident that it tells of, if any.
    pub(in crate::sources) fn sign(&self) -> Option<Sign> {
        if !self.by_kernel {
            return None;
        }
        sign(self.message)
    }
}

/// The incident that a line of the log tells of. Also for logs that were kept over a crash.
pub(in crate::sources) fn sign(line: &str) -> Option<Sign> {
    let made = |kind, subject: Option<&str>| {
        Some(Sign { kind, subject: subject.map(str::to_owned), detail: line.trim().to_owned() })
    };
    if line.contains("Kernel panic - not syncing") {
        return made(IncidentKind::KernelPanic, None);
    }
    if let Some(process) = ended_for_memory(line) {
        return made(IncidentKind::OomKill, Some(process));
    }
    if let Some(device) = device_that_failed(line).or_else(|| damaged(line)) {
        return made(IncidentKind::DiskError, Some(device));
    }
    if let Some(task) = hung(line) {
        return made(IncidentKind::KernelError, Some(task));
    }
    is_fault(line).then(|| made(IncidentKind::KernelError, None)).flatten()
}

/// `Out of memory: Killed process 1234 (java) total-vm:…`. Before Linux 5.1 the first line said `Kill process`, and a
/// second one `Killed process`: only that one counts.
fn ended_for_memory(line: &str) -> Option<&str> {
    let (before, after) = line.split_once("Killed process ")?;
    let memory = before.is_empty() || before.contains("emory");
    let (_, name) = after.split_once(" (")?;
    let end = name.find(") total-vm").or_else(|| name.find("),"))?;
    memory.then(|| &name[..end])
}

/// `blk_update_request: I/O error, dev sda, sector 2048 …`, `critical medium error, dev nvme0n1, sector …`,
/// `Buffer I/O error on dev sdb1, logical block …`.
fn device_that_failed(line: &str) -> Option<&str> {
    const ERRORS: [&str; 5] = [
        "I/O error, dev ",
        "medium error, dev ",
        "target error, dev ",
        "Buffer I/O error on dev ",
        "protection error, dev ",
    ];
    let (_, after) = ERRORS.iter().find_map(|error| line.split_once(error))?;
    let device = after.split([',', ' ']).next()?;
    // An empty tray and a lost image are no disk that fails.
    let no_disk = ["fd", "sr", "loop", "nbd", "zram"].iter().any(|kind| device.starts_with(kind));
    (!device.is_empty() && !no_disk).then_some(device)
}

/// A file system that found itself damaged, by device.
fn damaged(line: &str) -> Option<&str> {
    let between = |before: &str, after: char| {
        let (_, rest) = line.split_once(before)?;
        rest.split_once(after).map(|(device, said)| (device.trim_start_matches("device "), said))
    };
    let ext = between("EXT4-fs error (", ')').or_else(|| between("EXT3-fs error (", ')'));
    let btrfs = || between("BTRFS critical (", ')').or_else(|| between("BTRFS error (", ')'));
    let xfs = || {
        let (device, said) = between("XFS (", ')')?;
        let bad = [
            "orruption",
            "metadata I/O error",
            "nternal error",
            "log I/O error",
            "shut down",
            "hutting down",
        ];
        bad.iter().any(|bad| said.contains(bad)).then_some((device, said))
    };
    let (device, _) = ext.or_else(btrfs).or_else(xfs)?;
    // `device sda1 state EA`, and ext4's own `sda1): function:line`.
    device.split([' ', ':']).next().filter(|device| !device.is_empty())
}

/// `INFO: task kworker/0:1:123 blocked for more than 120 seconds.`
fn hung(line: &str) -> Option<&str> {
    let (_, after) = line.split_once("INFO: task ")?;
    let (task, _) = after.split_once(" blocked for more than ")?;
    Some(task.rsplit_once(':').map_or(task, |(name, _)| name))
}

fn is_fault(line: &str) -> bool {
    const STARTS: [&str; 6] = [
        "BUG: ",
        "kernel BUG at ",
        "Oops: ",
        "general protection fault",
        "Unable to handle kernel ",
        "Internal error: ",
    ];
    const WITHIN: [&str; 5] = [
        "soft lockup - CPU#",
        "hard LOCKUP on cpu",
        "detected stall",
        "Machine Check: ",
        "[Hardware Error]: Uncorrected",
    ];
    STARTS.iter().any(|start| line.starts_with(start)) || WITHIN.iter().any(|part| line.contains(part))
}

/// For the table of parsers.
pub(in crate::sources) fn survives(text: &str) {
    let _ = record(text).and_then(|record| record.sign());
    text.lines().for_each(|line| drop(sign(line)));
}

#[cfg(test)]
mod tests {
    use IncidentKind::{DiskError, KernelError, KernelPanic, OomKill};

    use super::*;

    /// Messages in the forms of the kernels named; the numbers are made up.
    const TOLD: &[(&str, IncidentKind, Option<&str>)] = &[
        // 6.1
        (
            "Out of memory: Killed process 4242 (java) total-vm:8388608kB, anon-rss:7340032kB, file-rss:0kB, shmem-rss:0kB, UID:1000 pgtables:15000kB oom_score_adj:0",
            OomKill,
            Some("java"),
        ),
        // 5.10, in a control group; a name with parentheses
        (
            "Memory cgroup out of memory: Killed process 99 (my (odd) app) total-vm:100kB, anon-rss:90kB, file-rss:0kB, shmem-rss:0kB, UID:0 pgtables:10kB oom_score_adj:0",
            OomKill,
            Some("my (odd) app"),
        ),
        // 3.10 and 4.18
        (
            "Killed process 4242 (mysqld) total-vm:8388608kB, anon-rss:7340032kB, file-rss:0kB",
            OomKill,
            Some("mysqld"),
        ),
        ("Killed process 7 (php-fpm), UID 33, total-vm:100kB, anon-rss:90kB", OomKill, Some("php-fpm")),
        // 6.1, 4.19, 3.10
        (
            "I/O error, dev sda, sector 2048 op 0x0:(READ) flags 0x80700 phys_seg 1 prio class 2",
            DiskError,
            Some("sda"),
        ),
        ("print_req_error: I/O error, dev sdb, sector 123456", DiskError, Some("sdb")),
        ("blk_update_request: I/O error, dev sdc, sector 8", DiskError, Some("sdc")),
        (
            "critical medium error, dev nvme0n1, sector 1000 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 0",
            DiskError,
            Some("nvme0n1"),
        ),
        ("Buffer I/O error on dev sdb1, logical block 0, async page read", DiskError, Some("sdb1")),
        // Recorded on 6.18, by way of ext4's `trigger_fs_error`
        ("EXT4-fs error (device loop0): trigger_test_error:129: comm bash: test", DiskError, Some("loop0")),
        (
            "EXT4-fs error (device sda1): ext4_lookup:1855: inode #2: comm ls: deleted inode referenced: 12",
            DiskError,
            Some("sda1"),
        ),
        (
            "XFS (dm-3): Metadata corruption detected at xfs_agf_read_verify+0x5c/0x100 [xfs]",
            DiskError,
            Some("dm-3"),
        ),
        ("XFS (sdb2): Filesystem has been shut down due to log error (0x2).", DiskError, Some("sdb2")),
        (
            "BTRFS critical (device sdb state EA): corrupt leaf, slot offset bad: block=29360128",
            DiskError,
            Some("sdb"),
        ),
        // Hung tasks, lockups, oopses: 3.10 to 6.1
        ("INFO: task kworker/u8:1:123 blocked for more than 120 seconds.", KernelError, Some("kworker/u8:1")),
        ("watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [stress:1234]", KernelError, None),
        ("NMI watchdog: BUG: soft lockup - CPU#0 stuck for 22s! [swapper/0:1]", KernelError, None),
        ("rcu: INFO: rcu_preempt self-detected stall on CPU", KernelError, None),
        ("INFO: rcu_sched detected stalls on CPUs/tasks: { 1} (detected by 0)", KernelError, None),
        ("BUG: kernel NULL pointer dereference, address: 0000000000000008", KernelError, None),
        ("BUG: unable to handle kernel NULL pointer dereference at 0000000000000008", KernelError, None),
        (
            "general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] SMP",
            KernelError,
            None,
        ),
        ("kernel BUG at mm/slub.c:305!", KernelError, None),
        ("mce: [Hardware Error]: CPU 0: Machine Check: 0 Bank 5: be00000000800400", KernelError, None),
        ("Kernel panic - not syncing: Attempted to kill init! exitcode=0x00000009", KernelPanic, None),
    ];

    const SILENT: &[&str] = &[
        "",
        "Out of memory: Kill process 4242 (mysqld) score 950 or sacrifice child",
        "oom_reaper: reaped process 4242 (java), now anon-rss:0kB, file-rss:0kB, shmem-rss:0kB",
        "I/O error, dev fd0, sector 0 op 0x0:(READ) flags 0x0 phys_seg 1 prio class 2",
        "Buffer I/O error on dev sr0, logical block 0, async page read",
        "EXT4-fs (sda1): mounted filesystem with ordered data mode. Quota mode: none.",
        "EXT4-fs (sda1): re-mounted. Quota mode: none.",
        "EXT4-fs (loop0): Remounting filesystem read-only",
        "Aborting journal on device loop0-8.",
        "XFS (sdb1): Mounting V5 Filesystem",
        "WARNING: CPU: 0 PID: 1 at drivers/gpu/drm/x.c:1 f+0x1/0x2 [drm]",
        "mce: [Hardware Error]: Machine check events logged",
        "EDAC MC0: 1 CE memory read error on CPU_SrcID#0_MC#0_Chan#0_DIMM#0",
        "usb 1-1: new high-speed USB device number 2 using xhci_hcd",
    ];

    #[test]
    fn incidents_of_many_kernels_are_known_and_named() {
        for (line, kind, subject) in TOLD {
            let sign = sign(line).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((sign.kind, sign.subject.as_deref(), sign.detail.as_str()), (*kind, *subject, *line));
        }
    }

    #[test]
    fn ordinary_lines_are_none() {
        for line in SILENT {
            assert_eq!(sign(line), None, "{line}");
        }
    }

    #[test]
    fn a_record_has_its_number_and_its_time_and_programs_are_not_believed() {
        let text = "3,1234,5000000,-;Buffer I/O error on dev sdb1, logical block 0, async page read\n SUBSYSTEM=block\n DEVICE=b8:17\n";
        let known = record(text).unwrap();
        assert_eq!((known.sequence, known.since_boot), (1234, Duration::from_secs(5)));
        assert_eq!(known.sign().and_then(|sign| sign.subject).as_deref(), Some("sdb1"));
        let forged = text.replacen("3,", "11,", 1);
        assert_eq!(record(&forged).unwrap().sign(), None);
        assert_eq!(record("no record"), None);
    }
}
