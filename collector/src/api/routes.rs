//! The one table of routes: method, path, permission, parameters, handler, and what is told about it.
//!
//! The router is built from it and from nothing else; the tests walk it with every kind of token.

mod params;
mod paths;
mod row;

use core::future::{Ready, ready};

use axum::{
    Extension, Router,
    extract::DefaultBodyLimit,
    middleware::{from_fn_with_state, map_response},
    response::Response,
    routing::on,
};
use dogwatch_triage::{
    filter::EndpointJson,
    intake::{alertmanager::Webhook, events::Event},
    mute::NewWindow,
    report::{FleetReport, review::Review},
};

use super::{
    BodyLimit, Shared, access, account, alerts, audit,
    auth::{
        Gate,
        Needs::{Everything, May, Public},
        guard,
    },
    docs, endpoints, events,
    extract::ANY,
    fleet, health, intake, join_tokens, login, metrics, oidc, once, openapi, orgs, ownership, page, pages,
    people, queue, reports, rules, seals, setup, tokens, unknown, views, who, whoami, windows,
};
use crate::{
    access::Verb,
    core::Taken,
    meters::RouteMeter,
    views::{NewView, View},
};
use params::{AUDIT, EVENTS, FLEET, LINKED, OF_ORG, PAGED, QUEUE, WHO};
pub(crate) use paths::{is_for_browsers, where_to_look};
pub(crate) use row::{Answer, Make, Method, Route, Takes};
use row::{UNCHANGED, accepted, delete, get, made, ok, post, post_document, post_intake, text};

/// A page.
const HTML: Answer = text("text/html; charset=utf-8");

/// The way to another page.
const ELSEWHERE: Answer = Answer { status: 303, media: None, schema: None };

