//! Walks every route that there is with those who may not see something, and shows that it might as well not be there.
//!
//! *How.* Two collectors are made, alike but for what is hidden: one has it, the other has never had it. Whoever may not see it
//! asks both the same questions, and has to get the same answers: status, headers and every byte of the body. That covers
//! existence, counts, names and the words of errors at once, also where a question names the hidden thing.
//!
//! *Nobody has to remember.* Routes come from the table, parameters and bodies from the description. A name that
//! [`given`] has no values for fails the walk, and says what to add.

mod exported;
mod given;
mod heard;
mod people;
mod questions;
mod register;
mod things;
mod world;

use http::{Method, Request, StatusCode, header};
use serde_json::Value;

use super::Answer;
use crate::api::{
    auth::Needs,
    routes::{self, ROUTES, Route},
};
use questions::{Question, questions};
use world::{Hidden, World};

/// Asks both worlds, and holds the answers against each other: says what they tell apart.
async fn difference(with: &World, without: &World, who: Option<&str>, question: &Question) -> Option<String> {
    let (seen, unseen) = (ask(with, who, question).await, ask(without, who, question).await);
    let told = |answer: &Answer| format!("{} {}", answer.status, answer.text);
    let compared = question.method == Method::GET || !seen.status.is_success();
    let same = seen.status == unseen.status
        && (!compared
            || compared_text(&seen) == compared_text(&unseen) && headers(&seen) == headers(&unseen));
    let whole = format!("{:?} {}", seen.headers, seen.text);
    let canary = with.canaries().iter().find(|word| whole.contains(**word) && !question.echoes(word));
    if same && canary.is_none() {
        return None;
    }
    let what = format!("{} {} {}", question.method, question.path, question.body);
    Some(format!("{what}\n  with    {}\n  without {}\n  canary: {canary:?}", told(&seen), told(&unseen)))
}

/// What two answers are held against each other by. A conflict carries an item of one's own as it is now, with the hours of
/// what was done to it in this very walk: its words alone count.
fn compared_text(answer: &Answer) -> String {
    leveled(if answer.status == StatusCode::CONFLICT { answer.detail() } else { &answer.text })
}

/// The headers, without what only follows from the body.
fn headers(answer: &Answer) -> http::HeaderMap {
    let mut headers = answer.headers.clone();
    headers.remove(header::CONTENT_LENGTH);
    // A weak tag is a hash of what the body tells, the folder of the policy included.
    if headers.get(header::ETAG).is_some_and(|tag| tag.as_bytes().starts_with(b"W/")) {
        headers.remove(header::ETAG);
    }
    headers
}

