//! The CLI as a prompt feels it: from the start of the process to its end, with all that it prints read to the last byte.
//!
//! Beside it `/bin/true`, which costs what starting any program costs here; all take turns within each round. Each run is
//! a process of its own with a connection, a handshake and a question of its own: nothing is warm but the files' pages.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::{collector::Collector, figure::Figure};
use crate::load::{fleet::Fleet, latency::Latencies, process::sibling};

/// What the design allows from Enter to the last line of the fleet, milliseconds.
const FLEET_TARGET_MS: f64 = 60.0;
/// What it allows where nothing is asked of anybody, milliseconds.
const START_TARGET_MS: f64 = 10.0;
/// The fewest runs that a 95th percentile means something of.
const FEWEST_RUNS: usize = 30;
/// The least that a program can do.
const LEAST: &str = "/bin/true";

/// One command line, and how long each run of it took.
struct Typed {
    program: PathBuf,
    args: &'static [&'static str],
    /// Lines that it has to print.
    lines: usize,
    times: Latencies,
}

impl Typed {
    fn new(program: &Path, args: &'static [&'static str], lines: usize) -> Self {
        Self { program: program.to_owned(), args, lines, times: Latencies::default() }
    }

    /// Runs it once, and holds it to what it should print.
    fn run(&mut self, home: &Path) -> Result<()> {
        let (took, lines) = timed(&self.program, self.args, home)?;
        ensure!(
            lines >= self.lines,
            "dogwatch {} printed {lines} lines, not {}",
            self.args.join(" "),
            self.lines
        );
        self.times.record(took);
        Ok(())
    }

    fn figures(&mut self, name: &str, least: &mut Latencies, target: f64) -> [Figure; 2] {
        let figure = |name: String, bare, ours| Figure::new(name, "ms", ours).beside(bare);
        let median = figure(name.to_owned(), least.quantile_ms(0.5), self.times.quantile_ms(0.5));
        let slow = figure(
            format!("  p95 of {}", self.times.len()),
            least.quantile_ms(0.95),
            self.times.quantile_ms(0.95),
        );
        [median.at_most(target), slow]
    }
}

/// Runs every command so many times against a fleet of this size.
pub fn run(runtime: &Handle, endpoints: usize, rounds: usize, say: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    say(&format!("cli: attaching {endpoints} endpoints"));
    let collector = Collector::start(runtime)?;
    let fleet = runtime.block_on(Fleet::attach(collector.crew(runtime, endpoints)?))?;
    let (home, dogwatch) = (TempDir::with_prefix("dogwatch-bench-home-")?, sibling("dogwatch")?);
    timed(&dogwatch, &["login", collector.login_link()], home.path()).context("dogwatch login")?;

    let mut least = Typed::new(Path::new(LEAST), &[], 0);
    let mut version = Typed::new(&dogwatch, &["--version"], 1);
    let mut help = Typed::new(&dogwatch, &["fleet", "--help"], 10);
    let mut whoami = Typed::new(&dogwatch, &["whoami"], 1);
    // A line of titles and one for each endpoint.
    let mut table = Typed::new(&dogwatch, &["fleet"], 1 + endpoints);
    let mut names = Typed::new(&dogwatch, &["fleet", "-o", "name"], endpoints);
    let runs = rounds.max(FEWEST_RUNS);
    say(&format!("cli: {runs} runs of each command"));
    // The first run of each reads the program's file.
    for run in 0..=runs {
        for typed in [&mut least, &mut version, &mut help, &mut whoami, &mut table, &mut names] {
            typed.run(home.path())?;
            if run == 0 {
                typed.times = Latencies::default();
            }
        }
    }
    runtime.block_on(fleet.leave());
    let beside = &mut least.times;
    let figures = [
        version.figures("dogwatch --version, beside /bin/true", beside, START_TARGET_MS),
        help.figures("dogwatch fleet --help", beside, START_TARGET_MS),
        whoami.figures("dogwatch whoami: one question", beside, FLEET_TARGET_MS),
        names.figures(&format!("dogwatch fleet -o name, {endpoints} endpoints"), beside, FLEET_TARGET_MS),
        table.figures(&format!("dogwatch fleet, {endpoints} endpoints"), beside, FLEET_TARGET_MS),
    ];
    Ok(figures.into_iter().flatten().collect())
}

/// How long a program took from its start until its output was read and it was gone, and how many lines that was.
fn timed(program: &Path, args: &[impl AsRef<OsStr>], home: &Path) -> Result<(Duration, usize)> {
    let mut command = Command::new(program);
    command.args(args).env("DOGWATCH_CONFIG_DIR", home).stdin(Stdio::null());
    let start = Instant::now();
    let output = command.output().with_context(|| {
        format!("cannot start {}; build it first: cargo build --release --workspace", program.display())
    })?;
    let took = start.elapsed();
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{} failed ({}): {said}", program.display(), output.status);
    Ok((took, output.stdout.iter().filter(|byte| **byte == b'\n').count()))
}
