//! Coming in, and letting others in: the setup code, tokens, join tokens, invitations, passwords.

mod browser;

use http::{Method, StatusCode};
use serde_json::json;

use super::running::Running;

#[tokio::test]
async fn the_setup_code_opens_once() {
    let running = Running::start();
    let token = running.set_up().await;
    assert_eq!(running.collector.get("/api/v1/whoami", Some(&token)).await.json["team"], "msp-noc");
    let again = r#"{"code":"c0de","person":"eve"}"#;
    let refused = running.collector.ask(Method::POST, "/api/v1/setup", None, again).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    assert!(!refused.text.contains("c0de"), "{}", refused.text);
}

#[tokio::test]
async fn the_first_owners_token_works_until_they_revoke_it_and_the_msp_makes_no_other() {
    let running = Running::start();
    let admin = running.set_up().await;
    let wanted = json!({ "person": "omar", "side": "internal", "team": "internal-it", "org": "acme", "role": "admin" });
    let nobodys = json!({ "person": "omar", "side": "internal", "team": "internal-its", "org": "acme" });
    let refused = running.post("/api/v1/people", &admin, nobodys.clone()).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND, "{}", refused.text);
    assert!(refused.detail().contains("did you mean `internal-it`? teams: internal-it, msp-noc"));
    let refused = running.post("/api/v1/tokens", &admin, nobodys).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND, "{}", refused.text);
    let made = running.post("/api/v1/tokens", &admin, wanted).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let omar = made.json["token"].as_str().unwrap();
    assert_eq!(running.collector.get("/api/v1/fleet", Some(omar)).await.json["total"], 3);
    let path = format!("/api/v1/tokens/{}", made.json["id"].as_str().unwrap());
    let forged = json!({ "person": "omar", "side": "internal", "org": "acme" });
    let refused = running.post("/api/v1/tokens", &admin, forged).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    let refused = running.collector.ask(Method::DELETE, &path, Some(&admin), "").await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND, "{}", refused.text);
    let revoked = running.collector.ask(Method::DELETE, &path, Some(omar), "").await;
    assert_eq!(revoked.json["state"], "revoked", "{}", revoked.text);
    let after = running.collector.get("/api/v1/fleet", Some(omar)).await;
    assert_eq!(after.status, StatusCode::UNAUTHORIZED);
    assert!(after.detail().contains("was revoked"), "{}", after.detail());
}

#[tokio::test]
async fn a_token_that_is_narrower_than_its_person_says_so_and_sends_nobody_for_a_grant() {
    let running = Running::start();
    let admin = running.set_up().await;
    let made = running.post("/api/v1/tokens", &admin, json!({ "verbs": ["view"] })).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let narrow = made.json["token"].as_str().unwrap();
    let refused = running.post("/api/v1/alerts/12/claim", narrow, json!({})).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN, "{}", refused.text);
    assert_eq!(
        refused.detail(),
        "`claim` is missing; you have it, and this token does not let `claim` through: log in (`dogwatch login`), or use a \
         token that was made with it"
    );
    let viewer = json!({ "person": "vic", "side": "msp", "role": "viewer" });
    let vic = running.post("/api/v1/tokens", &admin, viewer).await;
    let refused =
        running.post("/api/v1/alerts/12/claim", vic.json["token"].as_str().unwrap(), json!({})).await;
    assert!(refused.detail().contains("dogwatch access grant vic claim"), "{}", refused.text);
}

#[tokio::test]
async fn who_makes_a_token_hears_of_a_new_person_and_of_an_end_that_is_their_own_tokens() {
    let running = Running::start();
    let admin = running.set_up().await;
    let wanted = json!({ "person": "kmi", "side": "msp", "verbs": ["view"] });
    let made = running.post("/api/v1/tokens", &admin, wanted.clone()).await;
    assert_eq!(made.json["new_person"], json!(true), "{}", made.text);
    let again = running.post("/api/v1/tokens", &admin, wanted).await;
    assert_eq!(again.json["new_person"], json!(null), "{}", again.text);
    let ending = running.post("/api/v1/tokens", &admin, json!({ "expires_in_seconds": 3600 })).await;
    let ending_at = &ending.json["expires_at"];
    assert_eq!(ending.json["ends_with_maker"], json!(null), "that is as it was asked: {}", ending.text);
    let program = json!({ "person": "robot", "side": "msp", "verbs": ["intake"], "service": true, "never_expires": true });
    let cut = running.post("/api/v1/tokens", ending.json["token"].as_str().unwrap(), program).await;
    assert_eq!(
        (&cut.json["expires_at"], &cut.json["ends_with_maker"]),
        (ending_at, &json!(true)),
        "{}",
        cut.text
    );
}

