//! The matrix as a document: linted, compared and tried out on what has happened.

use dogwatch_triage::matrix::starter;
use http::StatusCode;
use serde_json::json;

use super::{org, running::Running};

/// The starter with a row before all others that gives the disks of servers to internal IT.
fn draft() -> String {
    let row = "[[row]]\nid = \"disks\"\ncategories = [\"capacity\"]\nendpoint = 'class == \"server\"'\n\
               responsible = \"internal-it\"\naccountable = \"internal-it\"\nbackup = \"msp-noc\"\n\n";
    starter(&org("acme")).replacen("[[row]]", &format!("{row}[[row]]"), 1)
}

#[tokio::test]
async fn lint_tells_findings_with_their_places_and_knows_the_endpoints() {
    let running = Running::start();
    let kim = running.set_up().await;
    let standing = running.post("/api/v1/ownership/lint", &kim, json!({})).await;
    assert_eq!(standing.status, StatusCode::OK, "{}", standing.text);
    assert_eq!(
        (&standing.json["org"], &standing.json["errors"]),
        (&json!("acme"), &json!(0)),
        "{}",
        standing.text
    );
    let codes = |json: &serde_json::Value| -> Vec<String> {
        let findings = json["findings"].as_array().unwrap();
        findings.iter().map(|finding| finding["code"].as_str().unwrap().to_owned()).collect()
    };
    assert!(codes(&standing.json).contains(&"unsigned".to_owned()), "{}", standing.text);
    let nowhere = draft().replace("class == \"server\"", "site == \"mars\"");
    let linted = running.post("/api/v1/ownership/lint", &kim, json!({ "text": nowhere })).await;
    assert_eq!(linted.status, StatusCode::OK, "{}", linted.text);
    assert!(linted.text.contains("disks"), "a row that matches no endpoint is found: {}", linted.text);
    let broken = running.post("/api/v1/ownership/lint", &kim, json!({ "text": "[org]\nid = 7" })).await;
    assert_eq!(broken.status, StatusCode::OK, "{}", broken.text);
    assert!(broken.json["errors"].as_u64().unwrap() > 0 && broken.json["findings"][0]["line"].is_u64());
}

#[tokio::test]
async fn a_difference_is_told_between_versions_and_texts() {
    let running = Running::start();
    let kim = running.set_up().await;
    let proposed = running.post("/api/v1/ownership/versions", &kim, json!({ "text": draft() })).await;
    assert_eq!(proposed.status, StatusCode::CREATED, "{}", proposed.text);
    let hash = proposed.json["hash"].as_str().unwrap();
    let path = format!("/api/v1/ownership/diff?to={hash}");
    let between = running.collector.get(&path, Some(&kim)).await;
    assert_eq!(between.status, StatusCode::OK, "{}", between.text);
    let difference = &between.json["differences"][0];
    assert_eq!(
        (&difference["id"], &difference["change"]),
        (&json!("disks"), &json!("added")),
        "{}",
        between.text
    );
    let body = json!({ "from": hash, "to_text": starter(&org("acme")) });
    let back = running.post("/api/v1/ownership/diff", &kim, body).await;
    assert_eq!(back.json["differences"][0]["change"], "removed", "{}", back.text);
    let unknown = running.collector.get("/api/v1/ownership/diff?to=ffffffffffff", Some(&kim)).await;
    assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{}", unknown.text);
    let other =
        running.post("/api/v1/ownership/diff", &kim, json!({ "to_text": starter(&org("globex")) })).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST, "{}", other.text);
}

#[tokio::test]
async fn a_replay_routes_open_and_archived_items_of_ones_own_org_by_the_draft() {
    let running = Running::start();
    let kim = running.set_up().await;
    let body = json!({ "text": draft(), "days": 92 });
    let told = running.post("/api/v1/ownership/replay", &kim, body).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    // The open one and the archived one of acme, not that of globex.
    assert_eq!((&told.json["items"], &told.json["moved_total"]), (&json!(2), &json!(2)), "{}", told.text);
    let moved = &told.json["moved"][0];
    assert_eq!((&moved["before"]["team"], &moved["after"]["team"]), (&json!("msp"), &json!("internal-it")));
    assert_eq!(moved["after"]["row"], "disks");
    let long = running.post("/api/v1/ownership/replay", &kim, json!({ "text": draft(), "days": 4000 })).await;
    assert_eq!(long.status, StatusCode::BAD_REQUEST, "{}", long.text);
}
