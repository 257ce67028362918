//! The whole fleet as JSON: by the API, and by `dogwatch fleet -o json`, from a shell's point of view.

use std::{
    process::{Command, Stdio},
    time::Instant,
};

use anyhow::{Context as _, Result, ensure};
use tempfile::TempDir;
use tokio::runtime::Handle;

use super::{collector::Collector, figure::Figure};
use crate::load::{fleet::Fleet, latency::median, process::sibling};

/// Asks for a fleet of this size some times.
pub fn run(runtime: &Handle, endpoints: usize, rounds: usize, say: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    say(&format!("fleet: attaching {endpoints} endpoints"));
    let collector = Collector::start(runtime)?;
    let fleet = runtime.block_on(Fleet::attach(collector.crew(runtime, endpoints)?))?;
    let home = TempDir::with_prefix("dogwatch-bench-home-")?;
    let login = dogwatch(&home)?.args(["login", collector.login_link()]).output();
    ensure!(login.context("cannot start dogwatch")?.status.success(), "dogwatch login failed");

    let (mut by_api, mut by_cli) = (Vec::new(), Vec::new());
    for _ in 0..rounds {
        let start = Instant::now();
        let answer = collector.api().get("/api/v1/fleet")?;
        by_api.push(start.elapsed().as_secs_f64() * 1e3);
        ensure!(answer["matched"] == endpoints, "the fleet's answer lacks endpoints");

        let start = Instant::now();
        let output = dogwatch(&home)?.args(["fleet", "-o", "json"]).output()?;
        by_cli.push(start.elapsed().as_secs_f64() * 1e3);
        ensure!(output.status.success(), "dogwatch fleet failed");
        let printed: serde_json::Value = serde_json::from_slice(&output.stdout)?;
        ensure!(printed["matched"] == endpoints, "dogwatch fleet lacks endpoints");
    }
    runtime.block_on(fleet.leave());
    Ok(vec![
        Figure::new(format!("dogwatch fleet -o json, {endpoints} endpoints"), "ms", median(by_cli)),
        Figure::new("  of which the API's answer, parsed", "ms", median(by_api)),
    ])
}

/// The people's CLI with a home of its own.
fn dogwatch(home: &TempDir) -> Result<Command> {
    let mut command = Command::new(sibling("dogwatch")?);
    command.env("DOGWATCH_CONFIG_DIR", home.path()).stdin(Stdio::null());
    Ok(command)
}
