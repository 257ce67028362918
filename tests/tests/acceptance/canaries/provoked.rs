//! Secrets in wrong places: what is said about each must not repeat it.

mod typed;

use dogwatch_tests::{
    bench::api::{Answer, Api},
    harness::{PATIENCE, canaries::Heard, program::Finished, wait},
};
use serde_json::json;
use ureq::http::{Request, request::Builder};

use super::seeds::Scene;

/// More than any route takes.
const TOO_LONG_BYTES: usize = 3 << 20;

/// Everything that goes wrong around a secret, and what of it is heard.
pub(super) fn all(scene: &Scene) -> Vec<Heard> {
    let mut heard = addresses(scene);
    heard.extend(headers(scene));
    heard.extend(bodies(scene));
    heard.extend(logins(scene));
    heard.extend(keys(scene));
    heard.extend(strangers(scene));
    heard.extend(typed::all(scene));
    bad_files(scene);
    heard
}

/// One request, and what of the whole answer is heard.
fn asked(scene: &Scene, by: &Api, request: Builder, body: impl Into<Vec<u8>>) -> Vec<Heard> {
    let request: Request<Vec<u8>> = request.body(body.into()).expect("a request");
    let at = format!("the answer to {} {}", request.method(), request.uri());
    let answer: Answer = by.send(request).unwrap_or_else(|error| panic!("{at}: {error:#}"));
    assert!(answer.status < 500 || answer.status == 503, "{at}: {answer:?}");
    scene.lab.canaries().heard_in(&at, answer.head + &answer.body)
}

/// A request with a JSON body.
fn json_post(path: &str) -> Builder {
    Request::post(path).header("content-type", "application/json")
}

/// Secrets in paths and parameters, where people put what they take for an id.
fn addresses(scene: &Scene) -> Vec<Heard> {
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
fn headers(scene: &Scene) -> Vec<Heard> {
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

/// Secrets in bodies: broken ones, of another kind, too long, under another name, where something else belongs.
fn bodies(scene: &Scene) -> Vec<Heard> {
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

/// Wrong passwords and codes, and right ones in the wrong place. Five tries a minute are looked at.
fn logins(scene: &Scene) -> Vec<Heard> {
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
fn keys(scene: &Scene) -> Vec<Heard> {
    let (api, canaries) = (scene.lab.collector().api(), scene.lab.canaries());
    let key = canaries.plant("an idempotency key");
    let order = json!({ "person": "once", "side": "msp", "role": "viewer" });
    let post = ureq::http::Method::POST;
    let made = api.once(post.clone(), "/api/v1/tokens", &order, &key).expect("an answer");
    let token = made.json();
    canaries.note("a token made under a key", token["token"].as_str().expect("a token is shown once"));
    let again = api.once(post, "/api/v1/tokens", &order, &key).expect("an answer");
    assert_eq!((made.status, &made.body), (again.status, &again.body), "a key gives the same answer");
    assert_eq!(again.header("idempotency-replayed"), Some("true"), "{again:?}");
    let request = json_post("/api/v1/join-tokens").header("idempotency-key", &key);
    asked(scene, api, request, json!({ "org": "home" }).to_string())
}

/// Callers that are none: plain HTTP where TLS is spoken, join tokens that are wrong.
fn strangers(scene: &Scene) -> Vec<Heard> {
    let (lab, canaries) = (&scene.lab, scene.lab.canaries());
    let secret = canaries.plant("a token in plain HTTP");
    let mut heard = Vec::new();
    for address in [lab.collector().people_address(), lab.collector().agents_address()] {
        let url = format!("http://{address}/?token={secret}");
        let outcome = ureq::get(&url).header("authorization", format!("Bearer {secret}")).call();
        heard.extend(
            canaries.heard_in(
                "plain HTTP",
                format!("{:?}", outcome.map(|_| ()).map_err(|error| error.to_string())),
            ),
        );
    }
    let mut wrong = lab.parsed_join_token(1);
    wrong.secret = canaries.plant("a wrong join token") + "0123456789a";
    let spoilt = lab.join_token(1);
    let (spoilt, _) = spoilt.split_at(spoilt.len() - 20);
    for token in [wrong.to_string(), format!("{spoilt}~{secret}"), secret, format!("x{wrong}")] {
        let said = lab.machine("srv-02").enroll(&token);
        assert_ne!(said.code, Some(0), "{said:?}");
        heard.extend(canaries.heard_in("an enrolment's complaint", said.stdout + &said.stderr));
    }
    heard
}

/// Files with every secret in them that are not valid: refused, and what is wrong with each is said.
fn bad_files(scene: &Scene) {
    let collector = scene.lab.collector();
    let read = |name: &str| std::fs::read_to_string(collector.path(name)).expect("it was written");
    let (notify, identity) = (read("notify.toml"), read("identity.toml"));
    let secret = scene.lab.canaries().plant("a secret in a file that is not valid");
    let bad = [
        ("notify.toml", notify.replace("password =", "pasword =")),
        ("notify.toml", notify.replace("port =", &format!("port = \"{secret}\" #"))),
        ("notify.toml", notify.replace("secret =", "secret = [")),
        ("notify.toml", format!("{secret} = 1\n{notify}")),
        (
            "identity.toml",
            identity.replace("client_secret_file =", &format!("client_secret = \"{secret}\"\nscope =")),
        ),
        ("identity.toml", identity.replace("club.secret", &secret)),
        ("identity.toml", identity.replace("scopes = [", &format!("scopes = [{secret}, "))),
    ];
    for (name, text) in bad {
        let refusals = || collector.log_text().matches(&format!("{name} refused")).count();
        let before = refusals();
        collector.write(name, &text);
        wait::wait_for("the refusal", PATIENCE, refusals, |refusals| *refusals > before);
        let said = Finished::of(&mut collector.command("check"));
        assert_ne!(said.code, Some(0), "{said:?}");
        assert_eq!(scene.lab.canaries().heard_in("check", said.stdout + &said.stderr), []);
        collector.write(name, if name == "notify.toml" { &notify } else { &identity });
    }
}
