//! `Idempotency-Key`: done once, answered the same.

use std::time::Duration;

use http::{Method, Request, StatusCode, header};
use serde_json::json;

use super::{Answer, Collector, noon, running::Running, text_of_token, token};
use crate::{
    access::Role,
    api::{auth::Needs, routes::ROUTES},
    state::State,
};

/// A request to make a join token for a site, under a key.
fn request(token: &str, key: &str, site: &str) -> Request<axum::body::Body> {
    Request::post("/api/v1/join-tokens")
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::CONTENT_TYPE, "application/json")
        .header("idempotency-key", key)
        .body(json!({ "org": "acme", "site": site }).to_string().into())
        .unwrap()
}

async fn made(running: &Running, token: &str) -> usize {
    let listed = running.collector.get("/api/v1/join-tokens", Some(token)).await;
    listed.json["join_tokens"].as_array().unwrap().len()
}

fn replayed(answer: &Answer) -> bool {
    answer.headers.contains_key("idempotency-replayed")
}

#[tokio::test]
async fn the_same_request_under_the_same_key_is_done_once_and_answered_the_same() {
    let running = Running::start();
    let token = running.set_up().await;
    let first = running.collector.send(request(&token, "k1", "main")).await;
    assert_eq!((first.status, replayed(&first)), (StatusCode::CREATED, false), "{}", first.text);
    let again = running.collector.send(request(&token, "k1", "main")).await;
    assert_eq!((again.status, &again.text, replayed(&again)), (StatusCode::CREATED, &first.text, true));
    assert_eq!(again.headers[header::CONTENT_TYPE], "application/json");
    assert_eq!(made(&running, &token).await, 1);
    let other = running.collector.send(request(&token, "k2", "main")).await;
    assert_ne!(other.json["token"], first.json["token"], "another key is another thing to be done");
    assert_eq!(made(&running, &token).await, 2);
}

#[tokio::test]
async fn a_key_stands_for_one_request_of_one_caller() {
    let running = Running::start();
    let token = running.set_up().await;
    running.collector.send(request(&token, "k1", "main")).await;
    let reused = running.collector.send(request(&token, "k1", "attic")).await;
    assert_eq!(reused.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", reused.text);
    assert!(reused.problem && reused.detail().contains("take a new key"), "{}", reused.detail());
    let wanted = json!({ "person": "lee", "side": "msp", "role": "admin" });
    let lee = running.post("/api/v1/tokens", &token, wanted).await;
    let lee = lee.json["token"].as_str().unwrap();
    let theirs = running.collector.send(request(lee, "k1", "attic")).await;
    assert_eq!((theirs.status, replayed(&theirs)), (StatusCode::CREATED, false), "{}", theirs.text);
}

#[tokio::test]
async fn a_refusal_did_nothing_and_is_not_remembered() {
    let running = Running::start();
    let token = running.set_up().await;
    let refused = running.collector.send(request(&token, "k1", "not a slug")).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    let mended = running.collector.send(request(&token, "k1", "main")).await;
    assert_eq!(mended.status, StatusCode::CREATED, "{}", mended.text);
}

#[tokio::test]
async fn what_is_still_being_done_is_not_begun_again() {
    let mut state = State::default();
    let (hash, admin) = token('a', Role::Admin, None);
    state.access.enlist(&admin, noon());
    state.access.tokens.insert(hash, admin);
    let collector = Collector::over(state);
    let asked = || collector.send(request(&text_of_token('a'), "k1", "main"));
    // Its core never answers; that nobody waits any more changes nothing.
    assert!(tokio::time::timeout(Duration::from_millis(50), asked()).await.is_err());
    let again = asked().await;
    assert_eq!((again.status, &again.json["reason"]), (StatusCode::CONFLICT, &json!("in_flight")));
    assert_eq!(again.headers[header::RETRY_AFTER], "1");
}

#[tokio::test]
async fn every_route_that_writes_looks_at_the_key() {
    let running = Running::start();
    let token = running.all_powerful();
    let long = "k".repeat(129);
    for route in ROUTES.iter().filter(|route| route.needs != Needs::Public) {
        let method: Method = format!("{:?}", route.method).to_uppercase().parse().unwrap();
        if method == Method::GET {
            continue;
        }
        let path = route.path.replace(['{', '}'], "");
        for key in ["two words", "", "é", &long] {
            let request = Request::builder().method(&method).uri(&path);
            let request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
            let request =
                request.header("idempotency-key", http::HeaderValue::from_bytes(key.as_bytes()).unwrap());
            let answer = running.collector.send(request.body(axum::body::Body::empty()).unwrap()).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{method} {path}: {}", answer.text);
            assert!(answer.detail().contains("idempotency-key"), "{method} {path}: {}", answer.text);
        }
    }
}

#[test]
fn where_to_look_is_a_path_that_can_be_read() {
    let look = crate::api::routes::where_to_look;
    assert_eq!(look("/api/v1/alerts/1042/claim"), "/api/v1/alerts/1042");
    assert_eq!(look("/api/v1/tokens/abc"), "/api/v1/tokens");
    assert_eq!(look("/api/v1/endpoints/srv-01/approve"), "/api/v1/endpoints/srv-01");
}
