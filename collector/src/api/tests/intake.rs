//! What other tools tell, from the request to the item and its end.

mod episodes;
mod senders;

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
async fn what_somebody_has_touched_stays_theirs_marked_cleared() {
    let scene = Scene::new().await;
    scene.feed(ALERTMANAGER, alerts("firing", &["a1"])).await;
    scene.act(&scene.item("intake-alertmanager").await, "comment", json!({ "text": "on it" })).await;
    scene.feed(ALERTMANAGER, alerts("resolved", &["a1"])).await;
    let item = scene.item("intake-alertmanager").await;
    assert_eq!((&item["condition"], &item["work"]), (&json!("cleared"), &json!("unclaimed")));
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
