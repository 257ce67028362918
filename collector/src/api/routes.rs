//! The one table of routes: method, path, permission, parameters, handler.
//!
//! The router is built from it and from nothing else; the tests walk it with every kind of token.

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    middleware::from_fn_with_state,
    routing::{MethodFilter, MethodRouter, on},
};

use super::{
    BodyLimit, MAX_BODY_BYTES, MAX_DOCUMENT_BODY_BYTES, Shared, access, alerts, audit,
    auth::{
        Gate, Needs,
        Needs::{May, Public},
        guard,
    },
    endpoints, events, fleet, health, intake, join_tokens, login, orgs, ownership, page, pages, people,
    queue, reports, rules, setup, tokens, views, who, whoami, windows,
};
use crate::access::Verb;

/// One route.
pub(crate) struct Route {
    pub(crate) method: Method,
    pub(crate) path: &'static str,
    pub(crate) needs: Needs,
    /// Query parameters it takes; any other is refused by name.
    pub(crate) params: &'static [&'static str],
    /// The longest body, in bytes.
    body: usize,
    handler: fn(MethodFilter) -> MethodRouter<Shared>,
}

/// The methods in use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Get,
    Post,
    Delete,
}

impl Method {
    const fn filter(self) -> MethodFilter {
        match self {
            Self::Get => MethodFilter::GET,
            Self::Post => MethodFilter::POST,
            Self::Delete => MethodFilter::DELETE,
        }
    }
}

type Handler = fn(MethodFilter) -> MethodRouter<Shared>;

