//! Changes through the whole way: request, core thread, store in memory, answer.

use std::sync::Arc;

use http::{Method, Request, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Answer, Collector, work};
use crate::{
    access::{Register, Sha256},
    core::{CoreThread, Settings, start},
    notify::Facts,
    policy::Policy,
    state::State,
    storage::{ChangeSet, Memory, Row, Storage as _, Table},
};

/// A collector with a running core, over the state of [`work`], whose setup code is `c0de`.
pub(super) struct Running {
    pub(super) collector: Collector,
    core: CoreThread,
}

impl Running {
    pub(super) fn start() -> Self {
        let policy = Policy::of_a_new(&"acme".parse().unwrap());
        Self::over((policy, with_archive()), Timestamp::now, |state| {
            let seed = work::state();
            state.members = seed.members;
            state.alerts = seed.alerts;
        })
    }

    /// A collector with a running core, over a state made by hand.
    pub(super) fn over(
        (policy, store): (Policy, Memory),
        now: fn() -> Timestamp,
        seed: impl FnOnce(&mut State),
    ) -> Self {
        let hour = SignedDuration::from_hours(1);
        let settings = Settings {
            sweep_every: hour,
            settle_every: hour,
            snapshot_every: hour,
            gather: std::time::Duration::ZERO,
            late_after: hour,
            keep_done: hour,
            grace: jiff::SignedDuration::ZERO,
        };
        let policy = Arc::new(arc_swap::ArcSwap::from_pointee(policy));
        let code = Some(Sha256::of(b"c0de"));
        let stop = tokio_util::sync::CancellationToken::new();
        let (core, _) =
            start(Box::new(store), (policy, Facts::default()), settings, code, now(), stop).unwrap();
        let handle = core.handle();
        {
            let mut state = handle.shared.write().unwrap();
            seed(&mut state);
            state.next_alert = 2000;
            crate::queue::wind(&mut state, &handle.policy(), now());
        }
        Self { collector: Collector::on(handle, None, now), core }
    }

    /// From now on the audit's checkpoints are signed.
    pub(super) fn sign_audit_with(&self, key: crate::authority::audit_key::AuditKey) {
        self.core.handle().sign_audit_with(Arc::new(key));
    }

    /// The access register as it is.
    pub(super) fn register(&self) -> Register {
        self.core.handle().shared.read().unwrap().access.clone()
    }

    /// Puts another access register in the place of that.
    pub(super) fn set_register(&self, access: Register) {
        self.core.handle().shared.write().unwrap().access = access;
    }

    /// The same core behind a front that nobody has asked yet.
    pub(super) fn another_front(&self, now: fn() -> Timestamp) -> Collector {
        Collector::on(self.core.handle(), None, now)
    }

    /// A token that opens every route.
    pub(super) fn all_powerful(&self) -> String {
        let (hash, mut token) = super::token('z', crate::access::Role::Admin, None);
        token.principal.ceiling = crate::access::Verbs::EVERYTHING;
        let handle = self.core.handle();
        let mut state = handle.shared.write().unwrap();
        state.access.enlist(&token, Timestamp::now());
        state.access.tokens.insert(hash, token);
        super::text_of_token('z')
    }

    /// Trades the setup code for the first administrator's token.
    pub(super) async fn set_up(&self) -> String {
        let wanted = r#"{"code":"c0de","person":"kim","team":"msp-noc"}"#;
        let made = self.collector.ask(Method::POST, "/api/v1/setup", None, wanted).await;
        assert_eq!(made.status, StatusCode::OK, "{}", made.text);
        assert_eq!((&made.json["person"], &made.json["role"]), (&json!("kim"), &json!("admin")));
        made.json["token"].as_str().unwrap().to_owned()
    }

    /// Lets somebody of acme's own side in, the way it goes: the MSP the first owner, and they everybody else.
    pub(super) async fn let_in(&self, msp: &str, person: &str, role: &str) -> String {
        let owner = json!({ "person": "olga", "side": "internal", "org": "acme", "role": "admin" });
        let owner = self.post("/api/v1/tokens", msp, owner).await;
        let owner = owner.json["token"].as_str().unwrap_or_else(|| panic!("{}", owner.text)).to_owned();
        let wanted = json!({ "person": person, "side": "internal", "org": "acme", "role": role });
        let made = self.post("/api/v1/tokens", &owner, wanted).await;
        made.json["token"].as_str().unwrap_or_else(|| panic!("{}", made.text)).to_owned()
    }

