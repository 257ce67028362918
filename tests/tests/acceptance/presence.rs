//! A machine that dies is missed; one that says goodbye is not.

use std::time::{Duration, Instant};

use anyhow::Result;
use dogwatch_proto::v1::LaneMarks;
use dogwatch_tests::harness::{
    Lab, PATIENCE,
    peer::{Peer, identities},
    program::Finished,
    settings::Settings,
    tool, wait,
};
use rustix::process::Signal;
use serde_json::{Value, json};
use tokio::{runtime::Runtime, time::timeout};
use uuid::Uuid;

/// The lab's hold time of the rule `silent`.
const HOLD: Duration = Duration::from_secs(1);
/// Simulated machines that die while they attach, each at another moment of the time that it takes.
const MACHINES: u32 = 40;

#[test]
fn a_killed_agent_is_silent_after_the_rules_time_and_back_when_it_returns() {
    let lab = Lab::start();
    let mut agent = lab.online("srv-01");
    let killed = Instant::now();
    agent.kill();
    lab.wait_for_endpoint("srv-01", |endpoint| endpoint["online"] == json!(false));
    let alert = lab.wait_for_alert("silent", PATIENCE, |alert| alert["condition"] == json!("firing"));
    assert!(killed.elapsed() >= HOLD, "the rule holds for {HOLD:?}, not {:?}", killed.elapsed());
    assert_eq!(alert["title"], json!("srv-01 is silent"));
    assert_eq!(alert["severity"], json!("warning"));

    agent.start();
    let alert = lab.wait_for_alert("silent", PATIENCE, |alert| alert["condition"] == json!("cleared"));
    assert_eq!(alert["work"], json!("done"));
}

#[test]
fn an_agent_that_is_stopped_says_goodbye_and_is_not_missed() {
    let lab = Lab::start();
    let mut agent = lab.online("srv-01");
    agent.stop();
    lab.wait_for_endpoint("srv-01", |endpoint| endpoint["online"] == json!(false));
    wait::holds_for("no alert of a planned absence", HOLD * 3, || lab.alerts("silent"), Vec::is_empty);
}

#[test]
fn an_agent_that_dies_while_it_attaches_is_not_online_for_ever() -> Result<()> {
    let Some(strace) = tool::find("strace", "an agent that dies while it attaches is not online for ever")
    else {
        return Ok(());
    };
    // A slow disk: it takes a while from the core's yes to the answer.
    let under =
        [&strace.display().to_string(), "-D", "-f", "-o/dev/null", "-einject=fdatasync:delay_enter=20000"];
    let lab = Lab::with(&Settings { under: under.map(str::to_owned).to_vec(), ..Settings::default() });
    let machines = Runtime::new()?.block_on(identities(&lab, "sim", MACHINES))?;
    let first = LaneMarks { kept: 1, latest: 1, samples: 1 };
    for (moment, machine) in (0..).zip(&machines) {
        // With its runtime goes all that it was, as with a process that is killed: no reset, no goodbye.
        Runtime::new()?.block_on(async {
            let channel = machine.uplink.connect(machine.tls.clone()).await?;
            let attach = Peer::attach_over(channel, Uuid::new_v4(), first);
            let _ = timeout(Duration::from_millis(1) * moment, attach).await;
            anyhow::Ok(())
        })?;
    }
    let seen_and_gone = || {
        let fleet = lab.collector().api().get("/api/v1/fleet").unwrap_or_default();
        let machines = fleet["endpoints"].as_array().cloned().unwrap_or_default();
        let seen = machines.iter().filter(|machine| machine.get("last_seen").is_some()).count();
        (seen, machines.iter().filter(|machine| machine["online"] == json!(true)).count())
    };
    wait::wait_for("all to be gone", PATIENCE, seen_and_gone, |(seen, online)| *seen > 0 && *online == 0);
    Ok(())
}

#[test]
fn a_machine_that_goes_to_sleep_says_so_is_not_missed_and_comes_back() {
    let lab = Lab::start();
    let mut agent = lab.online("srv-01");
    Finished::of(&mut agent.command(&["service", "sleep"], &[])).succeeds();
    lab.wait_for_endpoint("srv-01", |endpoint| {
        endpoint["online"] == json!(false) && endpoint["planned_offline"] == json!(true)
    });
    // One from before it was first online, on a slow machine, is over.
    let missed = || -> Vec<Value> {
        lab.alerts("silent").into_iter().filter(|alert| alert["condition"] == json!("firing")).collect()
    };
    wait::holds_for("no alert of a machine that sleeps", HOLD * 3, missed, Vec::is_empty);
    assert_eq!(agent.running().ended(), None, "the agent itself runs on");

    Finished::of(&mut agent.command(&["service", "wake"], &[])).succeeds();
    lab.wait_for_endpoint("srv-01", |endpoint| endpoint["online"] == json!(true));
    // The signals themselves, as a hook of one's own would send them.
    agent.running().signal(Signal::USR2);
    lab.wait_for_endpoint("srv-01", |endpoint| endpoint["online"] == json!(false));
    agent.running().signal(Signal::CONT);
    lab.wait_for_endpoint("srv-01", |endpoint| endpoint["online"] == json!(true));
}
