//! Nobody claims an item in its first-responder window: it goes over to the backup by itself, once, and both sides
//! hear of it under one key each, whenever the collector dies meanwhile.

use std::{collections::BTreeSet, fmt::Write as _};

use dogwatch_tests::harness::{
    Lab, PATIENCE,
    crews::{EACH_SERVER, entries},
    receiver::{Post, Receiver},
    settings::Settings,
    wait,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

/// Nothing waits for company: each message is of one step.
const GROUPING: &str = "[grouping]\nwait = \"0s\"\ninterval = \"100ms\"\nurgent = \"0s\"\n\n";

/// So much faster than a person's ten minutes.
const WINDOW: &str = "1s";

/// When the collector dies, in milliseconds from the window's end.
const DEATHS: [i64; 12] = [-900, -500, -200, -50, -5, 0, 5, 15, 30, 60, 120, 300];

/// Whose notice the collector dies in: it was sent, and whether it arrived is not known.
const IN_THE_ACT: [&str; 2] = ["msp", "it"];

/// Every round has a row, two teams and two channels of its own, so that no round uses up what another may be told.
fn matrix(rounds: usize) -> String {
    let mut text = "[org]\nid = \"home\"\nname = \"Home\"\nlast_resort = \"msp-noc\"\n\n\
                    [[team]]\nid = \"msp-noc\"\nname = \"MSP operations centre\"\nside = \"msp\"\n\n\
                    [[tool]]\nid = \"rmm\"\nfunction = \"agent\"\nowner = \"msp-noc\"\n\n\
                    [catch_all]\nresponsible = \"msp-noc\"\naccountable = \"msp-noc\"\n\n"
        .to_owned();
    for n in 0..rounds {
        for (team, side) in [("msp", "msp"), ("it", "internal")] {
            let _ = write!(
                text,
                "[[team]]\nid = \"{team}-{n}\"\nname = \"{team} {n}\"\nside = \"{side}\"\nchannels = [\"{team}-{n}\"]\n\n"
            );
        }
        let _ = write!(
            text,
            "[[row]]\nid = \"round-{n}\"\ncategories = [\"agent\"]\nendpoint = \"name == 'srv-{n}'\"\n\
             responsible = \"it-{n}\"\naccountable = \"msp-{n}\"\nbackup = \"msp-{n}\"\nfirst_responder = \"{WINDOW}\"\n\n"
        );
    }
    text
}

/// A lab in which machine `srv-N` has an alert of its own crews, and whom they are told by.
fn lab(rounds: usize) -> (Lab, Receiver) {
    let lab =
        Lab::with(&Settings { rules: EACH_SERVER.to_owned(), silent_after: "1h", ..Settings::default() });
    let receiver = Receiver::start();
    let channel = |n| ["msp", "it"].map(|team| receiver.channel(&format!("{team}-{n}"))).concat();
    lab.channels(&(GROUPING.to_owned() + &(0..rounds).map(channel).collect::<String>()));
    lab.matrix(&matrix(rounds));
    (lab, receiver)
}

/// The alert of a machine that joins now, and the end of its window.
fn begin(lab: &Lab, round: usize) -> (u64, Timestamp) {
    let name = format!("srv-{round}");
    let _machine = lab.enrol(&name);
    let seen = wait::wait_for(
        "the alert",
        PATIENCE,
        || lab.alerts("lab").into_iter().find(|alert| alert["endpoint_name"] == json!(name)),
        Option::is_some,
    )
    .expect("it was just seen");
    assert_eq!(seen["owner"]["team"], json!(format!("it-{round}")));
    let until = seen["owner"]["first_responder_until"].as_str().expect("it has a first responder");
    (seen["number"].as_u64().expect("a number"), until.parse().expect("an instant"))
}

/// What a side was told by a round: the posts with the notice of the handing over.
fn told(receiver: &Receiver, number: u64, team: &str, round: usize) -> Vec<Post> {
    let reason = if team == "msp" { "handed_over" } else { "window_passed" };
    let posts = receiver.posts_to(&format!("{team}-{round}"));
    posts.into_iter().filter(|post| post.tells(number, reason)).collect()
}

/// Waits until both sides were told and the timeline says so; then all of it happened once.
fn is_handed_over_once(lab: &Lab, receiver: &Receiver, number: u64, round: usize) {
    let posts = wait::wait_for(
        "both sides hear of it",
        PATIENCE,
        || ["msp", "it"].map(|team| told(receiver, number, team, round)),
        |posts| posts.iter().all(|posts| !posts.is_empty()),
    );
    let ids = posts.each_ref().map(|posts| posts.iter().map(|post| &post.id).collect::<BTreeSet<_>>());
    let delivered =
        |item: &Value, id: &str| entries(item, "notified").iter().filter(|entry| entry["key"] == *id).count();
    let item = lab.wait_for_item(number, |item| ids.iter().flatten().all(|id| delivered(item, id) > 0));
    assert!(posts.iter().flatten().all(|post| post.verified), "{posts:#?}");
    assert!(ids.iter().all(|ids| ids.len() == 1), "round {round}: one key a side, not {ids:?}");
    assert!(ids.iter().flatten().all(|id| delivered(&item, id) == 1), "round {round}: {item:#}");
    assert!(
        posts
            .iter()
            .flatten()
            .all(|post| post.body == posts[usize::from(post.path.starts_with("/it"))][0].body)
    );
    was_handed_over_once(&item, round);
}

/// The item is the backup's, and the timeline has one handing over and one gap.
fn was_handed_over_once(item: &Value, round: usize) {
    assert_eq!(item["owner"]["team"], json!(format!("msp-{round}")));
    assert_eq!(item["work"], json!("unclaimed"));
    assert_eq!(entries(item, "handed_over").len(), 1, "round {round}: {item:#}");
    let gaps = entries(item, "measured").iter().filter(|entry| entry["measure"] == json!("gap")).count();
    assert_eq!(gaps, 1, "round {round}: {item:#}");
}

#[test]
fn an_item_nobody_claims_in_its_window_goes_to_the_backup_and_each_side_hears_of_it_once() {
    let (lab, receiver) = lab(1);
    let (number, until) = begin(&lab, 0);
    is_handed_over_once(&lab, &receiver, number, 0);
    let item = lab.item(number).expect("an item");
    let at = entries(&item, "handed_over")[0]["at"].as_str().expect("an instant");
    assert!(at.parse::<Timestamp>().expect("an instant") >= until, "not before the window ends: {item:#}");
    for team in ["msp", "it"] {
        assert_eq!(told(&receiver, number, team, 0).len(), 1, "nobody is told twice");
    }
}

#[test]
fn a_collector_that_dies_around_the_end_of_the_window_hands_over_once_and_tells_under_one_key() {
    let (mut lab, receiver) = lab(DEATHS.len());
    let mut numbers = Vec::new();
    for (round, death) in DEATHS.into_iter().enumerate() {
        let (number, until) = begin(&lab, round);
        let death = until + SignedDuration::from_millis(death);
        wait::wait_for("the hour of death", PATIENCE, Timestamp::now, |now| *now >= death);
        lab.collector_mut().kill();
        lab.collector_mut().start();
        is_handed_over_once(&lab, &receiver, number, round);
        numbers.push(number);
    }
    // What was decided once stays decided, through all the deaths that came later.
    for (round, number) in numbers.into_iter().enumerate() {
        was_handed_over_once(&lab.item(number).expect("an item"), round);
    }
}

#[test]
fn a_collector_that_dies_while_it_tells_tells_again_under_the_same_key() {
    let (mut lab, receiver) = lab(IN_THE_ACT.len());
    for (round, team) in IN_THE_ACT.into_iter().enumerate() {
        let (number, _) = begin(&lab, round);
        let opened = |posts: &Vec<Post>| posts.iter().any(|post| post.tells(number, "opened"));
        wait::wait_for("the first word", PATIENCE, || receiver.posts_to(&format!("it-{round}")), opened);
        receiver.hold();
        let before = wait::wait_for(
            "a notice without an answer",
            PATIENCE,
            || told(&receiver, number, team, round),
            |posts| !posts.is_empty(),
        );
        lab.collector_mut().kill();
        receiver.release();
        lab.collector_mut().start();
        let again = wait::wait_for(
            "the same notice again",
            PATIENCE,
            || told(&receiver, number, team, round),
            |posts| posts.len() > before.len(),
        );
        assert_eq!(again.iter().map(|post| &post.id).collect::<BTreeSet<_>>().len(), 1, "{again:#?}");
        is_handed_over_once(&lab, &receiver, number, round);
    }
}
