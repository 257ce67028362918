//! Documents that are asked for again are not sent again: `etag` out, `If-None-Match` in, 304 back.

use axum::body::Body;
use dogwatch_triage::matrix::starter;
use http::{Request, StatusCode, header};
use serde_json::json;

use super::{Answer, org, running::Running};

/// Asks with a tag.
async fn having(running: &Running, token: &str, path: &str, tag: &str) -> Answer {
    let request = Request::get(path)
        .header(header::AUTHORIZATION, format!("Bearer {token}"))
        .header(header::IF_NONE_MATCH, tag)
        .body(Body::empty())
        .unwrap();
    running.collector.send(request).await
}

/// The tag of what is there now.
async fn tag(running: &Running, token: &str, path: &str) -> String {
    let answer = running.collector.get(path, Some(token)).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
    assert!(!answer.text.is_empty(), "{path}");
    assert_eq!(answer.headers[header::CACHE_CONTROL], "private, no-cache", "{path}");
    answer.headers[header::ETAG].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_has_a_document_gets_it_once() {
    let running = Running::start();
    let kim = running.set_up().await;
    let proposed =
        running.post("/api/v1/ownership/versions", &kim, json!({ "text": starter(&org("acme")) })).await;
    let version = format!("/api/v1/ownership/versions/{}", proposed.json["hash"].as_str().unwrap());
    for path in [
        "/api/v1/ownership?org=acme",
        &version,
        "/api/v1/fleet/schema",
        "/api/v1/queue/schema",
        "/api/v1/openapi.json",
        "/docs",
        "/style.css",
    ] {
        let known = tag(&running, &kim, path).await;
        for given in [known.clone(), format!("\"other\", {known}"), "*".to_owned()] {
            let answer = having(&running, &kim, path, &given).await;
            assert_eq!(
                (answer.status, answer.text.as_str()),
                (StatusCode::NOT_MODIFIED, ""),
                "{path}: {given}"
            );
            assert_eq!(answer.headers[header::ETAG], known, "{path}");
        }
        assert_eq!(having(&running, &kim, path, "\"other\"").await.status, StatusCode::OK, "{path}");
    }
    // What one may not see has no tag either.
    let elsewhere = having(&running, &kim, "/api/v1/ownership/versions/ffffffffffff", "*").await;
    assert_eq!(elsewhere.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_version_that_was_signed_is_another_document() {
    let running = Running::start();
    let kim = running.set_up().await;
    let proposed =
        running.post("/api/v1/ownership/versions", &kim, json!({ "text": starter(&org("acme")) })).await;
    let path = format!("/api/v1/ownership/versions/{}", proposed.json["hash"].as_str().unwrap());
    let before = tag(&running, &kim, &path).await;
    let signed = running.post(&format!("{path}/sign"), &kim, json!({})).await;
    assert_eq!(signed.status, StatusCode::OK, "{}", signed.text);
    let after = having(&running, &kim, &path, &before).await;
    assert_eq!(after.status, StatusCode::OK, "{}", after.text);
    assert_ne!(after.headers[header::ETAG], before);
}
