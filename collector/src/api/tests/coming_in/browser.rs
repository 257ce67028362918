//! Logins in a browser and with a password: cookies, forms, second factors, guesses.

use super::*;

#[tokio::test]
async fn a_browser_comes_in_with_password_and_code_and_changes_nothing_without_its_csrf_token() {
    let running = Running::start();
    let admin = running.set_up().await;
    let (key, _) = invited(&running, &admin).await;
    let code = crate::account::code_now(&key, jiff::Timestamp::now());
    let login = async |password: &str, code: Option<&str>| {
        let body = json!({ "person": "acme:omar", "password": password, "code": code, "browser": true });
        running.collector.ask(Method::POST, "/api/v1/login", None, &body.to_string()).await
    };
    let wrong = login("another sentence altogether", Some(&code)).await;
    assert_eq!(wrong.status, StatusCode::UNAUTHORIZED, "{}", wrong.text);
    let unasked = login(PASSWORD, None).await;
    assert_eq!(unasked.json["reason"], "second_factor", "{}", unasked.text);
    let opened = login(PASSWORD, Some(&code)).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.text);
    assert_eq!(login(PASSWORD, Some(&code)).await.status, StatusCode::UNAUTHORIZED, "a code works once");
    let cookie = opened.headers[http::header::SET_COOKIE].to_str().unwrap().to_owned();
    assert!(cookie.starts_with("__Host-dogwatch=dwt_"), "{cookie}");
    assert!(cookie.ends_with("; Path=/; Secure; HttpOnly; SameSite=Strict"), "{cookie}");
    let cookie = cookie.split(';').next().unwrap().to_owned();
    let ask = async |method: Method, path: &str, csrf: Option<&str>| {
        let mut request = http::Request::builder().method(method).uri(path).header("cookie", &cookie);
        if let Some(csrf) = csrf {
            request = request.header("x-dogwatch-csrf", csrf);
        }
        running.collector.send(request.body(axum::body::Body::empty()).unwrap()).await
    };
    assert_eq!(ask(Method::GET, "/api/v1/whoami", None).await.json["person"], "omar");
    assert!(ask(Method::GET, "/account", None).await.text.contains("acme:omar"));
    assert_eq!(ask(Method::POST, "/api/v1/logout", None).await.status, StatusCode::FORBIDDEN);
    assert_eq!(ask(Method::POST, "/api/v1/logout", Some("guess")).await.status, StatusCode::FORBIDDEN);
    let bearer = cookie.split_once('=').unwrap().1;
    let stolen = running.collector.get("/api/v1/whoami", Some(bearer)).await;
    assert_eq!(stolen.status, StatusCode::UNAUTHORIZED, "a cookie is no bearer token");
    let csrf = opened.json["csrf"].as_str().unwrap().to_owned();
    assert_eq!(ask(Method::POST, "/api/v1/logout", Some(&csrf)).await.status, StatusCode::OK);
    assert_eq!(ask(Method::GET, "/api/v1/whoami", None).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_session_by_password_alone_ends_when_a_second_factor_is_asked_for() {
    let running = Running::start();
    let admin = running.set_up().await;
    let invited = running.post("/api/v1/people", &admin, json!({ "person": "lee", "side": "msp" })).await;
    let again =
        async || running.post("/api/v1/people", &admin, json!({ "person": "lee", "side": "msp" })).await;
    let told = again().await.detail().to_owned();
    assert!(
        told.contains("not come in yet") && told.contains("dogwatch access invite lee --again"),
        "{told}"
    );
    let body = json!({ "invitation": invited.json["invitation"], "password": PASSWORD }).to_string();
    running.collector.ask(Method::POST, "/api/v1/invitations/accept", None, &body).await;
    let told = again().await.detail().to_owned();
    assert!(told.starts_with("msp:lee is known already; give rights"), "{told}");
    let body = json!({ "person": "lee", "password": PASSWORD }).to_string();
    let opened = running.collector.ask(Method::POST, "/api/v1/login", None, &body).await;
    assert_eq!(opened.status, StatusCode::OK, "{}", opened.text);
    let lee = opened.json["token"].as_str().unwrap();
    assert_eq!(running.collector.get("/api/v1/whoami", Some(lee)).await.status, StatusCode::OK);
    let more = json!({ "person": "lee", "verbs": ["export"], "scope": "*", "reason": "reports" });
    let given = running.post("/api/v1/access/grants", &admin, more).await;
    assert_eq!(given.status, StatusCode::CREATED, "{}", given.text);
    let refused = running.collector.get("/api/v1/whoami", Some(lee)).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED, "{}", refused.text);
    assert_eq!(refused.json["reason"], "second_factor", "{}", refused.text);
    assert!(refused.detail().contains("log in again with the second factor"), "{}", refused.detail());
}

