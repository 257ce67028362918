//! Files, ports and folders that are not what they should be: one line that says what, where and how to mend it.

use std::{fs, net::TcpListener, os::unix::fs::PermissionsExt as _};

use dogwatch_tests::harness::{Lab, PATIENCE, program::Finished, settings::Settings, wait};
use serde_json::json;

#[test]
fn an_unknown_key_in_collector_toml_is_refused_with_its_line() {
    let mut lab = Lab::unmanned();
    lab.collector_mut().stop();
    let toml = fs::read_to_string(lab.collector().path("collector.toml")).expect("the configuration");
    lab.collector().write("collector.toml", &format!("{toml}sweep_evry = \"1s\"\n"));
    let line = (toml.lines().count() + 1).to_string();
    for command in ["serve", "check"] {
        Finished::of(&mut lab.collector().command(command)).fails_saying(
            1,
            &[
                "collector.toml",
                &format!(":{line}:"),
                "unknown key `sweep_evry`",
                "did you mean `sweep_every`",
            ],
        );
    }
}

#[test]
fn an_unknown_key_in_agent_toml_is_refused_with_its_line() {
    let lab = Lab::unmanned();
    let machine = lab.machine("srv-01");
    machine.configure("[narrow]\ndisabel = [\"patch\"]\n");
    machine.run_once().fails_saying(2, &["agent.toml", "line 2", "disabel", "did you mean `disable`"]);
}

#[test]
fn bad_policy_files_change_nothing_and_are_reported() {
    let lab = Lab::with(&Settings {
        rules: "[rules.lab]\ncategory = \"agent\"\ntool = \"rmm\"\ntitle = \"seen\"\ninfo = { when = \"online\" }\n"
            .to_owned(),
        ..Settings::default()
    });
    let _agent = lab.online("srv-01");
    lab.wait_for_alert("lab", PATIENCE, |alert| alert["condition"] == json!("firing"));

    let rules = fs::read_to_string(lab.collector().path("policy/rules.toml")).expect("the rules");
    lab.collector().write("policy/rules.toml", &rules.replace("title = \"seen\"", "titel = \"seen\""));
    refused(&lab, &["rules.toml", "titel", "title"]);
    lab.collector().write("policy/rules.toml", &rules);
    in_force(&lab);

    let home = fs::read_to_string(lab.collector().path("policy/orgs/home.toml")).expect("the matrix");
    lab.collector().write("policy/orgs/home.toml", &home.replace("last_resort", "last_resor"));
    refused(&lab, &["home.toml", "last_resor", "last_resort"]);
    // What was in force still is: rules and matrix go on as if nothing had been written.
    lab.online("srv-02");
    wait::wait_for("an alert of the old rules", PATIENCE, || lab.alerts("lab"), |alerts| alerts.len() == 2);
    lab.collector().write("policy/orgs/home.toml", &home);
    in_force(&lab);

    // A matrix that is moved away leaves nobody without an owner either.
    fs::remove_file(lab.collector().path("policy/orgs/home.toml")).expect("it is there");
    refused(&lab, &["home.toml is gone"]);
    lab.collector().write("policy/orgs/home.toml", &home);
    in_force(&lab);
}

#[test]
fn a_port_in_use_is_named_with_the_way_out() {
    let mut lab = Lab::unmanned();
    lab.collector_mut().stop();
    let taken = TcpListener::bind(lab.collector().people_address()).expect("its port is free now");
    let port = taken.local_addr().expect("it is bound").port().to_string();
    Finished::of(&mut lab.collector().command("serve"))
        .fails_saying(1, &[&port, "in use", "people.listen in collector.toml"]);
}

#[test]
fn a_file_in_the_place_of_a_folder_is_named() {
    let mut lab = Lab::unmanned();
    lab.collector_mut().stop();
    let store = lab.collector().path("store");
    fs::rename(&store, store.with_extension("aside")).expect("a folder can be renamed");
    fs::write(&store, b"not a folder").expect("a lab's folder can be written");
    Finished::of(&mut lab.collector().command("serve")).fails_saying(1, &["store"]);

    let machine = lab.machine("srv-01");
    fs::write(machine.state_dir(), b"not a folder").expect("a lab's folder can be written");
    machine.run_once().fails_saying(1, &["state"]);
}

#[test]
fn a_key_that_others_may_read_is_refused() {
    let mut lab = Lab::unmanned();
    lab.collector_mut().stop();
    for name in ["server.pem", "server-ca.pem", "root.key"] {
        let key = lab.collector().path("authority").join(name);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).expect("our own file");
        Finished::of(&mut lab.collector().command("serve"))
            .fails_saying(1, &[name, "mode 0644", "chmod 0600"]);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).expect("our own file");
    }
    lab.collector_mut().start();
}

/// The collector says what is wrong in its log, at `/readyz` only that something is, and stays ready.
#[track_caller]
fn refused(lab: &Lab, words: &[&str]) {
    let last = || {
        let log = lab.collector().log_text();
        log.lines().rfind(|line| line.contains("policy files refused")).unwrap_or_default().to_owned()
    };
    wait::wait_for("the refusal in the log", PATIENCE, last, |line| {
        words.iter().all(|word| line.contains(word))
    });
    let ready = || lab.collector().api().get("/readyz").unwrap_or_default();
    let seen = wait::wait_for("the refusal at /readyz", PATIENCE, ready, |ready| {
        ready["policy"]["state"] == json!("refused")
    });
    assert_eq!(seen["ready"], json!(true), "the last good policy is in force: {seen:#}");
    assert!(words.iter().all(|word| !seen.to_string().contains(word)), "no fault without a token: {seen:#}");
}

#[track_caller]
fn in_force(lab: &Lab) {
    let ready = || lab.collector().api().get("/readyz").unwrap_or_default().to_string();
    wait::wait_for("a whole policy in force again", PATIENCE, ready, |ready| !ready.contains("refused"));
}
