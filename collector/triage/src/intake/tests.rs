use serde_json::json;

use super::{
    Defaults, Fault, MAX_ALERTS, MAX_KEY_CHARS, Message, Says, Told,
    alertmanager::{self, Webhook},
    bounds::{LEFT_OFF, MAX_LINES, MAX_VALUE_CHARS},
    events::{self, Event},
    place::Wanted,
    severity,
};
use crate::{
    finding::{Category, Severity},
    specimen::{full_server, noon, silent_server},
};

fn webhook(alerts: &serde_json::Value) -> Result<Message, Fault> {
    webhook_with(alerts, &Defaults::default())
}

fn webhook_with(alerts: &serde_json::Value, defaults: &Defaults) -> Result<Message, Fault> {
    let body = json!({
        "version": "4", "groupKey": "{}:{}", "truncatedAlerts": 0, "status": "firing", "receiver": "dogwatch",
        "groupLabels": {}, "commonLabels": {}, "commonAnnotations": {}, "externalURL": "http://am", "alerts": alerts,
    });
    alertmanager::read(&serde_json::from_value::<Webhook>(body).unwrap(), defaults, noon())
}

fn alert(labels: &serde_json::Value) -> Told {
    let alerts = json!([{ "status": "firing", "labels": labels, "annotations": {}, "fingerprint": "ab" }]);
    webhook(&alerts).unwrap().told.remove(0)
}

fn event(body: &serde_json::Value) -> Result<Told, Fault> {
    let event: Event = serde_json::from_value(body.clone()).unwrap();
    events::read(&event, &Defaults::default(), "fresh", noon()).map(|mut message| message.told.remove(0))
}

fn trigger(payload: &serde_json::Value) -> Told {
    event(&json!({ "event_action": "trigger", "dedup_key": "k", "payload": payload })).unwrap()
}

#[test]
fn a_firing_alert_says_what_where_and_since_when() {
    let alerts = json!([{
        "status": "firing",
        "labels": { "alertname": "DiskFull", "instance": "srv-01:9100", "severity": "critical", "tool": "storage",
                    "category": "capacity", "site": "toronto" },
        "annotations": { "summary": "/ is full", "runbook_url": "https://wiki.example/disk" },
        "startsAt": "2026-11-22T11:00:00.5Z", "endsAt": "0001-01-01T00:00:00Z",
        "generatorURL": "http://prometheus/graph?g0", "fingerprint": "91cb6d5a22d2a1f7", "unknown": { "x": 1 },
    }]);
    let told = webhook(&alerts).unwrap().told.remove(0);
    assert_eq!(
        (told.key.as_str(), told.says, told.severity),
        ("91cb6d5a22d2a1f7", Says::Fires, Severity::Critical)
    );
    assert_eq!((told.title.as_str(), told.category), ("/ is full", Some(Category::Capacity)));
    assert_eq!(told.tool.unwrap().as_str(), "storage");
    assert_eq!(told.site.unwrap().as_str(), "toronto");
    assert_eq!(told.names, ["srv-01:9100"]);
    assert_eq!(told.since, "2026-11-22T11:00:00.5Z".parse().unwrap());
    let value =
        |name: &str| told.evidence.iter().find(|line| line.name == name).map(|line| line.value.as_str());
    assert_eq!(value("runbook_url"), Some("https://wiki.example/disk"), "a link is text");
    assert_eq!(value("generator"), Some("http://prometheus/graph?g0"));
    assert_eq!(value(LEFT_OFF), None);
}

#[test]
fn what_labels_do_not_say_the_defaults_do_and_labels_go_first() {
    let defaults = Defaults {
        tool: Some("monitoring".parse().unwrap()),
        category: Some(Category::Service),
        severity: Some(Severity::Info),
        site: Some("main".parse().unwrap()),
    };
    let read = |labels: serde_json::Value| {
        let alerts = json!([{ "status": "firing", "labels": labels, "fingerprint": "ab" }]);
        webhook_with(&alerts, &defaults).unwrap().told.remove(0)
    };
    let bare = read(json!({}));
    assert_eq!((bare.severity, bare.category), (Severity::Info, Some(Category::Service)));
    assert_eq!(bare.tool.unwrap().as_str(), "monitoring");
    let own =
        read(json!({ "severity": "page", "tool": "backup-tool", "category": "backup", "site": "paris" }));
    assert_eq!((own.severity, own.category), (Severity::Critical, Some(Category::Backup)));
    assert_eq!((own.tool.unwrap().as_str(), own.site.unwrap().as_str()), ("backup-tool", "paris"));
    let odd = read(json!({ "severity": "purple", "tool": "Not A Slug", "category": "weather" }));
    assert_eq!((odd.severity, odd.category), (Severity::Info, Some(Category::Service)));
}

