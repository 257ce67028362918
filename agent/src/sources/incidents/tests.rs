//! Runs of an agent on a machine made of files.

use std::{
    fs::{self, OpenOptions},
    io::Write as _,
    time::Duration,
};

use super::*;

const BOOT_AT: i64 = 1_700_000_000;

/// A machine and the agent's state folder.
struct Machine {
    root: tempfile::TempDir,
    state: StateDir,
}

impl Machine {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::new(root.path().join("state"));
        state.create().unwrap();
        let machine = Self { root, state };
        machine.put("proc/stat", &format!("cpu 1 2 3 4\nbtime {BOOT_AT}\n"));
        machine.put("proc/sys/kernel/random/boot_id", "first\n");
        machine.put("dev/kmsg", "");
        machine
    }

    fn put(&self, path: &str, content: &str) {
        let path = self.root.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    /// The device gives a record a read; an ordinary file gives all there is.
    fn log(&self, sequence: u64, message: &str) {
        let path = self.root.path().join("dev/kmsg");
        let mut log = OpenOptions::new().append(true).open(path).unwrap();
        writeln!(log, "3,{sequence},1000000,-;{message}").unwrap();
    }

    fn agent(&self) -> Watcher {
        Watcher::new(self.root.path(), &self.state)
    }

    fn boots_again(&self) {
        self.put("proc/sys/kernel/random/boot_id", "second\n");
        self.put("dev/kmsg", "");
    }
}

fn look(agent: &mut Watcher) -> Vec<(IncidentKind, Option<String>)> {
    agent.look(clock::now()).into_iter().map(|incident| (incident.kind, incident.subject)).collect()
}

const NOTHING: [(IncidentKind, Option<String>); 0] = [];

#[test]
fn what_the_kernel_says_is_told_once_over_restarts() {
    let machine = Machine::new();
    let mut agent = machine.agent();
    assert_eq!(look(&mut agent), NOTHING);
    machine.log(7, "Out of memory: Killed process 42 (java) total-vm:1kB, anon-rss:1kB");
    assert_eq!(look(&mut agent), [(IncidentKind::OomKill, Some("java".into()))]);
    drop(agent);
    let mut killed_and_started = machine.agent();
    assert_eq!(look(&mut killed_and_started), NOTHING, "the log is read again, and nothing in it is new");
    assert_eq!(killed_and_started.standing(), (ScanResult::Ok, None));
}

#[test]
fn a_machine_that_went_down_without_a_shutdown_is_told_when_it_is_back() {
    let machine = Machine::new();
    assert_eq!(look(&mut machine.agent()), NOTHING);
    assert_eq!(look(&mut machine.agent()), NOTHING, "an agent that is killed is no machine that went down");
    machine.boots_again();
    let told = machine.agent().look(clock::now());
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].kind, IncidentKind::UnexpectedShutdown);
    assert_eq!(told[0].at.as_second(), BOOT_AT);
    assert_eq!(look(&mut machine.agent()), NOTHING, "once");
}

#[test]
fn a_machine_that_was_shut_down_is_no_incident() {
    let machine = Machine::new();
    let mut agent = machine.agent();
    look(&mut agent);
    agent.stop();
    machine.boots_again();
    assert_eq!(look(&mut machine.agent()), NOTHING);
}

#[test]
fn the_machines_own_records_outrank_the_agents_mark() {
    let record = |kind: u8, name: &str, seconds: i64| {
        let mut record = vec![0_u8; 384];
        record[0] = kind;
        record[44..44 + name.len()].copy_from_slice(name.as_bytes());
        record[340..344].copy_from_slice(&u32::try_from(seconds).unwrap().to_le_bytes());
        record
    };
    let (first, second) = (record(2, "reboot", BOOT_AT - 9000), record(2, "reboot", BOOT_AT));
    let shutdown = record(1, "shutdown", BOOT_AT - 60);
    let table = [
        // The agent was killed before an orderly shutdown; it was stopped before a crash.
        (false, [first.clone(), shutdown, second.clone()].concat(), 0),
        (true, [first, second].concat(), 1),
    ];
    for (stopped, wtmp, incidents) in table {
        let machine = Machine::new();
        fs::create_dir_all(machine.root.path().join("var/log")).unwrap();
        fs::write(machine.root.path().join("var/log/wtmp"), wtmp).unwrap();
        let mut agent = machine.agent();
        look(&mut agent);
        if stopped {
            agent.stop();
        }
        machine.boots_again();
        assert_eq!(look(&mut machine.agent()).len(), incidents, "stopped: {stopped}");
    }
}

