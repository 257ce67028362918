//! Enrolment that is refused: each with one clear line on the machine where it was tried, and nobody else notices.

use dogwatch_model::JoinToken;
use dogwatch_tests::harness::{Lab, PATIENCE, SITE, agent::LabAgent, wait};
use serde_json::{Value, json};

const NOT_ALLOWED: i32 = 4;

#[test]
fn every_bad_join_token_is_refused_with_its_reason_and_nothing_else_suffers() {
    let lab = Lab::start();
    let _neighbour = lab.online("srv-neighbour");
    let machine = lab.machine("srv-01");
    let before = endpoints(&lab);

    let good = lab.parsed_join_token(1);
    let wrong = JoinToken { secret: good.secret.chars().rev().collect(), ..good.clone() };
    refused(&machine, &wrong, &["this join token is not known", "dogwatch join-token create"]);

    let mut elsewhere = good.clone();
    elsewhere.root_sha256[0] ^= 1;
    refused(&machine, &elsewhere, &["is not the one this token is for", "root hash"]);

    let used = lab.parsed_join_token(1);
    lab.machine("srv-02").enroll(&used.to_string()).succeeds();
    refused(&machine, &used, &["this join token is used up", "1 of 1"]);

    refused(&machine, &expired(&lab), &["this join token expired", "dogwatch join-token create"]);

    let withdrawn = lab.parsed_join_token(1);
    let id = latest_join_token(&lab)["id"].clone();
    lab.admin().run(&["join-token", "revoke", id.as_str().expect("an id")]).succeeds();
    refused(&machine, &withdrawn, &["this join token was withdrawn"]);

    machine.enroll("dwj1~not~whole").fails_with(2, "join token");

    // Only srv-02 has come in; the refused machine has kept nothing; the neighbour was online all the while.
    assert_eq!(endpoints(&lab), before + 1);
    assert!(!machine.state_dir().join("endpoint.json").exists());
    lab.wait_for_endpoint("srv-neighbour", |endpoint| endpoint["online"] == json!(true));
    let log = lab.collector().log_text();
    assert_eq!(log.matches("enrolment refused").count(), 4, "one line each, on the collector's side, too");
    for secret in [&good.secret, &wrong.secret, &used.secret] {
        assert!(!log.contains(secret.as_str()), "a secret is in the log");
    }

    // The token that was only misspelt is good still.
    machine.enroll(&good.to_string()).succeeds();
}

#[track_caller]
fn refused(machine: &LabAgent, token: &JoinToken, words: &[&str]) {
    machine.enroll(&token.to_string()).fails_saying(NOT_ALLOWED, words);
}

/// A token whose time is over.
fn expired(lab: &Lab) -> JoinToken {
    let order = json!({ "org": "home", "site": SITE, "uses": 1, "expires_in_seconds": 1 });
    let made = lab.collector().api().post("/api/v1/join-tokens", &order).expect("a token");
    wait::wait_for(
        "the token's end",
        PATIENCE,
        || latest_join_token(lab)["state"].clone(),
        |state| *state == json!("expired"),
    );
    made["token"].as_str().expect("its text").parse().expect("a whole token")
}

fn latest_join_token(lab: &Lab) -> Value {
    let list = lab.collector().api().get("/api/v1/join-tokens").expect("the list");
    list["join_tokens"].as_array().and_then(|tokens| tokens.last()).cloned().expect("a token")
}

fn endpoints(lab: &Lab) -> u64 {
    lab.collector().api().get("/api/v1/fleet").expect("the fleet")["total"].as_u64().expect("a count")
}
