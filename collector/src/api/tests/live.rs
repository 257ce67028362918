//! Changes through the whole way: request, core thread, store in memory, answer.

use http::{Request, StatusCode, header};
use jiff::SignedDuration;
use serde_json::json;

use super::{running::Running, work};

#[tokio::test]
async fn an_alert_of_long_ago_is_shown_to_those_who_may_see_its_org() {
    let running = Running::start();
    let admin = running.set_up().await;
    let wanted = json!({ "person": "omar", "side": "internal", "org": "acme", "role": "admin" });
    let made = running.post("/api/v1/tokens", &admin, wanted).await;
    let omar = made.json["token"].as_str().unwrap();
    for (number, seen) in [(1002, StatusCode::OK), (1003, StatusCode::NOT_FOUND), (9, StatusCode::NOT_FOUND)]
    {
        let path = format!("/api/v1/alerts/{number}");
        let answer = running.collector.get(&path, Some(omar)).await;
        assert_eq!(answer.status, seen, "{number}: {}", answer.text);
        assert_eq!(answer.json["number"] == number, seen == StatusCode::OK);
    }
    let all = running.collector.get("/api/v1/alerts/1003", Some(&admin)).await;
    assert_eq!(all.status, StatusCode::OK, "{}", all.text);
}

#[tokio::test]
async fn an_alert_is_claimed_commented_and_closed_and_its_timeline_says_so() {
    let running = Running::start();
    let admin = running.set_up().await;
    let claimed = running.post("/api/v1/alerts/1/claim", &admin, json!({})).await;
    assert_eq!(claimed.status, StatusCode::OK, "{}", claimed.text);
    assert_eq!(claimed.headers[header::ETAG], "\"8\"");
    assert_eq!(claimed.json["assignee"]["person"], "kim");
    let empty = running.post("/api/v1/alerts/1/comment", &admin, json!({})).await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST, "{}", empty.text);
    running.post("/api/v1/alerts/1/comment", &admin, json!({ "text": "old logs can go" })).await;
    let closed = running.post("/api/v1/alerts/1/close", &admin, json!({ "resolution": "freed" })).await;
    assert_eq!(closed.json["work"], "done", "{}", closed.text);
    let events = closed.json["timeline"].as_array().unwrap();
    let events: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["claimed", "comment", "closed"]);
    let queue = running.collector.get("/api/v1/queue", Some(&admin)).await;
    assert_eq!(queue.json["alerts"], json!([]));
    let all = running.collector.get("/api/v1/queue?state=all", Some(&admin)).await;
    assert_eq!(all.json["matched"], 1);
    let some = running.collector.get("/api/v1/queue?state=all&fields=number,,%20work", Some(&admin)).await;
    assert_eq!(some.json["alerts"], json!([{ "number": 1, "work": "done" }]));
    let wrong = running.collector.get("/api/v1/queue?fields=number,titl", Some(&admin)).await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.detail().contains("no `titl`; did you mean `title`?"), "{}", wrong.detail());
}

#[tokio::test]
async fn whoever_is_overtaken_gets_the_item_as_it_is_now() {
    let running = Running::start();
    let admin = running.set_up().await;
    running.post("/api/v1/alerts/1/comment", &admin, json!({ "text": "first" })).await;
    let late = Request::post("/api/v1/alerts/1/claim")
        .header(header::AUTHORIZATION, format!("Bearer {admin}"))
        .header(header::IF_MATCH, "\"7\"")
        .body(axum::body::Body::empty())
        .unwrap();
    let refused = running.collector.send(late).await;
    assert_eq!((refused.status, refused.problem), (StatusCode::CONFLICT, true), "{}", refused.text);
    assert!(refused.json["current"]["version"].as_u64().unwrap() > 7);
    assert_eq!(refused.json["current"]["timeline"][0]["text"], "first");
}

#[tokio::test]
async fn an_endpoint_that_is_revoked_leaves_the_fleet() {
    let running = Running::start();
    let admin = running.set_up().await;
    let revoked = running.post("/api/v1/endpoints/srv-01/revoke", &admin, json!({})).await;
    assert_eq!(revoked.json["state"], "revoked", "{}", revoked.text);
    assert_eq!(running.collector.get("/api/v1/fleet", Some(&admin)).await.json["total"], 2);
    let gone = running.collector.get("/api/v1/fleet?state=revoked", Some(&admin)).await;
    assert_eq!(gone.json["endpoints"][0]["name"], "srv-01");
    let back = running.post("/api/v1/endpoints/srv-01/approve", &admin, json!({})).await;
    assert_eq!(back.status, StatusCode::CONFLICT, "{}", back.text);
}

#[tokio::test]
async fn the_boundary_report_counts_the_archive_too_and_only_what_the_caller_may_see() {
    let running = Running::start();
    let admin = running.set_up().await;
    let wanted = json!({ "person": "omar", "side": "internal", "org": "acme", "role": "admin" });
    let made = running.post("/api/v1/tokens", &admin, wanted).await;
    let omar = made.json["token"].as_str().unwrap();
    let came = work::item().alert.first_seen;
    let (from, until) = (came - SignedDuration::from_hours(1), came + SignedDuration::from_hours(1));
    let path = format!("/api/v1/reports/boundary?from={from}&until={until}");
    let orgs = async |path: &str, token: &str| {
        let answer = running.collector.get(path, Some(token)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let groups = answer.json["groups"].as_array().unwrap().clone();
        groups.iter().map(|group| (group["org"].clone(), group["items"].clone())).collect::<Vec<_>>()
    };
    // One of the working set and one of the archive.
    assert_eq!(orgs(&path, omar).await, [(json!("acme"), json!(2))]);
    assert_eq!(orgs(&path, &admin).await, [(json!("acme"), json!(2)), (json!("globex"), json!(1))]);
    assert_eq!(orgs(&format!("{path}&org=globex"), &admin).await, [(json!("globex"), json!(1))]);
    let later =
        format!("/api/v1/reports/boundary?from={until}&until={}", until + SignedDuration::from_hours(1));
    assert_eq!(orgs(&later, &admin).await, []);
    let others = running.collector.get(&format!("{path}&org=globex"), Some(omar)).await;
    assert_eq!(others.status, StatusCode::NOT_FOUND, "{}", others.text);
    let backwards = format!("/api/v1/reports/boundary?from={until}&until={from}");
    let refused = running.collector.get(&backwards, Some(&admin)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
}
