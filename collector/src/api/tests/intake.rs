//! What other tools tell, from the request to the item and its end.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Answer, running::Running};

const ALERTMANAGER: &str = "/api/v1/intake/alertmanager";
const EVENTS: &str = "/api/v1/intake/events";

/// A collector with an administrator, and a program that feeds its queue.
struct Scene {
    running: Running,
    admin: String,
    feeder: String,
}

impl Scene {
    async fn new() -> Self {
        Self::at(None).await
    }

    async fn at(site: Option<&str>) -> Self {
        let running = Running::start();
        let admin = running.set_up().await;
        let feeder = running.feeder('f', site);
        Self { running, admin, feeder }
    }

    async fn feed(&self, path: &str, body: Value) -> Answer {
        self.running.post(path, &self.feeder, body).await
    }

    /// The items of a rule.
    async fn items(&self, rule: &str) -> Vec<Value> {
        let path = "/api/v1/queue?state=all&hidden=true&limit=20000";
        let queue = self.running.collector.get(path, Some(&self.admin)).await;
        let items = queue.json["alerts"].as_array().cloned().unwrap_or_default();
        items.into_iter().filter(|item| item["rule"] == rule).collect()
    }

    async fn item(&self, rule: &str) -> Value {
        let items = self.items(rule).await;
        let [item] = &items[..] else { panic!("not one item of {rule}: {items:#?}") };
        let path = format!("/api/v1/alerts/{}", item["number"]);
        self.running.collector.get(&path, Some(&self.admin)).await.json
    }

    async fn act(&self, item: &Value, act: &str, body: Value) {
        let path = format!("/api/v1/alerts/{}/{act}", item["number"]);
        let done = self.running.post(&path, &self.admin, body).await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
    }
}

fn alerts(status: &str, fingerprints: &[&str]) -> Value {
    let alert = |fingerprint: &&str| {
        json!({
            "status": status, "fingerprint": fingerprint,
            "labels": { "alertname": "DiskFull", "instance": "srv-01:9100", "severity": "critical" },
            "annotations": { "summary": format!("{fingerprint} is full") },
            "startsAt": "2026-01-01T00:00:00Z",
        })
    };
    let alerts: Vec<_> = fingerprints.iter().map(alert).collect();
    json!({ "version": "4", "groupKey": "{}:{}", "status": status, "receiver": "r", "alerts": alerts })
}

/// One alert of an hour: `firing 11` began at its eleventh minute, `resolved 0 5` held for five minutes from its beginning.
fn episode(fingerprint: &str, said: &str) -> Value {
    let words: Vec<_> = said.split(' ').collect();
    let minute = |at: usize| words.get(at).map(|minute| format!("2026-01-01T11:{minute:0>2}:00Z"));
    json!({
        "status": words[0], "fingerprint": fingerprint, "labels": { "alertname": "DiskFull", "severity": "critical" },
        "startsAt": minute(1).unwrap_or_default(), "endsAt": minute(2).unwrap_or("0001-01-01T00:00:00Z".to_owned()),
    })
}

fn event(action: &str) -> Value {
    json!({
        "event_action": action, "dedup_key": "raid", "routing_key": "unused",
        "payload": { "summary": "RAID degraded", "source": "srv-01", "severity": "warning" },
    })
}

#[tokio::test]
async fn an_alert_becomes_one_item_of_its_endpoint_is_counted_and_ends_by_itself() {
    let scene = Scene::new().await;
    let first = scene.feed(ALERTMANAGER, alerts("firing", &["a1"])).await;
    assert_eq!((first.status, &first.json["opened"]), (StatusCode::OK, &json!(1)), "{}", first.text);
    let item = scene.item("intake-alertmanager").await;
    assert_eq!((&item["endpoint_name"], &item["title"]), (&json!("srv-01"), &json!("a1 is full")));
    assert_eq!((&item["severity"], &item["count"]), (&json!("critical"), &json!(1)));
    assert!(item["owner"]["team"].is_string(), "the matrix routes it: {item:#}");
    let again = scene.feed(ALERTMANAGER, alerts("firing", &["a1", "b2"])).await;
    assert_eq!((&again.json["opened"], &again.json["repeated"]), (&json!(1), &json!(1)));
    let ended = scene.feed(ALERTMANAGER, alerts("resolved", &["a1", "b2", "c3"])).await;
    assert_eq!((&ended.json["noted"], &ended.json["unknown"]), (&json!(2), &json!(1)));
    for item in scene.items("intake-alertmanager").await {
        assert_eq!((&item["work"], &item["condition"]), (&json!("done"), &json!("cleared")), "{item:#}");
    }
}

