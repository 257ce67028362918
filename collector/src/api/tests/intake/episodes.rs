//! What ends an item, and what begins it anew: episodes, closings and the words of events.

use super::*;

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
