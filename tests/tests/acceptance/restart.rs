//! A restart of the collector is nobody's alarm.

use std::time::Duration;

use dogwatch_tests::harness::{Lab, collector::LabCollector, settings::Settings, wait};
use serde_json::{Value, json};

/// Hold time of the rule `silent`: longer than agents take to come back, shorter than a test.
const HOLD: Duration = Duration::from_secs(3);

#[test]
fn a_restart_in_order_raises_nothing_and_agents_come_back_by_themselves() {
    raises_nothing(LabCollector::stop);
}

#[test]
fn a_killed_collector_raises_nothing_and_agents_come_back_by_themselves() {
    raises_nothing(LabCollector::kill);
}

fn raises_nothing(end: fn(&mut LabCollector)) {
    let mut lab = Lab::with(&Settings { silent_after: "3s", ..Settings::default() });
    let _agents = [lab.online("srv-01"), lab.online("srv-02")];
    let mut gone = lab.online("srv-gone");
    gone.kill();
    lab.wait_for_alert("silent", HOLD * 4, |alert| alert["endpoint_name"] == json!("srv-gone"));

    end(lab.collector_mut());
    lab.collector_mut().start();
    for name in ["srv-01", "srv-02"] {
        lab.wait_for_endpoint(name, |endpoint| endpoint["online"] == json!(true));
    }
    // What was true before is true still, and nothing else has become so.
    let only_the_one = |alerts: &Vec<Value>| matches!(&alerts[..], [alert] if alert["endpoint_name"] == json!("srv-gone") && alert["count"] == json!(1));
    wait::holds_for(
        "only the truth of before",
        HOLD + Duration::from_secs(1),
        || lab.alerts("silent"),
        only_the_one,
    );
}
