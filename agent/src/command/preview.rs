//! `dogwatch-agent preview`: really looks at the machine and shows what would be sent, without sending it.
//!
//! It goes through the same reporter as the running agent, so what is shown is what is sent: nothing is left out and
//! nothing is added for the show.

use std::{io::Write as _, process::ExitCode, time::Duration};

use dogwatch_model::Report;
use serde_json::{Map, Value, json};

use crate::{
    clock,
    config::{Config, SourceName},
    policy::Policy,
    report::{Observation, Reporter},
    sources::{backup::ledger::Ledger, health, inventory, own_cost, patch, software::Census},
};

/// Between the two samples that processor use is told from.
const BETWEEN_SAMPLES: Duration = Duration::from_secs(1);

pub(super) fn preview(config: &Config) -> anyhow::Result<ExitCode> {
    let observations = super::runtime()?.block_on(observe(config));
    let (mut reporter, policy) = (Reporter::default(), Policy::default().narrowed(&config.narrowing));
    for observation in observations {
        reporter.observe(observation, &policy, clock::now(), 0.5);
    }
    let reports = reporter.full_picture(clock::now());
    let shown = reports.iter().map(|draft| shown(&draft.report)).collect::<Result<Vec<Value>, _>>()?;
    let mut out = std::io::stdout();
    serde_json::to_writer_pretty(&mut out, &shown)?;
    writeln!(out)?;
    Ok(ExitCode::SUCCESS)
}

async fn observe(config: &Config) -> Vec<Observation> {
    let mut seen = vec![Observation::Agent(own_cost::facts(None, Duration::ZERO))];
    if config.allows(SourceName::Inventory) {
        seen.push(Observation::Inventory(inventory::look(&config.root, &mut Census::default()).await));
    }
    if config.allows(SourceName::Health) {
        let mut sampler = health::Sampler::new(&config.root);
        sampler.sample().await;
        tokio::time::sleep(BETWEEN_SAMPLES).await;
        seen.push(Observation::Health(sampler.sample().await));
    }
    if config.allows(SourceName::Patch) {
        let mut scanner = patch::Scanner::without_memory(&config.root, &config.state);
        seen.push(Observation::Patch(scanner.scan().await));
    }
    if config.allows(SourceName::Backup) {
        // One that cannot be read is said by the running agent; here there is nothing to show of it.
        let ledger = Ledger::load_untouched(&config.state);
        seen.extend(ledger.map(|ledger| Observation::Backup(ledger.status(clock::now().wall))));
    }
    seen
}

/// A report as JSON: its lane, and the parts it has.
fn shown(report: &Report) -> serde_json::Result<Value> {
    let mut parts = Map::new();
    parts.insert("lane".into(), json!(report.lane));
    parts.insert("observed_at".into(), json!(report.observed_at));
    let mut add = |name: &str, part: Value| {
        if !part.is_null() {
            parts.insert(name.to_owned(), part);
        }
    };
    add("health", serde_json::to_value(&report.health)?);
    add("inventory", serde_json::to_value(&report.inventory)?);
    add("services", serde_json::to_value(&report.services)?);
    add("checks", serde_json::to_value(&report.checks)?);
    add("patch", serde_json::to_value(&report.patch)?);
    add("backup", serde_json::to_value(&report.backup)?);
    add("agent", serde_json::to_value(&report.agent)?);
    add("drives", serde_json::to_value(&report.drives)?);
    add("software", serde_json::to_value(&report.software)?);
    if !report.incidents.is_empty() {
        add("incidents", serde_json::to_value(&report.incidents)?);
    }
    if !report.events.is_empty() {
        add("events", serde_json::to_value(&report.events)?);
    }
    Ok(Value::Object(parts))
}
