//! What is typed becomes the act that the collector reads.

use clap::Parser as _;
use jiff::tz::TimeZone;

use super::*;
use crate::args::{Args, Command, Format};

fn screen() -> Screen {
    Screen { format: Format::Table, colour: false, terminal: false, zone: TimeZone::UTC }
}

fn typed(words: &[&str]) -> Result<(u64, String, Value), Failure> {
    let args = Args::try_parse_from(["dogwatch", "alert"].iter().chain(words))
        .map_err(|error| Failure::usage(error.to_string()))?;
    let Command::Alert(alert) = args.command else { panic!("no alert") };
    let (of, act) = act_of(&alert, &screen())?;
    Ok((of.number, act.name().to_owned(), parts_of(&act)?))
}

#[test]
fn every_act_is_sent_with_its_parts() {
    let until = "2026-12-07T08:00:00Z";
    for (words, name, body) in [
        (&["claim", "#7"][..], "claim", json!({})),
        (&["claim", "7", "--override", "it burns"], "claim", json!({ "override": "it burns" })),
        (&["release", "7"], "release", json!({})),
        (&["assign", "7", "kim"], "assign", json!({ "person": "kim" })),
        (&["accept", "7"], "accept", json!({})),
        (&["decline", "7", "no", "--not-ours"], "decline", json!({ "reason": "no", "not_ours": true })),
        (&["withdraw", "7"], "withdraw", json!({})),
        (
            &["wait", "7", "vendor", "case 1", "--until", until],
            "wait",
            json!({ "on": "vendor", "until": until, "reason": "case 1" }),
        ),
        (&["resume", "7"], "resume", json!({})),
        (
            &["snooze", "7", "closed", "--until", "2026-12-07 03:00 America/Toronto"],
            "snooze",
            json!({ "until": until, "reason": "closed" }),
        ),
        (&["wake", "7"], "wake", json!({})),
        (&["comment", "7", "hm"], "comment", json!({ "text": "hm" })),
        (&["acknowledge", "7"], "acknowledge", json!({})),
        (
            &["prioritise", "7", "p1", "payroll"],
            "prioritise",
            json!({ "priority": "P1", "reason": "payroll" }),
        ),
        (&["link", "7", "#8"], "link", json!({ "to": 8, "relation": "related" })),
        (&["merge", "7", "8"], "merge", json!({ "into": 8 })),
        (&["feedback", "7", "noise"], "feedback", json!({ "noise": true })),
        (&["feedback", "7", "useful", "thanks"], "feedback", json!({ "noise": false, "text": "thanks" })),
        (&["close", "7", "done"], "close", json!({ "resolution": "done" })),
        (&["reopen", "7", "again"], "reopen", json!({ "reason": "again" })),
        (
            &[
                "handoff",
                "7",
                "--tried",
                "a",
                "--state",
                "b",
                "--why",
                "c",
                "--to",
                "it",
                "--link",
                "https://x/",
                "--not-ours",
            ],
            "handoff",
            json!({
                "to": "it", "not_ours": true,
                "packet": { "tried": "a", "state": "b", "why_you": "c", "links": ["https://x/"] },
            }),
        ),
    ] {
        assert_eq!(typed(words).unwrap(), (7, name.to_owned(), body), "{words:?}");
    }
}

#[test]
fn a_hand_off_without_its_packet_says_what_is_missing() {
    let said = typed(&["handoff", "7", "--state", "b"]).unwrap_err().to_string();
    assert!(
        said.contains("add --tried and --why\n") && said.contains("dogwatch alert handoff 7 --tried"),
        "{said}"
    );
}

#[test]
fn words_that_there_are_not_are_refused_with_those_that_there_are() {
    for (words, told) in [
        (&["wait", "7", "godot", "x", "--until", "2d"][..], "vendor"),
        (&["prioritise", "7", "P0", "x"], "P1"),
        (&["snooze", "7", "x", "--until", "soon"], "4h"),
        (&["open", "it clicks", "--tool", "backup"], "--endpoint"),
    ] {
        let said = typed(words).unwrap_err().to_string();
        assert!(said.contains(told), "{words:?}: {said}");
    }
}

#[test]
fn who_opens_what_is_hidden_at_once_is_told_by_what() {
    let mut item = json!({ "number": 9, "title": "no mail", "owner": { "team": "noc", "side": "msp" } });
    assert_eq!(opened_in_words(&item, &screen()), "#9 is open and noc (msp) owns it: no mail\n");
    item["hidden_by"] = json!([{ "by": "window", "window": "w2", "until": "2026-11-22T12:00:00Z" }]);
    let said = opened_in_words(&item, &screen());
    assert!(said.ends_with("no mail\n  hidden by window w2 until 2026-11-22 12:00\n"), "{said}");
}

#[test]
fn an_act_says_what_was_done_and_how_the_alert_stands() {
    let item = json!({
        "number": 4, "title": "disk full", "work": "claimed", "assignee": { "person": "mira" },
        "acknowledged_by": { "person": "lee" },
    });
    let said = |words: &[&str], item: &Value| {
        let args = Args::try_parse_from(["dogwatch", "alert"].iter().chain(words)).unwrap();
        let Command::Alert(alert) = args.command else { panic!("no alert") };
        in_a_line(&act_of(&alert, &screen()).unwrap().1, item, &screen())
    };
    for (words, done) in [
        (&["prioritise", "4", "p1", "payroll"][..], "has priority P1 now and is claimed by mira"),
        (&["acknowledge", "4"], "is acknowledged by lee and is claimed by mira"),
        (&["assign", "4", "mira"], "is assigned to mira and is claimed by mira"),
        (&["feedback", "4", "noise"], "is noted as noise and is claimed by mira"),
        (&["feedback", "4", "useful"], "is noted as useful and is claimed by mira"),
        (&["link", "4", "8"], "is linked to #8 and is claimed by mira"),
        (&["claim", "4"], "is claimed by mira"),
    ] {
        assert_eq!(said(words, &item), format!("#4 {done}: disk full\n"));
    }
    let waits = json!({
        "number": 4, "title": "disk full", "work": "waiting", "assignee": { "person": "mira" },
        "waiting": { "on": "vendor", "until": "2026-12-07T08:00:00Z" },
    });
    assert_eq!(
        said(&["wait", "4", "vendor", "case 1", "--until", "2026-12-07T08:00:00Z"], &waits),
        "#4 is waiting for vendor until 2026-12-07 08:00 (mira): disk full\n"
    );
}