#[test]
fn without_any_word_it_is_a_warning_that_began_now() {
    let told = alert(&json!({}));
    assert_eq!((told.severity, told.since), (Severity::Warning, noon()));
    assert_eq!(told.title, "an alert without a name");
}

#[test]
fn a_missing_fingerprint_is_computed_as_prometheus_does() {
    // From prometheus/common: the fingerprint of an empty set of labels is the offset basis of FNV-1a.
    let alerts = |labels: serde_json::Value| json!([{ "status": "firing", "labels": labels }]);
    let key = |labels| webhook(&alerts(labels)).unwrap().told.remove(0).key;
    assert_eq!(key(json!({})), "cbf29ce484222325");
    assert_ne!(key(json!({ "a": "b" })), key(json!({ "a": "c" })));
}

#[test]
fn another_version_is_refused_by_name() {
    let body = json!({ "version": "3", "alerts": [] });
    let fault = alertmanager::read(&serde_json::from_value(body).unwrap(), &Defaults::default(), noon());
    assert!(fault.unwrap_err().to_string().contains("version 4"));
}

#[test]
fn what_is_too_much_is_counted() {
    let one = json!({ "status": "firing", "labels": {}, "fingerprint": "ab" });
    let body = json!({ "version": "4", "truncatedAlerts": 7, "alerts": vec![one; MAX_ALERTS + 3] });
    let message =
        alertmanager::read(&serde_json::from_value(body).unwrap(), &Defaults::default(), noon()).unwrap();
    assert_eq!((message.told.len(), message.left_off), (MAX_ALERTS, 10));

    let many: std::collections::BTreeMap<_, _> = (0..80).map(|n| (format!("l{n}"), "v".to_owned())).collect();
    let told = alert(&json!(many));
    assert_eq!(told.evidence.len(), MAX_LINES);
    assert_eq!(told.evidence.last().map(|line| line.value.as_str()), Some("31 lines"));

    let long = alert(&json!({ "alertname": "x".repeat(5_000), "note": "y".repeat(5_000) }));
    assert!(long.evidence.iter().all(|line| line.value.chars().count() <= MAX_VALUE_CHARS + 1));
    assert_eq!(long.evidence.last().map(|line| line.value.as_str()), Some("3 texts cut short"));
}

#[test]
fn nothing_in_a_text_acts_on_a_terminal_or_turns_the_reading_around() {
    let told = alert(&json!({ "alertname": "red\u{1b}[31m\nline\u{202e}drawkcab<script>" }));
    assert_eq!(told.title, "red [31m line drawkcab<script>", "markup is text like any other");
    let told = alert(
        &json!({ "alertname": "a\u{200f}b\u{200b}c\u{feff} 👩\u{200d}💻", "note": "\u{61c}x\u{2060}y" }),
    );
    assert_eq!(told.title, "a b c  👩\u{200d}💻");
    assert!(told.evidence.iter().any(|line| line.value == "x y"), "{:?}", told.evidence);
}

