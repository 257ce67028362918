//! `dogwatch-agent status`: local truth, without asking the collector.

pub(super) mod cost;

use std::{fs, io::Write as _, process::ExitCode};

use dogwatch_model::counted;
use jiff::{Timestamp, tz::TimeZone};
use serde::Serialize;

use cost::Cost;

use super::output::Output;
use crate::{
    VERSION,
    config::Config,
    identity::{EndpointRecord, Identity, lifetime::Validity},
    link_status::{self, LinkState, Snapshot},
};

/// What can be typed after `status`.
#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// Also what the agent costs: memory, processor, wire, disk, and how its sources' looks went
    #[arg(long = "self")]
    cost: bool,
    /// How to show it
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
    /// As `-o json`
    #[arg(long, hide = true)]
    json: bool,
}

#[derive(Debug, Serialize)]
struct Status {
    version: &'static str,
    endpoint: EndpointRecord,
    certificate_until: Timestamp,
    running: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    link: Option<Snapshot>,
    /// What is wrong with the configuration file: the one that the agent follows, or that it would start by.
    #[serde(skip_serializing_if = "Option::is_none")]
    config_fault: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cost: Option<Cost>,
}

pub(super) fn status(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let identity = Identity::load(&config.state)?;
    let mut link = link_status::read(&config.state)?;
    if let Some(agent) = &mut link {
        // It is followed though it is not there: it may come.
        agent.config_file = agent.config_file.take().filter(|file| file.exists());
    }
    let Validity { not_after, .. } = identity.validity()?;
    let running = link.as_ref().filter(|agent| agent.link != LinkState::Stopped && is_agent(agent.pid));
    let cost = match running.filter(|_| arguments.cost) {
        Some(agent) => Some(super::runtime()?.block_on(cost::look(config, agent))),
        None => None,
    };
    let status = Status {
        version: VERSION,
        endpoint: identity.record().clone(),
        certificate_until: not_after,
        running: running.is_some(),
        config_fault: match running {
            Some(agent) => agent.config_fault.clone(),
            None => config.read().err().map(|fault| fault.to_string()),
        },
        cost,
        link,
    };
    let mut out = std::io::stdout();
    if arguments.json || arguments.output == Output::Json {
        serde_json::to_writer_pretty(&mut out, &status)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", for_people(&status, Timestamp::now()))?;
    }
    Ok(if status.running { ExitCode::SUCCESS } else { ExitCode::from(super::exit::FAILED) })
}

/// Whether the process is there and is one of ours: numbers of processes are given again.
pub(super) fn is_agent(pid: u32) -> bool {
    if !cfg!(target_os = "linux") {
        return true;
    }
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| is_living_agent(&stat))
}

/// From `/proc/PID/stat`: the name in parentheses, cut to 15 bytes, then the state. A zombie is dead.
fn is_living_agent(stat: &str) -> bool {
    let named = stat.split_once('(').and_then(|(_, rest)| rest.rsplit_once(')'));
    named.is_some_and(|(name, rest)| {
        "dogwatch-agent".starts_with(name) && !rest.trim_start().starts_with(['Z', 'X'])
    })
}

fn for_people(status: &Status, now: Timestamp) -> String {
    let local = |at: Timestamp| at.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string();
    let EndpointRecord { name, endpoint_id, org, site, uplink, .. } = &status.endpoint;
    let days = status.certificate_until.duration_since(now).as_secs() / 86_400;
    let mut lines = vec![
        ("agent", format!("{} ({})", if status.running { "running" } else { "not running" }, status.version)),
        ("endpoint", format!("{name} ({endpoint_id}) in {org}/{site}")),
        ("collector", uplink.clone()),
        (
            "certificate",
            format!("until {}, {} left", local(status.certificate_until), counted(days, "day", "days")),
        ),
    ];
    if let Some(link) = &status.link {
        let shown = if status.running { link.link } else { LinkState::Stopped };
        let since = if status.running { format!(" since {}", local(link.since)) } else { String::new() };
        let reason = link.reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
        lines.push(("link", format!("{shown}{since}{reason}")));
        if let Some(at) = link.last_contact.filter(|_| shown != LinkState::Streaming) {
            lines.push(("last contact", local(at)));
        }
    }
    if let Some(fault) = &status.config_fault {
        lines.push(("configuration", format!("not taken, the last good one is in force: {fault}")));
    }
    lines.extend(status.cost.iter().flat_map(Cost::lines));
    lines.iter().map(|(label, value)| format!("{label:<14}{value}\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zombie_and_a_stranger_are_not_the_agent() {
        assert!(is_living_agent("42 (dogwatch-agent) S 1 42 42"));
        assert!(!is_living_agent("42 (dogwatch-agent) Z 1 42 42"));
        assert!(!is_living_agent("42 (bash) S 1 42 42"));
        assert!(!is_living_agent(""));
    }
}
