//! Processor time per report, all in: decode, state, rules, the journal's `fdatasync`, acknowledge.

use std::time::Duration;

use anyhow::Result;
use tokio::runtime::Handle;

use super::{
    bare_peer::BarePeer,
    collector::Collector,
    cost::{Cost, cost},
    figure::Figure,
};
use crate::load::{
    fleet::{Fleet, Mode},
    latency::median,
};

/// What the design allows over a peer that does nothing.
const TARGET_TIMES_BARE: f64 = 1.7;
/// The pace at which an idle-ish collector is measured: a fleet of 60,000 that sends its minute summaries.
const PACED_PER_SECOND: u32 = 1_000;

/// How long, how often, how many.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Connected agents.
    pub agents: usize,
    /// Rounds to take medians of.
    pub rounds: usize,
    /// Length of one measurement.
    pub time: Duration,
}

/// Measures both sides in turn.
pub fn run(runtime: &Handle, effort: Effort, say: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    let Effort { agents, rounds, time } = effort;
    let bare = BarePeer::start()?;
    let collector = Collector::start(runtime)?;
    say(&format!("ingest: attaching {agents} agents to each side"));
    let bare_fleet = runtime.block_on(Fleet::attach(bare.crew(runtime, agents)?))?;
    let our_fleet = runtime.block_on(Fleet::attach(collector.crew(runtime, agents)?))?;
    let paced = Mode::Paced { every: Duration::from_secs(1) * u32::try_from(agents)? / PACED_PER_SECOND };
    let mut figures = Vec::new();
    for (name, mode) in [("hot", Mode::Hot { under_way: 1 }), ("1,000/s", paced)] {
        let (mut theirs, mut ours) = (Vec::new(), Vec::new());
        for round in 1..=rounds {
            let their_cost = cost(&bare_fleet, &bare.meter(), mode, time)?;
            let our_cost = cost(&our_fleet, &collector.meter(), mode, time)?;
            say(&format!(
                "ingest {name}, round {round} of {rounds}: bare {}, ours {}",
                brief(&their_cost),
                brief(&our_cost)
            ));
            theirs.push(their_cost);
            ours.push(our_cost);
        }
        figures.extend(compare(name, agents, &theirs, &ours));
    }
    let counts = our_fleet.tally().counts();
    if counts.lost + counts.rejected + counts.poisoned > 0 {
        say(&format!("ingest: not everything went well: {counts:?}; {:?}", our_fleet.tally().last_trouble()));
    }
    runtime.block_on(async {
        bare_fleet.leave().await;
        our_fleet.leave().await;
    });
    Ok(figures)
}

fn compare(name: &str, agents: usize, theirs: &[Cost], ours: &[Cost]) -> Vec<Figure> {
    let of = |costs: &[Cost], what: fn(&Cost) -> f64| median(costs.iter().map(what).collect());
    let beside = |name: String, unit, what: fn(&Cost) -> f64| {
        Figure::new(name, unit, of(ours, what)).beside(of(theirs, what))
    };
    vec![
        beside(format!("processor time per report, {agents} streams, {name}"), "µs", |c| {
            c.cpu_us_per_report
        })
        .at_most_times_bare(TARGET_TIMES_BARE),
        beside(format!("  reports acknowledged, {name}"), "/s", |cost| cost.reports_per_second),
        beside(format!("  report to acknowledgement, p50, {name}"), "ms", |cost| cost.p50_ms),
        beside(format!("  report to acknowledgement, p99, {name}"), "ms", |cost| cost.p99_ms),
    ]
}

fn brief(cost: &Cost) -> String {
    format!("{:.1} µs at {:.0}/s", cost.cpu_us_per_report, cost.reports_per_second)
}