#[test]
fn an_event_is_triggered_acknowledged_and_resolved_by_its_key() {
    let told = trigger(&json!({
        "summary": "RAID degraded", "source": "srv-01.acme.example", "severity": "error", "timestamp": "2020-01-01T00:00:00Z",
        "component": "md0", "group": "storage", "class": "raid",
        "custom_details": { "tool": "rmm", "category": "capacity", "host": "srv-01", "disks": { "failed": 1 } },
    }));
    assert_eq!((told.key.as_str(), told.says, told.severity), ("k", Says::Fires, Severity::Critical));
    assert_eq!(told.names, ["srv-01.acme.example", "srv-01"]);
    assert_eq!(told.since, noon(), "an occurrence begins when it comes");
    let value =
        |name: &str| told.evidence.iter().find(|line| line.name == name).map(|line| line.value.as_str());
    assert_eq!((value("disks"), value("component")), (Some(r#"{"failed":1}"#), Some("md0")));
    let seen = event(&json!({ "event_action": "acknowledge", "dedup_key": "k" })).unwrap();
    let ends = event(&json!({ "event_action": "resolve", "dedup_key": "k" })).unwrap();
    assert_eq!((seen.says, ends.says), (Says::Seen, Says::Ends(None)));
}

#[test]
fn a_trigger_without_a_key_gets_a_fresh_one_and_the_others_need_theirs() {
    let told = event(&json!({ "event_action": "trigger", "payload": { "summary": "s", "source": "x" } }));
    assert_eq!(told.unwrap().key, "fresh");
    let fault = event(&json!({ "event_action": "resolve" })).unwrap_err();
    assert!(fault.to_string().contains("`dedup_key` is missing"), "{fault}");
    let fault = event(&json!({ "event_action": "trigger" })).unwrap_err();
    assert!(fault.to_string().contains("`payload` is missing"), "{fault}");
    let key = "k".repeat(MAX_KEY_CHARS + 1);
    let fault = event(&json!({ "event_action": "resolve", "dedup_key": key })).unwrap_err();
    assert!(matches!(fault, Fault::KeyTooLong { chars: 256, .. }), "{fault}");
}

#[test]
fn a_word_for_severity_that_nobody_knows_is_refused_in_a_trigger_and_a_missing_one_is_a_guess() {
    let body = |action: &str, severity: &serde_json::Value| {
        event(
            &json!({ "event_action": action, "dedup_key": "k", "payload": { "summary": "s", "severity": severity } }),
        )
    };
    let fault = body("trigger", &json!("criticl")).unwrap_err().to_string();
    assert_eq!(
        fault,
        "`payload.severity` is `criticl`; it is one of critical, error, warning, info; did you mean `critical`?"
    );
    let long = body("trigger", &json!("\u{1b}purple".repeat(1_000))).unwrap_err().to_string();
    assert!(long.len() < 300 && !long.contains('\u{1b}') && !long.contains("did you mean"), "{long}");
    assert!(body("resolve", &json!("criticl")).is_ok(), "an end says nothing of how bad it was");
    for (said, severity, is_said) in [
        (json!("info"), Severity::Info, true),
        (json!(null), Severity::Warning, false),
        (json!(" "), Severity::Warning, false),
    ] {
        let told = body("trigger", &said).unwrap();
        assert_eq!((told.severity, told.severity_is_said), (severity, is_said), "{said}");
    }
}

#[test]
fn links_and_pictures_are_kept_as_text() {
    let body = json!({
        "event_action": "trigger", "dedup_key": "k", "payload": { "summary": "s", "source": "x", "custom_details": "as a text" },
        "links": [{ "href": "https://a.example", "text": "board" }], "images": [{ "src": "https://b.example/i.png" }],
    });
    let told = event(&body).unwrap();
    let value =
        |name: &str| told.evidence.iter().find(|line| line.name == name).map(|line| line.value.as_str());
    assert_eq!(
        (value("board"), value("picture")),
        (Some("https://a.example"), Some("https://b.example/i.png"))
    );
    assert_eq!(value("details"), Some("as a text"));
}

#[test]
fn words_for_severity_are_known_in_any_case() {
    assert_eq!(severity::of("CRITICAL"), Some(Severity::Critical));
    assert_eq!(severity::of(" Warn "), Some(Severity::Warning));
    assert_eq!(severity::of("none"), Some(Severity::Info));
    assert_eq!(severity::of("purple"), None);
}

/// Two servers of one domain and one of another, as a fleet has them.
fn fleet() -> Vec<dogwatch_model::Endpoint> {
    let named = |name: &str, n: u128| {
        let mut endpoint = if n == 1 { full_server() } else { silent_server() };
        endpoint.id = dogwatch_model::EndpointId(uuid::Uuid::from_u128(n));
        endpoint.name = name.to_owned();
        endpoint
    };
    vec![
        named("srv-01", 1),
        named("db.acme.example", 2),
        named("web.acme.example", 3),
        named("web.other.example", 4),
    ]
}

fn found(name: &str) -> Option<String> {
    let fleet = fleet();
    let mut wanted = Wanted::new([name].into_iter());
    fleet.iter().for_each(|endpoint| wanted.look_at(endpoint));
    let id = wanted.find(&[name.to_owned()], None)?;
    fleet.iter().find(|endpoint| endpoint.id == id).map(|endpoint| endpoint.name.clone())
}

#[test]
fn an_endpoint_is_found_by_what_exporters_write() {
    assert_eq!(found("srv-01:9100").as_deref(), Some("srv-01"));
    assert_eq!(found("SRV-01.acme.example").as_deref(), Some("srv-01"));
    assert_eq!(found("db").as_deref(), Some("db.acme.example"));
    assert_eq!(found("db.acme.example:443").as_deref(), Some("db.acme.example"));
    assert_eq!(found("00000000-0000-0000-0000-000000000003").as_deref(), Some("web.acme.example"));
    let address = full_server().facts.inventory.unwrap().net.addresses.first().cloned().unwrap();
    assert_eq!(found(&format!("{}:9100", address.split('/').next().unwrap())).as_deref(), Some("srv-01"));
}

#[test]
fn a_name_that_may_mean_two_machines_means_none() {
    assert_eq!(found("web"), None);
    assert_eq!(found("db.other.example"), None, "another domain is another machine");
    assert_eq!(found("nobody"), None);
    assert_eq!(found(""), None);
}

#[test]
fn a_site_that_is_said_must_be_the_endpoints() {
    let fleet = fleet();
    let mut wanted = Wanted::new(["srv-01"].into_iter());
    fleet.iter().for_each(|endpoint| wanted.look_at(endpoint));
    let names = ["srv-01".to_owned()];
    assert!(wanted.find(&names, Some(&fleet[0].site)).is_some());
    assert!(wanted.find(&names, Some(&"elsewhere".parse().unwrap())).is_none());
}
