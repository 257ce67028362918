//! One queue, two crews: both see the same, and one alert has one holder.

use std::thread;

use dogwatch_tests::harness::{Lab, PATIENCE, person::Person, program::Finished};
use serde_json::{Value, json};

#[test]
fn both_sides_see_the_same_queue() {
    let lab = Lab::start();
    let agent = lab.online("srv-01");
    agent.backup_run("nightly", &["false"]);
    lab.wait_for_alert("backup-failed", PATIENCE, |_| true);
    let omar = lab.person("omar", "internal", "internal-it");
    let seen_by = |person: &Person| {
        let queue = person.json(&["queue"]);
        queue["alerts"]
            .as_array()
            .expect("a list")
            .iter()
            .map(|alert| alert["number"].clone())
            .collect::<Vec<Value>>()
    };
    let seen = seen_by(&omar);
    assert!(!seen.is_empty());
    assert_eq!(seen, seen_by(lab.admin()));
}

#[test]
fn of_ten_who_claim_at_once_one_wins_and_the_others_learn_who() {
    let lab = Lab::start();
    let agent = lab.online("srv-01");
    agent.backup_run("nightly", &["false"]);
    let number = lab.wait_for_alert("backup-failed", PATIENCE, |_| true)["number"].to_string();
    let people: Vec<Person> = (0..10).map(|n| lab.person(&format!("person-{n}"), "msp", "msp-noc")).collect();

    let tries: Vec<(&Person, Finished)> = thread::scope(|scope| {
        let claims: Vec<_> = people
            .iter()
            .map(|person| (person, scope.spawn(|| person.run(&["alert", "claim", &number]))))
            .collect();
        claims.into_iter().map(|(person, claim)| (person, claim.join().expect("a claim"))).collect()
    });

    let (won, lost): (Vec<_>, Vec<_>) = tries.into_iter().partition(|(_, done)| done.code == Some(0));
    let [(winner, _)] = won[..] else { panic!("{} have won; lost: {lost:#?}", won.len()) };
    for (_, refused) in &lost {
        refused.fails_saying(1, &[winner.name()]);
    }
    let alert = lab.admin().json(&["alert", "show", &number]);
    assert_eq!(alert["assignee"]["person"], json!(winner.name()));
    let claims = alert["timeline"].as_array().expect("a timeline").iter();
    assert_eq!(claims.filter(|entry| entry["event"] == json!("claimed")).count(), 1);
}
