//! Telling people, in virtual time: from the finding to the timeline's last word, through deaths and storms.

mod apart;
mod desk;
mod left;
mod targets;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use dogwatch_model::{Class, Criticality, Endpoint, EndpointState, Facts as EndpointFacts, Presence, RuleId};
use dogwatch_triage::{
    alert::{EventKind, TimelineEvent, Told},
    finding::{Category, Finding, Severity},
    notice::Via,
};

use super::*;
use crate::{
    core::Batch,
    notify::{
        self, Channels, Facts, Message as Sent, News, Order, Outcome, Subject, channels::Kind, worker::Worker,
    },
    queue,
    state::Member,
};
use desk::*;

#[test]
fn ten_thousand_items_of_one_cause_in_a_minute_make_at_most_ten_messages_and_each_item_says_who_was_told() {
    let mut desk = Desk::new(&["home"]);
    let mut sent = Vec::new();
    for second in 0..50 {
        desk.fire("home", 1 + second, 0..200);
        desk.pass(1);
        for message in desk.sent() {
            desk.ended(&message.id, Outcome::Delivered { tries: 1 });
            sent.push(message);
        }
    }
    sent.extend(desk.pass_delivering(SignedDuration::from_mins(30)));
    assert!(sent.len() <= 10, "{} messages: {:?}", sent.len(), ways(&sent));
    let items = desk.items();
    assert_eq!(items.len(), 10_000);
    let expected = ["delivered mira <mira@msp.example>", "delivered team it", "delivered team noc"];
    let lacking = items.iter().filter(|item| told(item) != expected).count();
    assert_eq!(lacking, 0, "for example {:?}", told(&items[0]));
    assert!(items.iter().all(|item| item.alert.version == 1), "being told of is no change of an item");
}

#[test]
fn a_death_at_any_point_loses_nothing_and_repeats_under_the_same_key() {
    let orgs = &["home"][..];
    let mut whole = Desk::new(orgs);
    whole.fire("home", 1, 0..2);
    whole.pass(40);
    let expected: BTreeSet<String> = whole.sent().into_iter().map(|message| message.id).collect();
    assert_eq!(expected.len(), 3);

    let mut desk = Desk::new(orgs);
    desk.fire("home", 1, 0..2);
    let mut desk = desk.restart(orgs);
    desk.pass(40);
    let ids = |sent: Vec<Sent>| sent.into_iter().map(|message| message.id).collect::<BTreeSet<_>>();
    assert_eq!(ids(desk.sent()), expected, "died before it was gathered");
    let mut desk = desk.restart(orgs);
    assert_eq!(ids(desk.sent()), expected, "died before anybody knew what came of it");
    for id in &expected {
        desk.ended(id, Outcome::Delivered { tries: 1 });
    }
    let mut desk = desk.restart(orgs);
    desk.pass(600);
    assert!(desk.sent().is_empty(), "what was told is told");
    assert_eq!(told(&desk.items()[0]).len(), 3);
}

#[test]
fn orgs_are_never_mixed_and_what_is_too_much_for_one_way_is_one_round_that_names_its_items() {
    let orgs: Vec<String> = (0..12).map(|n| format!("org-{n}")).collect();
    let orgs: Vec<&str> = orgs.iter().map(String::as_str).collect();
    let mut desk = Desk::new(&orgs);
    for (n, org) in orgs.iter().enumerate() {
        desk.fire(org, 100 + n as u128, 0..3);
    }
    let sent = desk.pass_delivering(SignedDuration::from_mins(9));
    let chat: Vec<&Sent> = sent.iter().filter(|message| message.via.to_string() == "noc-chat").collect();
    assert_eq!(chat.len(), 12, "{:?}", ways(&sent));
    for message in chat {
        let Subject::Items { org, lines, .. } = &message.subject else { panic!("{:?}", message.subject) };
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| {
            desk.items().iter().any(|item| item.alert.number == line.number && item.alert.org == *org)
        }));
    }
    assert!(desk.items().iter().all(|item| told(item).len() == 3), "nobody is kept in silence");
    // The span is full now: what is not urgent waits for its end, and says so by silence in the timeline.
    desk.fire("org-0", 100, 3..4);
    let more = desk.pass_delivering(SignedDuration::from_secs(30));
    assert!(more.iter().all(|message| message.via.to_string() != "noc-chat"), "{:?}", ways(&more));
    let held = desk.items().into_iter().find(|item| item.alert.subject == "3").expect("it was fired");
    assert!(!told(&held).contains(&"delivered team noc".to_owned()), "{:?}", told(&held));
}

