//! A machine that dies is missed; one that says goodbye is not.

use std::time::{Duration, Instant};

use dogwatch_tests::harness::{Lab, PATIENCE, wait};
use serde_json::json;

/// The lab's hold time of the rule `silent`.
const HOLD: Duration = Duration::from_secs(1);

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
