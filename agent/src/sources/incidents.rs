//! Crash evidence: what happened to the machine and no sample shows afterwards. Processes that the kernel ended for lack
//! of memory, faults of the kernel, disks that failed, file systems that turned read-only, runs of the machine that
//! ended without a shutdown.
//!
//! Each is told once, over restarts of the agent too. For that a small file is kept in the state folder: it is written
//! when the agent starts and ends, and when something happened; never on a timer.
//!
//! Deliberately missing: a judgement. Whether an incident matters is for the rules.

#[cfg_attr(not(any(windows, test)), expect(dead_code, reason = "of use on Windows, tested everywhere"))]
mod event_log;
mod flood;
mod kernel_log;
mod login_records;

#[cfg(target_os = "linux")]
#[path = "incidents/linux.rs"]
mod imp;
#[cfg(not(target_os = "linux"))]
#[path = "incidents/portable.rs"]
mod imp;

#[cfg(windows)]
#[path = "incidents/event_log_reader.rs"]
mod system_log;
#[cfg(target_os = "macos")]
mod system_log {
    use dogwatch_model::Incident;

    use crate::clock::Now;

    /// The unified log is not read: a question to it takes minutes.
    #[derive(Debug)]
    pub(super) struct Log;

    impl Log {
        pub(super) const IS_READ: bool = false;

        pub(super) const fn new() -> Self {
            Self
        }

        pub(super) fn news(&mut self, _after: Option<u64>, _now: Now) -> Vec<Incident> {
            Vec::new()
        }

        pub(super) const fn sequence(&self) -> Option<u64> {
            None
        }

        pub(super) const fn is_silent(&self) -> bool {
            false
        }
    }
}

use std::path::Path;

use dogwatch_model::{Incident, IncidentKind, ScanResult};
use flood::Flood;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{Desk, Look};
use crate::{
    clock::{self, Now},
    report::Observation,
    state_dir::StateDir,
};

/// What is remembered of the run before.
const FILE: &str = "incidents.json";
/// Two boots are not closer than this, where they are told apart by their time.
const SAME_BOOT_SECONDS: u64 = 120;

/// What the agent remembers over its restarts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Memory {
    /// The boot that it ran in.
    boot: String,
    /// It was stopped in good order.
    stopped: bool,
    /// What the kernel's log of that boot holds up to here was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    log_sequence: Option<u64>,
    /// Panics up to here were told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    panic_at: Option<Timestamp>,
}

/// A panic that the machine kept evidence of.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Panic {
    at: Timestamp,
    detail: String,
}

/// Looks for incidents.
pub struct Watcher {
    state: StateDir,
    memory: Option<Memory>,
    evidence: imp::Evidence,
    flood: Flood,
    started: bool,
    leaves_no_trace: bool,
    unwritable: Option<String>,
}

impl Watcher {
    /// A watcher of the machine seen below `root`, which remembers in `state` what was told.
    pub fn new(root: &Path, state: &StateDir) -> Self {
        // What cannot be read is forgotten: an incident told twice is better than an agent that does not start.
        let memory = state.read(FILE).ok().flatten().and_then(|text| serde_json::from_str(&text).ok());
        Self {
            state: state.clone(),
            memory,
            evidence: imp::Evidence::new(root),
            flood: Flood::default(),
            started: false,
            leaves_no_trace: false,
            unwritable: None,
        }
    }

    /// A watcher that remembers nothing of what it saw: for a look that leaves no trace.
    pub fn without_memory(root: &Path, state: &StateDir) -> Self {
        Self { leaves_no_trace: true, ..Self::new(root, state) }
    }

    /// What happened since the last look; at the first one, since the agent last ran.
    pub fn look(&mut self, now: Now) -> Vec<Incident> {
        let mut seen = if self.started { Vec::new() } else { self.start(now) };
        let after = self.memory.as_ref().and_then(|memory| memory.log_sequence);
        seen.extend(self.evidence.since_last_look(after, now));
        let told = self.flood.hold_back(seen, now.moment);
        if !told.is_empty() {
            let sequence = self.evidence.log_sequence();
            self.remember(|memory| memory.log_sequence = sequence.or(memory.log_sequence));
        }
        told
    }

