//! What is planned or explained by something else is hidden and told to nobody; what is still bad afterwards is shown.

use dogwatch_tests::{
    bench::storm,
    harness::{
        Lab, ORG, PATIENCE,
        agent::LabAgent,
        crews::{EACH_SERVER, entries},
        peer::identities,
        receiver::{Post, Receiver},
        settings::Settings,
        wait,
    },
    load::{facts::RootVolume, fleet::Fleet},
};
use http::Method;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde_json::{Value, json};

/// An alert when a machine's first volume is full.
const FULL: &str = "[rules.full]\ncategory = \"agent\"\ntool = \"rmm\"\ntitle = \"no room\"\ncritical = { when = \"health.disks.exists(d, d.mount == '/' && d.free_bytes < gib(5))\" }\n";

/// One item that stands for a whole site.
const SITE_UNREACHABLE: &str = "site-unreachable";

/// Machines that fill up in the window.
const MACHINES: u32 = 4;

/// A lab with a rule, in which two crews are told.
fn lab(rule: &str, matrix: &str) -> (Lab, Receiver) {
    let lab = Lab::with(&Settings { rules: rule.to_owned(), ..Settings::default() });
    let receiver = Receiver::start();
    let ways = receiver.channel("noc") + &receiver.channel("it");
    lab.channels(&format!("[grouping]\nwait = \"2s\"\ninterval = \"2s\"\nurgent = \"2s\"\n\n{ways}"));
    lab.matrix(matrix);
    (lab, receiver)
}

/// Waits until there are so many alerts of a rule that are as they should be, and no others of it.
#[track_caller]
fn all(lab: &Lab, rule: &str, count: usize, are: impl Fn(&Value) -> bool) -> Vec<u64> {
    let is = |seen: &Vec<Value>| seen.len() == count && seen.iter().all(&are);
    let seen = wait::wait_for(&format!("alerts of {rule}"), PATIENCE, || lab.alerts(rule), is);
    seen.iter().filter_map(|alert| alert["number"].as_u64()).collect()
}

fn is_shown(alert: &Value) -> bool {
    alert["visibility"] == json!("normal")
}

fn is_hidden_by(alert: &Value, number: u64) -> bool {
    let hiders = alert["hidden_by"].as_array().into_iter().flatten();
    alert["visibility"] == json!("inhibited")
        && hiders.into_iter().any(|hider| hider["number"] == json!(number))
}

fn numbers(post: &Post) -> Vec<u64> {
    post.alerts().filter_map(|alert| alert["number"].as_u64()).collect()
}

#[test]
fn what_fires_in_a_maintenance_window_is_told_to_nobody_and_what_is_still_bad_after_it_is_told_at_once() {
    let (lab, receiver) = lab(FULL, storm::MATRIX);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let fleet = runtime.block_on(async {
        let crew = Fleet::crew(identities(&lab, "sim", MACHINES).await.expect("machines enrol"));
        Fleet::attach(crew).await.expect("machines attach")
    });
    let fill = |machine: usize, volume| {
        runtime.block_on(fleet.sample_now(machine, volume)).expect("an acknowledgement");
    };
    let began = (Timestamp::now() - SignedDuration::from_mins(1)).to_zoned(TimeZone::UTC).datetime();
    let plan = json!({
        "org": ORG, "starts": began, "zone": "UTC", "lasts": "PT1H", "categories": ["agent"],
        "reason": "the storage is moved",
    });
    let window = lab.collector().api().post("/api/v1/windows", &plan).expect("a window");
    assert_eq!(window["state"], json!("open"));

    (0..fleet.len()).for_each(|machine| fill(machine, RootVolume::Full));
    let suppressed = |alert: &Value| alert["visibility"] == json!("suppressed");
    let hidden = all(&lab, "full", fleet.len(), suppressed);
    fill(0, RootVolume::Roomy);
    let done = || lab.alerts("full").into_iter().find(|alert| alert["work"] == json!("done"));
    let over = wait::wait_for("the end of the one that has room again", PATIENCE, done, Option::is_some);
    let over = over.and_then(|alert| alert["number"].as_u64()).expect("a number");

    let path = format!("/api/v1/windows/{}", window["id"].as_str().expect("a window has an id"));
    let (status, ended) =
        lab.collector().api().ask(Method::DELETE, &path, &json!({}), None).expect("an answer");
    assert_eq!((status, &ended["state"]), (200, &json!("ended")), "{ended:#}");
    let mut still_bad: Vec<u64> = hidden.iter().copied().filter(|number| *number != over).collect();
    for number in &still_bad {
        lab.wait_for_item(*number, is_shown);
    }
    let told = |posts: &Vec<Post>| !posts.is_empty();
    let posts = wait::wait_for("what is still bad", PATIENCE, || receiver.posts_to("noc"), told);
    let mut named = numbers(&posts[0]);
    named.sort_unstable();
    still_bad.sort_unstable();
    assert_eq!(named, still_bad, "one message for all that is still bad");
    for number in &still_bad {
        let item = lab.wait_for_item(*number, |item| !entries(item, "notified").is_empty());
        assert_eq!(entries(&item, "notified").len(), 1, "{item:#}");
        assert!(entries(&item, "unhidden").len() == 1 && entries(&item, "claimed").is_empty());
    }
    let item = lab.item(over).expect("an item");
    assert_eq!(item["work"], json!("done"), "what ended in the window is over: {item:#}");
    assert!(entries(&item, "notified").is_empty(), "and nobody was told: {item:#}");
    assert_eq!(receiver.posts().len(), 1, "one message in all: {:#?}", receiver.posts());
    runtime.block_on(fleet.leave());
}

