//! `dogwatch watch` in a real terminal: what comes up is seen without a key, is claimed with one, and the terminal is left as
//! it was.

use dogwatch_tests::harness::{
    Lab, PATIENCE,
    crews::{EACH_SERVER, entries},
    glass::Glass,
    person::Person,
    settings::Settings,
    terminal::Terminal,
    wait,
};
use serde_json::json;

const MATRIX: &str = r#"
[org]
id = "home"
name = "Home"
last_resort = "msp-noc"

[[team]]
id = "msp-noc"
name = "MSP operations centre"
side = "msp"

[catch_all]
responsible = "msp-noc"
accountable = "msp-noc"
"#;

fn lab() -> Lab {
    let lab =
        Lab::with(&Settings { rules: EACH_SERVER.to_owned(), silent_after: "1h", ..Settings::default() });
    lab.matrix(MATRIX);
    lab
}

fn watch(who: &Person) -> Terminal {
    let terminal = Terminal::start(&who.command(&["watch"]), 80, 24);
    terminal.wait_for("live  ");
    terminal.wait_for("Fleet 0:");
    terminal
}

#[test]
fn an_alert_comes_up_is_claimed_and_commented_and_the_terminal_is_left_as_it_was() {
    let lab = lab();
    let mut terminal = watch(lab.admin());
    assert!(terminal.wait_for("on watch msp-noc").contains("nothing waits"));
    let _machine = lab.enrol("srv-01");
    let seen = terminal.wait_for("#1 srv-01");
    assert!(seen.contains("MSP: 1 unclaimed"), "{seen}");
    let number = lab.wait_for_alert("lab", PATIENCE, |_| true)["number"].as_u64().expect("a number");

    terminal.type_in("c");
    terminal.wait_for("MSP: 1 claimed");
    assert_eq!(lab.item(number).expect("an item")["assignee"]["person"], json!("ann"));
    terminal.type_in("mthe log is full\r");
    let commented = lab.wait_for_item(number, |item| !entries(item, "comment").is_empty());
    assert_eq!(entries(&commented, "comment")[0]["text"], json!("the log is full"));
    terminal.type_in("\r");
    terminal.wait_for("condition");
    // To its end, which does not fit.
    terminal.type_in("\x1b[F");
    terminal.wait_for("“the log is full”");
    terminal.type_in("\x1b");
    terminal.wait_for("MSP: 1 claimed");

    terminal.resize(50, 10);
    wait::wait_for(
        "one side alone",
        PATIENCE,
        || terminal.seen(),
        |seen| seen.contains("MSP: 1 claimed") && !seen.contains("Internal IT") && seen.lines().count() <= 10,
    );
    terminal.type_in("q");
    assert!(terminal.ended().success());
    terminal.becomes_as_before();
}

#[test]
fn who_may_only_look_is_told_which_right_is_missing_and_control_c_leaves_all_in_order() {
    let lab = lab();
    let _machine = lab.enrol("srv-01");
    lab.wait_for_alert("lab", PATIENCE, |_| true);
    let viewer = lab.person_with(&json!({
        "person": "vic", "side": "msp", "team": "msp-noc", "org": "home", "role": "viewer",
    }));
    let mut terminal = Terminal::start(&viewer.command(&["watch"]), 120, 24);
    terminal.wait_for("srv-01 it is here");
    terminal.type_in("c");
    let seen = terminal.wait_for("missing");
    assert!(seen.contains("claim") && seen.contains("1 unclaimed"), "{seen}");
    terminal.type_in("\x03");
    assert!(terminal.ended().success());
    terminal.becomes_as_before();
}

#[test]
fn a_list_that_is_watched_is_shown_again_when_something_changes() {
    let lab = lab();
    let terminal = Terminal::start(&lab.admin().command(&["queue", "--watch"]), 160, 24);
    let _machine = lab.enrol("srv-01");
    terminal.wait_for("srv-01    it is here");
    lab.admin().run(&["alert", "claim", "1"]).succeeds();
    terminal.wait_for("claimed by ann");
}

#[test]
fn a_list_is_watched_by_asking_where_a_collector_tells_no_events() {
    let lab = lab();
    let glass = Glass::before(&lab, &["/api/v1/events"]);
    let pam = Person::new(lab.folder(), "pam");
    let token = lab.token_of(&json!({ "person": "pam", "side": "msp", "team": "msp-noc", "org": "home" }));
    pam.run(&["login", &glass.login_link(&lab, &token)]).succeeds();
    let terminal = Terminal::start(&pam.command(&["queue", "--watch"]), 160, 24);
    terminal.wait_for("this collector tells no events yet; asking every 2 s");
    let _machine = lab.enrol("srv-01");
    terminal.wait_for("srv-01    it is here");
    lab.admin().run(&["alert", "claim", "1"]).succeeds();
    terminal.wait_for("claimed by ann");
    let asked = |path: &str| glass.heads().iter().filter(|head| head.contains(path)).count();
    assert_eq!(asked("/api/v1/events"), 1, "what is not there is asked for once");
    assert!(asked("/api/v1/queue") >= 3, "{:?}", glass.heads());
}

#[test]
fn a_live_view_without_a_terminal_says_what_to_use_instead() {
    let lab = lab();
    let refused = lab.admin().run(&["watch"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("queue --watch"), "{refused:?}");
}
