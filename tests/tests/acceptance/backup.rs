//! A failed backup finds its owner within seconds; a following success clears it, and never takes work out of hands.

use std::time::{Duration, Instant};

use dogwatch_tests::harness::{Lab, PATIENCE, agent::LabAgent};
use serde_json::{Value, json};

/// From the end of the job to its place in the queue.
const IN_THE_QUEUE_WITHIN: Duration = Duration::from_secs(5);

#[test]
fn a_failed_backup_is_with_its_owner_within_five_seconds() {
    let lab = Lab::start();
    let agent = lab.online("srv-01");
    let start = Instant::now();
    let number = fail(&lab, &agent);
    assert!(start.elapsed() < IN_THE_QUEUE_WITHIN, "it took {:?}", start.elapsed());

    let queue = lab.admin().run(&["queue"]).succeeds().stdout;
    assert!(queue.contains("Backup nightly failed") && queue.contains("srv-01"), "{queue}");
    let alert = lab.admin().json(&["alert", "show", &number]);
    assert_eq!(alert["owner"]["team"], json!("msp-noc"));
    assert_eq!(alert["owner"]["row"], json!("backup"));
    assert_eq!(alert["subject"], json!("nightly"));
    // The starter's owner and informed team have no channels yet, which is said and not passed over.
    assert_eq!(events(&alert), ["created", "routed", "not_notified", "not_notified"]);
    let shown = lab.admin().run(&["alert", "show", &number]).succeeds().stdout;
    for part in ["nightly", "srv-01", "msp-noc", "exit code"] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
}

#[test]
fn a_success_ends_an_alert_that_nobody_touched() {
    let lab = Lab::start();
    let agent = lab.online("srv-01");
    fail(&lab, &agent);
    agent.backup_run("nightly", &["true"]).succeeds();
    let alert = lab.wait_for_alert("backup-failed", PATIENCE, |alert| alert["work"] == json!("done"));
    assert_eq!(alert["condition"], json!("cleared"));
    assert_eq!(alert["closed"]["resolution"], json!("cleared by itself"));
    let open = lab.admin().json(&["queue"]);
    let still_there =
        open["alerts"].as_array().expect("a list").iter().any(|a| a["number"] == alert["number"]);
    assert!(!still_there, "{open:#}");
}

#[test]
fn a_success_marks_a_claimed_alert_cleared_and_leaves_it_with_its_person() {
    let lab = Lab::start();
    let agent = lab.online("srv-01");
    let number = fail(&lab, &agent);
    lab.admin().run(&["alert", "claim", &number]).succeeds();
    agent.backup_run("nightly", &["true"]).succeeds();
    let alert = lab.wait_for_alert("backup-failed", PATIENCE, |alert| alert["condition"] == json!("cleared"));
    assert_eq!(alert["work"], json!("claimed"));
    assert_eq!(alert["assignee"]["person"], json!("ann"));
    let shown = lab.admin().json(&["alert", "show", &number]);
    assert_eq!(events(&shown), ["created", "routed", "not_notified", "not_notified", "claimed", "cleared"]);
}

#[test]
fn the_wrapper_hands_the_exit_code_and_the_output_of_the_job_outward() {
    let lab = Lab::start();
    let agent = lab.enrol("srv-01");
    let done = agent.backup_run("nightly", &["sh", "-c", "echo to-out; echo to-err >&2; exit 7"]);
    assert_eq!(done.code, Some(7), "{done:#?}");
    assert!(done.stdout.contains("to-out") && done.stderr.contains("to-err"), "{done:#?}");
}

/// Lets the job fail, and returns the number of its alert.
#[track_caller]
fn fail(lab: &Lab, agent: &LabAgent) -> String {
    let done = agent.backup_run("nightly", &["false"]);
    assert_eq!(done.code, Some(1), "the job's own exit code: {done:#?}");
    let alert = lab.wait_for_alert("backup-failed", IN_THE_QUEUE_WITHIN, |alert| {
        alert["condition"] == json!("firing") && alert["work"] == json!("unclaimed")
    });
    alert["number"].to_string()
}

fn events(alert: &Value) -> Vec<&str> {
    let timeline = alert["timeline"].as_array().expect("a timeline");
    timeline.iter().filter_map(|entry| entry["event"].as_str()).collect()
}
