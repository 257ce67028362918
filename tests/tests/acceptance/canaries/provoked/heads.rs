//! Secrets in what comes before a body: paths, parameters, headers.

use dogwatch_tests::harness::canaries::Heard;
use serde_json::json;
use ureq::http::Request;

use super::{super::seeds::Scene, asked, json_post};

/// Secrets in paths and parameters, where people put what they take for an id.
pub(super) fn addresses(scene: &Scene) -> Vec<Heard> {
    let api = scene.lab.collector().api();
    let plain = [
        scene.tokens[2].clone(),
        scene.people.invitation.clone(),
        scene.people.sealed.clone(),
        scene.lab.canaries().plant("a key in an address"),
    ];
    let mut heard = Vec::new();
    for secret in &plain {
        for path in [
            format!("/{secret}"),
            format!("/api/v1/{secret}"),
            format!("/api/v1/endpoints/{secret}"),
            format!("/api/v1/alerts/{secret}"),
            format!("/api/v1/views/{secret}"),
            format!("/api/v1/orgs/{secret}"),
            format!("/api/v1/ownership/versions/{secret}"),
            format!("/api/v1/fleet?token={secret}"),
            format!("/api/v1/fleet?{secret}"),
            format!("/api/v1/fleet?filter={secret}"),
            format!("/api/v1/fleet?filter=name%20%3D%3D%20{secret}%20%26%26"),
            format!("/api/v1/fleet?sort={secret}"),
            format!("/api/v1/fleet?limit={secret}"),
            format!("/api/v1/fleet?cursor={secret}"),
            format!("/api/v1/fleet/summary?by={secret}"),
            format!("/api/v1/queue?team={secret}"),
            format!("/api/v1/queue?state={secret}"),
            format!("/api/v1/audit?org={secret}"),
            format!("/api/v1/events?kinds={secret}"),
            format!("/api/v1/who?about=backup&at={secret}"),
            format!("/api/v1/access/check?person={secret}&verb={secret}"),
            format!("/oidc/callback?state={secret}&code={secret}"),
            format!("/oidc/start?ticket={secret}"),
            format!("/oidc/start?provider={secret}"),
            format!("/oidc/start?provider=club&user_code={secret}"),
            format!("/api/v1/reports/month?from={secret}"),
        ] {
            heard.extend(asked(scene, api, Request::get(path), ""));
        }
        for path in ["tokens", "join-tokens", "windows", "views", "ownership/versions"] {
            heard.extend(asked(scene, api, Request::delete(format!("/api/v1/{path}/{secret}")), ""));
        }
        for path in [format!("people/{secret}/invite"), format!("access/grants/{secret}/end")] {
            heard.extend(asked(scene, api, json_post(&format!("/api/v1/{path}")), "{}"));
        }
    }
    heard
}

/// Secrets in headers that are not for them, or not of their form.
pub(super) fn headers(scene: &Scene) -> Vec<Heard> {
    let nobody = scene.lab.collector().api().stranger();
    let secret = scene.lab.canaries().plant("a key in a header");
    let (token, cookie) = (&scene.tokens[2], &scene.people.cookie);
    let mut heard = Vec::new();
    for value in [
        secret.clone(),
        format!("Basic {secret}"),
        format!("Bearer {secret}"),
        format!("Bearer {token}x"),
        format!("Bearer {}", scene.tokens[3]),
    ] {
        heard.extend(asked(scene, &nobody, Request::get("/api/v1/fleet").header("authorization", value), ""));
    }
    for name in ["if-match", "x-dogwatch-csrf", "last-event-id", "referer", "idempotency-key", "origin"] {
        let value =
            if name == "idempotency-key" { format!("{secret}{}", "x".repeat(300)) } else { secret.clone() };
        let request = json_post("/api/v1/alerts/1/claim").header(name, value).header("cookie", cookie);
        heard.extend(asked(scene, &nobody, request, json!({ "expected": secret }).to_string()));
    }
    // A browser's cookie is no bearer token, and a bearer token no cookie.
    let cookie_text = cookie.split_once('=').map_or("", |(_, text)| text);
    let as_bearer = Request::get("/api/v1/fleet").header("authorization", format!("Bearer {cookie_text}"));
    heard.extend(asked(scene, &nobody, as_bearer, ""));
    let as_cookie = Request::get("/api/v1/fleet").header("cookie", format!("__Host-dogwatch={token}"));
    heard.extend(asked(scene, &nobody, as_cookie, ""));
    heard
}
