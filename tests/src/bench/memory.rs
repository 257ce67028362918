//! Resident memory per connected endpoint.

use std::{thread::sleep, time::Duration};

use anyhow::Result;
use tokio::runtime::Handle;

use super::{bare_peer::BarePeer, collector::Collector, figure::Figure};
use crate::load::{fleet::Fleet, process::Meter};

/// What the design allows, KiB.
const TARGET_KIB: f64 = 48.0;
/// After the last handshake, what is only needed for a moment is given back within this.
const SETTLE: Duration = Duration::from_secs(3);

/// Memory of both sides with this many connected, less that with none.
pub fn run(runtime: &Handle, agents: usize, say: &dyn Fn(&str)) -> Result<Vec<Figure>> {
    say(&format!("memory: attaching {agents} agents to each side"));
    let bare = BarePeer::start()?;
    let crew = bare.crew(runtime, agents)?;
    let base = settled(&bare.meter())?;
    let fleet = runtime.block_on(Fleet::attach(crew))?;
    let bare_each = each(base, settled(&bare.meter())?, agents);
    runtime.block_on(fleet.leave());

    let mut collector = Collector::start(runtime)?;
    let empty = settled(&collector.meter())?;
    let crew = collector.crew(runtime, agents)?;
    let fleet = runtime.block_on(Fleet::attach(crew))?;
    let with_state = each(empty, settled(&collector.meter())?, agents);
    let crew = runtime.block_on(fleet.leave());

    collector.kill_and_restart(|_| Ok(()))?;
    let loaded = settled(&collector.meter())?;
    let fleet = runtime.block_on(Fleet::attach(crew))?;
    let connection = each(loaded, settled(&collector.meter())?, agents);
    runtime.block_on(fleet.leave());
    Ok(vec![
        Figure::new(format!("memory per connected endpoint, {agents} streams"), "KiB", connection)
            .beside(bare_each)
            .at_most(TARGET_KIB),
        Figure::new("  the same with the endpoint's state", "KiB", with_state).beside(bare_each),
        Figure::new("  state alone, loaded at start", "KiB", each(empty, loaded, agents)),
        Figure::new("  collector with nothing in it", "MiB", bytes(empty) / 1024.0 / 1024.0),
    ])
}

fn settled(meter: &Meter) -> Result<u64> {
    sleep(SETTLE);
    meter.resident_bytes()
}

fn each(before: u64, after: u64, agents: usize) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "a count of agents")]
    let agents = agents as f64;
    (bytes(after) - bytes(before)) / 1024.0 / agents
}

#[expect(clippy::cast_precision_loss, reason = "memory of a process, to a few digits")]
const fn bytes(count: u64) -> f64 {
    count as f64
}