    /// Lets a program in that feeds alerts into the queue of `acme`, at one site or all; gives its token.
    pub(super) fn feeder(&self, letter: char, site: Option<&str>) -> String {
        let org = Some("acme".parse().unwrap());
        let (hash, mut token) = super::token(letter, crate::access::Role::Viewer, org);
        token.principal.ceiling = crate::access::Verbs::of(&[crate::access::Verb::Intake]);
        token.principal.site = site.map(|site| site.parse().unwrap());
        let handle = self.core.handle();
        let mut state = handle.shared.write().unwrap();
        state.access.enlist(&token, Timestamp::now());
        state.access.tokens.insert(hash, token);
        super::text_of_token(letter)
    }

    pub(super) async fn post(&self, path: &str, token: &str, body: Value) -> Answer {
        self.collector.ask(Method::POST, path, Some(token), &body.to_string()).await
    }
}

/// A store whose archive has alert 1002 of acme and 1003 of globex.
fn with_archive() -> Memory {
    let mut store = Memory::new();
    let mut changes = ChangeSet::default();
    for (number, org) in [(1002, "acme"), (1003, "globex")] {
        let mut item = work::item();
        item.alert.number = dogwatch_triage::alert::AlertNumber(number);
        item.alert.org = super::org(org);
        changes.row(Row::put(Table::Archive, format!("{number:012}"), &item).unwrap());
    }
    store.commit(&changes).unwrap();
    store.settle(Vec::new()).unwrap();
    store
}

#[tokio::test]
async fn an_alert_of_long_ago_is_shown_to_those_who_may_see_its_org() {
    let running = Running::start();
    let admin = running.set_up().await;
    let wanted = json!({ "person": "omar", "side": "internal", "org": "acme", "role": "admin" });
    let made = running.post("/api/v1/tokens", &admin, wanted).await;
    let omar = made.json["token"].as_str().unwrap();
    for (number, seen) in [(1002, StatusCode::OK), (1003, StatusCode::NOT_FOUND), (9, StatusCode::NOT_FOUND)]
    {
        let path = format!("/api/v1/alerts/{number}");
        let answer = running.collector.get(&path, Some(omar)).await;
        assert_eq!(answer.status, seen, "{number}: {}", answer.text);
        assert_eq!(answer.json["number"] == number, seen == StatusCode::OK);
    }
    let all = running.collector.get("/api/v1/alerts/1003", Some(&admin)).await;
    assert_eq!(all.status, StatusCode::OK, "{}", all.text);
}

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

#[tokio::test]
async fn an_alert_is_claimed_commented_and_closed_and_its_timeline_says_so() {
    let running = Running::start();
    let admin = running.set_up().await;
    let claimed = running.post("/api/v1/alerts/1/claim", &admin, json!({})).await;
    assert_eq!(claimed.status, StatusCode::OK, "{}", claimed.text);
    assert_eq!(claimed.headers[header::ETAG], "\"8\"");
    assert_eq!(claimed.json["assignee"]["person"], "kim");
    let empty = running.post("/api/v1/alerts/1/comment", &admin, json!({})).await;
    assert_eq!(empty.status, StatusCode::BAD_REQUEST, "{}", empty.text);
    running.post("/api/v1/alerts/1/comment", &admin, json!({ "text": "old logs can go" })).await;
    let closed = running.post("/api/v1/alerts/1/close", &admin, json!({ "resolution": "freed" })).await;
    assert_eq!(closed.json["work"], "done", "{}", closed.text);
    let events = closed.json["timeline"].as_array().unwrap();
    let events: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["claimed", "comment", "closed"]);
    let queue = running.collector.get("/api/v1/queue", Some(&admin)).await;
    assert_eq!(queue.json["alerts"], json!([]));
    let all = running.collector.get("/api/v1/queue?state=all", Some(&admin)).await;
    assert_eq!(all.json["matched"], 1);
}

#[tokio::test]
async fn whoever_is_overtaken_gets_the_item_as_it_is_now() {
    let running = Running::start();
    let admin = running.set_up().await;
    running.post("/api/v1/alerts/1/comment", &admin, json!({ "text": "first" })).await;
    let late = Request::post("/api/v1/alerts/1/claim")
        .header(header::AUTHORIZATION, format!("Bearer {admin}"))
        .header(header::IF_MATCH, "\"7\"")
        .body(axum::body::Body::empty())
        .unwrap();
    let refused = running.collector.send(late).await;
    assert_eq!((refused.status, refused.problem), (StatusCode::CONFLICT, true), "{}", refused.text);
    assert!(refused.json["current"]["version"].as_u64().unwrap() > 7);
    assert_eq!(refused.json["current"]["timeline"][0]["text"], "first");
}

