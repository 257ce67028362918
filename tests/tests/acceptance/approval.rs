//! A machine that wants approval waits outside until a person lets it in.

use std::fs;

use dogwatch_tests::harness::{Lab, ORG, PATIENCE, SITE, wait};
use serde_json::json;

#[test]
fn a_machine_that_waits_for_approval_counts_nowhere_until_it_is_approved() {
    let lab = Lab::start();
    let token = lab
        .admin()
        .run(&["join-token", "create", "--org", ORG, "--site", SITE, "--approval", "-o", "name"])
        .succeeds();
    let mut agent = lab.machine("srv-01");
    let enrolled = agent.enroll(token.stdout.trim()).succeeds();
    assert!(enrolled.stdout.contains("dogwatch endpoint approve srv-01"), "{enrolled:#?}");
    agent.start();
    let log = || fs::read_to_string(agent.log()).unwrap_or_default();
    wait::wait_for("the agent's word on it", PATIENCE, log, |log| log.contains("waits for approval"));
    assert_eq!(lab.endpoint("srv-01"), None, "the fleet is those in service");

    lab.admin().run(&["endpoint", "approve", "srv-01"]).succeeds();
    lab.wait_for_endpoint("srv-01", |endpoint| endpoint["online"] == json!(true));
}