#[test]
fn an_endpoint_that_is_away_hides_its_other_alerts_until_it_is_back() {
    let (lab, _receiver) = lab(EACH_SERVER, storm::MATRIX);
    let mut away = lab.online("srv-away");
    let _there = lab.online("srv-there");
    all(&lab, "lab", 2, is_shown);
    away.kill();
    let silent = lab.wait_for_alert("silent", PATIENCE, is_shown)["number"].as_u64().expect("a number");
    let as_it_should = |alert: &Value| match alert["endpoint_name"].as_str() {
        Some("srv-away") => is_hidden_by(alert, silent),
        _ => is_shown(alert),
    };
    all(&lab, "lab", 2, as_it_should);
    away.start();
    lab.wait_for_item(silent, |item| item["work"] == json!("done"));
    all(&lab, "lab", 2, is_shown);
}

#[test]
fn three_servers_that_go_at_once_are_one_item_of_their_site_and_theirs_come_back_with_them() {
    // Who hears of the agents hears of absences, too.
    let matrix = storm::MATRIX.replace("[\"agent\"]", "[\"agent\", \"availability\"]");
    let (lab, receiver) = lab(EACH_SERVER, &matrix);
    let mut servers: Vec<LabAgent> = ["srv-01", "srv-02", "srv-03"].map(|name| lab.online(name)).into();
    let of_servers = all(&lab, "lab", 3, is_shown);
    servers.iter_mut().for_each(LabAgent::kill);

    let site = lab.wait_for_alert(SITE_UNREACHABLE, PATIENCE, is_shown)["number"].as_u64().expect("a number");
    all(&lab, "silent", 3, |alert| is_hidden_by(alert, site));
    all(&lab, "lab", 3, |alert| is_hidden_by(alert, site));
    let told = |posts: &Vec<Post>| posts.iter().any(|post| post.tells(site, "opened"));
    wait::wait_for("the site's message", PATIENCE, || receiver.posts_to("noc"), told);
    let known: Vec<u64> = of_servers.iter().copied().chain([site]).collect();
    let named: Vec<u64> = receiver.posts_to("noc").iter().flat_map(numbers).collect();
    assert!(named.iter().all(|number| known.contains(number)), "nobody is called for each server: {named:?}");

    servers.iter_mut().for_each(LabAgent::start);
    lab.wait_for_item(site, |item| item["work"] == json!("done"));
    all(&lab, "silent", 3, |alert| alert["work"] == json!("done"));
    all(&lab, "lab", 3, is_shown);
    assert_eq!(lab.alerts(SITE_UNREACHABLE).len(), 1, "one item");
}
