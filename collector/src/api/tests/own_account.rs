//! What people change of their own account: who may, what ends with it, and what nobody is told.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{
    Answer,
    coming_in::{PASSWORD, by_form, invited, with_lee},
    running::Running,
};

const OTHER: &str = "another sentence that nobody guesses";

async fn log_in(running: &Running, person: &str, password: &str, code: Option<&str>) -> Answer {
    let body = json!({ "person": person, "password": password, "code": code }).to_string();
    running.collector.ask(Method::POST, "/api/v1/login", None, &body).await
}

fn token_of(opened: &Answer) -> String {
    opened.json["token"].as_str().unwrap_or_else(|| panic!("{}", opened.text)).to_owned()
}

async fn status(running: &Running, token: &str) -> StatusCode {
    running.collector.get("/api/v1/whoami", Some(token)).await.status
}

async fn change(running: &Running, token: &str, password: &str, new: &str) -> Answer {
    let wanted = json!({ "password": password, "new_password": new });
    running.post("/api/v1/account/password", token, wanted).await
}

#[tokio::test]
async fn a_new_password_ends_ones_other_logins_and_leaves_ones_tokens() {
    let (running, admin) = with_lee().await;
    let here = token_of(&log_in(&running, "lee", PASSWORD, None).await);
    let elsewhere = token_of(&log_in(&running, "lee", PASSWORD, None).await);
    let cookie = by_form(&running, &[]).await.unwrap();
    let program = token_of(&running.post("/api/v1/tokens", &here, json!({ "role": "viewer" })).await);
    let refused = change(&running, &here, "not the right sentence", OTHER).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{}", refused.text);
    assert!(refused.detail().contains("nothing is changed"), "{}", refused.text);
    for new in ["short", PASSWORD] {
        assert_eq!(change(&running, &here, PASSWORD, new).await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(status(&running, &elsewhere).await, StatusCode::OK, "nothing is changed yet");
    let changed = change(&running, &here, PASSWORD, OTHER).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    let Value::Object(told) = &changed.json else { panic!("{}", changed.text) };
    assert_eq!(
        (&told["person"], &told["sessions_ended"], &told["tokens"]),
        (&json!("msp:lee"), &json!(2), &json!(1))
    );
    assert_eq!(status(&running, &elsewhere).await, StatusCode::UNAUTHORIZED);
    let request = http::Request::get("/api/v1/whoami").header("cookie", &cookie);
    let browser = running.collector.send(request.body(axum::body::Body::empty()).unwrap()).await;
    assert_eq!(browser.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        (status(&running, &here).await, status(&running, &program).await),
        (StatusCode::OK, StatusCode::OK)
    );
    assert_eq!(log_in(&running, "lee", PASSWORD, None).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(log_in(&running, "lee", OTHER, None).await.status, StatusCode::OK);
    let audit = running.collector.get("/api/v1/audit?org=*", Some(&admin)).await;
    assert!(
        audit.text.contains("\"account.password\"") && audit.text.contains("login.failed"),
        "{}",
        audit.text
    );
    for secret in [PASSWORD, OTHER, "argon2"] {
        assert!(!audit.text.contains(secret), "{}", audit.text);
    }
}

#[tokio::test]
async fn guesses_at_ones_own_password_are_counted_with_those_of_the_login() {
    let (running, admin) = with_lee().await;
    let here = token_of(&log_in(&running, "lee", PASSWORD, None).await);
    for _ in 0..5 {
        let refused = change(&running, &here, "not the right sentence", OTHER).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{}", refused.text);
    }
    let late = change(&running, &here, PASSWORD, OTHER).await;
    assert_eq!(late.status, StatusCode::TOO_MANY_REQUESTS, "{}", late.text);
    assert!(late.headers.contains_key(http::header::RETRY_AFTER));
    let login = log_in(&running, "msp:lee", PASSWORD, None).await;
    assert_eq!(login.status, StatusCode::TOO_MANY_REQUESTS, "{}", login.text);
    let without = change(&running, &admin, PASSWORD, OTHER).await;
    assert_eq!(
        without.status,
        StatusCode::CONFLICT,
        "who has no password has none to change: {}",
        without.text
    );
}

#[tokio::test]
async fn new_recovery_codes_take_the_second_factor_and_end_the_old_ones() {
    let running = Running::start();
    let admin = running.set_up().await;
    let (key, old) = invited(&running, &admin).await;
    let now = jiff::Timestamp::now();
    let [code, next] =
        [0, 30].map(|later| crate::account::code_now(&key, now + jiff::SignedDuration::from_secs(later)));
    let here = token_of(&log_in(&running, "acme:omar", PASSWORD, Some(&code)).await);
    let renew = async |password: &str, code: &str| {
        let wanted = json!({ "password": password, "code": code });
        running.post("/api/v1/account/recovery-codes", &here, wanted).await
    };
    for (password, given) in [("not the right sentence", &next), (PASSWORD, &old[0])] {
        let refused = renew(password, given).await;
        assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{}", refused.text);
    }
    assert_eq!(renew(PASSWORD, "").await.json["reason"], "second_factor");
    let made = renew(PASSWORD, &next).await;
    assert_eq!(made.status, StatusCode::OK, "{}", made.text);
    let new: Vec<_> =
        made.json["recovery_codes"].as_array().unwrap().iter().map(|code| code.as_str().unwrap()).collect();
    assert_eq!((new.len(), old.len()), (8, 8));
    assert_eq!(status(&running, &here).await, StatusCode::OK, "no login ends with that");
    assert_eq!(
        log_in(&running, "acme:omar", PASSWORD, Some(&old[1])).await.status,
        StatusCode::UNAUTHORIZED,
        "those before are over"
    );
    assert_eq!(log_in(&running, "acme:omar", PASSWORD, Some(new[0])).await.status, StatusCode::OK);
    assert_eq!(log_in(&running, "acme:omar", PASSWORD, Some(new[0])).await.status, StatusCode::UNAUTHORIZED);
    let audit = running.collector.get("/api/v1/audit?org=acme", Some(&here)).await;
    assert!(audit.text.contains("\"account.recovery_codes\""), "{}", audit.text);
    assert!(new.iter().all(|code| !audit.text.contains(code)), "{}", audit.text);
}

#[tokio::test]
async fn a_login_is_listed_with_its_last_use_and_ended_like_a_token() {
    let (running, admin) = with_lee().await;
    let here = token_of(&log_in(&running, "lee", PASSWORD, None).await);
    let opened = log_in(&running, "lee", PASSWORD, None).await;
    let (elsewhere, id) = (token_of(&opened), opened.json["id"].as_str().unwrap());
    let list = running.collector.get("/api/v1/tokens", Some(&here)).await;
    let listed = list.json["tokens"].as_array().unwrap().iter().find(|token| token["id"] == id).unwrap();
    assert_eq!((&listed["kind"], &listed["state"]), (&json!("login"), &json!("valid")));
    assert!(listed["used_at"].is_string(), "{listed}");
    let path = format!("/api/v1/tokens/{id}");
    let ended = running.collector.ask(Method::DELETE, &path, Some(&here), "").await;
    assert_eq!(
        (&ended.json["state"], &ended.json["kind"]),
        (&json!("revoked"), &json!("login")),
        "{}",
        ended.text
    );
    assert_eq!(status(&running, &elsewhere).await, StatusCode::UNAUTHORIZED);
    assert_eq!(status(&running, &here).await, StatusCode::OK);
    let of_acme = running.post("/api/v1/tokens", &admin, json!({ "org": "acme", "role": "viewer" })).await;
    let ids = async |query: &str| {
        let list = running.collector.get(&format!("/api/v1/tokens{query}"), Some(&admin)).await;
        let ids = list.json["tokens"].as_array().unwrap().iter().map(|token| token["id"].clone());
        ids.collect::<Vec<_>>()
    };
    assert_eq!(ids("?org=acme").await, [of_acme.json["id"].clone()]);
    assert_eq!(ids("?org=globex").await, [json!(null); 0]);
    assert!(ids("").await.len() > 3);
}

/// What a browser does at `/account` with its cookie.
async fn browse(running: &Running, cookie: &str, form: Option<(&str, &str)>) -> Answer {
    let request = match form {
        None => http::Request::get("/account"),
        Some((path, _)) => {
            http::Request::post(path).header("content-type", "application/x-www-form-urlencoded")
        }
    };
    let body = form.map_or_else(String::new, |(_, body)| body.replace(' ', "+"));
    running.collector.send(request.header("cookie", cookie).body(body.into()).unwrap()).await
}

#[tokio::test]
async fn the_page_of_an_account_changes_its_password_and_only_with_its_csrf_token() {
    let (running, _) = with_lee().await;
    let cookie = by_form(&running, &[]).await.unwrap();
    let elsewhere = token_of(&log_in(&running, "lee", PASSWORD, None).await);
    let page = browse(&running, &cookie, None).await;
    assert_eq!(page.status, StatusCode::OK, "{}", page.text);
    assert!(page.text.contains("action=\"/account/password\""), "{}", page.text);
    let csrf =
        page.text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
    let change = async |cookie: &str, csrf: &str, password: &str, [new, again]: [&str; 2]| {
        let form = format!("csrf={csrf}&password={password}&new_password={new}&again={again}&code=");
        browse(&running, cookie, Some(("/account/password", &form))).await
    };
    let wrong = "not the right sentence";
    for (csrf, password, new, status, words) in [
        ("guess", PASSWORD, [OTHER, OTHER], StatusCode::FORBIDDEN, "The form is too old"),
        (&*csrf, PASSWORD, [OTHER, wrong], StatusCode::BAD_REQUEST, "typed in two ways"),
        (&*csrf, PASSWORD, ["zyx", "zyx"], StatusCode::BAD_REQUEST, "role=\"alert\""),
        (&*csrf, wrong, [OTHER, OTHER], StatusCode::UNAUTHORIZED, "nothing is changed"),
    ] {
        let refused = change(&cookie, csrf, password, new).await;
        assert_eq!(refused.status, status, "{}", refused.text);
        assert!(refused.text.contains(words), "{words}: {}", refused.text);
        for secret in [password, new[0], new[1]] {
            assert!(!refused.text.contains(secret), "no form comes back filled in: {}", refused.text);
        }
    }
    assert_eq!(status(&running, &elsewhere).await, StatusCode::OK, "nothing is changed yet");
    let stranger = change("__Host-dogwatch=none", &csrf, PASSWORD, [OTHER, OTHER]).await;
    assert_eq!(
        (stranger.status, &stranger.headers["location"]),
        (StatusCode::SEE_OTHER, &"/login".parse().unwrap())
    );
    let changed = change(&cookie, &csrf, PASSWORD, [OTHER, OTHER]).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.text);
    assert!(changed.text.contains("is changed; 1 other login has ended"), "{}", changed.text);
    assert_eq!(status(&running, &elsewhere).await, StatusCode::UNAUTHORIZED);
    assert_eq!(browse(&running, &cookie, None).await.status, StatusCode::OK, "this login goes on");
    assert_eq!(log_in(&running, "lee", OTHER, None).await.status, StatusCode::OK);
}
