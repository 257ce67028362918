//! What an agent costs its machine, beside other agents that this machine has.
//!
//! Each program runs alone on loopback for the same time, its other end served as its users would: ours by a real
//! collector, pull agents by somebody who asks at their usual interval. All figures are the kernel's: processor time and
//! memory of the whole tree of processes, children that have ended included, and bytes as loopback counts them, both
//! ways, from the IP header up. For that the benchmark starts itself again in a network namespace of its own.
//!
//! A machine that works on other things makes our agent talk: what moves is reported. The figures are for quiet ones.

mod namespace;
mod peers;
mod tree;

use std::{
    fmt,
    fs::File,
    path::{Path, PathBuf},
    process::Command,
    thread::sleep,
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
pub use namespace::enter;
use tokio::runtime::Handle;
use tree::Used;

use super::{collector::Collector, figure::Figure};
use crate::load::{
    facts::RootVolume,
    fleet::{Fleet, Mode},
    latency::Latencies,
    process::{Program, sibling},
};

/// From the start until it is measured: the first reports, scans and inventories are over by then.
const SETTLE: Duration = Duration::from_secs(45);
/// Samples past their band.
const CROSSINGS: usize = 200;

/// What to measure with.
#[derive(Debug, Clone)]
pub struct Effort {
    /// The agent; the `dist` build by default.
    pub agent: Option<PathBuf>,
    /// How long each program is measured.
    pub time: Duration,
}

/// What one program used.
#[derive(Debug)]
struct Row {
    name: &'static str,
    used: Option<Used>,
    binary_bytes: u64,
    why_not: String,
}

/// Every program beside each other.
#[derive(Debug)]
pub struct Beside(Vec<Row>);

/// Measures ours, then every peer that is installed.
pub fn run(runtime: &Handle, effort: &Effort, say: &dyn Fn(&str)) -> Result<(Vec<Figure>, Beside)> {
    let program = effort.agent.clone().map_or_else(dist_agent, Ok)?;
    say(&format!("agent: {} for {:?} after {SETTLE:?}", program.display(), effort.time));
    let collector = Collector::start(runtime)?;
    let ours = ours(&collector, &program, effort.time)?;
    let crossing = crossing(runtime, &collector, say)?;
    drop(collector);
    let binary_bytes = std::fs::metadata(&program)?.len();
    let mut figures = figures(&ours, binary_bytes);
    figures.push(Figure::new("sample past its band to acknowledged, p99", "ms", crossing).at_most(250.0));
    let mut rows =
        vec![Row { name: "dogwatch-agent", used: Some(ours), binary_bytes, why_not: String::new() }];
    for peer in peers::ALL {
        say(&format!("agent: {} beside it", peer.name));
        rows.push(match peer.measure(SETTLE, effort.time) {
            Ok((used, binary_bytes)) => {
                Row { name: peer.name, used: Some(used), binary_bytes, why_not: String::new() }
            }
            Err(error) => Row {
                name: peer.name,
                used: None,
                binary_bytes: 0,
                why_not: format!("SKIP: {error:#} (package {})", peer.package),
            },
        });
    }
    Ok((figures, Beside(rows)))
}

/// The agent as packages ship it, if it was built; else the one beside this program.
fn dist_agent() -> Result<PathBuf> {
    let beside = sibling("dogwatch-agent")?;
    let dist =
        beside.parent().and_then(Path::parent).map(|target| target.join("dist").join("dogwatch-agent"));
    Ok(dist.filter(|dist| dist.exists()).unwrap_or(beside))
}

fn ours(collector: &Collector, program: &Path, time: Duration) -> Result<Used> {
    let folder = tempfile::TempDir::with_prefix("dogwatch-bench-agent-")?;
    let agent = |command: &str| {
        let mut agent = Command::new(program);
        agent.arg(command).arg("--state-dir").arg(folder.path().join("state"));
        agent
    };
    let enrolled = agent("enroll")
        .arg(collector.join_token(1)?.to_string())
        .output()
        .with_context(|| format!("cannot start {}", program.display()))?;
    ensure!(enrolled.status.success(), "cannot enrol: {}", String::from_utf8_lossy(&enrolled.stderr));
    let log = File::create(folder.path().join("log"))?;
    let mut running = Program::start(agent("run").stdout(log.try_clone()?).stderr(log))?;
    sleep(SETTLE);
    let used = tree::measure(running.pid(), || sleep(time))?;
    running.stop()?;
    Ok(used)
}

/// The way of a sample that crosses a band, with a simulated agent on the same wire: from the sample to the
/// acknowledgement, which says that it is on disk.
fn crossing(runtime: &Handle, collector: &Collector, say: &dyn Fn(&str)) -> Result<f64> {
    say(&format!("agent: {CROSSINGS} crossings"));
    let fleet = runtime.block_on(Fleet::attach(collector.crew(runtime, 1)?))?;
    let mut latencies = Latencies::default();
    for crossing in 0..CROSSINGS {
        let volume = if crossing % 2 == 0 { RootVolume::Full } else { RootVolume::Roomy };
        latencies.record(runtime.block_on(fleet.sample_now(0, volume))?);
    }
    fleet.set(Mode::Quiet);
    runtime.block_on(fleet.leave());
    Ok(latencies.quantile_ms(0.99))
}

fn figures(used: &Used, binary_bytes: u64) -> Vec<Figure> {
    let mut figures = vec![
        Figure::new("agent: resident memory", "MiB", mib(used.resident_bytes)).at_most(8.0),
        Figure::new("  processor time", "s/h", used.cpu_per_hour()).at_most(0.5),
        Figure::new("  the same of programs it ran", "s/h", used.children_per_hour()),
        Figure::new("  threads", "", count(used.threads)).at_most(3.0),
        Figure::new("  binary", "MB", count(binary_bytes) / 1e6).at_most(5.0),
        Figure::new("  idle disk writes", "KiB", count(used.written_bytes) / 1024.0).at_most(0.0),
    ];
    if let Some(bytes) = used.bytes_per_day() {
        figures.push(Figure::new("  on the wire, both ways", "MB/day", bytes / 1e6).at_most(0.6));
    }
    figures
}

impl fmt::Display for Beside {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:26}{:>9}{:>9}{:>10}{:>11}{:>10}{:>11}{:>13}",
            "program", "RSS MiB", "threads", "processes", "CPU s/h", "MB/day", "binary MB", "written KiB"
        )?;
        for row in &self.0 {
            let Some(used) = &row.used else {
                writeln!(f, "{:26}{}", row.name, row.why_not)?;
                continue;
            };
            let wire =
                used.bytes_per_day().map_or_else(|| "?".to_owned(), |bytes| format!("{:.2}", bytes / 1e6));
            writeln!(
                f,
                "{:26}{:>9.1}{:>9}{:>10}{:>11.2}{:>10}{:>11.1}{:>13.0}",
                row.name,
                mib(used.resident_bytes),
                used.threads,
                used.processes,
                used.cpu_per_hour() + used.children_per_hour(),
                wire,
                count(row.binary_bytes) / 1e6,
                count(used.written_bytes) / 1024.0,
            )?;
        }
        Ok(())
    }
}

fn mib(bytes: u64) -> f64 {
    count(bytes) / f64::from(1 << 20)
}

#[expect(clippy::cast_precision_loss, reason = "figures of three digits")]
const fn count(number: u64) -> f64 {
    number as f64
}