#[test]
fn a_panic_that_was_kept_is_the_reason() {
    let machine = Machine::new();
    look(&mut machine.agent());
    machine.boots_again();
    let log = "Panic#2 Part1\n<6>[ 1.0] ordinary\n<0>[ 2.0] Kernel panic - not syncing: Fatal exception in interrupt\n";
    machine.put("sys/fs/pstore/dmesg-efi-170000000001001", log);
    let told = machine.agent().look(clock::now());
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].kind, IncidentKind::KernelPanic);
    assert_eq!(told[0].detail, "Kernel panic - not syncing: Fatal exception in interrupt");
    machine.put("proc/sys/kernel/random/boot_id", "third\n");
    let told = look(&mut machine.agent());
    assert_eq!(
        told,
        [(IncidentKind::UnexpectedShutdown, None)],
        "the old panic does not explain the new crash"
    );
}

#[test]
fn a_volume_that_turns_read_only_is_an_incident_and_one_that_always_was_is_none() {
    let machine = Machine::new();
    let mounts = |options: &str| {
        let text = format!(
            "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:2 / /data rw - ext4 /dev/sdb1 {options}\n\
             3 1 8:3 / /media ro - vfat /dev/sdc1 ro\n"
        );
        machine.put("proc/self/mountinfo", &text);
    };
    mounts("rw");
    let mut agent = machine.agent();
    assert_eq!(look(&mut agent), NOTHING);
    mounts("ro,errors=remount-ro");
    assert_eq!(look(&mut agent), [(IncidentKind::ReadOnlyRemount, Some("/data".into()))]);
    assert_eq!(look(&mut agent), NOTHING);
}

#[test]
fn without_the_kernels_log_counters_tell_and_the_standing_says_why() {
    let machine = Machine::new();
    fs::remove_file(machine.root.path().join("dev/kmsg")).unwrap();
    machine.put("proc/vmstat", "nr_free_pages 1\noom_kill 3\n");
    machine.put("sys/fs/ext4/sda1/errors_count", "2\n");
    let mut agent = machine.agent();
    assert_eq!(look(&mut agent), NOTHING, "what was before is not known to be new");
    machine.put("proc/vmstat", "nr_free_pages 1\noom_kill 5\n");
    machine.put("sys/fs/ext4/sda1/errors_count", "9\n");
    let told = agent.look(clock::now());
    let details: Vec<&str> = told.iter().map(|incident| incident.detail.as_str()).collect();
    assert_eq!(details, ["the kernel ended 2 processes for lack of memory", "ext4 found 7 errors on sda1"]);
    let (result, reason) = agent.standing();
    assert_eq!(result, ScanResult::Partial);
    assert!(reason.unwrap().contains("/dev/kmsg"));
}

#[test]
fn a_state_folder_that_cannot_be_written_is_said_and_stops_nothing() {
    let machine = Machine::new();
    fs::remove_dir_all(machine.state.path()).unwrap();
    let mut agent = machine.agent();
    machine.log(1, "kernel BUG at mm/slub.c:305!");
    assert_eq!(look(&mut agent), [(IncidentKind::KernelError, None)]);
    assert_eq!(agent.standing().0, ScanResult::Partial);
}

#[test]
fn a_boot_without_an_id_is_known_by_its_time() {
    let at = |seconds| Timestamp::from_second(seconds).unwrap().to_string();
    assert!(is_same_boot(&at(BOOT_AT), &at(BOOT_AT + 60)), "the clock was set");
    assert!(!is_same_boot(&at(BOOT_AT), &at(BOOT_AT + 3600)));
    assert!(is_same_boot("id", "id") && !is_same_boot("id", "other"));
}

/// The real device, where the test may read it: it must never wait.
#[test]
fn the_log_of_this_machine_is_read_without_waiting() {
    let state = tempfile::tempdir().unwrap();
    let mut agent = Watcher::new(Path::new("/"), &StateDir::new(state.path()));
    let started = std::time::Instant::now();
    agent.look(clock::now());
    agent.look(clock::now());
    assert!(started.elapsed() < Duration::from_secs(5));
}
