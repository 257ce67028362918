//! The audit from outside: whole, in pages, and only for those whose it is.

use dogwatch_triage::audit::{Chain, Verifier};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::running::Running;
use crate::{
    access::{ApiToken, Sha256},
    audit::sha256,
    authority::audit_key::AuditKey,
};

/// A running collector with seven records in acme's chain, and its administrator's token.
async fn busy() -> (Running, String) {
    let running = Running::start();
    let token = running.set_up().await;
    for site in ["a", "b", "c", "d", "e", "f", "g"] {
        let made = running.post("/api/v1/join-tokens", &token, json!({ "org": "acme", "site": site })).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    }
    (running, token)
}

fn numbers(page: &Value) -> Vec<u64> {
    page["records"].as_array().unwrap().iter().map(|record| record["seq"].as_u64().unwrap()).collect()
}

#[tokio::test]
async fn a_chain_is_read_in_pages_from_either_end_and_verifies() {
    let (running, token) = busy().await;
    let page = async |rest: &str| {
        let path = format!("/api/v1/audit?org=acme&limit=3{rest}");
        running.collector.get(&path, Some(&token)).await.json
    };
    let newest = page("").await;
    assert_eq!(numbers(&newest), [7, 6, 5]);
    let shown = ApiToken::short_id(&Sha256::of(token.as_bytes()));
    assert_eq!(newest["records"][0]["by"]["token"], shown.as_str(), "which of somebody's tokens it was");
    let onward = |page: &Value| format!("&cursor={}", page["next"].as_str().unwrap());
    let middle = page(&onward(&newest)).await;
    assert_eq!(numbers(&middle), [4, 3, 2]);
    let last = page(&onward(&middle)).await;
    assert_eq!((numbers(&last), last.get("next")), (vec![1], None));
    assert_eq!(page("&cursor=4").await["status"], 400, "a cursor is what an answer gave");
    let mut verifier = Verifier::new(Chain::Org("acme".parse().unwrap()), sha256, Vec::new());
    let mut cursor = String::new();
    loop {
        let page = page(&format!("&order=oldest{cursor}")).await;
        for record in page["records"].as_array().unwrap() {
            verifier.take(record).unwrap();
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(json!(verifier.finish().unwrap()), newest["head"]);
}

#[tokio::test]
async fn records_are_asked_for_by_person_act_and_time() {
    let (running, token) = busy().await;
    let asked = async |what: &str| {
        numbers(&running.collector.get(&format!("/api/v1/audit?org=acme&{what}"), Some(&token)).await.json)
            .len()
    };
    assert_eq!(asked("act=join-token").await, 7);
    assert_eq!(asked("act=join").await, 0, "a whole part of the name");
    assert_eq!((asked("by=kim").await, asked("by=lee").await), (7, 0));
    assert_eq!(asked("from=2999-01-01T00:00:00Z").await, 0);
    assert_eq!(asked("until=2000-01-01T00:00:00Z").await, 0);
}

#[tokio::test]
async fn an_orgs_people_see_their_chain_and_no_other() {
    let (running, token) = busy().await;
    let sam = running.let_in(&token, "sam", "viewer").await;
    let own = running.collector.get("/api/v1/audit", Some(&sam)).await;
    assert_eq!(own.json["records"][0]["act"], "token.create");
    assert_eq!(own.json["records"][0]["after"][0]["person"]["id"], "sam");
    assert!(!own.text.contains(&sam), "never a secret");
    for path in ["/api/v1/audit?org=*", "/api/v1/audit/checkpoints?org=*", "/api/v1/audit?org=globex"] {
        let refused = running.collector.get(path, Some(&sam)).await;
        assert_eq!(refused.status, StatusCode::NOT_FOUND, "{path}: {}", refused.text);
    }
    let all = running.collector.get("/api/v1/audit?org=*", Some(&token)).await;
    assert_eq!(all.json["records"][0]["act"], "setup.redeem");
    assert_eq!(
        running.collector.get("/api/v1/audit?org=globex", Some(&token)).await.status,
        404,
        "no such org"
    );
}

#[tokio::test]
async fn a_token_that_was_revoked_and_is_still_used_is_in_the_audit_of_its_org_once() {
    let (running, token) = busy().await;
    let sam = running.let_in(&token, "sam", "admin").await;
    let made = running.post("/api/v1/tokens", &sam, json!({ "role": "viewer" })).await;
    let (text, id) = (made.json["token"].as_str().unwrap(), made.json["id"].as_str().unwrap());
    let path = format!("/api/v1/tokens/{id}");
    running.collector.ask(Method::DELETE, &path, Some(&sam), "").await;
    for _ in 0..3 {
        assert_eq!(running.collector.get("/api/v1/fleet", Some(text)).await.status, StatusCode::UNAUTHORIZED);
    }
    let unknown = format!("dwt_{}", "u".repeat(43));
    assert_eq!(running.collector.get("/api/v1/fleet", Some(&unknown)).await.status, StatusCode::UNAUTHORIZED);
    // Whatever is done after it is written down after it.
    running.post("/api/v1/tokens", &sam, json!({ "role": "viewer" })).await;
    let told = running.collector.get("/api/v1/audit?org=acme&act=token.refused", Some(&sam)).await;
    assert_eq!(numbers(&told.json).len(), 1, "{}", told.text);
    let record = &told.json["records"][0];
    assert_eq!((&record["on"], &record["after"]["name"]), (&json!(id), &json!("acme:sam")), "{record}");
    assert!(record["after"]["why"].as_str().unwrap().starts_with("it was revoked at "), "{record}");
    assert!(!told.text.contains(text) && !told.text.contains(&unknown), "never a secret");
}

#[tokio::test]
async fn a_checkpoint_of_the_moment_is_signed_with_the_key_that_is_told() {
    let (running, token) = busy().await;
    let get = async |path: &str| running.collector.get(path, Some(&token)).await;
    assert_eq!(get("/api/v1/audit/key").await.status, StatusCode::NOT_FOUND, "there is none yet");
    let folder = tempfile::tempdir().unwrap();
    running.sign_audit_with(AuditKey::open_or_make(folder.path()).unwrap());
    let key = get("/api/v1/audit/key").await.json;
    assert_eq!(get("/api/v1/whoami").await.json["collector"]["audit_key"], key);
    let given = get("/api/v1/audit/checkpoints?org=acme").await.json;
    let last = given["checkpoints"].as_array().unwrap().last().unwrap().clone();
    let last: dogwatch_triage::audit::Checkpoint = serde_json::from_value(last).unwrap();
    let public: dogwatch_triage::audit::PublicKey = key["public_key"].as_str().unwrap().parse().unwrap();
    aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ED25519, public.0)
        .verify(&last.statement().bytes(), &last.signature.0)
        .unwrap();
    assert_eq!((last.seq, json!(last.key)), (7, key["key"].clone()));
    let refused = running.collector.ask(Method::POST, "/api/v1/audit", Some(&token), "").await;
    assert_eq!(refused.status, StatusCode::METHOD_NOT_ALLOWED, "nobody writes to it");
}
