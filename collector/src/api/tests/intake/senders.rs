//! Who feeds: with which right and token, under which name, and what comes of one that is in trouble.

use super::*;

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

#[tokio::test]
async fn a_token_for_one_site_ends_nothing_at_another_and_keeps_nothing_from_ending_there() {
    let scene = Scene::new().await;
    let at = |letter, site| scene.running.feeder_of(dogwatch_model::Side::Msp, letter, 'f', Some(site));
    let (north, south) = (at('n', "north"), at('s', "south"));
    let running = &scene.running;
    let tell = async |token: &str, status: &str| {
        running.post(ALERTMANAGER, token, alerts(status, &["a1"])).await.json
    };
    assert_eq!(tell(&south, "firing").await["opened"], json!(1));
    assert_eq!(tell(&north, "resolved").await["unknown"], json!(1), "it is none of theirs");
    assert_eq!(tell(&north, "firing").await["opened"], json!(1), "nor is it the same");
    assert_eq!(tell(&north, "resolved").await["noted"], json!(1));
    let open = |items: &[Value]| -> Vec<Value> {
        items.iter().filter(|item| item["work"] != "done").map(|item| item["site"].clone()).collect()
    };
    assert_eq!(open(&scene.items("intake-alertmanager").await), [json!("south")]);
    assert_eq!(tell(&south, "firing").await["repeated"], json!(1));
    assert_eq!(tell(&south, "resolved").await["noted"], json!(1));
    assert_eq!(open(&scene.items("intake-alertmanager").await), [Value::Null; 0]);
}

#[tokio::test]
async fn a_tool_or_site_in_the_address_that_the_org_does_not_have_is_refused_with_the_one_that_was_meant() {
    let scene = Scene::new().await;
    for (path, body) in [(ALERTMANAGER, alerts("firing", &["a1"])), (EVENTS, event("trigger"))] {
        for (given, mend) in [
            ("tool=monitorin", "did you mean `monitoring`?"),
            ("tool=nix", "there is no tool `nix` in the matrix of acme"),
            ("site=maim", "did you mean `main`?"),
            ("site=nosite", "dogwatch join-token create --org acme --site nosite"),
        ] {
            let refused = scene.feed(&format!("{path}?{given}"), body.clone()).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{given}: {}", refused.text);
            assert!(refused.detail().contains(mend), "{given}: {}", refused.text);
        }
        let taken = scene.feed(&format!("{path}?tool=monitoring&site=main"), body).await;
        assert!(taken.status.is_success(), "{}", taken.text);
    }
    let mut lenient = alerts("firing", &["b2"]);
    lenient["alerts"][0]["labels"]["tool"] = json!("nix");
    assert_eq!(scene.feed(ALERTMANAGER, lenient).await.json["opened"], json!(1), "labels are many hands'");
}