#[tokio::test]
async fn nobody_is_put_into_a_team_of_the_other_side() {
    let running = Running::start();
    let first = json!({ "code": "c0de", "person": "ann", "team": "internal-it" }).to_string();
    let refused = running.collector.ask(Method::POST, "/api/v1/setup", None, &first).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
    let admin = running.set_up().await;
    let people = [
        json!({ "person": "omar", "side": "internal", "team": "msp-noc", "org": "acme", "role": "admin" }),
        json!({ "person": "kim", "team": "internal-it" }),
        json!({ "person": "robot", "team": "internal-it", "org": "acme", "service": true }),
    ];
    for person in people {
        for path in ["/api/v1/people", "/api/v1/tokens"] {
            let refused = running.post(path, &admin, person.clone()).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
            assert!(refused.detail().contains("work in their own; teams of the"), "{}", refused.text);
        }
    }
}

#[tokio::test]
async fn a_join_token_is_shown_whole_once_and_can_be_withdrawn() {
    let running = Running::start();
    let admin = running.set_up().await;
    let wanted = json!({ "org": "acme", "site": "toronto", "uses": 2, "approval": true });
    let made = running.post("/api/v1/join-tokens", &admin, wanted).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let token: dogwatch_model::JoinToken = made.json["token"].as_str().unwrap().parse().unwrap();
    assert_eq!((token.address.as_str(), token.site.as_str()), ("collector.example:7443", "toronto"));
    let list = running.collector.get("/api/v1/join-tokens", Some(&admin)).await;
    assert_eq!(list.json["join_tokens"][0]["uses"], 2);
    assert!(!list.text.contains(&token.secret), "{}", list.text);
    let path = format!("/api/v1/join-tokens/{}", made.json["id"].as_str().unwrap());
    let revoked = running.collector.ask(Method::DELETE, &path, Some(&admin), "").await;
    assert_eq!(revoked.json["state"], "revoked", "{}", revoked.text);
    let nowhere = running.post("/api/v1/join-tokens", &admin, json!({ "org": "nope", "site": "x" })).await;
    assert_eq!(nowhere.status, StatusCode::NOT_FOUND, "{}", nowhere.text);
}

pub(super) const PASSWORD: &str = "a sentence that nobody guesses";

/// The first owner, let in with an invitation that they take up: gives their second factor's key and the
/// recovery codes.
pub(super) async fn invited(running: &Running, admin: &str) -> (crate::access::Hidden, Vec<String>) {
    let wanted = json!({ "person": "omar", "side": "internal", "org": "acme", "role": "admin" });
    let made = running.post("/api/v1/people", admin, wanted).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let body = json!({ "invitation": made.json["invitation"], "password": PASSWORD }).to_string();
    let welcome = running.collector.ask(Method::POST, "/api/v1/invitations/accept", None, &body).await;
    assert_eq!(welcome.status, StatusCode::OK, "{}", welcome.text);
    let codes = welcome.json["recovery_codes"].as_array().unwrap().iter();
    let codes: Vec<_> = codes.map(|code| code.as_str().unwrap().to_owned()).collect();
    assert_eq!(codes.len(), 8);
    let again = running.collector.ask(Method::POST, "/api/v1/invitations/accept", None, &body).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN, "once");
    (crate::access::Hidden::new(welcome.json["secret"].as_str().unwrap().to_owned()), codes)
}

/// The collector with lee of the MSP, who has a password and needs no second factor, and the administrator who let them in.
pub(super) async fn with_lee() -> (Running, String) {
    let running = Running::start();
    let admin = running.set_up().await;
    let invited = running.post("/api/v1/people", &admin, json!({ "person": "lee", "side": "msp" })).await;
    let body = json!({ "invitation": invited.json["invitation"], "password": PASSWORD }).to_string();
    let welcome = running.collector.ask(Method::POST, "/api/v1/invitations/accept", None, &body).await;
    assert_eq!(welcome.status, StatusCode::OK, "{}", welcome.text);
    (running, admin)
}

/// Logs lee in by the form, with these headers; gives the cookie, or nothing where the form was not taken.
pub(super) async fn by_form(running: &Running, headers: &[(&str, &str)]) -> Option<String> {
    let form = format!("person=lee&password={}", PASSWORD.replace(' ', "+"));
    let mut request = http::Request::post("/login")
        .header("host", "collector.example")
        .header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let answer = running.collector.send(request.body(form.into()).unwrap()).await;
    let cookie = answer.headers.get(http::header::SET_COOKIE)?.to_str().unwrap();
    assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
    Some(cookie.split(';').next().unwrap().to_owned())
}