#[test]
fn a_p1_is_told_when_the_way_has_had_all_that_it_bears() {
    let orgs: Vec<String> = (0..12).map(|n| format!("org-{n}")).collect();
    let orgs: Vec<&str> = orgs.iter().map(String::as_str).collect();
    let mut desk = Desk::new(&orgs);
    for (n, org) in orgs.iter().enumerate() {
        desk.fire(org, 100 + n as u128, 0..3);
    }
    desk.pass_delivering(SignedDuration::from_mins(2));
    desk.criticality = Criticality::Critical;
    desk.fire("org-5", 900, 7..8);
    let sent = desk.pass_delivering(SignedDuration::from_secs(65));
    let chat: Vec<&Sent> = sent.iter().filter(|message| message.via.to_string() == "noc-chat").collect();
    assert_eq!(chat.len(), 1, "{:?}", ways(&sent));
    assert!(chat[0].headline().contains("P1 #37"), "{}", chat[0].headline());
}

#[test]
fn what_is_over_before_it_goes_out_is_not_told_and_says_so() {
    let mut desk = Desk::new(&["home"]);
    desk.fire("home", 1, 0..1);
    desk.pass(10);
    desk.clear(1, 0);
    desk.pass(60);
    let sent = desk.sent();
    assert_eq!(ways(&sent), ["it-chat"], "who is informed hears of the end, at most");
    let said = told(&desk.items()[0]);
    assert_eq!(
        said.iter().filter(|word| word.starts_with("not ") && word.contains("over before")).count(),
        3
    );
}

#[test]
fn an_end_that_failed_and_a_channel_that_is_gone_are_last_words() {
    let mut desk = Desk::new(&["home"]);
    desk.fire("home", 1, 0..1);
    desk.pass(40);
    for message in desk.sent() {
        let outcome = match &message.via {
            Via::Mail(_) => Outcome::Failed { tries: 9, error: "no answer".to_owned() },
            Via::Channel(_) => Outcome::Impossible { why: "gone".to_owned() },
        };
        desk.ended(&message.id, outcome);
    }
    let expected = ["failed mira <mira@msp.example>", "not team it: gone", "not team noc: gone"];
    assert_eq!(told(&desk.items()[0]), expected);
}

#[test]
fn who_has_no_channel_that_exists_is_written_down_in_the_same_commit() {
    let mut desk = Desk::new(&["home"]);
    let news = News::Channels(Box::default());
    desk.sim.step(Input::Notify(Box::new(news)));
    desk.fire("home", 1, 0..1);
    let said = told(&desk.items()[0]);
    assert_eq!(said.len(), 3);
    assert!(said[0].contains("notify.toml has no [smtp]"), "{said:?}");
    assert!(said[1].contains("channel `it-chat` is not defined in notify.toml"), "{said:?}");
    let desk = desk.restart(&["home"]);
    assert_eq!(told(&desk.items()[0]), said);
}

#[test]
fn a_pager_hears_of_the_end_even_when_the_item_went_to_another_team_meanwhile() {
    let mut desk = Desk::new(&["home"]);
    let mut facts = facts();
    facts.channels.insert("noc-chat".parse().unwrap(), (Kind::Pagerduty, None));
    desk.sim.step(Input::Notify(Box::new(News::Channels(Box::new(facts)))));
    desk.fire("home", 1, 0..1);
    let begun = desk.pass_delivering(SignedDuration::from_mins(2));
    let incidents = |sent: &[Sent]| {
        let subjects = sent.iter().map(|message| message.subject.clone());
        let of = |subject| match subject {
            Subject::Items { incidents, .. } => incidents,
            Subject::Summary { .. } => Vec::new(),
        };
        subjects.flat_map(of).map(|incident| (incident.action.to_string(), incident.key)).collect::<Vec<_>>()
    };
    assert_eq!(incidents(&begun), [("trigger".to_owned(), "dogwatch/home/1".to_owned())]);
    for item in desk.sim.core.shared.write().unwrap().alerts.values_mut() {
        item.alert.owner.team = "it".parse().unwrap();
    }
    desk.clear(1, 0);
    let ended = desk.pass_delivering(SignedDuration::from_mins(2));
    assert_eq!(incidents(&ended), [("resolve".to_owned(), "dogwatch/home/1".to_owned())]);
}

#[test]
fn what_nobody_takes_is_said_again_after_four_hours() {
    let mut desk = Desk::new(&["home"]);
    desk.fire("home", 1, 0..1);
    assert_eq!(desk.pass_delivering(SignedDuration::from_mins(10)).len(), 3);
    desk.sim.now += SignedDuration::from_hours(4);
    let mut batch = Batch::default();
    notify::repeat(&mut desk.sim.core.shared.clone().write().unwrap(), desk.sim.now, &mut batch);
    desk.sim.core.commit(batch).unwrap();
    let again = desk.pass_delivering(SignedDuration::from_mins(1));
    assert_eq!(again.len(), 3);
    assert!(again[0].headline().contains("still nobody"), "{}", again[0].headline());
}
