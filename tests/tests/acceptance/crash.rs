//! Whatever the collector has acknowledged survives its death at any moment.

mod machines;

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use dogwatch_proto::v1::Lane;
use dogwatch_tests::harness::{Lab, PATIENCE, journal_audit, settings::Settings, wait};
use machines::{Ledgers, MACHINES, Machines, UNDER_WAY};

/// Acknowledgements that a life of the collector gives before it is killed, at the most: it dies young …
const SHORT_LIFE: u64 = 40;
/// … or old enough to have taken snapshots.
const LONG_LIFE: u64 = 4_000;

#[test]
fn nothing_acknowledged_is_lost_when_the_collector_is_killed_fifty_times_under_load() -> Result<()> {
    // The view is written all the time, so that death comes in the middle of that, too.
    let mut lab = Lab::with(&Settings { settle_every: "50ms", ..Settings::default() });
    let ledgers = kill_under_load(&mut lab, 50, SHORT_LIFE)?;
    lab.collector_mut().kill();
    let on_disk = journal_audit::sequences(lab.collector().data_dir())?;
    for (endpoint, ledger) in &ledgers {
        let stored =
            on_disk.get(&(*endpoint, ledger.epoch, Lane::Kept)).context("nothing of it is on disk")?;
        let last = u64::try_from(stored.len())?;
        let without_gap_or_double: Vec<u64> = (1..=last).collect();
        ensure!(*stored == without_gap_or_double, "{}: stored out of order: {stored:?}", ledger.name);
        let acknowledged = ledger.acknowledged();
        ensure!(last >= acknowledged, "{}: acknowledged {acknowledged}, on disk {last}", ledger.name);
    }
    Ok(())
}

#[test]
fn nothing_acknowledged_is_lost_when_the_collector_is_killed_among_snapshots() -> Result<()> {
    // The journal before a snapshot goes, so the fleet's own picture has to tell.
    let settings = Settings { settle_every: "50ms", snapshot_every: "100ms", ..Settings::default() };
    let mut lab = Lab::with(&settings);
    kill_under_load(&mut lab, 20, LONG_LIFE)?;
    let snapshots = lab.collector().log_text().matches("snapshot taken").count();
    ensure!(snapshots > 0, "none of its lives was long enough for a snapshot");
    println!("{snapshots} snapshots");
    Ok(())
}

/// Kills and restarts the collector so often while machines report, and compares what each was told with what the
/// fleet shows. Each machine compares for itself, too: what is stored when it comes back is never less.
#[expect(clippy::print_stdout, reason = "how much was survived belongs into a test's output")]
fn kill_under_load(lab: &mut Lab, kills: u32, life: u64) -> Result<Ledgers> {
    let start = Instant::now();
    let machines = Machines::start(lab)?;
    for kill in 0..kills {
        // Never at the same place: somewhere between the first acknowledgement of this life and the last.
        let after = machines.acknowledgements() + 1 + u64::from(kill) * 1_237 % life;
        wait::wait_for("acknowledgements", PATIENCE, || machines.progress(), |(count, _)| *count >= after);
        lab.collector_mut().kill();
        lab.collector_mut().start();
        machines.called();
    }
    let all_again = machines.acknowledgements() + u64::from(MACHINES) * UNDER_WAY;
    wait::wait_for(
        "the last acknowledgements",
        PATIENCE,
        || machines.progress(),
        |(count, _)| *count >= all_again,
    );
    println!("{kills} kills, {} acknowledgements, {:?}", machines.acknowledgements(), start.elapsed());
    let ledgers = machines.end()?;
    for ledger in ledgers.values() {
        let endpoint =
            lab.wait_for_endpoint(&ledger.name, |endpoint| endpoint["backup"]["jobs"][0].is_object());
        let shown = endpoint["backup"]["jobs"][0]["consecutive_failures"].as_u64().context("a count")?;
        let acknowledged = ledger.acknowledged();
        ensure!(shown >= acknowledged, "{}: acknowledged {acknowledged}, shown {shown}", ledger.name);
    }
    Ok(ledgers)
}
