//! What is shown to come in, and is wrong; and what is done under a key.

use dogwatch_tests::harness::canaries::Heard;
use serde_json::json;
use ureq::http::{Method, Request};

use super::{super::seeds::Scene, asked, json_post};

/// Wrong passwords and codes, and right ones in the wrong place. Five tries a minute are looked at.
pub(super) fn all(scene: &Scene) -> Vec<Heard> {
    let nobody = scene.lab.collector().api().stranger();
    let canaries = scene.lab.canaries();
    let (wrong, right) = (canaries.plant_password("a wrong password"), &scene.people.password);
    let code = canaries.plant("a wrong code");
    let mut heard = Vec::new();
    for (path, body) in [
        ("/api/v1/login", json!({ "person": "msp:ivy", "password": wrong, "code": code })),
        ("/api/v1/login", json!({ "person": right, "password": "msp:ivy" })),
        ("/api/v1/login", json!({ "person": "msp:ivy", "password": right })),
        ("/api/v1/login", json!({ "person": "msp:nobody", "password": right })),
        ("/api/v1/invitations/accept", json!({ "invitation": code, "password": wrong })),
        ("/api/v1/invitations/accept", json!({ "invitation": scene.people.invitation, "password": "short" })),
        ("/api/v1/break-glass", json!({ "code": code })),
        ("/api/v1/setup", json!({ "code": code, "person": "eve", "side": "msp" })),
        (
            "/api/v1/setup",
            json!({ "code": scene.lab.collector().setup_code(), "person": "eve", "side": "msp" }),
        ),
        ("/api/v1/oidc/loopback/token", json!({ "code": code, "code_verifier": code })),
        ("/api/v1/oidc/device/token", json!({ "device_code": code })),
        ("/api/v1/intake/events", json!({ "routing_key": code, "event_action": "trigger" })),
        ("/api/v1/intake/events", json!({ "routing_key": scene.tokens[3], "event_action": "trigger" })),
        // The right key, and an event that is none: the queue gets an item that says why.
        ("/api/v1/intake/events", json!({ "routing_key": scene.tokens[0], "event_action": code })),
        (
            "/api/v1/intake/events",
            json!({ "routing_key": scene.tokens[1], "event_action": [wrong], "dedup_key": code }),
        ),
    ] {
        heard.extend(asked(scene, &nobody, json_post(path), body.to_string()));
    }
    let form = format!("person={}&password={}", right.replace(' ', "+"), wrong.replace(' ', "+"));
    let request = Request::post("/login").header("content-type", "application/x-www-form-urlencoded");
    heard.extend(asked(scene, &nobody, request, form));
    heard
}

/// Idempotency keys: a token is made under one, asked for again, and the key used for something else.
pub(super) fn keys(scene: &Scene) -> Vec<Heard> {
    let (api, canaries) = (scene.lab.collector().api(), scene.lab.canaries());
    let key = canaries.plant("an idempotency key");
    let order = json!({ "person": "once", "side": "msp", "role": "viewer" });
    let post = Method::POST;
    let made = api.once(post.clone(), "/api/v1/tokens", &order, &key).expect("an answer");
    let token = made.json();
    canaries.note("a token made under a key", token["token"].as_str().expect("a token is shown once"));
    let again = api.once(post, "/api/v1/tokens", &order, &key).expect("an answer");
    assert_eq!((made.status, &made.body), (again.status, &again.body), "a key gives the same answer");
    assert_eq!(again.header("idempotency-replayed"), Some("true"), "{again:?}");
    let request = json_post("/api/v1/join-tokens").header("idempotency-key", &key);
    asked(scene, api, request, json!({ "org": "home" }).to_string())
}
