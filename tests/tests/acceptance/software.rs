//! What a machine has installed is asked for by the collector, kept on disk, shown to people, and part of an export.

use std::time::Duration;

use dogwatch_tests::harness::{Lab, ORG, tool, wait::wait_for};
use serde_json::{Value, json};

/// The collector brings its view up to date every half minute.
const SETTLED: Duration = Duration::from_secs(90);

#[test]
fn the_packages_of_this_machine_are_listed_with_their_versions() {
    if tool::find("dpkg-query", "the packages of this machine").is_none() {
        return;
    }
    let lab = Lab::start();
    let mut agent = lab.enrol("srv-01");
    let none_yet = lab.admin().run(&["endpoint", "software", "srv-01"]).succeeds();
    assert!(none_yet.stderr.contains("no list has come from srv-01 yet"), "{none_yet:?}");
    agent.start();
    let listed = wait_for(
        "the list of software",
        SETTLED,
        || lab.admin().json(&["endpoint", "software", "srv-01", "DPKG"]),
        |answer: &Value| answer["software"].as_array().is_some_and(|software| !software.is_empty()),
    );
    let dpkg =
        std::process::Command::new("dpkg-query").args(["-W", "-f", "${Version}", "dpkg"]).output().unwrap();
    let version = String::from_utf8(dpkg.stdout).unwrap();
    let expected = json!({ "source": "dpkg", "name": "dpkg", "version": version });
    assert!(listed["software"].as_array().unwrap().contains(&expected), "{listed:#}");
    assert!(listed["total"].as_u64() > listed["software"].as_array().map(|software| software.len() as u64));
    let exported = lab.owner().text(&format!("/api/v1/orgs/{ORG}/export")).unwrap();
    let row =
        exported.lines().find(|line| line.contains(r#""kind":"software""#)).expect("the list goes along");
    let row = &serde_json::from_str::<Value>(row).unwrap()["row"];
    let endpoint = lab.admin().json(&["endpoint", "show", "srv-01"]);
    assert_eq!((&row["endpoint"], &row["told_at"]), (&endpoint["id"], &listed["told_at"]));
    assert!(row["software"].as_array().unwrap().contains(&expected), "{row:#}");
    lab.admin().run(&["endpoint", "software", "srv-99"]).fails_saying(3, &["srv-99"]);
}
