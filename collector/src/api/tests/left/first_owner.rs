//! A first owner comes in by themself: what the MSP made for them ends, and they are told what ended with it.

use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::json;

use crate::api::tests::{coming_in::PASSWORD, running::Running};

#[tokio::test]
async fn a_first_owners_token_of_the_msps_ends_on_record_when_they_set_a_password() {
    let running = Running::start();
    let kim = running.set_up().await;
    let wanted = json!({ "person": "ivan", "side": "internal", "org": "acme", "role": "admin" });
    let handed = running.post("/api/v1/tokens", &kim, wanted).await;
    let ivan = handed.json["token"].as_str().unwrap();
    let goodbye = json!({ "side": "msp", "confirm": "acme" });
    let refused = running.post("/api/v1/orgs/acme/offboard", ivan, goodbye).await;
    assert_eq!(refused.status, StatusCode::CONFLICT, "{}", refused.text);
    let mallory = json!({ "person": "mallory", "role": "admin" });
    let mallory = running.post("/api/v1/people", ivan, mallory).await;
    assert_eq!(mallory.status, StatusCode::CREATED, "{}", mallory.text);
    let invited = running.post("/api/v1/people/ivan/invite", ivan, json!({})).await;
    let body = json!({ "invitation": invited.json["invitation"], "password": PASSWORD }).to_string();
    let welcome = running.collector.ask(Method::POST, "/api/v1/invitations/accept", None, &body).await;
    assert_eq!(welcome.status, StatusCode::OK, "{}", welcome.text);
    let kept_out = welcome.json["kept_out"].as_str().unwrap_or_default();
    assert!(kept_out.contains("they were let in: acme:mallory (all of it"), "{}", welcome.text);
    let export = running.collector.get("/api/v1/orgs/acme/export", Some(ivan)).await;
    assert_eq!(export.status, StatusCode::UNAUTHORIZED, "{}", export.text);
    let key = crate::access::Hidden::new(welcome.json["secret"].as_str().unwrap().to_owned());
    let code = crate::account::code_now(&key, Timestamp::now());
    let login = json!({ "person": "acme:ivan", "password": PASSWORD, "code": code }).to_string();
    let ivan = running.collector.ask(Method::POST, "/api/v1/login", None, &login).await;
    let ivan = ivan.json["token"].as_str().unwrap_or_else(|| panic!("{}", ivan.text));
    let told = running.collector.get("/api/v1/audit?org=acme", Some(ivan)).await;
    let records = told.json["records"].as_array().unwrap_or_else(|| panic!("{}", told.text));
    let told_of = |act: &str, on: &str| {
        records.iter().any(|record| (&record["act"], &record["on"]) == (&json!(act), &json!(on)))
    };
    assert!(told_of("person.disable", "acme:mallory"), "{}", told.text);
    let accepted = records.iter().find(|record| record["act"] == "invitation.accept");
    let ended = accepted.map(|record| record["after"].to_string()).unwrap_or_default();
    assert!(
        ended.contains(handed.json["id"].as_str().unwrap()) && ended.contains("revoked_at"),
        "{}",
        told.text
    );
}
