//! From a sample that crosses a threshold to its alert: on disk, and in the queue that people read.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::runtime::Handle;

use super::{api::Api, collector::Collector, figure::Figure};
use crate::load::{
    facts::RootVolume,
    fleet::{Fleet, Mode},
    latency::Latencies,
};

/// What the design allows from crossing to alert on disk.
const TARGET_MS: f64 = 50.0;
/// What people are promised from the sample to the queue.
const TARGET_VISIBLE_MS: f64 = 1_000.0;
/// The fleet's chatter meanwhile.
const BACKGROUND_PER_SECOND: f64 = 1_000.0;
/// Crossings whose alert is looked for in the queue one by one.
const LOOKED_FOR: usize = 50;
/// Past this an alert will not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// Lets `crossings` endpoints of a talking fleet cross the disk threshold, one after the other.
///
/// The alert is committed with the report that caused it, so that the report's acknowledgement says that the alert is
/// on disk; that each is really there is checked right afterwards.
pub fn run(runtime: &Handle, agents: usize, crossings: usize, say: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    say(&format!("crossing: attaching {agents} agents"));
    let collector = Collector::start(runtime)?;
    let crew = collector.crew(runtime, agents)?;
    let names: Vec<String> = crew.iter().map(|agent| agent.identity().name.clone()).collect();
    let fleet = runtime.block_on(Fleet::attach(crew))?;
    fleet.pace(BACKGROUND_PER_SECOND)?;
    let looked_for = LOOKED_FOR.min(agents / 2);
    let crossings = crossings.min(agents - looked_for);

    let mut on_disk = Latencies::default();
    for agent in 0..crossings {
        on_disk.record(runtime.block_on(fleet.sample_now(agent, RootVolume::Full))?);
    }
    let opened = disk_alerts(&collector.api().get("/api/v1/queue")?)?;
    ensure!(opened >= crossings, "{crossings} crossings are acknowledged, but only {opened} alerts are open");

    let mut visible = Latencies::default();
    for (agent, name) in names.iter().enumerate().skip(crossings).take(looked_for) {
        let start = Instant::now();
        runtime.block_on(fleet.sample_now(agent, RootVolume::Full))?;
        wait_for_alert(collector.api(), name)?;
        visible.record(start.elapsed());
    }
    fleet.set(Mode::Quiet);
    runtime.block_on(fleet.leave());
    Ok(vec![
        Figure::new(
            format!("crossing to alert on disk, p99, {agents} endpoints"),
            "ms",
            on_disk.quantile_ms(0.99),
        )
        .at_most(TARGET_MS),
        Figure::new("  p50", "ms", on_disk.quantile_ms(0.5)),
        Figure::new("crossing to alert in the queue's JSON, p99", "ms", visible.quantile_ms(0.99))
            .at_most(TARGET_VISIBLE_MS),
        Figure::new("  p50", "ms", visible.quantile_ms(0.5)),
    ])
}

/// Waits until the queue shows an endpoint's full disk.
fn wait_for_alert(api: &Api, endpoint: &str) -> Result<()> {
    let start = Instant::now();
    let path = format!("/api/v1/queue?filter=name%20%3D%3D%20%22{endpoint}%22");
    while disk_alerts(&api.get(&path)?)? == 0 {
        ensure!(start.elapsed() < PATIENCE, "{endpoint} has a full disk, but the queue does not show it");
    }
    Ok(())
}

fn disk_alerts(queue: &Value) -> Result<usize> {
    let items = queue["alerts"].as_array().context("the queue's answer has no alerts")?;
    Ok(items.iter().filter(|alert| alert["category"] == "capacity").count())
}