#[tokio::test]
async fn an_end_counts_only_for_the_episode_that_it_belongs_to() {
    // Messages in the order in which they come, the alerts of one in its own; whether the alert holds afterwards.
    let table: &[(&str, &[&[&str]], bool)] = &[
        ("its own end", &[&["firing 0"], &["resolved 0 5"]], false),
        ("the end of the one before, late", &[&["firing 0"], &["firing 11"], &["resolved 0 5"]], true),
        ("both ends, the older one last", &[&["firing 11"], &["resolved 11 15"], &["resolved 0 5"]], false),
        ("late, twice", &[&["firing 0"], &["resolved 0 5"], &["firing 11"], &["resolved 0 5"]], true),
        (
            "late, then its own",
            &[&["firing 0"], &["firing 11"], &["resolved 0 5"], &["resolved 11 15"]],
            false,
        ),
        ("of one whose beginning nobody told", &[&["firing 0"], &["resolved 11 15"]], false),
        ("joined with an earlier beginning", &[&["firing 11"], &["resolved 0 15"]], false),
        ("until the next began", &[&["firing 11"], &["resolved 0 11"]], true),
        ("told without its end", &[&["firing 11"], &["resolved 11"]], false),
        ("the one before, told without its end", &[&["firing 11"], &["resolved 0"]], true),
        ("naming no beginning", &[&["firing 11"], &["resolved"]], false),
        ("its client gave no beginning", &[&["firing 11"], &["resolved 5 5"]], false),
        ("in one message, as it happened", &[&["firing 0"], &["resolved 0 5", "firing 11"]], true),
        ("in one message, the other way", &[&["firing 0"], &["firing 11", "resolved 0 5"]], true),
        ("in one message, one episode", &[&["resolved 11 15", "firing 11"]], false),
    ];
    let scene = Scene::new().await;
    for (number, (what, messages, holds)) in table.iter().enumerate() {
        let fingerprint = format!("f{number}.");
        for message in *messages {
            let alerts: Vec<_> = message.iter().map(|said| episode(&fingerprint, said)).collect();
            let body = json!({ "version": "4", "groupKey": what, "alerts": alerts });
            let taken = scene.feed(ALERTMANAGER, body).await;
            assert_eq!(taken.status, StatusCode::OK, "{what}: {}", taken.text);
        }
        let items = scene.items("intake-alertmanager").await;
        let of_it = |item: &&Value| item["subject"].as_str().is_some_and(|text| text.ends_with(&fingerprint));
        let of_it: Vec<_> = items.iter().filter(of_it).collect();
        let firing = of_it.iter().filter(|item| item["condition"] == "firing").count();
        assert!(!of_it.is_empty() && firing == usize::from(*holds), "{what}: {of_it:#?}");
    }
}

#[tokio::test]
async fn an_event_names_no_episode_so_any_resolve_ends_it() {
    let scene = Scene::new().await;
    scene.feed(EVENTS, event("trigger")).await;
    scene.feed(EVENTS, event("trigger")).await;
    scene.feed(EVENTS, event("resolve")).await;
    assert_eq!(scene.item("intake-events").await["condition"], json!("cleared"));
}

#[tokio::test]
async fn what_somebody_has_touched_stays_theirs_marked_cleared() {
    let scene = Scene::new().await;
    scene.feed(ALERTMANAGER, alerts("firing", &["a1"])).await;
    scene.act(&scene.item("intake-alertmanager").await, "comment", json!({ "text": "on it" })).await;
    scene.feed(ALERTMANAGER, alerts("resolved", &["a1"])).await;
    let item = scene.item("intake-alertmanager").await;
    assert_eq!((&item["condition"], &item["work"]), (&json!("cleared"), &json!("unclaimed")));
}

#[tokio::test]
async fn what_was_closed_stays_closed_while_the_same_occurrence_is_told_of_and_a_new_trigger_is_news() {
    let scene = Scene::new().await;
    let close = json!({ "resolution": "we live with it", "override": "tests" });
    scene.feed(ALERTMANAGER, alerts("firing", &["a1"])).await;
    scene.act(&scene.item("intake-alertmanager").await, "close", close.clone()).await;
    let again = scene.feed(ALERTMANAGER, alerts("firing", &["a1"])).await;
    assert_eq!(again.json["opened"], json!(0), "it began before it was closed");
    scene.feed(EVENTS, event("trigger")).await;
    scene.act(&scene.item("intake-events").await, "close", close).await;
    scene.feed(EVENTS, event("trigger")).await;
    assert_eq!(
        scene.item("intake-events").await["work"],
        json!("unclaimed"),
        "each trigger is an occurrence"
    );
}

