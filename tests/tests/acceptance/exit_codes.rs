//! Scripts rely on the CLI's exit codes, people on its one line.

use dogwatch_tests::harness::{Lab, person::Person};
use serde_json::json;

#[test]
fn each_kind_of_failure_has_its_exit_code_and_one_line() {
    let mut lab = Lab::start();
    let ann = lab.admin().clone();
    ann.run(&["whoami"]).succeeds();

    // 1: a condition that was expected is not met.
    ann.run(&["who", "backup", "--org", "home", "--expect", "msp-noc"]).succeeds();
    let unexpected = ann.run(&["who", "backup", "--org", "home", "--expect", "internal-it"]);
    assert_eq!(unexpected.code, Some(1), "{unexpected:#?}");

    // 2: the command is wrong; a filter is part of it, and says where.
    assert_eq!(ann.run(&["no-such-command"]).code, Some(2));
    ann.run(&["fleet", "health.disk.exists(d, d.used_percent > 90.0)"])
        .fails_with(2, "line 1, column 1: no field `health.disk`; did you mean `health.disks`?");

    // 3: no such thing.
    ann.run(&["endpoint", "show", "srv-99"]).fails_saying(3, &["srv-99"]);
    ann.run(&["alert", "show", "4711"]).fails_saying(3, &["4711"]);

    // 4: not allowed, known or unknown.
    let viewer = lab.person_with(&json!({ "person": "vic", "side": "internal", "role": "viewer" }));
    viewer.run(&["fleet"]).succeeds();
    viewer
        .run(&["join-token", "create", "--org", "home", "--site", "main"])
        .fails_saying(4, &["`configure` is missing", "dogwatch access grant vic configure"]);
    let stranger = Person::new(lab.folder(), "stranger");
    stranger.run(&["fleet"]).fails_saying(4, &["dogwatch login"]);

    // 5: nobody there.
    lab.collector_mut().stop();
    ann.run(&["fleet"]).fails_saying(5, &["localhost"]);
}

#[test]
fn the_setup_link_logs_the_first_person_in_and_nobody_after() {
    let lab = Lab::unmanned();
    let first = Person::new(lab.folder(), "first");
    let link = lab.collector().setup_link();
    first.run(&["login", &link, "--person", "first"]).succeeds();
    let me = first.json(&["whoami"]);
    assert_eq!((&me["person"], &me["role"]), (&json!("first"), &json!("admin")));
    let second = Person::new(lab.folder(), "second");
    second.run(&["login", &link, "--person", "second"]).fails_saying(4, &["setup code"]);
}
