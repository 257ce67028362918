//! Secrets in bodies where none belongs, and bodies that are none.

use dogwatch_tests::harness::canaries::Heard;
use serde_json::json;
use ureq::http::Request;

use super::{super::seeds::Scene, asked, json_post};

/// More than any route takes.
const TOO_LONG_BYTES: usize = 3 << 20;

/// Secrets in bodies: broken ones, of another kind, too long, under another name, where something else belongs.
pub(super) fn all(scene: &Scene) -> Vec<Heard> {
    let api = scene.lab.collector().api();
    let canaries = scene.lab.canaries();
    let key = canaries.plant("a key in a body");
    let password = canaries.plant_password("a password in a body");
    let mut heard = Vec::new();
    for secret in [&key, &password, &scene.tokens[2]] {
        let text = json!(secret).to_string();
        for path in PATHS {
            for body in wrong_bodies(&text) {
                heard.extend(asked(scene, api, json_post(path), body));
            }
            heard.extend(asked(
                scene,
                api,
                Request::post(*path).header("content-type", "text/plain"),
                text.clone(),
            ));
            let long = format!("{{\"{secret}\":\"{}\"}}", "x".repeat(TOO_LONG_BYTES));
            heard.extend(asked(scene, api, json_post(path), long));
        }
        for (path, form) in [("/login", "person"), ("/invite", "invitation"), ("/device/answer", "answer")] {
            let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded");
            let secret = secret.replace(' ', "+");
            heard.extend(asked(scene, api, request, format!("{form}={secret}&{form}={secret}&{secret}=x")));
        }
    }
    heard
}

/// Routes that take a secret, and some that take none.
const PATHS: &[&str] = &[
    "/api/v1/login",
    "/api/v1/account/password",
    "/api/v1/account/recovery-codes",
    "/api/v1/invitations/accept",
    "/api/v1/break-glass",
    "/api/v1/oidc/loopback",
    "/api/v1/oidc/loopback/token",
    "/api/v1/oidc/device/token",
    "/api/v1/tokens",
    "/api/v1/join-tokens",
    "/api/v1/people",
    "/api/v1/access/grants",
    "/api/v1/alerts",
    "/api/v1/alerts/1/snooze",
    "/api/v1/windows",
    "/api/v1/views",
    "/api/v1/ownership/versions",
    "/api/v1/ownership/lint",
    "/api/v1/intake/events",
    "/api/v1/intake/alertmanager",
    "/api/v1/endpoints/srv-01/tag",
    "/api/v1/orgs",
];

/// A secret, as JSON has it, everywhere that it does not belong.
fn wrong_bodies(secret: &str) -> Vec<String> {
    let mut bodies = vec![
        secret.to_owned(),
        format!("{{{secret}"),
        format!("{{\"password\": {secret}"),
        format!("{{\"pasword\": {secret}}}"),
        format!("{{{secret}: 1}}"),
        format!("[{secret}]"),
        format!("{{\"password\": [{secret}], \"code\": {{\"x\": {secret}}}, \"invitation\": [{secret}]}}"),
    ];
    for field in [
        "browser",
        "side",
        "role",
        "verbs",
        "org",
        "site",
        "uses",
        "expires_in_seconds",
        "act",
        "until",
        "severity",
        "team",
        "event_action",
        "port",
        "from",
        "person",
    ] {
        bodies.push(format!("{{\"{field}\": {secret}, \"code\": 7, \"invitation\": 7, \"text\": 7}}"));
    }
    bodies
}