#[tokio::test]
async fn an_endpoint_that_is_revoked_leaves_the_fleet() {
    let running = Running::start();
    let admin = running.set_up().await;
    let revoked = running.post("/api/v1/endpoints/srv-01/revoke", &admin, json!({})).await;
    assert_eq!(revoked.json["state"], "revoked", "{}", revoked.text);
    assert_eq!(running.collector.get("/api/v1/fleet", Some(&admin)).await.json["total"], 2);
    let gone = running.collector.get("/api/v1/fleet?state=revoked", Some(&admin)).await;
    assert_eq!(gone.json["endpoints"][0]["name"], "srv-01");
    let back = running.post("/api/v1/endpoints/srv-01/approve", &admin, json!({})).await;
    assert_eq!(back.status, StatusCode::CONFLICT, "{}", back.text);
}

#[tokio::test]
async fn the_boundary_report_counts_the_archive_too_and_only_what_the_caller_may_see() {
    let running = Running::start();
    let admin = running.set_up().await;
    let wanted = json!({ "person": "omar", "side": "internal", "org": "acme", "role": "admin" });
    let made = running.post("/api/v1/tokens", &admin, wanted).await;
    let omar = made.json["token"].as_str().unwrap();
    let came = work::item().alert.first_seen;
    let (from, until) = (came - SignedDuration::from_hours(1), came + SignedDuration::from_hours(1));
    let path = format!("/api/v1/reports/boundary?from={from}&until={until}");
    let orgs = async |path: &str, token: &str| {
        let answer = running.collector.get(path, Some(token)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        let groups = answer.json["groups"].as_array().unwrap().clone();
        groups.iter().map(|group| (group["org"].clone(), group["items"].clone())).collect::<Vec<_>>()
    };
    // One of the working set and one of the archive.
    assert_eq!(orgs(&path, omar).await, [(json!("acme"), json!(2))]);
    assert_eq!(orgs(&path, &admin).await, [(json!("acme"), json!(2)), (json!("globex"), json!(1))]);
    assert_eq!(orgs(&format!("{path}&org=globex"), &admin).await, [(json!("globex"), json!(1))]);
    let later =
        format!("/api/v1/reports/boundary?from={until}&until={}", until + SignedDuration::from_hours(1));
    assert_eq!(orgs(&later, &admin).await, []);
    let others = running.collector.get(&format!("{path}&org=globex"), Some(omar)).await;
    assert_eq!(others.status, StatusCode::NOT_FOUND, "{}", others.text);
    let backwards = format!("/api/v1/reports/boundary?from={until}&until={from}");
    let refused = running.collector.get(&backwards, Some(&admin)).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{}", refused.text);
}

const PASSWORD: &str = "a sentence that nobody guesses";

/// The first owner, let in with an invitation that they take up: gives their second factor's key.
async fn invited(running: &Running, admin: &str) -> crate::access::Hidden {
    let wanted = json!({ "person": "omar", "side": "internal", "org": "acme", "role": "admin" });
    let made = running.post("/api/v1/people", admin, wanted).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let body = json!({ "invitation": made.json["invitation"], "password": PASSWORD }).to_string();
    let welcome = running.collector.ask(Method::POST, "/api/v1/invitations/accept", None, &body).await;
    assert_eq!(welcome.status, StatusCode::OK, "{}", welcome.text);
    assert_eq!(welcome.json["recovery_codes"].as_array().unwrap().len(), 8);
    let again = running.collector.ask(Method::POST, "/api/v1/invitations/accept", None, &body).await;
    assert_eq!(again.status, StatusCode::FORBIDDEN, "once");
    crate::access::Hidden::new(welcome.json["secret"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_browser_comes_in_with_password_and_code_and_changes_nothing_without_its_csrf_token() {
    let running = Running::start();
    let admin = running.set_up().await;
    let key = invited(&running, &admin).await;
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
    for _ in 0..3 {
        assert_eq!(login("omar").await.status, StatusCode::UNAUTHORIZED);
    }
    let late = login("omar").await;
    assert_eq!(late.status, StatusCode::TOO_MANY_REQUESTS, "{}", late.text);
    assert!(late.headers[http::header::RETRY_AFTER].to_str().unwrap().parse::<u64>().unwrap() > 30);
}
