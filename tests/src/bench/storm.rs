//! One cause, ten thousand alerts: how many messages go out, and how the queue answers people meanwhile.

use std::{
    sync::atomic::{AtomicBool, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::runtime::Handle;

use super::{api::Api, collector::Collector, figure::Figure};
use crate::{
    harness::receiver::Receiver,
    load::{facts::RootVolume, fleet::Fleet, latency::Latencies},
};

/// Alerts of each machine that the cause strikes.
pub const RULES: usize = 10;
/// What the alerts are about; nothing else that simulated machines tell is.
pub const CATEGORY: &str = "agent";
/// How long the swarm takes.
const SPREAD: Duration = Duration::from_secs(60);
/// What people are promised while it lasts.
const TARGET_P95_MS: f64 = 300.0;
/// What two crews can bear of one cause.
const TARGET_MESSAGES: f64 = 10.0;
/// Alerts of a page, as a screen asks for them.
const PAGE: &str = "/api/v1/queue?limit=100";
/// A person at a screen asks again after this.
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// Past this a message will not come: the wait and the interval between messages, as shipped, and some more.
const PATIENCE: Duration = Duration::from_secs(400);

/// One crew is called, the other informed; whatever else simulated machines tell is for nobody.
pub const MATRIX: &str = r#"
[org]
id = "home"
name = "Home"
last_resort = "quiet"

[[team]]
id = "quiet"
name = "Nobody who is told"
side = "msp"

[[team]]
id = "noc"
name = "MSP operations centre"
side = "msp"
channels = ["noc"]

[[team]]
id = "internal-it"
name = "Internal IT"
side = "internal"
channels = ["it"]

[[tool]]
id = "rmm"
function = "agent"
owner = "noc"

[[row]]
id = "storm"
categories = ["agent"]
responsible = "noc"
accountable = "noc"
informed = ["internal-it"]
first_responder = "1h"

[catch_all]
responsible = "quiet"
accountable = "quiet"
"#;

/// [`RULES`] rules that a full first volume breaks.
pub fn rules() -> String {
    let rule = |n| {
        format!(
            "[rules.storm-{n}]\ncategory = \"{CATEGORY}\"\ntool = \"rmm\"\ntitle = \"service {n} has no room\"\n\
             critical = {{ when = \"health.disks.exists(d, d.mount == '/' && d.free_bytes < gib(5))\" }}\n\n"
        )
    };
    (0..RULES).map(rule).collect()
}

/// Strikes so many machines within a minute while people look at the queue.
pub fn run(runtime: &Handle, machines: usize, say: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    say(&format!("storm: attaching {machines} agents"));
    let receiver = Receiver::start();
    let collector = Collector::start(runtime)?;
    collector.policy("rules.toml", &rules())?;
    collector.policy("orgs/home.toml", MATRIX)?;
    collector.channels(&(receiver.channel("noc") + &receiver.channel("it")))?;
    let fleet = runtime.block_on(Fleet::attach(collector.crew(runtime, machines)?))?;
    let mut quiet = Latencies::default();
    for _ in 0..20 {
        quiet.record(look(collector.api())?);
    }

    say("storm: everything fills up within a minute");
    let over = AtomicBool::new(false);
    let (mut seen, struck) = thread::scope(|scope| {
        let people = scope.spawn(|| watch(collector.api(), &over));
        let struck = strike(runtime, &fleet);
        over.store(true, Relaxed);
        let seen = people.join().map_err(|_| anyhow::anyhow!("whoever watched the queue fell over"))?;
        anyhow::Ok((seen?, struck?))
    })?;
    let alerts = machines * RULES;
    let queue = collector.api().get("/api/v1/queue?limit=20000")?;
    let listed = queue["alerts"].as_array().context("a list")?;
    let open = listed.iter().filter(|alert| alert["category"] == CATEGORY).count();
    ensure!(open == alerts, "{alerts} alerts are acknowledged, and {open} are in the queue");
    say("storm: waiting until everybody was told of everything");
    everybody_was_told(&receiver, alerts)?;
    let messages = u32::try_from(receiver.posts().len())?;
    runtime.block_on(fleet.leave());
    Ok(vec![
        Figure::new(
            format!("{alerts} alerts of one cause: the queue's first page, p95"),
            "ms",
            seen.quantile_ms(0.95),
        )
        .at_most(TARGET_P95_MS),
        Figure::new("  p50", "ms", seen.quantile_ms(0.5)),
        Figure::new("  p50 before", "ms", quiet.quantile_ms(0.5)),
        Figure::new("  the swarm took", "s", struck.as_secs_f64()),
        Figure::new("  messages in all, to two crews", "", f64::from(messages)).at_most(TARGET_MESSAGES),
    ])
}

/// Every machine's first volume fills up, one after the other, spread over a minute.
fn strike(runtime: &Handle, fleet: &Fleet) -> Result<Duration> {
    let start = Instant::now();
    let machines = u32::try_from(fleet.len())?.max(1);
    for (turn, machine) in (0..).zip(0..fleet.len()) {
        let at = start + SPREAD * turn / machines;
        thread::sleep(at.saturating_duration_since(Instant::now()));
        runtime.block_on(fleet.sample_now(machine, RootVolume::Full))?;
    }
    Ok(start.elapsed())
}

/// Somebody who looks at the queue until it is over.
fn watch(api: &Api, over: &AtomicBool) -> Result<Latencies> {
    let mut seen = Latencies::default();
    while !over.load(Relaxed) {
        seen.record(look(api)?);
        thread::sleep(LOOK_EVERY);
    }
    Ok(seen)
}

fn look(api: &Api) -> Result<Duration> {
    let start = Instant::now();
    api.get(PAGE)?;
    Ok(start.elapsed())
}

/// Waits until each way was told of so many alerts, by name or by number.
fn everybody_was_told(receiver: &Receiver, alerts: usize) -> Result<()> {
    let start = Instant::now();
    let told = |way: &str| -> u64 {
        let bodies = receiver.posts_to(way).into_iter().map(|post| post.body["data"].clone());
        let count = |data: Value| {
            let named = data["alerts"].as_array().map_or(0, Vec::len) as u64;
            named + data["more"].as_u64().unwrap_or(0)
        };
        bodies.map(count).sum()
    };
    while ["noc", "it"].iter().any(|way| told(way) < alerts as u64) {
        ensure!(start.elapsed() < PATIENCE, "{alerts} alerts, and told were {:?}", ["noc", "it"].map(told));
        thread::sleep(LOOK_EVERY);
    }
    Ok(())
}
