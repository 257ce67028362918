//! One cause, thousands of alerts: a few messages, every alert in the queue, and each of them says who was told.
//!
//! How fast the queue stays meanwhile is a figure of the benchmarks (`bench -- storm`), not of a test.

use std::time::Duration;

use dogwatch_tests::{
    bench::storm,
    harness::{Lab, crews::entries, peer::identities, receiver::Receiver, settings::Settings, wait},
    load::{
        facts::RootVolume,
        fleet::{Fleet, Mode},
    },
};
use serde_json::{Value, json};

const MACHINES: u32 = 200;
const ALERTS: usize = MACHINES as usize * storm::RULES;
/// What two crews can bear of one cause.
const MOST_MESSAGES: usize = 10;
/// A debug build writes a few hundred alerts a second.
const PATIENCE: Duration = Duration::from_secs(120);

#[test]
fn two_thousand_alerts_of_one_cause_are_a_few_messages_and_each_alert_says_who_was_told() {
    let lab = Lab::with(&Settings { rules: storm::rules(), ..Settings::default() });
    let receiver = Receiver::start();
    let ways = receiver.channel("noc") + &receiver.channel("it");
    lab.channels(&format!("[grouping]\nwait = \"2s\"\ninterval = \"30s\"\n\n{ways}"));
    lab.matrix(storm::MATRIX);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let fleet = runtime.block_on(async {
        let crew = Fleet::crew(identities(&lab, "sim", MACHINES).await.expect("machines enrol"));
        Fleet::attach(crew).await.expect("machines attach")
    });
    assert_eq!(storm(&lab).len(), 0);

    for machine in 0..fleet.len() {
        runtime.block_on(fleet.sample_now(machine, RootVolume::Full)).expect("an acknowledgement");
    }

    let alerts = storm(&lab);
    assert_eq!(alerts.len(), ALERTS, "what was acknowledged is in the queue");
    assert!(alerts.iter().all(|alert| alert["work"] == json!("unclaimed")));
    let mut left: Vec<u64> = alerts.iter().filter_map(|alert| alert["number"].as_u64()).collect();
    wait::wait_for(
        "a last word for every alert",
        PATIENCE,
        || {
            left.retain(|number| !says_who_was_told(&lab.item(*number).unwrap_or_default()));
            left.len()
        },
        |left| *left == 0,
    );
    let posts = receiver.posts();
    assert!(posts.iter().all(|post| post.verified));
    assert!((2..=MOST_MESSAGES).contains(&posts.len()), "{} messages", posts.len());
    let named = |post: &Value| post["data"]["alerts"].as_array().map_or(0, Vec::len) as u64;
    for way in ["noc", "it"] {
        let bodies = receiver.posts_to(way).into_iter().map(|post| post.body);
        let told: u64 = bodies.map(|post| named(&post) + post["data"]["more"].as_u64().unwrap_or(0)).sum();
        assert_eq!(told, ALERTS as u64, "{way} was told of every one, by name or by number");
    }
    fleet.set(Mode::Quiet);
    runtime.block_on(fleet.leave());
}

/// The alerts of the cause.
fn storm(lab: &Lab) -> Vec<Value> {
    lab.queue().into_iter().filter(|alert| alert["category"] == json!(storm::CATEGORY)).collect()
}

fn says_who_was_told(item: &Value) -> bool {
    let told = entries(item, "notified");
    let by = |channel: &str| {
        told.iter().any(|entry| entry["channel"] == json!(channel) && entry["result"] == json!("delivered"))
    };
    by("noc") && by("it")
}
