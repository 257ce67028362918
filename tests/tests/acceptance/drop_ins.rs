//! Any script can say how a backup went, by a file; one that is not understood is set aside and told.

use std::fs;

use dogwatch_tests::harness::{Lab, PATIENCE, wait};
use serde_json::json;

#[test]
fn a_dropped_in_file_is_a_run_and_a_bad_one_is_set_aside_with_its_reason() {
    let lab = Lab::start();
    let agent = lab.online("srv-01");
    let folder = agent.state_dir().join("backup.d");
    let drop_in = |name: &str, content: &str| {
        // Written beside and moved in, as every careful script does.
        let fresh = agent.state_dir().join(name);
        fs::write(&fresh, content).expect("the agent's folder is ours");
        fs::rename(&fresh, folder.join(name)).expect("the agent has made its drop-in folder");
    };

    drop_in("one.json", r#"{"job": "weekly", "result": "failed", "product": "pg_dump", "exit_code": 3}"#);
    let alert = lab.wait_for_alert("backup-failed", PATIENCE, |alert| alert["subject"] == json!("weekly"));
    assert!(alert["evidence"].to_string().contains("exit code"), "{alert:#}");
    wait::wait_for("the file to be taken in", PATIENCE, || folder.join("one.json").exists(), |there| !there);

    drop_in("two.json", r#"{"job": "weekly", "reslt": "success"}"#);
    let word = |log: &String| log.lines().any(|line| line.contains("two.json") && line.contains("reslt"));
    wait::wait_for(
        "the agent's word on it",
        PATIENCE,
        || fs::read_to_string(agent.log()).unwrap_or_default(),
        word,
    );
    wait::wait_for("the collector's word on it", PATIENCE, || lab.collector().log_text(), word);
    assert!(!folder.join("two.json").exists(), "it would be read for ever");
    let still = lab.wait_for_alert("backup-failed", PATIENCE, |_| true);
    assert_eq!(still["condition"], json!("firing"), "what was not understood says nothing");
}
