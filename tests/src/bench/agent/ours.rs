//! Our agent under measurement: a real one with a state folder of its own, enrolled with a real collector.

use std::{
    fs::File,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tempfile::TempDir;

use super::{
    SETTLE,
    segments::{PerReport, Segments},
    tree::{self, Used},
};
use crate::{bench::collector::Collector, load::process::Program};

/// A first scan for updates on a busy machine; where there is nothing to scan, it is over at once.
const FIRST_SCAN: Duration = Duration::from_secs(600);
/// Between two looks whether it is over.
const LOOK_EVERY: Duration = Duration::from_secs(2);
/// Without its collector until it is looked at: past the half minute after which it opens its spool, and several attempts.
const OFFLINE: Duration = Duration::from_secs(90);

/// A running agent.
pub(super) struct Ours {
    program: PathBuf,
    folder: TempDir,
    running: Program,
}

impl Ours {
    /// Enrols and starts one, and lets it settle.
    pub(super) fn start(collector: &Collector, program: &Path) -> Result<Self> {
        let folder = TempDir::with_prefix("dogwatch-bench-agent-")?;
        let mut enroll = command(program, folder.path(), &["enroll"]);
        let enrolled = enroll
            .arg(collector.join_token(1)?.to_string())
            .output()
            .with_context(|| format!("cannot start {}", program.display()))?;
        ensure!(enrolled.status.success(), "cannot enrol: {}", String::from_utf8_lossy(&enrolled.stderr));
        let log = File::create(folder.path().join("log"))?;
        let mut run = command(program, folder.path(), &["run"]);
        let running = Program::start(run.stdout(log.try_clone()?).stderr(log))?;
        let ours = Self { program: program.to_owned(), folder, running };
        // The list of what is missing is the largest thing that it ever sends, and finding it the longest that it works.
        let start = Instant::now();
        while !ours.has_scanned()? {
            ensure!(start.elapsed() < FIRST_SCAN, "no scan for updates after {FIRST_SCAN:?}");
            sleep(LOOK_EVERY);
        }
        sleep(SETTLE);
        Ok(ours)
    }

    /// Whether it has looked for missing updates once.
    fn has_scanned(&self) -> Result<bool> {
        let status = self.status()?;
        let looks = find(&status, "looks").and_then(Value::as_array).into_iter().flatten();
        Ok(looks.into_iter().any(|look| look["source"] == "patch" && look["results"].is_object()))
    }

    /// What it uses in a while, and what its reports took on the wire.
    pub(super) fn measure(&self, time: Duration) -> Result<(Used, Result<Option<PerReport>>)> {
        let before = self.wire();
        let used = tree::measure(self.running.pid(), || sleep(time))?;
        let wire = before.and_then(|(before, acknowledged)| {
            let (after, acknowledged_after) = self.wire()?;
            Ok(after.since(before, acknowledged_after.saturating_sub(acknowledged)))
        });
        Ok((used, wire))
    }

    /// Resident memory some time after its collector has gone.
    pub(super) fn resident_offline(&self) -> Result<u64> {
        sleep(OFFLINE);
        tree::resident_bytes(self.running.pid())
    }

    pub(super) fn stop(mut self) -> Result<()> {
        self.running.stop()
    }

    /// Segments, and reports that were acknowledged, as the agent itself tells. It writes that down when it is asked: so
    /// never while disk writes are counted.
    fn wire(&self) -> Result<(Segments, u64)> {
        let status = self.status()?;
        let acknowledged = find(&status, "acknowledged").context("the agent told no acknowledgements")?;
        let reports =
            acknowledged.as_object().into_iter().flatten().filter_map(|(_, number)| number.as_u64());
        Ok((Segments::of(self.running.pid())?, reports.sum()))
    }

    fn status(&self) -> Result<Value> {
        let mut status = command(&self.program, self.folder.path(), &["status", "--self", "-o", "json"]);
        let output = status.output().context("cannot ask the agent for its status")?;
        serde_json::from_slice(&output.stdout).context("the agent's status is no JSON")
    }
}

fn command(program: &Path, folder: &Path, words: &[&str]) -> Command {
    let mut agent = Command::new(program);
    agent.args(words).arg("--state-dir").arg(folder.join("state"));
    agent
}

/// The first field of this name, however deep.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    let fields = value.as_object()?;
    fields.get(name).or_else(|| fields.values().find_map(|value| find(value, name)))
}
