//! What is not understood is refused by name, and every error is a problem.

use axum::body::Body;
use http::{Method, Request, StatusCode, header};

use super::{Collector, admit, noon, text_of_token, token};
use crate::{
    access::Role,
    state::{Health, State},
};

fn collector() -> Collector {
    let mut state = State::default();
    admit(&mut state, [token('a', Role::Admin, None)]);
    Collector::over(state)
}

#[tokio::test]
async fn an_unknown_query_parameter_is_refused_by_name() {
    let answer = collector().get("/api/v1/queue?stat=all", Some(&text_of_token('a'))).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer.detail().starts_with("no query parameter `stat`; this route takes "),
        "{}",
        answer.detail()
    );
}

#[tokio::test]
async fn an_unknown_key_of_the_body_is_refused_by_name_and_place() {
    let body = r#"{"org":"acme","site":"main","use":3}"#;
    let answer = collector().ask(Method::POST, "/api/v1/join-tokens", Some(&text_of_token('a')), body).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        answer.detail().contains("unknown field `use`, expected one of `org`, `site`"),
        "{}",
        answer.detail()
    );
    assert_eq!(answer.json["line"], 1);
}

#[tokio::test]
async fn what_is_wrong_in_a_body_is_told_by_the_field_and_its_value_is_not() {
    let collector = collector();
    for (path, body, field, said) in [
        (
            "/api/v1/endpoints/srv-01/tag",
            r#"{"add":["a",7]}"#,
            "add[1]",
            "`add[1]`: invalid type: integer `7`, expected a string",
        ),
        (
            "/api/v1/endpoints/srv-01/tag",
            r#"{"labels":{"amber otter 7193":[]}}"#,
            "labels.…",
            "`labels.…`: invalid type: sequence",
        ),
        (
            "/api/v1/login",
            r#"{"person":"kim","password":719371937193}"#,
            "password",
            "`password`: invalid type: integer",
        ),
    ] {
        let answer = collector.ask(Method::POST, path, Some(&text_of_token('a')), body).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{}", answer.text);
        assert!(answer.detail().contains(said), "{}", answer.detail());
        assert_eq!(answer.json["field"], field);
        assert!(!answer.detail().contains("column"), "{}", answer.detail());
        assert!(!answer.text.contains("7193"), "{}", answer.text);
    }
}

#[tokio::test]
async fn what_is_no_json_is_told_by_its_place() {
    let answer =
        collector().ask(Method::POST, "/api/v1/join-tokens", Some(&text_of_token('a')), "{\"org\":}").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!(answer.detail(), "the body is not JSON: expected value at line 1 column 8");
    assert_eq!((&answer.json["line"], &answer.json["column"]), (&1.into(), &8.into()));
}

#[tokio::test]
async fn limits_are_said_with_their_bounds() {
    let body = r#"{"org":"acme","site":"main","uses":0}"#;
    let answer = collector().ask(Method::POST, "/api/v1/join-tokens", Some(&text_of_token('a')), body).await;
    assert_eq!(answer.detail(), "`uses` must be from 1 to 10000, not 0");
}

#[tokio::test]
async fn every_kind_of_error_is_a_problem() {
    let collector = collector();
    let shown = text_of_token('a');
    let long = format!("{{\"org\":\"{}\"}}", "a".repeat(70_000));
    for (method, path, body, status) in [
        (Method::GET, "/api/v1/nothing", "", StatusCode::NOT_FOUND),
        (Method::DELETE, "/api/v1/whoami", "", StatusCode::METHOD_NOT_ALLOWED),
        (Method::POST, "/api/v1/join-tokens", "{", StatusCode::BAD_REQUEST),
        (Method::POST, "/api/v1/join-tokens", long.as_str(), StatusCode::PAYLOAD_TOO_LARGE),
        (Method::GET, "/api/v1/queue?state=half", "", StatusCode::BAD_REQUEST),
    ] {
        let answer = collector.ask(method.clone(), path, Some(&shown), body).await;
        assert_eq!((answer.status, answer.problem), (status, true), "{method} {path}: {}", answer.text);
        assert_eq!(answer.json["status"], status.as_u16());
        assert!(answer.json["type"].as_str().unwrap().starts_with("urn:dogwatch:problem:"));
    }
    let form = Request::post("/api/v1/join-tokens")
        .header(header::AUTHORIZATION, format!("Bearer {shown}"))
        .body(Body::from("org=acme"))
        .unwrap();
    let answer = collector.send(form).await;
    assert_eq!((answer.status, answer.problem), (StatusCode::UNSUPPORTED_MEDIA_TYPE, true));
}

#[tokio::test]
async fn a_method_that_is_not_there_is_answered_with_those_that_are() {
    let answer = collector().ask(Method::DELETE, "/api/v1/whoami", None, "").await;
    assert_eq!(answer.headers[header::ALLOW], "GET,HEAD");
}

#[tokio::test]
async fn setup_codes_can_be_guessed_five_times_a_minute_and_an_incomplete_request_is_no_guess() {
    let collector = collector().without_core();
    let mut seen = Vec::new();
    let incomplete = r#"{"code":"x"}"#;
    let guess = r#"{"code":"x","person":"kim"}"#;
    for body in [incomplete, incomplete, guess, guess, guess, guess, guess, guess] {
        let answer = collector.ask(Method::POST, "/api/v1/setup", None, body).await;
        seen.push(answer.status.as_u16());
    }
    assert_eq!(seen, [400, 400, 503, 503, 503, 503, 503, 429]);
}

