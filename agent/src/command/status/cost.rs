//! `status --self`: what the running agent costs.

use std::{path::Path, time::Duration};

use dogwatch_model::LaneMarks;
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use crate::{
    command::answer,
    config::Config,
    cost::{
        self, Look, Told,
        process::{self, Process},
    },
    link_status::Snapshot,
    wishes::Wish,
};

/// How long a running agent may take to write down what it knows.
const ANSWER: Duration = Duration::from_secs(3);
const HOUR: f64 = 3600.0;
/// Hours after which the start no longer makes up the rate.
const SETTLED: f64 = 0.25;

/// What the agent costs.
#[derive(Debug, Serialize)]
pub(in crate::command) struct Cost {
    pid: u32,
    process: Process,
    #[serde(skip_serializing_if = "Option::is_none")]
    cpu_seconds_per_hour: Option<f64>,
    spool_bytes: u64,
    /// What only it knows; absent when it did not answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::command) told: Option<Told>,
}

/// Looks at the running agent, and asks it for what only it knows.
pub(in crate::command) async fn look(config: &Config, agent: &Snapshot) -> Cost {
    let told = if agent.tells_cost { ask(config, agent.pid).await } else { None };
    let process = process::look(agent.pid);
    let hours = told.as_ref().map(|told| told.at.duration_since(told.started_at).as_secs_f64() / HOUR);
    let cpu_seconds_per_hour = process
        .cpu_seconds
        .zip(hours)
        .filter(|(_, hours)| *hours >= SETTLED)
        .map(|(used, hours)| used / hours);
    let spool_bytes = folder_bytes(&config.state.path().join("spool"));
    Cost { pid: agent.pid, process, cpu_seconds_per_hour, spool_bytes, told }
}

async fn ask(config: &Config, pid: u32) -> Option<Told> {
    let before = cost::read(&config.state).map(|told| told.at);
    let new = || cost::read(&config.state).filter(|told| Some(told.at) != before);
    answer::ask(&config.state, (pid, Wish::TellCost), ANSWER, new).await
}

fn folder_bytes(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else { return 0 };
    entries.flatten().filter_map(|entry| entry.metadata().ok()).map(|found| found.len()).sum()
}

impl Cost {
    /// Label and value, line by line.
    pub(super) fn lines(&self) -> Vec<(&'static str, String)> {
        let unknown = || "not known".to_owned();
        let bytes = |bytes: Option<u64>| bytes.map_or_else(unknown, sized);
        let count = |count: Option<u64>| count.map_or_else(unknown, |count| count.to_string());
        let Process { rss_bytes, peak_rss_bytes, .. } = &self.process;
        let mut lines = vec![
            ("process", self.pid.to_string()),
            ("memory", format!("{}, at most {}", bytes(*rss_bytes), bytes(*peak_rss_bytes))),
            ("cpu", self.cpu()),
            ("threads", count(self.process.threads)),
            ("open files", count(self.process.open_files)),
            ("disk writes", bytes(self.process.disk_write_bytes) + ", those of tools it ran included"),
            ("spool", sized(self.spool_bytes)),
        ];
        match &self.told {
            None => lines.push(("wire", "not known: the agent did not answer".into())),
            Some(told) => {
                let (received, sent) = (sized(told.received_bytes), sized(told.sent_bytes));
                lines.push(("wire", format!("{sent} sent, {received} received (TCP payload)")));
                let (sent, acknowledged) = (total(&told.sent), total(&told.acknowledged));
                lines.push(("reports", format!("{sent} sent, {acknowledged} acknowledged")));
                lines.extend(told.looks.iter().flat_map(look_lines));
            }
        }
        lines
    }
}

impl Cost {
    fn cpu(&self) -> String {
        let Some(used) = self.process.cpu_seconds else { return "not known".into() };
        let rate = self.cpu_seconds_per_hour.map(|rate| format!(", {rate:.2} s an hour")).unwrap_or_default();
        let tools = self.process.tools_cpu_seconds.filter(|tools| *tools > 0.0);
        let tools = tools.map(|tools| format!(", and {tools:.2} s of tools it ran")).unwrap_or_default();
        format!("{used:.2} s{rate}{tools}")
    }
}

fn look_lines(look: &Look) -> Vec<(&'static str, String)> {
    let at = local(look.last_at);
    let seconds = look.last_seconds;
    let looks = format!("{} looks, the last at {at} in {seconds:.3} s", look.count);
    let parts = look.results.iter().map(|(part, standing)| {
        let reason = standing.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        ("", format!("{part} {}{reason}", standing.result))
    });
    std::iter::once((look.source.as_str(), looks)).chain(parts).collect()
}

fn local(at: Timestamp) -> String {
    at.to_zoned(TimeZone::system()).strftime("%H:%M:%S").to_string()
}

fn total(marks: &LaneMarks) -> u64 {
    marks.kept + marks.latest + marks.samples
}

/// Bytes for people.
pub(in crate::command) fn sized(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    let exact = bytes as f64;
    match bytes {
        0..1024 => format!("{bytes} B"),
        1024..1_048_576 => format!("{:.1} KiB", exact / 1024.0),
        _ => format!("{:.1} MiB", exact / 1_048_576.0),
    }
}