#[tokio::test]
async fn an_event_is_triggered_acknowledged_and_resolved_in_the_published_words() {
    let scene = Scene::new().await;
    let made = scene.feed(EVENTS, event("trigger")).await;
    assert_eq!(made.status, StatusCode::ACCEPTED, "{}", made.text);
    assert_eq!(made.json, json!({ "status": "success", "message": "Event processed", "dedup_key": "raid" }));
    scene.feed(EVENTS, event("acknowledge")).await;
    let item = scene.item("intake-events").await;
    assert_eq!((&item["acknowledged_by"]["person"], &item["touched"]), (&json!("pat-f"), &json!(false)));
    scene.feed(EVENTS, event("resolve")).await;
    assert_eq!(scene.item("intake-events").await["work"], json!("done"), "seen over there is no work here");
}

fn trigger(severity: &Value) -> Value {
    let payload = json!({ "summary": "RAID degraded", "source": "srv-01", "severity": severity });
    json!({ "event_action": "trigger", "dedup_key": "raid", "payload": payload })
}

#[tokio::test]
async fn the_latest_trigger_says_how_bad_it_is_in_the_timeline_and_one_that_says_nothing_changes_nothing() {
    let scene = Scene::new().await;
    scene.feed(EVENTS, trigger(&json!("critical"))).await;
    let refused = scene.feed(EVENTS, trigger(&json!("criticl"))).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.detail().contains("did you mean `critical`?"), "{}", refused.text);
    scene.feed(EVENTS, trigger(&json!(null))).await;
    let item = scene.item("intake-events").await;
    assert_eq!((&item["severity"], &item["count"]), (&json!("critical"), &json!(2)), "{item:#}");
    scene.feed(EVENTS, trigger(&json!("info"))).await;
    let item = scene.item("intake-events").await;
    assert_eq!(item["severity"], json!("info"), "{item:#}");
    assert!(item.to_string().contains("severity_changed"), "{item:#}");
}

#[tokio::test]
async fn two_sides_programs_of_one_name_are_two_senders() {
    let scene = Scene::new().await;
    let theirs = scene.running.feeder_of(dogwatch_model::Side::Internal, 'g', 'f', None);
    let feed = |body| scene.running.post(ALERTMANAGER, &theirs, body);
    assert_eq!(feed(alerts("firing", &["a1"])).await.json["opened"], json!(1));
    let other = scene.feed(ALERTMANAGER, alerts("resolved", &["a1"])).await;
    assert_eq!(other.json["unknown"], json!(1), "{}", other.text);
    let item = scene.item("intake-alertmanager").await;
    assert_eq!((&item["work"], &item["subject"]), (&json!("unclaimed"), &json!("acme:pat-f/a1")));
    assert_eq!(feed(alerts("resolved", &["a1"])).await.json["noted"], json!(1));
    assert_eq!(scene.item("intake-alertmanager").await["work"], json!("done"));
}

#[tokio::test]
async fn an_item_from_before_senders_had_a_side_is_known_again_while_only_one_can_have_told_it() {
    let scene = Scene::new().await;
    scene.feed(ALERTMANAGER, alerts("firing", &["a1", "a2"])).await;
    scene.running.rename_subjects("msp:pat-f/", "pat-f/");
    let again = scene.feed(ALERTMANAGER, alerts("firing", &["a1"])).await;
    assert_eq!((&again.json["opened"], &again.json["repeated"]), (&json!(0), &json!(1)));
    assert_eq!(scene.feed(ALERTMANAGER, alerts("resolved", &["a1"])).await.json["noted"], json!(1));
    let theirs = scene.running.feeder_of(dogwatch_model::Side::Internal, 'g', 'f', None);
    for token in [&theirs, &scene.feeder] {
        let ends = scene.running.post(ALERTMANAGER, token, alerts("resolved", &["a2"])).await;
        assert_eq!(ends.json["unknown"], json!(1), "whose it was nobody can say: {}", ends.text);
    }
}

#[tokio::test]
async fn a_sender_that_knows_no_headers_brings_its_token_as_the_routing_key() {
    let scene = Scene::new().await;
    for path in [EVENTS, "/api/v1/intake/events/v2/enqueue"] {
        let mut body = event("trigger");
        body["routing_key"] = json!(scene.feeder);
        let made = scene.running.collector.ask(Method::POST, path, None, &body.to_string()).await;
        assert_eq!(made.status, StatusCode::ACCEPTED, "{}", made.text);
    }
    let item = scene.item("intake-events").await;
    assert!(!item.to_string().contains(&scene.feeder), "no item holds a token");
    let other = event("trigger").to_string();
    let refused = scene.running.collector.ask(Method::POST, EVENTS, None, &other).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert!(
        refused.detail().starts_with("`routing_key` is not a token of this collector"),
        "{}",
        refused.text
    );
}

