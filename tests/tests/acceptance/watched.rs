//! From a line of a policy file to a check on the machine, an alert in the queue, and back: without a reconnection.

use std::net::TcpListener;

use dogwatch_tests::harness::{Lab, PATIENCE, port, program::Finished, settings::Settings, wait};
use serde_json::json;

fn watch(port: u16) -> String {
    format!(
        "[[check]]\nname = \"database\"\nkind = \"tcp\"\nport = {port}\nwhen = 'class == \"server\"'\n\
         [[check]]\nname = \"shadow\"\nkind = \"file\"\npath = \"/etc/shadow\"\n\
         [[service]]\nname = \"no-such-unit-anywhere.service\"\n"
    )
}

#[test]
fn a_check_of_a_policy_file_is_made_alarms_and_follows_the_file() {
    let lab = Lab::with(&Settings {
        rules: "[rules.service-down]\nwarning.for = \"1s\"\ncritical.for = \"1s\"\n".to_owned(),
        ..Settings::default()
    });
    let _agent = lab.online("srv-01");
    let since = lab.endpoint("srv-01").expect("it is online")["enrolled_at"].clone();
    let (open, closed) = (TcpListener::bind("127.0.0.1:0").expect("a port"), port::free());
    lab.collector().write("policy/watch.toml", &watch(closed));

    let alert = lab.wait_for_alert("check-failed", PATIENCE, |alert| alert["condition"] == json!("firing"));
    assert_eq!(alert["subject"], json!("database"));
    assert_eq!(alert["title"], json!("Check database (tcp) failed: connection refused"));
    lab.wait_for_alert("service-down", PATIENCE, |alert| alert["severity"] == json!("critical"));
    let endpoint = lab.endpoint("srv-01").expect("it is online");
    let shadow = &endpoint["checks"][1];
    assert_eq!(shadow["state"], json!("unknown"), "{endpoint:#}");
    assert_eq!(shadow["detail"], json!("not allowed here"));
    assert_eq!(endpoint["services"][0]["expected"], json!("running"));

    let listed = lab.admin().run(&["rules", "list", "--endpoint", "srv-01"]).succeeds().stdout;
    for part in ["check database", "port", &closed.to_string(), "msp", "policy/watch.toml:4", "sample_every"]
    {
        assert!(listed.contains(part), "no {part:?} in {listed}");
    }

    // An org's file lies over the MSP's, and the agent follows on the stream that stands.
    let open = open.local_addr().expect("it is bound").port();
    std::fs::create_dir(lab.collector().path("policy/watch")).expect("our own folder");
    let org = format!("[[check]]\nname = \"database\"\nwhen = 'class == \"server\"'\nport = {open}\n");
    lab.collector().write("policy/watch/home.toml", &org);
    let alert = lab.wait_for_alert("check-failed", PATIENCE, |alert| alert["condition"] == json!("cleared"));
    assert_eq!(alert["work"], json!("done"));
    let told = lab.collector().api().get("/api/v1/rules/watched?endpoint=srv-01").expect("an answer");
    let port = told["values"].as_array().expect("a list").iter().find(|value| value["key"] == json!("port"));
    assert_eq!(port.expect("its port")["layer"], json!("org home"), "{told:#}");
    lab.wait_for_endpoint("srv-01", |endpoint| endpoint["agent"]["policy_version"] == told["version"]);
    assert_eq!(lab.endpoint("srv-01").expect("it is online")["enrolled_at"], since);
    let reconnected = lab.collector().log_text().contains("takes the place of a live one");
    assert!(!reconnected, "the agent followed on its stream");
}

#[test]
fn a_watch_list_with_a_fault_changes_nothing_and_is_told_with_its_line() {
    let lab = Lab::start();
    lab.collector().write("policy/watch.toml", "[[check]]\nname = \"x\"\nkind = \"tpc\"\n");
    let log = || lab.collector().log_text();
    wait::wait_for("the refusal in the log", PATIENCE, log, |log| {
        log.contains("policy/watch.toml:3:8: `kind` is one of process, tcp, http, file, log")
    });
    Finished::of(&mut lab.collector().command("check"))
        .fails_saying(1, &["watch.toml:3:8", "`kind` is one of"]);
    lab.collector().write("policy/watch.toml", "");
    std::fs::create_dir(lab.collector().path("policy/watch")).expect("our own folder");
    lab.collector().write("policy/watch/elsewhere.toml", "");
    wait::wait_for("the refusal in the log", PATIENCE, log, |log| log.contains("no org `elsewhere`"));
}
