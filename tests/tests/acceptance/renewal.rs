//! Certificates are short-lived and renewed over the stream, long before they end.

use std::{fs, time::Duration};

use dogwatch_tests::harness::{Lab, settings::Settings, wait};
use serde_json::json;

#[test]
fn a_renewed_certificate_opens_the_door_after_the_first_one_has_ended() {
    let mut lab = Lab::with(&Settings { certificate_lifetime: "6s", ..Settings::default() });
    let agent = lab.enrol("srv-01");
    let chain = || fs::read(agent.state_dir().join("chain.pem")).unwrap_or_default();
    let first = chain();
    let mut agent = agent;
    agent.start();
    let state = agent.state_dir();
    let chain = || fs::read(state.join("chain.pem")).unwrap_or_default();
    // Twice: the first certificate is over by then, whatever the machine's pace.
    let second = wait::wait_for("the first renewal", Duration::from_secs(15), chain, |now| *now != first);
    wait::wait_for("the second renewal", Duration::from_secs(15), chain, |now| *now != second);
    lab.collector_mut().kill();
    lab.collector_mut().start();
    lab.wait_for_endpoint("srv-01", |endpoint| endpoint["online"] == json!(true));
}
