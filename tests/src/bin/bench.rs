//! `cargo run --release -p dogwatch-tests --bin bench -- all`: prints figures beside a bare peer's and their targets.
#![expect(clippy::print_stdout, reason = "the table is what this program is for")]
#![expect(clippy::print_stderr, reason = "progress, apart from the table")]

use std::{path::PathBuf, time::Duration};

use anyhow::Result;
use clap::{Parser, ValueEnum};
use dogwatch_tests::{
    bench::{
        agent, cli, crossing, events, figure::Table, filter, fleet_json, ingest, memory, query, restart,
        storm,
    },
    load::process::{load_average, raise_open_files},
};

/// Benchmarks of agent and collector. Build everything first: cargo build --release --workspace
#[derive(Parser)]
struct Options {
    /// What to measure.
    #[arg(value_enum, default_value = "all")]
    what: What,
    /// Connected agents.
    #[arg(long, default_value_t = 1_000)]
    agents: usize,
    /// Endpoints known at a restart.
    #[arg(long, default_value_t = 10_000)]
    endpoints: usize,
    /// Rounds to take medians of.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Length of one measurement of processor time, seconds.
    #[arg(long, default_value_t = 10)]
    seconds: u64,
    /// How long each agent is measured, minutes. Figures to compare want 10.
    #[arg(long, default_value_t = 3)]
    minutes: u64,
    /// Only our agent, without others beside it.
    #[arg(long)]
    alone: bool,
    /// The agent to measure, instead of the `dist` build.
    #[arg(long)]
    agent: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Everything about the collector but the storm.
    All,
    /// The agent, beside others that are installed. Build it first: sh packaging/dist.sh
    Agent,
    /// Processor time per report.
    Ingest,
    /// Memory per connected endpoint.
    Memory,
    /// Threshold crossed to alert.
    Crossing,
    /// Start after kill -9.
    Restart,
    /// The whole fleet as JSON.
    Fleet,
    /// What a prompt waits for: the fleet listed, help and version printed, beside /bin/true.
    Cli,
    /// Ten alerts on each endpoint within a minute, of one cause: messages, and the queue meanwhile. Takes seven minutes.
    Storm,
    /// 500 listeners and 100 programs that ask, at 1,000 changes a second. Takes two minutes.
    Events,
    /// Counts, sorted pages and one filter beside others, over 100,000 endpoints in memory. Takes 2 GB.
    Query,
    /// Filter evaluation and JSON, without a collector.
    Filter,
}

fn main() -> Result<()> {
    let options = Options::parse();
    if options.what == What::Agent
        && let Some(code) = agent::enter()?
    {
        std::process::exit(code);
    }
    raise_open_files()?;
    // All agents share one thread: the machine's other processors are for the side under measurement.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let say = |text: &str| eprintln!("{text}");
    say(&format!("load average {:.2}; a busy machine makes poor figures", load_average()));
    let wanted = |what| options.what == What::All || options.what == what;
    let mut table = Table::default();
    if wanted(What::Ingest) {
        let effort = ingest::Effort {
            agents: options.agents,
            rounds: options.rounds,
            time: Duration::from_secs(options.seconds),
        };
        table.extend(ingest::run(runtime.handle(), effort, &say)?);
    }
    if wanted(What::Memory) {
        table.extend(memory::run(runtime.handle(), options.agents, &say)?);
    }
    if wanted(What::Crossing) {
        table.extend(crossing::run(runtime.handle(), options.agents, 200, &say)?);
    }
    if wanted(What::Restart) {
        table.extend(restart::run(runtime.handle(), options.endpoints, options.rounds, &say)?);
    }
    if wanted(What::Fleet) {
        table.extend(fleet_json::run(runtime.handle(), options.agents, options.rounds, &say)?);
    }
    if wanted(What::Cli) {
        table.extend(cli::run(runtime.handle(), options.agents, options.rounds, &say)?);
    }
    if options.what == What::Storm {
        table.extend(storm::run(runtime.handle(), options.agents, &say)?);
    }
    if options.what == What::Events {
        table.extend(events::run(runtime.handle(), options.agents, &say)?);
    }
    if options.what == What::Query {
        table.extend(query::run(options.rounds, &say)?);
    }
    if wanted(What::Filter) {
        table.extend(filter::run(options.rounds, &say)?);
    }
    if options.what == What::Agent {
        let effort = agent::Effort {
            agent: options.agent,
            time: Duration::from_secs(60 * options.minutes),
            peers: if options.alone { agent::Peers::None } else { agent::Peers::Installed },
        };
        let (figures, beside) = agent::run(runtime.handle(), &effort, &say)?;
        table.extend(figures);
        println!("{beside}");
    }
    println!("{table}");
    Ok(())
}
