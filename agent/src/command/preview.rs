//! `dogwatch-agent preview`: really looks at the machine and shows what would be sent, without sending it.
//!
//! It goes through the same reporter as the running agent, so what is shown is what is sent: nothing is left out and
//! nothing is added for the show.

use std::{io::Write as _, process::ExitCode, time::Duration};

use dogwatch_model::{IdError, Report};
use dogwatch_proto::{
    packed::Packer,
    v1::{self, agent_message},
};
use prost::Message as _;
use serde_json::{Map, Value, json};

use crate::{
    clock,
    config::{Config, SourceName},
    policy::Policy,
    report::{self, Observation, Reporter},
    sources::{
        backup::ledger::Ledger, drives, health, incidents, inventory, own_cost, patch, software,
        software::Census,
    },
};

/// Between the two samples that processor use is told from.
const BETWEEN_SAMPLES: Duration = Duration::from_secs(1);

/// What can be typed after `preview`.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Sizes are of the message and its gRPC frame; TLS, TCP and IP come on top. Health counts as it is packed for a collector that knows the sample before."
)]
pub(super) struct Arguments {
    /// Only what this source tells; may be repeated [default: all that are switched on]
    #[arg(long = "source", value_name = "SOURCE", value_parser = parse_source)]
    sources: Vec<SourceName>,
}

fn parse_source(text: &str) -> Result<SourceName, IdError> {
    text.parse()
}

pub(super) fn preview(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let named = &arguments.sources;
    let wanted = |source| config.allows(source) && (named.is_empty() || named.contains(&source));
    let runtime = super::runtime()?;
    let mut observations = runtime.block_on(observe(config, wanted));
    if named.is_empty() {
        observations.insert(0, Observation::Agent(own_cost::facts(None, Duration::ZERO)));
    }
    let (mut reporter, policy) = (Reporter::default(), Policy::default().narrowed(&config.narrowing));
    let mut reports = Vec::new();
    for observation in observations {
        // What is told once is no part of the picture that is told again.
        let once = matches!(observation, Observation::Incidents(_) | Observation::Software(_));
        let draft = reporter.observe(observation, &policy, clock::now(), 0.5);
        reports.extend(draft.filter(|_| once));
    }
    reports.extend(reporter.full_picture(clock::now()));
    let reports: Vec<Report> = reports.into_iter().map(|draft| draft.report).collect();
    let a_day = |report| report::times_a_day(report, &policy) * wire_bytes(report);
    let shown = json!({
        "narrowing": narrowing(config),
        "reports": reports.iter().map(|report| shown(report, &policy)).collect::<Result<Vec<Value>, _>>()?,
        "wire_bytes": reports.iter().map(wire_bytes).sum::<usize>(),
        "wire_bytes_a_day": reports.iter().map(a_day).sum::<usize>(),
    });
    let mut out = std::io::stdout();
    serde_json::to_writer_pretty(&mut out, &shown)?;
    writeln!(out)?;
    Ok(ExitCode::SUCCESS)
}

async fn observe(config: &Config, wanted: impl Fn(SourceName) -> bool) -> Vec<Observation> {
    let mut seen = Vec::new();
    if wanted(SourceName::Inventory) {
        let mut census = config.allows(SourceName::Software).then(Census::default);
        seen.push(Observation::Inventory(inventory::look(&config.root, census.as_mut()).await));
    }
    if wanted(SourceName::Software) {
        seen.push(Observation::Software(software::look(&config.root).await.0));
    }
    if wanted(SourceName::Health) {
        let mut sampler = health::Sampler::new(&config.root, config.network_mounts.clone());
        sampler.sample().await;
        tokio::time::sleep(BETWEEN_SAMPLES).await;
        let bands = Policy::default().narrowed(&config.narrowing).bands;
        seen.push(Observation::Health(sampler.sample_with_top(&bands).await));
    }
    if wanted(SourceName::Drives) {
        let mut inspector = drives::Inspector::without_memory(&config.root, &config.state);
        seen.push(Observation::Drives(inspector.look().await.drives));
    }
    if wanted(SourceName::Incidents) {
        let mut watcher = incidents::Watcher::without_memory(&config.root, &config.state);
        seen.push(Observation::Incidents(watcher.look(clock::now())));
    }
    if wanted(SourceName::Patch) {
        let mut scanner = patch::Scanner::without_memory(&config.root, &config.state);
        seen.push(Observation::Patch(scanner.scan().await));
    }
    if wanted(SourceName::Backup) {
        // One that cannot be read is said by the running agent; here there is nothing to show of it.
        let ledger = Ledger::load_untouched(&config.state);
        seen.extend(ledger.map(|ledger| Observation::Backup(ledger.status(clock::now().wall))));
    }
    seen
}

/// A report as JSON: what it holds, what that is worth on the wire, and how often such a one is sent.
fn shown(report: &Report, policy: &Policy) -> serde_json::Result<Value> {
    let Value::Object(parts) = serde_json::to_value(report)? else { return Ok(Value::Null) };
    // Given when it is sent.
    let is_told = |(name, part): &(String, Value)| {
        !matches!(name.as_str(), "sequence" | "age_ms") && !part.is_null() && *part != json!([])
    };
    let mut shown: Map<String, Value> = parts.into_iter().filter(is_told).collect();
    shown.insert("wire_bytes".into(), json!(wire_bytes(report)));
    shown.insert("times_a_day".into(), json!(report::times_a_day(report, policy)));
    Ok(Value::Object(shown))
}

/// The message and its gRPC frame. TLS, TCP and IP come on top. Health as it travels on a stream that stands: the collector
/// knows what there is to measure, and the numbers of the sample before.
fn wire_bytes(report: &Report) -> usize {
    /// Flag and length before each message.
    const GRPC_PREFIX: usize = 5;
    let mut packer = Packer::default();
    packer.pack(v1::Report::from(&before(report)));
    let message = agent_message::Message::Report(packer.pack(report.into()));
    GRPC_PREFIX + v1::AgentMessage { message: Some(message) }.encoded_len()
}

/// A report as it may have been a minute ago: what counts up had counted less, so that there is something to tell.
fn before(report: &Report) -> Report {
    const EARLIER: i64 = 60;
    let mut before = report.clone();
    if let Some(health) = &mut before.health {
        health.sampled_at -= jiff::SignedDuration::from_secs(EARLIER);
        health.uptime_seconds = health.uptime_seconds.map(|up| up.saturating_sub(EARLIER.unsigned_abs()));
        for interface in &mut health.interfaces {
            interface.received_bytes -= interface.received_bytes / 1000;
            interface.sent_bytes -= interface.sent_bytes / 1000;
        }
    }
    before
}

/// What this machine's owner has taken away from what a collector may ask for.
fn narrowing(config: &Config) -> Value {
    json!({
        "switched_off": config.disabled,
        "sample_at_least_seconds": config.narrowing.sample_at_least.as_secs(),
        "patch_scan_at_least_seconds": config.narrowing.patch_scan_at_least.as_secs(),
    })
}
