//! Pending updates are in the queue with all that a person needs to act, and with their owner.

use dogwatch_tests::harness::{
    Lab, PATIENCE,
    debian::{Debian, PACKAGES},
    tool,
};
use serde_json::json;

#[test]
fn pending_updates_are_in_the_queue_with_versions_class_age_and_owner() {
    if tool::find("apt-get", "pending updates are in the queue").is_none() {
        return;
    }
    let lab = Lab::start();
    let debian = Debian::new(&lab.folder().join("debian"));
    let mut agent = lab.enrol("srv-01");
    agent.look_for_updates(&debian);
    agent.start();

    let endpoint =
        lab.wait_for_endpoint("srv-01", |endpoint| endpoint["patch"]["missing"]["total"] == json!(2));
    assert_eq!(endpoint["patch"]["source"], json!("apt"));
    assert_eq!(endpoint["patch"]["missing"]["security"], json!(1));
    let updates = endpoint["patch"]["updates"].as_array().expect("a list of updates");
    for package in PACKAGES {
        let update = updates.iter().find(|update| update["package"] == json!(package.name));
        let update = update.unwrap_or_else(|| panic!("no {} in {updates:#?}", package.name));
        assert_eq!(update["installed"], json!(package.installed));
        assert_eq!(update["available"], json!(package.available));
        assert_eq!(update["class"], json!(if package.security { "security" } else { "regular" }));
        assert!(update["first_seen_missing"].is_string(), "{update:#}");
    }

    let alert = lab.wait_for_alert("updates", PATIENCE, |alert| alert["work"] == json!("unclaimed"));
    assert_eq!(alert["owner"]["team"], json!("msp-noc"));
    assert_eq!(alert["owner"]["row"], json!("patching"));
    let queue = lab.admin().run(&["queue"]).succeeds().stdout;
    assert!(queue.contains("Updates missing: 2") && queue.contains("msp-noc"), "{queue}");

    let shown = lab.admin().run(&["alert", "show", &alert["number"].to_string()]).succeeds().stdout;
    for package in PACKAGES {
        for part in [package.name, package.installed, package.available] {
            assert!(shown.contains(part), "no {part} in {shown}");
        }
    }
    for part in ["security", "regular", "missing since", "msp-noc", "patching", "srv-01"] {
        assert!(shown.contains(part), "no {part:?} in {shown}");
    }
}
