//! What an agent costs its machine, beside other agents that this machine has.
//!
//! Each program runs alone on loopback for the same time, its other end served as its users would: ours by a real
//! collector, pull agents by somebody who asks at their usual interval. All figures are the kernel's: processor time and
//! memory of the whole tree of processes, children that have ended included, and bytes as loopback counts them, both
//! ways, from the IP header up. For that the benchmark starts itself again in a network namespace of its own.
//!
//! A machine that works on other things makes our agent talk: what moves is reported. The figures are for quiet ones.

mod beside;
mod namespace;
mod ours;
mod peers;
mod segments;
mod tree;

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Result;
pub use beside::Beside;
use beside::Row;
pub use namespace::enter;
use ours::Ours;
use segments::PerReport;
use tokio::runtime::Handle;
use tree::Used;

use super::{collector::Collector, figure::Figure};
use crate::load::{
    facts::RootVolume,
    fleet::{Fleet, Mode},
    latency::Latencies,
    process::sibling,
};

/// From the start until it is measured: the first reports, scans and inventories are over by then.
const SETTLE: Duration = Duration::from_secs(45);
/// Segments with data that a report may take each way: one, and room for HTTP/2's own frames now and then.
const SEGMENTS: f64 = 1.2;
/// Samples past their band.
const CROSSINGS: usize = 200;

/// What to measure with.
#[derive(Debug, Clone)]
pub struct Effort {
    /// The agent; the `dist` build by default.
    pub agent: Option<PathBuf>,
    /// How long each program is measured.
    pub time: Duration,
    /// Beside whom.
    pub peers: Peers,
}

/// Who is measured beside ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peers {
    /// Nobody.
    None,
    /// Who is installed; who is not is named.
    Installed,
}

impl Peers {
    const fn all(self) -> &'static [peers::Peer] {
        match self {
            Self::None => &[],
            Self::Installed => peers::ALL,
        }
    }
}

/// Measures ours, then every peer that is installed.
pub fn run(runtime: &Handle, effort: &Effort, say: &dyn Fn(&str)) -> Result<(Vec<Figure>, Beside)> {
    let program = effort.agent.clone().map_or_else(dist_agent, Ok)?;
    say_what_lacks(effort.peers, say);
    say(&format!("agent: {} for {:?} after {SETTLE:?}", program.display(), effort.time));
    let binary_bytes = std::fs::metadata(&program)?.len();
    let (used, figures) = ours(runtime, &program, effort.time, binary_bytes, say)?;
    let mut rows = vec![Row { name: "dogwatch-agent", used: Ok(used), binary_bytes }];
    for peer in effort.peers.all() {
        say(&format!("agent: {} beside it", peer.name));
        rows.push(match peer.measure(SETTLE, effort.time) {
            Ok((used, binary_bytes)) => Row { name: peer.name, used: Ok(used), binary_bytes },
            Err(error) => {
                let reason = format!("SKIP: {error:#} (package {})", peer.package);
                Row { name: peer.name, used: Err(reason), binary_bytes: 0 }
            }
        });
    }
    Ok((figures, Beside(rows)))
}

/// Before an hour of measuring, what would have to be installed for all of it. Installing daemons is the owner's to do.
fn say_what_lacks(peers: Peers, say: &dyn Fn(&str)) {
    let lacking: Vec<&str> =
        peers.all().iter().filter(|peer| !peer.is_here()).map(|peer| peer.package).collect();
    if !lacking.is_empty() {
        say(&format!(
            "agent: SKIP what is not installed; to measure it too: apt-get install --no-install-recommends {}",
            lacking.join(" ")
        ));
    }
    if !namespace::is_inside() {
        say("agent: bytes on the wire are not counted: that needs root, `unshare` and `ip`");
    }
}

/// The agent as packages ship it, if it was built; else the one beside this program.
fn dist_agent() -> Result<PathBuf> {
    let beside = sibling("dogwatch-agent")?;
    let dist =
        beside.parent().and_then(Path::parent).map(|target| target.join("dist").join("dogwatch-agent"));
    Ok(dist.filter(|dist| dist.exists()).unwrap_or(beside))
}

/// Our agent: connected, then with samples past their band beside it, then without its collector.
fn ours(
    runtime: &Handle,
    program: &Path,
    time: Duration,
    binary_bytes: u64,
    say: &dyn Fn(&str),
) -> Result<(Used, Vec<Figure>)> {
    let collector = Collector::start(runtime)?;
    let ours = Ours::start(&collector, program)?;
    let (used, wire) = ours.measure(time)?;
    let mut figures = figures(&used, binary_bytes);
    match wire {
        Ok(Some(wire)) => figures.extend(segments(wire)),
        Ok(None) => say("agent: SKIP segments a report: it sent none meanwhile"),
        Err(error) => say(&format!("agent: SKIP segments a report: {error:#}")),
    }
    let crossing = crossing(runtime, &collector, say)?;
    figures.push(Figure::new("sample past its band to acknowledged, p99", "ms", crossing).at_most(250.0));
    say("agent: without its collector");
    drop(collector);
    let more = mib(ours.resident_offline()?) - mib(used.resident_bytes);
    figures.push(Figure::new("more resident memory when offline", "MiB", more).at_most(5.0));
    ours.stop()?;
    Ok((used, figures))
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

fn segments(wire: PerReport) -> [Figure; 3] {
    [
        Figure::new("  reports meanwhile", "", count(wire.reports)),
        Figure::new("  segments a report, sent", "", wire.sent).at_most(SEGMENTS),
        Figure::new("  segments a report, received", "", wire.received).at_most(SEGMENTS),
    ]
}

fn mib(bytes: u64) -> f64 {
    count(bytes) / f64::from(1 << 20)
}

#[expect(clippy::cast_precision_loss, reason = "figures of three digits")]
const fn count(number: u64) -> f64 {
    number as f64
}
