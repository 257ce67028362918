//! Walks the table of routes with every kind of token.

use dogwatch_model::{Side, SiteId, WindowId};
use dogwatch_triage::{alert::Actor, mute::Window};
use http::{Method, StatusCode};

use super::{Collector, admit, join_token, noon, org, text_of_token, token};
use crate::{
    access::{Role, Verb, Verbs},
    api::{
        auth::Needs,
        routes::{self, ROUTES, Route},
    },
    ownership::Version,
    views::View,
};

/// Machines, an alert and a join token of `acme`; an admin (`a`), a member (`m`) and a viewer (`v`) of everything, a viewer of
/// `globex` (`g`) and its admin (`x`), an expired (`e`) and a revoked (`r`) admin.
fn collector() -> Collector {
    let mut state = super::work::state();
    let mut expired = token('e', Role::Admin, None);
    expired.1.expires_at = Some(noon());
    let mut revoked = token('r', Role::Admin, None);
    revoked.1.revoked_at = Some(noon());
    let tokens = [
        token('a', Role::Admin, None),
        token('m', Role::Member, None),
        token('v', Role::Viewer, None),
        token('g', Role::Viewer, Some(org("globex"))),
        token('x', Role::Admin, Some(org("globex"))),
        expired,
        revoked,
    ];
    admit(&mut state, tokens);
    let join = join_token("j1", org("acme"), SiteId::new("main").unwrap());
    state.join_tokens.insert(join.id.clone(), join);
    let mut owner = token('o', Role::Admin, Some(org("acme")));
    owner.1.id = "g1".into();
    owner.1.principal.side = Side::Internal;
    owner.1.principal.person = dogwatch_model::PersonId::new("omar").unwrap();
    admit(&mut state, [owner]);
    let window = window();
    state.windows.insert(window.id.clone(), window);
    state.matrices.insert(org("acme"), vec![version()]);
    let view = view();
    state.views.insert(view.key(), view);
    Collector::over(state)
}

fn window() -> Window {
    let plan = serde_json::from_str(
        r#"{"org":"acme","starts":"2026-12-05T22:00","zone":"UTC","lasts":"PT2H","reason":"new switches"}"#,
    );
    Window::new(WindowId::new("w1").unwrap(), plan.unwrap(), Actor::DOGWATCH, noon()).unwrap()
}

fn view() -> View {
    View {
        name: "mornings".into(),
        of: crate::views::Of::Fleet,
        org: Some(org("acme")),
        side: None,
        filter: "!online".into(),
        sort: None,
        columns: Vec::new(),
        saved_by: dogwatch_model::PersonId::new("pat").unwrap(),
        saved_side: None,
        saved_at: noon(),
    }
}

fn version() -> Version {
    let text = dogwatch_triage::matrix::starter(&org("acme"));
    Version {
        org: org("acme"),
        hash: "a1b2".into(),
        text,
        proposed_by: dogwatch_model::PersonId::new("pat").unwrap(),
        proposed_side: Side::Msp,
        proposed_at: noon(),
        effective_at: noon(),
        note: String::new(),
        signatures: Vec::new(),
        withdrawn_at: None,
    }
}

fn method(route: &Route) -> Method {
    match route.method {
        routes::Method::Get => Method::GET,
        routes::Method::Post => Method::POST,
        routes::Method::Delete => Method::DELETE,
    }
}

/// The route's path with things of `acme` in its places.
fn path(route: &Route) -> String {
    let id = if route.path.contains("join-tokens") { "j1" } else { "ta" };
    route
        .path
        .replace("{endpoint}", "srv-01")
        .replace("{number}", "1")
        .replace("{id}", id)
        .replace("{window}", "w1")
        .replace("{view}", "mornings")
        .replace("{version}", "a1b2")
        .replace("{person}", "acme:omar")
        .replace("{grant}", "g1")
        .replace("{org}", "acme")
}

async fn refusals(letter: Option<char>, guarded: impl Fn(&Route) -> bool) -> Vec<(String, StatusCode)> {
    let collector = collector();
    let shown = letter.map(text_of_token);
    let mut seen = Vec::new();
    for route in ROUTES.iter().filter(|route| guarded(route)) {
        let answer = collector.ask(method(route), &path(route), shown.as_deref(), "").await;
        assert!(answer.problem, "{} answered {} without a problem", route.path, answer.status);
        seen.push((format!("{:?} {}", route.method, route.path), answer.status));
    }
    assert!(!seen.is_empty());
    seen
}

fn all_are(seen: &[(String, StatusCode)], status: StatusCode) {
    let others: Vec<_> = seen.iter().filter(|(_, got)| *got != status).collect();
    assert!(others.is_empty(), "expected {status} everywhere, but: {others:?}");
}

#[tokio::test]
async fn without_a_token_every_guarded_route_is_closed() {
    all_are(&refusals(None, |r| r.needs != Needs::Public).await, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn expired_revoked_and_unknown_tokens_open_nothing() {
    for letter in ['e', 'r', 'u'] {
        all_are(&refusals(Some(letter), |r| r.needs != Needs::Public).await, StatusCode::UNAUTHORIZED);
    }
}

#[tokio::test]
async fn a_viewer_changes_nothing() {
    let closed = |r: &Route| matches!(r.needs, Needs::May(verb) if !Verbs::EVERYBODY.has(verb));
    all_are(&refusals(Some('v'), closed).await, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_member_administers_nothing() {
    all_are(
        &refusals(Some('m'), |r| matches!(r.needs, Needs::May(Verb::Configure | Verb::Administer))).await,
        StatusCode::FORBIDDEN,
    );
}

#[tokio::test]
async fn lists_hold_only_what_is_ones_own() {
    let collector = collector();
    let admin = text_of_token('x');
    let tokens = collector.get("/api/v1/tokens", Some(&admin)).await;
    let ids: Vec<_> = tokens.json["tokens"].as_array().unwrap().iter().map(|t| t["id"].clone()).collect();
    assert_eq!(ids, ["tg", "tx"]);
    assert!(!tokens.text.contains("hash"), "{}", tokens.text);
    let joins = collector.get("/api/v1/join-tokens", Some(&admin)).await;
    assert_eq!(joins.json["join_tokens"], serde_json::json!([]));
    let all = collector.get("/api/v1/join-tokens", Some(&text_of_token('a'))).await;
    assert_eq!(all.json["join_tokens"][0]["state"], "valid");
}

#[tokio::test]
async fn a_token_never_makes_one_that_sees_more() {
    let wanted = r#"{"person":"kim","side":"msp","org":"acme"}"#;
    let answer = collector().ask(Method::POST, "/api/v1/tokens", Some(&text_of_token('x')), wanted).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert_eq!(answer.detail(), "there is no org `acme` that you may see");
}