/// The text without what tells two runs apart, hidden things or not: the core's clock, and the folder of the policy.
fn leveled(text: &str) -> String {
    const INSTANT: &str = "dddd-dd-ddTdd:dd:dd";
    let is_instant = |rest: &str| {
        let fits = |(want, byte): (u8, u8)| if want == b'd' { byte.is_ascii_digit() } else { want == byte };
        rest.len() > INSTANT.len() && INSTANT.bytes().zip(rest.bytes()).all(fits)
    };
    let (mut out, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(first) = rest.chars().next() {
        if is_instant(rest) {
            rest = rest.split_once('Z').map_or("", |(_, after)| after);
        } else if let Some(folder) = rest.strip_prefix(".tmp") {
            rest = folder.trim_start_matches(|c: char| c.is_ascii_alphanumeric());
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    out
}

async fn ask(world: &World, who: Option<&str>, question: &Question) -> Answer {
    let mut request = Request::builder().method(&question.method).uri(&question.path);
    if let Some(who) = who {
        let (name, value) = World::shown(who);
        request = request.header(name, value);
    }
    if !question.body.is_empty() {
        request = request.header(header::CONTENT_TYPE, question.media);
    }
    world.settle();
    let mut answer = world.collector().send(request.body(question.body.clone().into()).unwrap()).await;
    if question.route.path == "/api/v1/events" && answer.status.is_success() {
        // Each stream has an id of its own.
        answer.text = "a stream".to_owned();
    }
    if question.route.path == "/api/v1/orgs/{org}/export" {
        // They are over instants of the real clock.
        answer.text = without_hashes(&answer.text);
    }
    answer
}

/// A text without what is as long as a SHA-256 and looks like one.
fn without_hashes(text: &str) -> String {
    let is_hash = |part: &&str| part.len() == 64 && part.bytes().all(|byte| byte.is_ascii_hexdigit());
    text.split('"').filter(|part| !is_hash(part)).collect::<Vec<_>>().join("\"")
}

/// Questions before the limits on how often one may ask would count: guesses have five, a token has a thousand.
fn in_a_row(route: &Route) -> usize {
    if changes_for_anybody(route) { 4 } else { 500 }
}

/// Logins and the like, which look at no token: to ask them with one is to ask them without.
fn changes_for_anybody(route: &Route) -> bool {
    route.needs == Needs::Public && route.method != routes::Method::Get
}

/// Differences that one failure shows: the kinds of a leak repeat themselves.
const SHOWN: usize = 12;

async fn walk(hidden: Hidden, who: Option<&str>, wanted: impl Fn(&Route) -> bool) {
    let (mut with, mut without) = (World::with(hidden), World::without(hidden));
    let (mut asked, mut differences) = (0, Vec::new());
    // What changes something comes last, so that both worlds are asked in the same state.
    for reads in [true, false] {
        for route in
            ROUTES.iter().filter(|route| (route.method == routes::Method::Get) == reads && wanted(route))
        {
            for (at, question) in questions(route).into_iter().enumerate() {
                // Nobody is refused for having asked too often: that would be the same answer to everything.
                if at % in_a_row(route) == 0 {
                    with.refresh();
                    without.refresh();
                }
                differences.extend(difference(&with, &without, who, &question).await);
                asked += 1;
            }
        }
    }
    let some = differences.iter().take(SHOWN).cloned().collect::<Vec<_>>().join("\n");
    let many = differences.len();
    assert!(differences.is_empty(), "{who:?} can tell {hidden:?} by {many} answers of {asked}:\n{some}");
    assert!(asked > 0, "nothing was asked");
}

#[tokio::test]
async fn the_administrator_of_another_org_sees_nothing_of_an_org() {
    walk(Hidden::Org, Some("admin"), |route| !changes_for_anybody(route)).await;
}

#[tokio::test]
async fn a_viewer_of_another_org_sees_nothing_of_an_org() {
    walk(Hidden::Org, Some("viewer"), |route| !changes_for_anybody(route)).await;
}

#[tokio::test]
async fn the_msps_own_people_who_are_limited_to_an_org_see_nothing_of_another() {
    walk(Hidden::Org, Some("guest"), |route| !changes_for_anybody(route)).await;
}

#[tokio::test]
async fn a_grant_that_has_expired_shows_nothing() {
    walk(Hidden::Org, Some("lapsed"), |route| !changes_for_anybody(route)).await;
}

#[tokio::test]
async fn a_token_whose_maker_has_lost_what_they_lent_shows_nothing() {
    walk(Hidden::Org, Some("narrowed"), |route| !changes_for_anybody(route)).await;
}

#[tokio::test]
async fn whoever_is_limited_to_a_site_sees_nothing_of_another_site_of_the_org() {
    walk(Hidden::Site, Some("onsite"), |route| !changes_for_anybody(route)).await;
}

#[tokio::test]
async fn whoever_is_limited_to_a_site_sees_nothing_of_another_org() {
    walk(Hidden::Org, Some("onsite"), |route| !changes_for_anybody(route)).await;
}

#[tokio::test]
async fn a_grant_for_a_site_shows_nothing_of_another_site() {
    walk(Hidden::Site, Some("granted"), |route| !changes_for_anybody(route)).await;
}

#[tokio::test]
async fn a_session_that_is_over_shows_nothing() {
    for who in ["logged-out", "timed-out"] {
        walk(Hidden::Org, Some(who), |route| !changes_for_anybody(route)).await;
        closed(who).await;
    }
}

#[tokio::test]
async fn tokens_that_do_not_work_any_more_see_nothing_at_all() {
    for who in ["revoked", "expired", "disabled", "unknown"] {
        let guarded = |route: &Route| route.needs != Needs::Public;
        walk(Hidden::Org, Some(who), guarded).await;
        closed(who).await;
    }
}

#[tokio::test]
async fn nobody_sees_nothing() {
    walk(Hidden::Org, None, |_| true).await;
}

/// Every guarded route says no, whatever is asked.
async fn closed(who: &str) {
    let world = World::with(Hidden::Org);
    for route in ROUTES.iter().filter(|route| route.needs != Needs::Public) {
        for question in questions(route).into_iter().take(3) {
            let answer = ask(&world, Some(who), &question).await;
            let no = [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status);
            assert!(no && answer.problem, "{who}: {} {}: {}", question.method, question.path, answer.text);
        }
    }
}

/// A grant that has expired would prove nothing if one that has not opened nothing either; nor would a token's maker.
#[tokio::test]
async fn what_a_grant_or_a_maker_has_is_seen() {
    let world = World::with(Hidden::Org);
    for who in ["helping", "backed"] {
        let fleet = world.collector().get("/api/v1/fleet?filter=org:zebra", Some(&World::token(who))).await;
        assert_eq!(fleet.json["matched"], 1, "{who}: {}", fleet.text);
    }
    for (who, hidden) in [("onsite", Hidden::Site), ("granted", Hidden::Site), ("narrowed", Hidden::Org)] {
        let fleet = World::with(hidden).collector().get("/api/v1/fleet", Some(&World::token(who))).await;
        let seen = fleet.json["total"].as_u64();
        assert_eq!(seen, Some(if hidden == Hidden::Site { 1 } else { 2 }), "{who}: {}", fleet.text);
    }
}

/// Everybody who is known is asked about, and by name.
#[tokio::test]
async fn the_figures_are_for_who_sees_everything_and_name_nobody() {
    let world = World::with(Hidden::Org);
    for who in world::LIVING {
        let refused = world.collector().get("/metrics", Some(&World::token(who))).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{who}: {}", refused.text);
    }
    let shown = world.collector().get("/metrics", Some(&world.all_powerful())).await;
    assert_eq!(shown.status, StatusCode::OK, "{}", shown.text);
    for word in ["zebra", "globex", "yak", "own-srv"] {
        assert!(!shown.text.contains(word), "{word}: {}", shown.text);
    }
}

/// The walk would prove nothing if those who may see it saw nothing either.
#[tokio::test]
async fn what_is_hidden_from_others_is_there_for_whom_it_is() {
    let world = World::with(Hidden::Org);
    for path in [
        "/api/v1/fleet",
        "/api/v1/queue",
        "/api/v1/windows",
        "/api/v1/join-tokens",
        "/api/v1/tokens",
        "/api/v1/orgs",
        "/api/v1/people",
        "/api/v1/access/grants",
        "/api/v1/access/due",
        "/api/v1/access/seals",
    ] {
        let answer = world.collector().get(path, Some(&World::token("owner"))).await;
        assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text);
        let shown = answer.json.as_object().into_iter().flatten();
        let rows = shown.filter_map(|(_, value)| value.as_array()).map(Vec::len).max();
        assert!(rows > Some(0) && answer.text.contains("zebra"), "{path}: {}", answer.text);
    }
    let version: Value = world
        .collector()
        .get("/api/v1/ownership/versions?org=zebra", Some(&World::token("owner")))
        .await
        .json;
    assert_eq!(version["versions"].as_array().map(Vec::len), Some(1), "{version}");
}