#[tokio::test]
async fn nobody_takes_a_name_from_another_side_by_giving_it_to_somebody_of_their_own() {
    let running = Running::start();
    let admin = running.set_up().await;
    let wanted = json!({ "person": "omar", "side": "internal", "org": "acme", "role": "admin" });
    let made = running.post("/api/v1/tokens", &admin, wanted).await;
    let omar = made.json["token"].as_str().unwrap().to_owned();
    let take_up = async |by: &str, person: serde_json::Value, password: &str| {
        let made = running.post("/api/v1/people", by, person).await;
        let body = json!({ "invitation": made.json["invitation"], "password": password }).to_string();
        let welcome = running.collector.ask(Method::POST, "/api/v1/invitations/accept", None, &body).await;
        assert_eq!(welcome.status, StatusCode::OK, "{}", welcome.text);
    };
    let login = async |person: &str, password: &str| {
        let body = json!({ "person": person, "password": password }).to_string();
        running.collector.ask(Method::POST, "/api/v1/login", None, &body).await
    };
    take_up(&admin, json!({ "person": "lee", "side": "msp" }), PASSWORD).await;
    let program = json!({ "person": "lee", "service": true });
    assert_eq!(running.post("/api/v1/tokens", &omar, program).await.status, StatusCode::CREATED);
    assert_eq!(login("lee", PASSWORD).await.json["side"], "msp", "a program of acme's has the same name");
    take_up(&admin, json!({ "person": "sam", "side": "msp" }), PASSWORD).await;
    let theirs = "another sentence that nobody guesses";
    take_up(&omar, json!({ "person": "sam", "side": "internal" }), theirs).await;
    assert_eq!(login(" sam ", PASSWORD).await.json["side"], "msp");
    assert_eq!(login("sam", theirs).await.json["side"], "internal");
    assert_eq!(login("msp:sam", theirs).await.status, StatusCode::UNAUTHORIZED);
    let (two, none) = (login("sam", "a wrong one").await, login("nobody", "a wrong one").await);
    assert_eq!((two.status, two.text), (none.status, none.text));
}

#[tokio::test]
async fn who_is_meant_by_a_name_of_two_is_asked_and_a_token_is_made_for_whom_the_full_name_says() {
    let running = Running::start();
    let admin = running.set_up().await;
    let unknown = json!({ "person": "acme:omar", "role": "admin" });
    let refused = running.post("/api/v1/tokens", &admin, unknown).await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND, "{}", refused.text);
    let wanted = json!({ "person": "omar", "org": "acme", "side": "internal", "role": "admin" });
    let made = running.post("/api/v1/tokens", &admin, wanted).await;
    assert_eq!((made.status, &made.json["side"]), (StatusCode::CREATED, &json!("internal")), "{}", made.text);
    let omar = made.json["token"].as_str().unwrap().to_owned();
    for (by, side) in [(&admin, "msp"), (&omar, "internal")] {
        let mira = json!({ "person": "mira", "side": side });
        assert_eq!(running.post("/api/v1/people", by, mira).await.status, StatusCode::CREATED);
    }
    let asked = running.collector.get("/api/v1/access/check?person=mira&verb=view", Some(&admin)).await;
    assert_eq!(asked.status, StatusCode::BAD_REQUEST, "{}", asked.text);
    assert!(
        asked.detail().starts_with("two have the name `mira`: msp:mira, acme:mira; write which"),
        "{}",
        asked.detail()
    );
    let full = json!({ "person": "acme:mira", "role": "viewer" });
    let made = running.post("/api/v1/tokens", &omar, full).await;
    assert_eq!((made.status, &made.json["org"]), (StatusCode::CREATED, &json!("acme")), "{}", made.text);
    let contrary = json!({ "person": "acme:mira", "side": "msp" });
    assert_eq!(running.post("/api/v1/tokens", &omar, contrary).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn whoami_tells_what_a_session_may_do_and_lists_tell_its_last_use() {
    let (running, _) = with_lee().await;
    let body = json!({ "person": "msp:lee", "password": PASSWORD }).to_string();
    let opened = running.collector.ask(Method::POST, "/api/v1/login", None, &body).await;
    assert_eq!(opened.json["role"], "member", "{}", opened.text);
    let lee = opened.json["token"].as_str().unwrap();
    let me = running.collector.get("/api/v1/whoami", Some(lee)).await;
    assert_eq!((&me.json["role"], &me.json["rights"][0]["scopes"]), (&json!("member"), &json!(["*"])));
    assert_eq!(me.json["rights"].as_array().unwrap().len(), 1, "{}", me.text);
    let used = || async {
        let list = running.collector.get("/api/v1/tokens", Some(lee)).await;
        list.json["tokens"][0]["used_at"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap()
    };
    let first = used().await;
    assert!(used().await > first, "a login's use is written once a day and told to the second");
}
