//! Simulated agents by hand: `load --token JOINTOKEN --agents 100 --rate 10 --seconds 30`.
#![expect(clippy::print_stdout, reason = "what it counts is what this program is for")]

use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Parser;
use dogwatch_model::JoinToken;
use dogwatch_tests::load::{
    enrol::enrol,
    fleet::{Fleet, Mode},
    process::raise_open_files,
};
use tokio::time::sleep;

/// Enrols simulated agents and lets them report for a while.
#[derive(Parser)]
struct Options {
    /// A join token with at least as many uses as there are agents (`dogwatch join-token create --uses 100`).
    #[arg(long, env = "DOGWATCH_JOIN_TOKEN", hide_env_values = true)]
    token: JoinToken,
    /// How many agents.
    #[arg(long, default_value_t = 100)]
    agents: usize,
    /// Reports a second, of all agents together; 0 for as fast as they are acknowledged.
    #[arg(long, default_value_t = 10.0)]
    rate: f64,
    /// How long.
    #[arg(long, default_value_t = 30)]
    seconds: u64,
    /// What the machines' names begin with.
    #[arg(long, default_value = "sim")]
    prefix: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let options = Options::parse();
    raise_open_files()?;
    let start = Instant::now();
    let identities = enrol(&options.token, &options.prefix, options.agents).await?;
    println!("{} agents enrolled in {:.1?}", identities.len(), start.elapsed());
    let start = Instant::now();
    let fleet = Fleet::attach(Fleet::crew(identities)).await?;
    println!("connected, first reports acknowledged in {:.1?}", start.elapsed());
    if options.rate > 0.0 {
        fleet.pace(options.rate)?;
    } else {
        fleet.set(Mode::Hot { under_way: 1 });
    }
    for second in 1..=options.seconds {
        let before = fleet.tally().counts();
        sleep(Duration::from_secs(1)).await;
        let now = fleet.tally().counts();
        let mut latencies = fleet.tally().take_latencies();
        let quantile = |latencies: &mut dogwatch_tests::load::latency::Latencies, share| {
            latencies.quantile(share).unwrap_or_default()
        };
        println!(
            "{second:>4} s  connected {}  acknowledged {}/s  p50 {:.1?}  p99 {:.1?}  withheld {}  lost {}  rejected {}  poisoned {}",
            now.connected,
            now.acknowledged - before.acknowledged,
            quantile(&mut latencies, 0.5),
            quantile(&mut latencies, 0.99),
            now.withheld,
            now.lost,
            now.rejected,
            now.poisoned,
        );
    }
    let trouble = fleet.tally().last_trouble();
    fleet.leave().await;
    println!("everybody said goodbye");
    if let Some(trouble) = trouble {
        println!("last trouble: {trouble}");
    }
    Ok(())
}
