//! Somebody who listens and reads nothing is hung up on after a minute, costs little until then, and slows nobody down.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use dogwatch_tests::{
    bench::api::Api,
    harness::{Lab, ORG, PATIENCE, SITE, events::Ears, wait},
};
use serde_json::{Value, json};

/// As many as one person may have.
const STREAMS: usize = 32;
/// How long what is sent may wait to be taken (60 s), and as long again for the system to notice on a busy machine.
const HUNG_UP_WITHIN: Duration = Duration::from_secs(120);
/// Items that change in turn.
const ITEMS: usize = 12;
/// Who changes them: a token may ask a thousand times at once, and a hundred times a second from then on.
const HANDS: usize = 6;
/// Changes of each: more than what sockets hold of one stream, in events of half a kilobyte.
const CHANGES: usize = 1_000;
/// What all streams that stand still may cost together: the ring of 16 MiB, and a megabyte for each stream. What the system
/// keeps in sockets is its own.
const MAX_COST_KB: u64 = (16 + 32) * 1024;

#[test]
fn who_reads_nothing_is_hung_up_on_and_costs_little_and_slows_nobody_down() {
    let lab = Lab::start();
    let _machine = lab.enrol("srv-01");
    let items = items(&lab);
    let stuck = lab.api_of("stuck", "msp", "msp-noc");
    let ears = Ears::open(lab.collector().api(), "?kinds=alert", None);
    let before = memory_kb(&lab);
    let streams: Vec<_> =
        (0..STREAMS).map(|_| stuck.events("/api/v1/events", None).expect("a stream")).collect();
    assert!(refuses_one_more(&stuck), "one person has so many streams at the most");

    change(&lab, &items);
    let written_at = Instant::now();
    let last = items.iter().map(|number| version(&lab, *number)).collect::<Vec<_>>();
    for (number, version) in items.iter().zip(last) {
        ears.wait_for("the last change", |event| {
            event.data["number"] == *number && event.data["version"] == version
        });
    }
    assert!(ears.of("missed").is_empty(), "who reads misses nothing");
    let cost = memory_kb(&lab).saturating_sub(before);
    assert!(cost < MAX_COST_KB, "{cost} KB for {STREAMS} streams");

    wait::wait_for("a free place", HUNG_UP_WITHIN, || refuses_one_more(&stuck), |refused| !refused);
    println!("{cost} KB for {STREAMS} streams, hung up after {:?}", written_at.elapsed());
    drop(streams);
}

/// Items with long titles.
fn items(lab: &Lab) -> Vec<u64> {
    let open = |n: usize| {
        let text = format!("{n} {}", "what is told at length ".repeat(8));
        let order = json!({ "org": ORG, "site": SITE, "tool": "rmm", "text": text, "another": true });
        lab.collector().api().post("/api/v1/alerts", &order).expect("an item")["number"]
            .as_u64()
            .expect("a number")
    };
    (0..ITEMS).map(open).collect()
}

/// Changes all items, again and again.
fn change(lab: &Lab, items: &[u64]) {
    thread::scope(|scope| {
        for hand in 0..HANDS {
            let api = another_hand(lab);
            scope.spawn(move || {
                let mine = items.iter().skip(hand).step_by(HANDS).cycle();
                for (n, number) in mine.take(CHANGES).enumerate() {
                    let act = if (n / (ITEMS / HANDS)).is_multiple_of(2) { "claim" } else { "release" };
                    let (status, said) = api.act(*number, act, &json!({}), None).expect("an answer");
                    assert_eq!(status, 200, "{said}");
                }
            });
        }
    });
}

/// Another token of the same person.
fn another_hand(lab: &Lab) -> Api {
    let made = lab.collector().api().post("/api/v1/tokens", &json!({})).expect("a token for oneself");
    let mut api = lab.collector().api().clone();
    api.sign_in(made["token"].as_str().expect("a token is shown once"));
    api
}

fn version(lab: &Lab, number: u64) -> Value {
    lab.item(number).expect("an item")["version"].clone()
}

fn refuses_one_more(api: &Api) -> bool {
    match api.events("/api/v1/events", None) {
        Ok(_) => false,
        Err(error) => {
            assert!(error.to_string().contains("429"), "{error}");
            true
        }
    }
}

/// What of a collector's memory is its own.
fn memory_kb(lab: &Lab) -> u64 {
    let pid = lab.collector().pid().expect("it runs");
    let status = || fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let known = wait::wait_for("its memory", PATIENCE, status, |status| status.contains("RssAnon"));
    let line = known.lines().find_map(|line| line.strip_prefix("RssAnon:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse().expect("a number of KB")
}