    /// The agent ends in good order.
    pub fn stop(&mut self) {
        self.remember(|memory| memory.stopped = true);
    }

    /// How the run before ended, and the mark that this one has begun.
    fn start(&mut self, now: Now) -> Vec<Incident> {
        self.started = true;
        let Some(boot) = self.evidence.boot() else { return Vec::new() };
        let before = self.memory.take();
        let panic = self.evidence.panic(before.as_ref().and_then(|memory| memory.panic_at));
        let rebooted = before.as_ref().filter(|memory| !is_same_boot(&memory.boot, &boot));
        let orderly = rebooted.map(|memory| self.evidence.ended_orderly().unwrap_or(memory.stopped));
        self.memory = Some(Memory {
            log_sequence: before
                .as_ref()
                .filter(|memory| is_same_boot(&memory.boot, &boot))
                .and_then(|memory| memory.log_sequence),
            panic_at: panic.as_ref().map(|panic| panic.at).or(before.and_then(|memory| memory.panic_at)),
            boot,
            stopped: false,
        });
        self.write();
        how_it_ended(panic, orderly, self.evidence.boot_at().unwrap_or(now.wall)).into_iter().collect()
    }

    fn remember(&mut self, change: impl FnOnce(&mut Memory)) {
        let Some(memory) = &mut self.memory else { return };
        let before = memory.clone();
        change(memory);
        if *memory != before {
            self.write();
        }
    }

    fn write(&mut self) {
        if self.leaves_no_trace {
            return;
        }
        let text = self.memory.as_ref().and_then(|memory| serde_json::to_vec(memory).ok());
        let written = text.map(|text| self.state.write(FILE, &text));
        self.unwritable = written.and_then(|written| written.err()).map(|error| error.to_string());
    }

    /// How looking goes, and what is not well with it.
    fn standing(&self) -> (ScanResult, Option<String>) {
        match (self.evidence.ails(), &self.unwritable) {
            (Some(ails), _) => (ScanResult::Partial, Some(ails)),
            (None, Some(unwritable)) => (ScanResult::Partial, Some(unwritable.clone())),
            (None, None) => (ScanResult::Ok, None),
        }
    }
}

/// One event is one incident: a panic is why the machine went down.
fn how_it_ended(panic: Option<Panic>, orderly: Option<bool>, boot_at: Timestamp) -> Option<Incident> {
    let made = |kind, at, detail| Incident { at, kind, subject: None, detail };
    match (panic, orderly) {
        (Some(panic), _) => Some(made(IncidentKind::KernelPanic, panic.at, panic.detail)),
        (None, Some(false)) => {
            let detail = "the machine went down without a shutdown; it is known since it booted again";
            Some(made(IncidentKind::UnexpectedShutdown, boot_at, detail.to_owned()))
        }
        (None, _) => None,
    }
}

/// A boot is named by its id or, where there is none, by its time, which moves when the clock is set.
fn is_same_boot(a: &str, b: &str) -> bool {
    let near = || {
        let (a, b): (Timestamp, Timestamp) = (a.parse().ok()?, b.parse().ok()?);
        Some(a.duration_since(b).unsigned_abs().as_secs() <= SAME_BOOT_SECONDS)
    };
    a == b || near().unwrap_or(false)
}

/// For the table of parsers: every text that this source understands.
pub(super) fn survives(text: &str) {
    event_log::survives(text);
    kernel_log::survives(text);
    login_records::survives(text);
}

/// Looks as often as health is sampled.
pub async fn run(mut desk: Desk, mut watcher: Watcher) {
    let mut told = None;
    loop {
        let looked = Instant::now();
        let incidents = watcher.look(clock::now());
        if !incidents.is_empty() {
            desk.tell(Observation::Incidents(incidents)).await;
        }
        let standing = watcher.standing();
        if told.as_ref() != Some(&standing) {
            desk.tell_standing("incidents", standing.0, standing.1.clone()).await;
            told = Some(standing);
        }
        if desk.next_look(looked, |policy| policy.sample).await == Look::Never {
            watcher.stop();
            return;
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests;