#[tokio::test]
async fn a_form_of_another_site_logs_nobody_in() {
    let (running, _) = with_lee().await;
    let foreign: [&[(&str, &str)]; 5] = [
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site"), ("origin", "https://collector.example")],
        &[("origin", "https://evil.example")],
        &[("origin", "https://collector.example:8443")],
        &[("origin", "null")],
    ];
    for headers in foreign {
        assert_eq!(by_form(&running, headers).await, None, "{headers:?}");
    }
    let own: [&[(&str, &str)]; 3] =
        [&[], &[("origin", "https://collector.example")], &[("sec-fetch-site", "same-origin")]];
    for headers in own {
        assert!(by_form(&running, headers).await.is_some(), "{headers:?}");
    }
}

#[tokio::test]
async fn a_new_login_ends_the_session_that_the_browser_had() {
    let (running, _) = with_lee().await;
    let whoami = async |cookie: &str| {
        let request = http::Request::get("/api/v1/whoami").header("cookie", cookie);
        running.collector.send(request.body(axum::body::Body::empty()).unwrap()).await.status
    };
    let (first, elsewhere) = (by_form(&running, &[]).await.unwrap(), by_form(&running, &[]).await.unwrap());
    let second = by_form(&running, &[("cookie", &first)]).await.unwrap();
    assert_eq!(whoami(&first).await, StatusCode::UNAUTHORIZED);
    assert_eq!((whoami(&second).await, whoami(&elsewhere).await), (StatusCode::OK, StatusCode::OK));
    let body = json!({ "person": "lee", "password": PASSWORD, "browser": true }).to_string();
    let request = http::Request::post("/api/v1/login")
        .header("content-type", "application/json")
        .header("cookie", &second);
    let third = running.collector.send(request.body(body.into()).unwrap()).await;
    assert_eq!(third.status, StatusCode::OK, "{}", third.text);
    assert_eq!(whoami(&second).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn unknown_people_and_wrong_passwords_get_the_same_answer_and_the_sixth_try_waits() {
    let running = Running::start();
    let admin = running.set_up().await;
    invited(&running, &admin).await;
    let login = async |person: &str| {
        let body = json!({ "person": person, "password": "not the right sentence" }).to_string();
        running.collector.ask(Method::POST, "/api/v1/login", None, &body).await
    };
    let (known, unknown) = (login("omar").await, login("nobody").await);
    assert_eq!((known.status, &known.text), (unknown.status, &unknown.text));
    for _ in 0..4 {
        assert_eq!(login("omar").await.status, StatusCode::UNAUTHORIZED);
    }
    let late = login("omar").await;
    assert_eq!(late.status, StatusCode::TOO_MANY_REQUESTS, "{}", late.text);
    assert!(late.headers[http::header::RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap() > 30);
}

#[tokio::test]
async fn a_password_that_will_not_do_is_no_guess_of_an_invitation() {
    let running = Running::start();
    let admin = running.set_up().await;
    let made = running.post("/api/v1/people", &admin, json!({ "person": "lee", "side": "msp" })).await;
    let accept = async |password: &str| {
        let body = json!({ "invitation": made.json["invitation"], "password": password }).to_string();
        running.collector.ask(Method::POST, "/api/v1/invitations/accept", None, &body).await
    };
    for _ in 0..7 {
        assert_eq!(accept("short").await.status, StatusCode::BAD_REQUEST);
    }
    assert_eq!(accept(PASSWORD).await.status, StatusCode::OK);
}