#[tokio::test]
async fn whoami_tells_the_person_and_the_collector_and_no_secret() {
    let answer = collector().get("/api/v1/whoami", Some(&text_of_token('a'))).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.json["person"], "pat-a");
    assert_eq!(answer.json["collector"]["name"], "Acme <MSP>");
    assert!(!answer.text.contains("dwt_") && !answer.text.contains("hash\""), "{}", answer.text);
    assert_eq!(answer.headers[header::CACHE_CONTROL], "no-store");
}

#[tokio::test]
async fn readiness_says_why_not() {
    let collector = collector();
    assert_eq!(collector.get("/readyz", None).await.status, StatusCode::OK);
    let why = "the disk is full; free some space".to_owned();
    collector.health.send(Health::Degraded { since: super::noon(), why }).unwrap();
    let answer = collector.get("/readyz", None).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.detail(), "the disk is full; free some space");
    assert_eq!(answer.json["ready"], false);
}

#[tokio::test]
async fn the_page_is_readable_without_a_token_and_shows_the_name_as_text() {
    let answer = collector().get("/", None).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert!(answer.text.contains("Acme &lt;MSP&gt;"));
    assert!(answer.headers[header::CONTENT_SECURITY_POLICY].to_str().unwrap().contains("default-src 'none'"));
}

/// As a browser asks.
async fn browse(path: &str) -> super::Answer {
    let accepts = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    let request = Request::get(path).header(header::ACCEPT, accepts).body(Body::empty()).unwrap();
    collector().send(request).await
}

#[tokio::test]
async fn a_page_takes_whatever_a_link_to_it_got_on_the_way() {
    for page in ["/", "/setup", "/docs", "/login", "/invite", "/device"] {
        for query in ["?x=1", "?utm_source=a&utm_source=b", "?x"] {
            let answer = browse(&format!("{page}{query}")).await;
            let kind = answer.headers[header::CONTENT_TYPE].to_str().unwrap();
            assert_eq!((answer.status, kind), (StatusCode::OK, "text/html; charset=utf-8"), "{page}{query}");
        }
    }
    assert_eq!(browse("/account?x=1").await.status, StatusCode::SEE_OTHER);
    assert_eq!(browse("/device?provider=a&provider=b").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_browser_is_told_on_a_page_what_was_refused_and_everybody_else_as_a_problem() {
    let long = "a".repeat(20_000);
    for (path, status) in [
        ("/device?provider=a&provider=b", 400),
        ("/nowhere/<b>", 404),
        ("/device/answer", 405),
        (&format!("/login?x={long}"), 414),
    ] {
        let shown = browse(&path.replace('<', "%3C").replace('>', "%3E")).await;
        assert_eq!(shown.status, status, "{path}");
        assert_eq!(shown.headers[header::CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
        assert!(shown.text.contains("role=\"alert\"") && !shown.text.contains("<b>"), "{}", shown.text);
        assert!(shown.headers.contains_key(header::CONTENT_SECURITY_POLICY));
        let told = collector().get(&path.replace('<', "%3C").replace('>', "%3E"), None).await;
        assert_eq!((told.status.as_u16(), told.problem), (status, true), "{path}");
    }
    // What is for programs stays so, whoever asks.
    assert!(browse("/api/v1/whoami").await.problem && browse("/metrics").await.problem);
    assert!(browse("/api/v1/nothing").await.problem);
}

#[tokio::test]
async fn who_asks_hears_in_the_last_week_that_their_token_ends_and_of_grants_before_that() {
    let mut state = crate::state::State::default();
    let (hash, mut ends) = token('e', Role::Member, None);
    ends.expires_at = Some(noon() + jiff::SignedDuration::from_hours(6 * 24));
    let lasts = token('l', Role::Member, None);
    admit(&mut state, [(hash, ends), lasts]);
    if let Some(grant) = state.access.grants.get_mut("tl") {
        grant.expires_at = Some(noon() + jiff::SignedDuration::from_hours(24));
    }
    let collector = super::Collector::over(state);
    let told = collector.get("/api/v1/fleet", Some(&text_of_token('e'))).await;
    assert_eq!(told.headers["dogwatch-token-ends"], "2026-11-28T12:00:00Z");
    let me = collector.get("/api/v1/whoami", Some(&text_of_token('e'))).await.json;
    assert_eq!((&me["ending"][0]["what"], &me["ending"][0]["id"]), (&"token".into(), &"te".into()), "{me}");
    let other = collector.get("/api/v1/whoami", Some(&text_of_token('l'))).await;
    assert!(other.headers.get("dogwatch-token-ends").is_none());
    let ending = &other.json["ending"][0];
    assert_eq!(
        (&ending["what"], &ending["at"]),
        (&"grant".into(), &"2026-11-23T12:00:00Z".into()),
        "{ending}"
    );
}

#[tokio::test]
async fn of_two_tokens_none_counts() {
    let bearer = format!("Bearer {}", super::text_of_token('a'));
    for second in [bearer.clone(), "Bearer other".to_owned()] {
        let request = http::Request::get("/api/v1/whoami")
            .header(header::AUTHORIZATION, &bearer)
            .header(header::AUTHORIZATION, second)
            .body(axum::body::Body::empty())
            .unwrap();
        let refused = collector().send(request).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
        assert!(refused.detail().contains("several `authorization` headers; send one"), "{}", refused.text);
    }
}