const fn get(path: &'static str, needs: Needs, params: &'static [&'static str], handler: Handler) -> Route {
    Route { method: Method::Get, path, needs, params, body: MAX_BODY_BYTES, handler }
}

const fn post(path: &'static str, needs: Needs, handler: Handler) -> Route {
    Route { method: Method::Post, path, needs, params: &[], body: MAX_BODY_BYTES, handler }
}

/// A route that takes a whole matrix.
const fn post_document(path: &'static str, needs: Needs, handler: Handler) -> Route {
    Route { body: MAX_DOCUMENT_BODY_BYTES, ..post(path, needs, handler) }
}

/// A route that takes what other tools tell.
const fn post_intake(path: &'static str, handler: Handler) -> Route {
    Route { body: intake::MAX_BODY_BYTES, params: intake::PARAMS, ..post(path, May(Verb::Intake), handler) }
}

const fn delete(path: &'static str, needs: Needs, handler: Handler) -> Route {
    Route { method: Method::Delete, path, needs, params: &[], body: MAX_BODY_BYTES, handler }
}

/// What of the fleet may be asked for.
const FLEET: &[&str] = &["filter", "sort", "limit", "cursor", "state", "fields"];

/// What of the queue may be asked for.
const QUEUE: &[&str] = &["state", "filter", "hidden", "mine", "team", "limit"];

/// What of the events may be asked for.
const EVENTS: &[&str] = &["kinds", "org", "after"];

/// What `who` may be asked.
const WHO: &[&str] = &["about", "alert", "endpoint", "severity", "at", "org", "week", "expect"];

/// What of the audit may be asked for.
const AUDIT: &[&str] = &["org", "from", "until", "by", "act", "order", "cursor", "limit"];

/// Every route there is.
pub(crate) const ROUTES: &[Route] = &[
    get("/", Public, &[], |m| on(m, page::index)),
    get("/setup", Public, &[], |m| on(m, page::index)),
    get("/style.css", Public, &[], |m| on(m, page::style)),
    get("/healthz", Public, &[], |m| on(m, health::alive)),
    get("/readyz", Public, &[], |m| on(m, health::ready)),
    get("/login", Public, &[], |m| on(m, pages::show_login)),
    post("/login", Public, |m| on(m, pages::log_in)),
    get("/invite", Public, &[], |m| on(m, pages::show_invite)),
    post("/invite", Public, |m| on(m, pages::accept)),
    get("/account", Public, &[], |m| on(m, pages::account)),
    post("/account/end", Public, |m| on(m, pages::end)),
    post("/logout", Public, |m| on(m, pages::end)),
    post("/api/v1/login", Public, |m| on(m, login::login)),
    post("/api/v1/logout", May(Verb::View), |m| on(m, login::logout)),
    post("/api/v1/invitations/accept", Public, |m| on(m, login::accept)),
    post("/api/v1/setup", Public, |m| on(m, setup::redeem)),
    get("/api/v1/whoami", May(Verb::View), &[], |m| on(m, whoami::whoami)),
    get("/api/v1/fleet", May(Verb::View), FLEET, |m| on(m, fleet::list)),
    get("/api/v1/fleet/summary", May(Verb::View), &["by", "filter", "state"], |m| on(m, fleet::summary)),
    get("/api/v1/fleet/schema", May(Verb::View), &[], |m| on(m, fleet::schema)),
    get("/api/v1/endpoints/{endpoint}", May(Verb::View), &[], |m| on(m, fleet::show)),
    get("/api/v1/endpoints/{endpoint}/software", May(Verb::View), &["name"], |m| on(m, endpoints::software)),
    post("/api/v1/endpoints/{endpoint}/approve", May(Verb::Configure), |m| on(m, endpoints::approve)),
    post("/api/v1/endpoints/{endpoint}/revoke", May(Verb::Configure), |m| on(m, endpoints::revoke)),
    post("/api/v1/endpoints/{endpoint}/retire", May(Verb::Configure), |m| on(m, endpoints::retire)),
    post("/api/v1/endpoints/{endpoint}/tag", May(Verb::Configure), |m| on(m, endpoints::tag)),
    post("/api/v1/endpoints/{endpoint}/set", May(Verb::Configure), |m| on(m, endpoints::set)),
    post("/api/v1/endpoints/{endpoint}/move", May(Verb::Configure), |m| on(m, endpoints::relocate)),
    get("/api/v1/queue", May(Verb::View), QUEUE, |m| on(m, queue::list)),
    post("/api/v1/alerts", May(Verb::Claim), |m| on(m, alerts::open)),
    post_intake("/api/v1/intake/alertmanager", |m| on(m, intake::alertmanager)),
    post_intake("/api/v1/intake/events", |m| on(m, intake::events)),
    // Where the vendor's own clients look for it below an address that is theirs to set.
    post_intake("/api/v1/intake/events/v2/enqueue", |m| on(m, intake::events)),
    get("/api/v1/alerts/{number}", May(Verb::View), &[], |m| on(m, alerts::show)),
    post("/api/v1/alerts/{number}/claim", May(Verb::Claim), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/release", May(Verb::Claim), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/assign", May(Verb::Claim), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/comment", May(Verb::Comment), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/handoff", May(Verb::Handoff), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/accept", May(Verb::Handoff), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/decline", May(Verb::Handoff), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/withdraw", May(Verb::Handoff), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/wait", May(Verb::Claim), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/resume", May(Verb::Claim), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/snooze", May(Verb::Snooze), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/wake", May(Verb::Snooze), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/close", May(Verb::Close), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/merge", May(Verb::Close), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/reopen", May(Verb::Close), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/acknowledge", May(Verb::Claim), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/prioritise", May(Verb::Claim), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/link", May(Verb::Claim), |m| on(m, alerts::act)),
    post("/api/v1/alerts/{number}/feedback", May(Verb::Comment), |m| on(m, alerts::act)),
    get("/api/v1/events", May(Verb::View), EVENTS, |m| on(m, events::stream)),
    get("/api/v1/who", May(Verb::View), WHO, |m| on(m, who::answer)),
    get("/api/v1/ownership", May(Verb::View), &["org"], |m| on(m, ownership::show)),
    get("/api/v1/ownership/versions", May(Verb::View), &["org"], |m| on(m, ownership::history)),
    post_document("/api/v1/ownership/versions", May(Verb::Configure), |m| on(m, ownership::propose)),
    get("/api/v1/ownership/versions/{version}", May(Verb::View), &[], |m| on(m, ownership::version)),
    delete("/api/v1/ownership/versions/{version}", May(Verb::Configure), |m| on(m, ownership::withdraw)),
    post("/api/v1/ownership/versions/{version}/sign", May(Verb::View), |m| on(m, ownership::sign)),
    post_document("/api/v1/ownership/lint", May(Verb::View), |m| on(m, ownership::lint)),
    get("/api/v1/ownership/diff", May(Verb::View), &["org", "from", "to"], |m| on(m, ownership::diff)),
    post_document("/api/v1/ownership/diff", May(Verb::View), |m| on(m, ownership::diff_of_texts)),
    post_document("/api/v1/ownership/replay", May(Verb::View), |m| on(m, ownership::replay)),
    get("/api/v1/views", May(Verb::View), &[], |m| on(m, views::list)),
    post("/api/v1/views", May(Verb::Comment), |m| on(m, views::save)),
    get("/api/v1/views/{view}", May(Verb::View), &["org"], |m| on(m, views::show)),
    Route {
        params: &["org"],
        ..delete("/api/v1/views/{view}", May(Verb::Comment), |m| on(m, views::delete))
    },
    get("/api/v1/windows", May(Verb::View), &["org"], |m| on(m, windows::list)),
    post("/api/v1/windows", May(Verb::Snooze), |m| on(m, windows::add)),
    delete("/api/v1/windows/{window}", May(Verb::Snooze), |m| on(m, windows::end)),
    get("/api/v1/reports/boundary", May(Verb::View), &["org", "from", "until"], |m| on(m, reports::boundary)),
    get("/api/v1/reports/patch", May(Verb::View), &["org", "filter"], |m| on(m, reports::patch)),
    get("/api/v1/reports/backup", May(Verb::View), &["org", "filter"], |m| on(m, reports::backup)),
    get("/api/v1/reports/month", May(Verb::View), &["org", "from", "until"], |m| on(m, reports::month)),
    get("/api/v1/reports/review", May(Verb::View), &["org"], |m| on(m, reports::quarterly)),
    get("/api/v1/audit", May(Verb::View), AUDIT, |m| on(m, audit::list)),
    get("/api/v1/audit/checkpoints", May(Verb::View), &["org"], |m| on(m, audit::checkpoints)),
    get("/api/v1/audit/key", May(Verb::View), &[], |m| on(m, audit::key)),
    get("/api/v1/rules", May(Verb::View), &[], |m| on(m, rules::list)),
    get("/api/v1/rules/test", May(Verb::View), &["endpoint"], |m| on(m, rules::test)),
    get("/api/v1/rules/watched", May(Verb::View), &["endpoint"], |m| on(m, rules::watched)),
    get("/api/v1/join-tokens", May(Verb::Configure), &[], |m| on(m, join_tokens::list)),
    post("/api/v1/join-tokens", May(Verb::Configure), |m| on(m, join_tokens::create)),
    delete("/api/v1/join-tokens/{id}", May(Verb::Configure), |m| on(m, join_tokens::revoke)),
    get("/api/v1/tokens", May(Verb::View), &[], |m| on(m, tokens::list)),
    post("/api/v1/tokens", May(Verb::View), |m| on(m, tokens::create)),
    delete("/api/v1/tokens/{id}", May(Verb::View), |m| on(m, tokens::revoke)),
    get("/api/v1/orgs", May(Verb::View), &[], |m| on(m, orgs::list)),
    post("/api/v1/orgs", May(Verb::Administer), |m| on(m, orgs::create)),
    get("/api/v1/orgs/{org}", May(Verb::View), &[], |m| on(m, orgs::show)),
    get("/api/v1/orgs/{org}/export", May(Verb::Export), &[], |m| on(m, orgs::export)),
    post("/api/v1/orgs/{org}/offboard", May(Verb::Administer), |m| on(m, orgs::offboard)),
    post("/api/v1/orgs/{org}/second-factor", May(Verb::Administer), |m| on(m, orgs::second_factor)),
    get("/api/v1/people", May(Verb::View), &["org"], |m| on(m, people::list)),
    post("/api/v1/people", May(Verb::Administer), |m| on(m, people::invite)),
    post("/api/v1/people/{person}/invite", May(Verb::Administer), |m| on(m, people::reinvite)),
    post("/api/v1/people/{person}/disable", May(Verb::Administer), |m| on(m, people::set)),
    post("/api/v1/people/{person}/enable", May(Verb::Administer), |m| on(m, people::set)),
    get("/api/v1/access/grants", May(Verb::View), &["org", "person", "all"], |m| on(m, access::list)),
    post("/api/v1/access/grants", May(Verb::Administer), |m| on(m, access::give)),
    post("/api/v1/access/grants/{grant}/approve", May(Verb::Administer), |m| on(m, access::act)),
    post("/api/v1/access/grants/{grant}/refuse", May(Verb::Administer), |m| on(m, access::act)),
    post("/api/v1/access/grants/{grant}/end", May(Verb::View), |m| on(m, access::act)),
    post("/api/v1/access/grants/{grant}/review", May(Verb::Administer), |m| on(m, access::act)),
    get("/api/v1/access/due", May(Verb::View), &[], |m| on(m, access::due)),
    get("/api/v1/access/check", May(Verb::View), &["person", "verb", "scope"], |m| on(m, access::check)),
    post("/api/v1/access/seals", May(Verb::Administer), |m| on(m, access::seal)),
    post("/api/v1/break-glass", Public, |m| on(m, access::break_glass)),
];

/// Builds the router: each route behind its guard.
pub(crate) fn mount(api: &Shared) -> Router<Shared> {
    ROUTES.iter().fold(Router::new(), |router, route| {
        let gate = Gate { api: Shared::clone(api), needs: route.needs, params: route.params };
        let guarded = (route.handler)(route.method.filter())
            .route_layer(DefaultBodyLimit::max(route.body))
            .route_layer(Extension(BodyLimit(route.body)))
            .route_layer(from_fn_with_state(gate, guard));
        router.route(route.path, guarded)
    })
}