/// Every route there is.
pub(crate) const ROUTES: &[Route] = &[
    get("/", Public, LINKED, |m| on(m, page::index))
        .tells("The page that says what this is and how to get in.", text("text/html; charset=utf-8")),
    get("/setup", Public, LINKED, |m| on(m, page::index))
        .tells("The same page, for links of the set-up.", text("text/html; charset=utf-8")),
    get("/style.css", Public, &[], |m| on(m, page::style))
        .tells("How pages look.", text("text/css; charset=utf-8"))
        .or(UNCHANGED),
    get("/docs", Public, LINKED, |m| on(m, docs::show))
        .tells("This description as a page.", text("text/html; charset=utf-8"))
        .or(UNCHANGED),
    get("/healthz", Public, &[], |m| on(m, health::alive))
        .tells("Whether the process answers.", text("text/plain; charset=utf-8")),
    get("/readyz", Public, &[], |m| on(m, health::ready))
        .tells("Whether reports and changes are accepted.", ok::<health::Ready>())
        .refuses(&[503]),
    get("/metrics", Everything, &[], |m| on(m, metrics::show))
        .tells("The collector's own figures.", text(metrics::OPENMETRICS)),
    get("/api/v1/openapi.json", Public, &[], |m| on(m, openapi::show))
        .tells("This description: OpenAPI 3.1.", ok::<openapi::Description>())
        .or(UNCHANGED),
    post("/api/v1/setup", Public, |m| on(m, setup::redeem))
        .takes::<setup::Setup>()
        .tells(
            "Trades the one-time setup code for the first administrator's token.",
            ok::<tokens::NewToken>(),
        )
        .refuses(&[403]),
    get("/login", Public, LINKED, |m| on(m, pages::show_login)).tells("Where people log in.", HTML),
    post("/login", Public, |m| on(m, pages::log_in))
        .takes_form::<pages::LoginForm>()
        .tells("The form of that page.", ELSEWHERE)
        .refuses(&[401, 403]),
    get("/invite", Public, LINKED, |m| on(m, pages::show_invite))
        .tells("Where invitations are taken up.", HTML),
    post("/invite", Public, |m| on(m, pages::accept))
        .takes_form::<pages::InviteForm>()
        .tells("The form of that page.", HTML)
        .refuses(&[403]),
    get("/account", Public, LINKED, |m| on(m, pages::account))
        .tells("Where somebody is logged in.", HTML)
        .or(ELSEWHERE),
    post("/account/password", Public, |m| on(m, pages::change_password))
        .takes_form::<pages::PasswordForm>()
        .tells("Changes one's own password; one's other sessions end.", HTML)
        .or(ELSEWHERE)
        .refuses(&[401, 403, 409, 503]),
    post("/account/end", Public, |m| on(m, pages::end))
        .takes_form::<pages::Own>()
        .tells("Ends one of one's own tokens.", ELSEWHERE)
        .refuses(&[403, 404]),
    post("/logout", Public, |m| on(m, pages::end))
        .takes_form::<pages::Own>()
        .tells("Ends the session.", ELSEWHERE)
        .refuses(&[403, 404]),
    post("/api/v1/login", Public, |m| on(m, login::login))
        .takes::<login::Wanted>()
        .tells("Trades person, password and code for a session.", ok::<login::LoggedIn>())
        .refuses(&[401, 429, 503]),
    post("/api/v1/logout", May(Verb::View), |m| on(m, login::logout))
        .tells("Ends the session, or the token, that asks.", ok::<login::Over>()),
    post("/api/v1/account/password", May(Verb::View), |m| on(m, account::password))
        .takes::<account::WantedPassword>()
        .tells("Changes one's own password; one's other sessions end.", ok::<account::PasswordChanged>()),
    post("/api/v1/account/recovery-codes", May(Verb::View), |m| on(m, account::recovery_codes))
        .takes::<account::WantedCodes>()
        .tells(
            "Makes new recovery codes for oneself, shown this once; the old ones end.",
            ok::<account::RecoveryCodes>(),
        ),
    post("/api/v1/invitations/accept", Public, |m| on(m, login::accept))
        .takes::<login::Accepted>()
        .tells("Takes an invitation up: sets a password and a second factor.", ok::<login::Welcome>())
        .refuses(&[403, 429, 503]),
    post("/api/v1/break-glass", Public, |m| on(m, seals::break_glass))
        .takes::<seals::Broken>()
        .tells("Trades a sealed code for an hour's token.", ok::<tokens::NewToken>())
        .refuses(&[403, 429, 503]),
    get("/oidc/start", Public, &["provider", "ticket", "user_code"], |m| on(m, oidc::browser::start))
        .asks::<oidc::browser::Start>()
        .tells("Sends a browser to an identity provider.", ELSEWHERE)
        .refuses(&[403, 404, 503])
        .on_a_page(),
    // Providers add parameters of their own, which are to be ignored.
    get("/oidc/callback", Public, &["state", "code", "iss", "error", ANY], |m| {
        on(m, oidc::browser::callback)
    })
    .asks::<oidc::browser::Back>()
    .tells("Where an identity provider sends a browser back.", HTML)
    .or(ELSEWHERE)
    .refuses(&[403, 404, 409, 503])
    .on_a_page(),
    get("/device", Public, &["provider", ANY], |m| on(m, oidc::device::page))
        .asks::<oidc::device::By>()
        .tells("Where the code of a program without a browser is typed.", HTML),
    post("/device/answer", Public, |m| on(m, oidc::device::answer))
        .takes_form::<oidc::device::Form>()
        .tells("Lets that program in, or not.", HTML)
        .refuses(&[404]),
    get("/api/v1/oidc", Public, &[], |m| on(m, oidc::list))
        .tells("The identity providers that people may come in by.", ok::<oidc::List>()),
    post("/api/v1/oidc/loopback", Public, |m| on(m, oidc::loopback::begin))
        .takes::<oidc::loopback::Wanted>()
        .tells(
            "Begins a login for a program on the same machine as the browser.",
            ok::<oidc::loopback::Begun>(),
        )
        .refuses(&[403, 404]),
    post("/api/v1/oidc/loopback/token", Public, |m| on(m, oidc::loopback::token))
        .takes::<oidc::loopback::Trade>()
        .tells("Trades the code that the browser brought for a session.", ok::<tokens::NewToken>())
        .refuses(&[403]),
    post("/api/v1/oidc/device", Public, |m| on(m, oidc::device::begin))
        .takes::<oidc::device::Wanted>()
        .tells("Begins a login for a program without a browser (RFC 8628).", ok::<oidc::device::Begun>())
        .refuses(&[404]),
    post("/api/v1/oidc/device/token", Public, |m| on(m, oidc::device::token))
        .takes::<oidc::device::Ask>()
        .tells("Asks for the session once somebody has said yes.", ok::<tokens::NewToken>())
        .refuses(&[403]),
    get("/api/v1/whoami", May(Verb::View), &[], |m| on(m, whoami::whoami))
        .tells("Who the token speaks for, and with which collector.", ok::<whoami::WhoAmI>()),
    get("/api/v1/fleet", May(Verb::View), FLEET, |m| on(m, fleet::list))
        .asks::<fleet::Query>()
        .tells("Endpoints: filtered, sorted, a page at a time.", ok::<fleet::Page<'_>>()),
    get("/api/v1/fleet/summary", May(Verb::View), &["by", "filter", "state"], |m| on(m, fleet::summary))
        .asks::<fleet::SummaryQuery>()
        .tells("Endpoints counted by what they are.", ok::<fleet::Summary<'_>>()),
    get("/api/v1/fleet/schema", May(Verb::View), &[], |m| on(m, fleet::schema))
        .tells(
            "What a filter may name, and what an endpoint's JSON holds.",
            ok::<dogwatch_triage::filter::Schema>(),
        )
        .or(UNCHANGED),
    get("/api/v1/endpoints/{endpoint}", May(Verb::View), &[], |m| on(m, fleet::show))
        .tells("One endpoint.", ok::<EndpointJson<'_>>()),
    get("/api/v1/endpoints/{endpoint}/software", May(Verb::View), &["name"], |m| on(m, endpoints::software))
        .asks::<endpoints::Wanted>()
        .tells("What an endpoint has installed.", ok::<endpoints::Installed>())
        .refuses(&[503]),
    post("/api/v1/endpoints/{endpoint}/approve", May(Verb::Configure), |m| on(m, endpoints::approve))
        .tells("Lets a waiting endpoint into service.", ok::<endpoints::Decided>()),
    post("/api/v1/endpoints/{endpoint}/revoke", May(Verb::Configure), |m| on(m, endpoints::revoke))
        .tells("Puts an endpoint out of service, for good.", ok::<endpoints::Decided>()),
    post("/api/v1/endpoints/{endpoint}/retire", May(Verb::Configure), |m| on(m, endpoints::retire))
        .tells("Takes an endpoint out of the fleet; its history stays.", ok::<endpoints::Decided>()),
    post("/api/v1/endpoints/{endpoint}/tag", May(Verb::Configure), |m| on(m, endpoints::tag))
        .takes::<endpoints::Tagging>()
        .tells("Gives an endpoint tags and labels, and takes them away.", ok::<endpoints::Upkept>()),
    post("/api/v1/endpoints/{endpoint}/set", May(Verb::Configure), |m| on(m, endpoints::set))
        .takes::<endpoints::Setting>()
        .tells("Says what an endpoint is for.", ok::<endpoints::Upkept>()),
    post("/api/v1/endpoints/{endpoint}/move", May(Verb::Configure), |m| on(m, endpoints::relocate))
        .takes::<endpoints::Moving>()
        .tells("Moves an endpoint to another site.", ok::<endpoints::Upkept>()),
    get("/api/v1/queue", May(Verb::View), QUEUE, |m| on(m, queue::list))
        .asks::<queue::Query>()
        .tells("The shared queue: what runs out next is on top.", ok::<queue::Queue>()),
    get("/api/v1/queue/schema", May(Verb::View), &[], |m| on(m, queue::schema))
        .tells("What a filter over the queue may name.", ok::<dogwatch_triage::filter::Schema>())
        .or(UNCHANGED),
    post("/api/v1/alerts", May(Verb::Claim), |m| on(m, alerts::open))
        .takes::<alerts::NewItem>()
        .tells("Opens an item by hand, unless an open one may be meant.", made::<alerts::Shown<'_>>()),
    post_intake("/api/v1/intake/alertmanager", |m| on(m, intake::alertmanager))
        .takes::<Webhook>()
        .tells("Takes what Prometheus Alertmanager tells.", ok::<Taken>()),
    post_intake("/api/v1/intake/events", |m| on(m, intake::events))
        .takes::<Event>()
        .tells("Takes an event of the Events API v2.", accepted::<intake::Accepted>()),
    // Where the vendor's own clients look for it below an address that is theirs to set.
    post_intake("/api/v1/intake/events/v2/enqueue", |m| on(m, intake::events))
        .takes::<Event>()
        .tells("The same, where clients of that API look for it.", accepted::<intake::Accepted>()),
    get("/api/v1/alerts/{number}", May(Verb::View), PAGED, |m| on(m, alerts::show))
        .asks::<alerts::Query>()
        .tells("One item, with its timeline and its clocks.", ok::<alerts::Shown<'_>>())
        .refuses(&[503]),
    post("/api/v1/alerts/{number}/claim", May(Verb::Claim), |m| on(m, alerts::act))
        .takes_act()
        .tells("Takes an item.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/release", May(Verb::Claim), |m| on(m, alerts::act))
        .takes_act()
        .tells("Gives an item back.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/assign", May(Verb::Claim), |m| on(m, alerts::act))
        .takes_act()
        .tells("Gives an item to a colleague.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/comment", May(Verb::Comment), |m| on(m, alerts::act))
        .takes_act()
        .tells("Writes into the timeline.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/handoff", May(Verb::Handoff), |m| on(m, alerts::act))
        .takes_act()
        .tells("Offers an item to another team.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/accept", May(Verb::Handoff), |m| on(m, alerts::act))
        .takes_act()
        .tells("Takes what is offered.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/decline", May(Verb::Handoff), |m| on(m, alerts::act))
        .takes_act()
        .tells("Does not take what is offered.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/withdraw", May(Verb::Handoff), |m| on(m, alerts::act))
        .takes_act()
        .tells("Takes an offer back.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/wait", May(Verb::Claim), |m| on(m, alerts::act))
        .takes_act()
        .tells("Lets an item wait for others.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/resume", May(Verb::Claim), |m| on(m, alerts::act))
        .takes_act()
        .tells("Ends the waiting.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/snooze", May(Verb::Snooze), |m| on(m, alerts::act))
        .takes_act()
        .tells("Puts an item to sleep.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/wake", May(Verb::Snooze), |m| on(m, alerts::act))
        .takes_act()
        .tells("Wakes an item.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/close", May(Verb::Close), |m| on(m, alerts::act))
        .takes_act()
        .tells("Ends an item.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/merge", May(Verb::Close), |m| on(m, alerts::act))
        .takes_act()
        .tells("Ends an item that is the same as another.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/reopen", May(Verb::Close), |m| on(m, alerts::act))
        .takes_act()
        .tells("Opens an item again.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/acknowledge", May(Verb::Claim), |m| on(m, alerts::act))
        .takes_act()
        .tells("Says \"seen\".", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/prioritise", May(Verb::Claim), |m| on(m, alerts::act))
        .takes_act()
        .tells("Says how urgent it is.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/link", May(Verb::Claim), |m| on(m, alerts::act))
        .takes_act()
        .tells("Ties an item to another.", ok::<alerts::Shown<'_>>()),
    post("/api/v1/alerts/{number}/feedback", May(Verb::Comment), |m| on(m, alerts::act))
        .takes_act()
        .tells("Says whether it was worth anybody's time.", ok::<alerts::Shown<'_>>()),
    get("/api/v1/events", May(Verb::View), EVENTS, |m| on(m, events::stream))
        .asks::<events::Query>()
        .tells("What changes, as it happens: server-sent events.", text("text/event-stream"))
        .refuses(&[503]),
    get("/api/v1/audit", May(Verb::View), AUDIT, |m| on(m, audit::list))
        .asks::<audit::Query>()
        .tells("Who changed what: a chain of records, a page at a time.", ok::<audit::Page>())
        .refuses(&[503]),
    get("/api/v1/audit/checkpoints", May(Verb::View), &["org"], |m| on(m, audit::checkpoints))
        .asks::<audit::Whose>()
        .tells("The signed checkpoints of a chain, oldest first.", ok::<audit::Checkpoints>())
        .refuses(&[503]),
    get("/api/v1/audit/key", May(Verb::View), &[], |m| on(m, audit::key))
        .tells("What checkpoints are verified with.", ok::<audit::Key>())
        .refuses(&[404]),
    get("/api/v1/who", May(Verb::View), WHO, |m| on(m, who::answer))
        .asks::<who::Query>()
        .tells("Who owns something at an instant, or through a week, and why.", ok::<who::Told>())
        .refuses(&[503]),
    get("/api/v1/ownership", May(Verb::View), &["org"], |m| on(m, ownership::show))
        .asks::<ownership::Query>()
        .tells("The matrix in force.", ok::<ownership::Shown>())
        .or(UNCHANGED),
    get("/api/v1/ownership/versions", May(Verb::View), OF_ORG, |m| on(m, ownership::history))
        .asks::<ownership::HistoryQuery>()
        .tells("The versions of a matrix, the newest first.", ok::<ownership::History>()),
    post_document("/api/v1/ownership/versions", May(Verb::Configure), |m| on(m, ownership::propose))
        .takes::<ownership::Proposed>()
        .tells("Proposes a matrix to both sides.", made::<ownership::VersionJson>()),
    get("/api/v1/ownership/versions/{version}", May(Verb::View), &[], |m| on(m, ownership::version))
        .tells("One version, with its text.", ok::<ownership::VersionJson>())
        .or(UNCHANGED),
    delete("/api/v1/ownership/versions/{version}", May(Verb::Configure), |m| on(m, ownership::withdraw))
        .tells("Takes a proposal back.", ok::<ownership::VersionJson>()),
    post("/api/v1/ownership/versions/{version}/sign", May(Verb::View), |m| on(m, ownership::sign))
        .tells("Signs a version for one's side.", ok::<ownership::VersionJson>()),
    post_document("/api/v1/ownership/lint", May(Verb::View), |m| on(m, ownership::lint))
        .takes::<ownership::ToLint>()
        .tells("What is not good about a matrix.", ok::<ownership::Linted>()),
    get("/api/v1/ownership/diff", May(Verb::View), &["org", "from", "to"], |m| on(m, ownership::diff))
        .asks::<ownership::Named>()
        .tells("What changes from one version to another.", ok::<ownership::Changes>()),
    post_document("/api/v1/ownership/diff", May(Verb::View), |m| on(m, ownership::diff_of_texts))
        .takes::<ownership::Compared>()
        .tells("What changes from one text to another.", ok::<ownership::Changes>()),
    post_document("/api/v1/ownership/replay", May(Verb::View), |m| on(m, ownership::replay))
        .takes::<ownership::ToReplay>()
        .tells("The items of the last days, routed by a draft.", ok::<ownership::Replayed>())
        .refuses(&[503]),
    get("/api/v1/views", May(Verb::View), &[], |m| on(m, views::list))
        .tells("Saved views of the fleet.", ok::<views::List>()),
    post("/api/v1/views", May(Verb::Comment), |m| on(m, views::save))
        .takes::<NewView>()
        .tells("Saves a view, or saves it anew.", ok::<View>()),
    get("/api/v1/views/{view}", May(Verb::View), &["org"], |m| on(m, views::show))
        .asks::<views::Query>()
        .tells("One saved view.", ok::<View>()),
    delete("/api/v1/views/{view}", May(Verb::Comment), |m| on(m, views::delete))
        .with(&["org"])
        .asks::<views::Query>()
        .tells("Deletes a saved view.", ok::<View>()),
    get("/api/v1/windows", May(Verb::View), OF_ORG, |m| on(m, windows::list))
        .asks::<windows::Query>()
        .tells("Maintenance windows, those that begin first in front.", ok::<windows::List>()),
    post("/api/v1/windows", May(Verb::Snooze), |m| on(m, windows::add))
        .takes::<NewWindow>()
        .tells("Plans a maintenance window.", made::<windows::WindowJson>()),
    delete("/api/v1/windows/{window}", May(Verb::Snooze), |m| on(m, windows::end))
        .tells("Ends a window, or takes it back.", ok::<windows::WindowJson>()),
    get("/api/v1/reports/boundary", May(Verb::View), &["org", "from", "until"], |m| on(m, reports::boundary))
        .asks::<reports::Query>()
        .tells(
            "What went right and wrong at the boundary between the sides.",
            ok::<dogwatch_triage::boundary::BoundaryReport>(),
        )
        .refuses(&[503]),
    get("/api/v1/reports/patch", May(Verb::View), &["org", "filter"], |m| on(m, reports::patch))
        .asks::<reports::FleetQuery>()
        .tells("How well endpoints are patched, by site and class.", ok::<FleetReport>()),
    get("/api/v1/reports/backup", May(Verb::View), &["org", "filter"], |m| on(m, reports::backup))
        .asks::<reports::FleetQuery>()
        .tells("How well endpoints are backed up, by site and class.", ok::<FleetReport>()),
    get("/api/v1/reports/month", May(Verb::View), &["org", "from", "until"], |m| on(m, reports::month))
        .asks::<reports::Query>()
        .tells("The month: endpoints, queue and boundary.", ok::<reports::Month>()),
    get("/api/v1/reports/review", May(Verb::View), &["org"], |m| on(m, reports::quarterly))
        .asks::<reports::ReviewQuery>()
        .tells("What the quarterly review has before it.", ok::<Review>()),
    get("/api/v1/rules", May(Verb::View), &[], |m| on(m, rules::list))
        .tells("The rules in force.", ok::<rules::List>()),
    get("/api/v1/rules/test", May(Verb::View), &["endpoint"], |m| on(m, rules::test))
        .asks::<rules::Query>()
        .tells("What each rule says about an endpoint.", ok::<rules::Tested>()),
    get("/api/v1/rules/watched", May(Verb::View), &["endpoint"], |m| on(m, rules::watched))
        .asks::<rules::Query>()
        .tells("What an endpoint is told to watch.", ok::<rules::Watched>()),
    get("/api/v1/join-tokens", May(Verb::Configure), PAGED, |m| on(m, join_tokens::list))
        .asks::<join_tokens::Query>()
        .tells("Join tokens, oldest first.", ok::<join_tokens::List>()),
    post("/api/v1/join-tokens", May(Verb::Configure), |m| on(m, join_tokens::create))
        .takes::<join_tokens::Wanted>()
        .tells("Makes a join token, shown this once.", made::<join_tokens::Made>()),
    delete("/api/v1/join-tokens/{id}", May(Verb::Configure), |m| on(m, join_tokens::revoke))
        .tells("Withdraws a join token.", ok::<join_tokens::JoinTokenJson>()),
    get("/api/v1/tokens", May(Verb::View), OF_ORG, |m| on(m, tokens::list))
        .asks::<tokens::Query>()
        .tells("API tokens and logins, oldest first.", ok::<tokens::List>()),
    post("/api/v1/tokens", May(Verb::View), |m| on(m, tokens::create))
        .takes::<tokens::Wanted>()
        .tells("Makes an API token, shown this once.", made::<tokens::NewToken>()),
    delete("/api/v1/tokens/{id}", May(Verb::View), |m| on(m, tokens::revoke))
        .tells("Revokes an API token, or ends a login.", ok::<tokens::TokenJson>()),
    get("/api/v1/orgs", May(Verb::View), &[], |m| on(m, orgs::list))
        .tells("Orgs, by id.", ok::<orgs::Orgs>()),
    post("/api/v1/orgs", May(Verb::Administer), |m| on(m, orgs::create))
        .takes::<orgs::Wanted>()
        .tells("Makes an org with the starter matrix.", made::<orgs::OrgJson>()),
    get("/api/v1/orgs/{org}", May(Verb::View), &[], |m| on(m, orgs::show))
        .tells("One org.", ok::<orgs::OrgJson>()),
    get("/api/v1/orgs/{org}/export", May(Verb::Export), &[], |m| on(m, orgs::export))
        .tells("All of an org's data, with a manifest.", text("application/jsonl"))
        .refuses(&[403, 503]),
    get("/api/v1/orgs/{org}/offboard", May(Verb::Administer), &["side"], |m| on(m, orgs::would_offboard))
        .asks::<orgs::Whose>()
        .tells("What a side's goodbye to an org would end, if it would be done.", ok::<orgs::WouldEnd>())
        .refuses(&[409]),
    post("/api/v1/orgs/{org}/offboard", May(Verb::Administer), |m| on(m, orgs::offboard))
        .takes::<orgs::Goodbye>()
        .tells("A side leaves an org for good.", ok::<orgs::Left>()),
    post("/api/v1/orgs/{org}/second-factor", May(Verb::Administer), |m| on(m, orgs::second_factor))
        .takes::<orgs::Factor>()
        .tells("Says whom a second factor is asked of.", ok::<orgs::OrgJson>()),
    get("/api/v1/people", May(Verb::View), &["org"], |m| on(m, people::list))
        .asks::<people::Which>()
        .tells("People, by side and id.", ok::<people::People>()),
    post("/api/v1/people", May(Verb::Administer), |m| on(m, people::invite))
        .takes::<people::Wanted>()
        .tells("Lets somebody in; the invitation is shown this once.", made::<people::Invited>()),
    post("/api/v1/people/{person}/invite", May(Verb::Administer), |m| on(m, people::reinvite))
        .tells("A new invitation for somebody who is known.", ok::<people::Invited>()),
    post("/api/v1/people/{person}/disable", May(Verb::Administer), |m| on(m, people::set))
        .tells("Keeps somebody out.", ok::<people::PersonJson>()),
    post("/api/v1/people/{person}/enable", May(Verb::Administer), |m| on(m, people::set))
        .tells("Lets somebody in again.", ok::<people::PersonJson>()),
    get("/api/v1/access/grants", May(Verb::View), &["org", "person", "all"], |m| on(m, access::list))
        .asks::<access::Which>()
        .tells("Grants, oldest first.", ok::<access::Grants>()),
    post("/api/v1/access/grants", May(Verb::Administer), |m| on(m, access::give))
        .takes::<access::Wanted>()
        .tells("Gives rights.", made::<access::GrantJson>()),
    post("/api/v1/access/grants/{grant}/approve", May(Verb::Administer), |m| on(m, access::act))
        .takes::<access::Word>()
        .tells("Approves risky verbs of a grant in an org.", ok::<access::GrantJson>()),
    post("/api/v1/access/grants/{grant}/refuse", May(Verb::Administer), |m| on(m, access::act))
        .takes::<access::Word>()
        .tells("Takes that back.", ok::<access::GrantJson>()),
    post("/api/v1/access/grants/{grant}/end", May(Verb::View), |m| on(m, access::act))
        .takes::<access::Word>()
        .tells("Ends a grant.", ok::<access::GrantJson>()),
    post("/api/v1/access/grants/{grant}/review", May(Verb::Administer), |m| on(m, access::act))
        .takes::<access::Word>()
        .tells("Says that a grant is still right.", ok::<access::GrantJson>()),
    get("/api/v1/access/due", May(Verb::View), &[], |m| on(m, access::due))
        .tells("What of the register is to be looked at.", ok::<access::DueList>()),
    get("/api/v1/access/check", May(Verb::View), &["person", "verb", "scope"], |m| on(m, access::check))
        .asks::<access::Question>()
        .tells("Why somebody may do something, or not.", ok::<crate::access::Explained>()),
    get("/api/v1/access/seals", May(Verb::Administer), &[], |m| on(m, seals::list))
        .tells("Sealed codes, oldest first: who keeps them, never what they say.", ok::<seals::List>()),
    delete("/api/v1/access/seals/{seal}", May(Verb::Administer), |m| on(m, seals::revoke))
        .tells("Puts a sealed code out of use.", ok::<seals::SealJson>()),
    post("/api/v1/access/seals", May(Verb::Administer), |m| on(m, seals::seal))
        .takes::<seals::Sealed>()
        .tells("Seals a code for a bad day; it is shown this once.", made::<seals::NewSeal>()),
];

/// Builds the router: each route behind its guard.
pub(crate) fn mount(api: &Shared) -> Router<Shared> {
    ROUTES.iter().fold(Router::new(), |router, route| {
        let &Route { needs, params, body: longest_body, .. } = route;
        let gate = Gate { api: Shared::clone(api), needs, params, longest_body };
        let handler = (route.handler)(route.method.filter());
        let handler = match route.method {
            Method::Get => handler,
            // Innermost: it wants to know who asks, and how long a body may be.
            _ => handler.route_layer(from_fn_with_state(Shared::clone(api), once::once)),
        };
        let held = from_fn_with_state((Shared::clone(api), longest_body), unknown::held);
        let handler = match needs {
            // What is sent there says itself who sends it.
            Public if route.method != Method::Get => handler.route_layer(held),
            _ => handler,
        };
        let guarded = handler
            .route_layer(DefaultBodyLimit::max(route.body))
            .route_layer(Extension(BodyLimit(route.body)))
            .route_layer(from_fn_with_state(gate, guard))
            .route_layer(map_response(count(api.core.meters.route(route.method.as_str(), route.path))));
        router.route(route.path, guarded)
    })
}

/// Counts a route's answers, refusals included.
fn count(meter: RouteMeter) -> impl Fn(Response) -> Ready<Response> + Clone {
    move |response| {
        meter.note(response.status());
        ready(response)
    }
}