#[tokio::test]
async fn what_can_never_be_taken_is_4xx_and_an_item_until_a_whole_message_comes() {
    let scene = Scene::new().await;
    let mut old = alerts("firing", &["a1"]);
    old["version"] = json!("3");
    let refused = scene.feed(ALERTMANAGER, old).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let item = scene.item("intake-trouble").await;
    assert!(item["title"].as_str().is_some_and(|title| title.contains("version 4")), "{item:#}");
    let large = json!({ "version": "4", "alerts": [], "filler": "x".repeat(1024 * 1024) });
    assert_eq!(scene.feed(ALERTMANAGER, large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(scene.items("intake-trouble").await.len(), 1);
    scene.feed(ALERTMANAGER, alerts("firing", &["a1"])).await;
    assert_eq!(scene.item("intake-trouble").await["work"], json!("done"));
}

#[tokio::test]
async fn alerts_that_were_left_off_are_said_in_the_answer_and_in_an_item() {
    let scene = Scene::new().await;
    let mut body = alerts("firing", &["a1"]);
    body["truncatedAlerts"] = json!(12);
    let taken = scene.feed(ALERTMANAGER, body).await;
    assert_eq!((taken.status, &taken.json["left_off"]), (StatusCode::OK, &json!(12)));
    let item = scene.item("intake-trouble").await;
    assert!(item["title"].as_str().is_some_and(|title| title.starts_with("12 alerts")), "{item:#}");
    scene.feed(ALERTMANAGER, alerts("firing", &["a1"])).await;
    assert_eq!(scene.item("intake-trouble").await["work"], json!("done"));
}

#[tokio::test]
async fn a_thousand_alerts_of_one_group_are_a_thousand_items_and_more_are_counted() {
    let scene = Scene::new().await;
    let names: Vec<String> = (0..1_002).map(|n| format!("{n:016x}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let taken = scene.feed(ALERTMANAGER, alerts("firing", &names)).await;
    assert_eq!(
        (&taken.json["opened"], &taken.json["left_off"]),
        (&json!(1_000), &json!(2)),
        "{}",
        taken.text
    );
    let on_endpoint =
        scene.items("intake-alertmanager").await.iter().filter(|item| item["endpoint"].is_string()).count();
    assert!(
        (500..=512).contains(&on_endpoint),
        "an endpoint bears so many, the rest is its site's: {on_endpoint}"
    );
}

#[tokio::test]
async fn a_message_without_any_place_stands_where_only_the_whole_org_is_seen() {
    let scene = Scene::new().await;
    let body = json!({ "version": "4", "alerts": [{ "status": "firing", "labels": { "site": "paris" } }] });
    scene.feed(ALERTMANAGER, body).await;
    assert_eq!(scene.item("intake-alertmanager").await["site"], json!("paris"));
}

#[tokio::test]
async fn a_token_for_one_site_feeds_that_site_and_no_other() {
    let scene = Scene::at(Some("annex")).await;
    let taken = scene.feed(ALERTMANAGER, alerts("firing", &["a1"])).await;
    assert_eq!(taken.status, StatusCode::OK, "{}", taken.text);
    let item = scene.item("intake-alertmanager").await;
    assert_eq!((&item["site"], item.get("endpoint")), (&json!("annex"), None), "srv-01 is not of this site");
}

#[tokio::test]
async fn feeding_is_a_right_of_its_own_and_nothing_else_comes_with_it() {
    let scene = Scene::new().await;
    let refused = scene.running.post(ALERTMANAGER, &scene.admin, alerts("firing", &["a1"])).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    let queue = scene.running.collector.get("/api/v1/queue", Some(&scene.feeder)).await;
    assert_eq!(queue.status, StatusCode::FORBIDDEN, "{}", queue.text);
    let other = scene.feed("/api/v1/intake/alertmanager?org=globex", alerts("firing", &["a1"])).await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_sender_that_says_how_often_it_repeats_itself_may_fall_quiet() {
    let scene = Scene::new().await;
    let path = "/api/v1/intake/alertmanager?repeat=4h&tool=backup&category=backup&severity=info";
    let mut body = alerts("firing", &["a1"]);
    body["alerts"][0]["labels"] = json!({});
    assert_eq!(scene.feed(path, body).await.status, StatusCode::OK);
    let item = scene.item("intake-alertmanager").await;
    assert_eq!((&item["tool"], &item["category"]), (&json!("backup"), &json!("backup")));
    assert_eq!((&item["severity"], &item["told_every"]), (&json!("info"), &json!("PT4H")));
    let refused = scene.feed("/api/v1/intake/alertmanager?repeat=1s", alerts("firing", &["a1"])).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
}
