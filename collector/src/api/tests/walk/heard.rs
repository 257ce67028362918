//! What somebody hears while others work where they may not look: the same as in a world where that is not.
//!
//! *How.* Those whose the hidden is do all that the table of routes lets them do, with everything that [`given`] knows; others
//! listen meanwhile. Streams are compared to the byte, but for the ids, which no two feeds have in common. Beside that each
//! kind of event is made up in every place: a new kind is asked about without anybody remembering.
//!
//! [`given`]: super::given

use std::collections::BTreeSet;

use dogwatch_model::SiteId;
use http_body_util::BodyExt as _;

use super::{
    super::org,
    Needs, ROUTES, ask, questions, routes,
    world::{Hidden, World},
};
use crate::feed::{Group, Kind};

/// A stream as it was told, to its end.
type Told = Vec<(String, String)>;

/// Events and their data, without their ids.
fn told(stream: &str) -> Told {
    let field = |event: &str, name: &str| {
        event.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_default().to_owned()
    };
    let events = stream.split("\n\n").map(|event| (field(event, "event: "), field(event, "data: ")));
    events.filter(|(kind, _)| !kind.is_empty()).collect()
}

/// What each of them hears while something happens; nothing for whoever is not let in.
async fn hearing(world: &mut World, listeners: &[&str], happens: impl AsyncFnOnce(&mut World)) -> Vec<Told> {
    let mut streams = Vec::new();
    for who in listeners {
        streams.push(world.collector().listen("/api/v1/events", &World::token(who)).await);
    }
    happens(world).await;
    world.settle();
    world.end_streams().await;
    let mut all = Vec::new();
    for stream in streams {
        let heard = stream.into_body().collect().await.unwrap().to_bytes();
        all.push(told(std::str::from_utf8(&heard).unwrap()));
    }
    all
}

/// Everything that somebody can do.
async fn everything(world: &mut World, actor: &str) {
    let changes =
        |route: &&routes::Route| route.method != routes::Method::Get && route.needs != Needs::Public;
    for route in ROUTES.iter().filter(changes) {
        for (at, question) in questions(route).into_iter().enumerate() {
            if at % super::in_a_row(route) == 0 {
                world.refresh();
            }
            ask(world, Some(actor), &question).await;
        }
    }
}

async fn nothing_is_heard(hidden: Hidden, actor: &str, others: &[&str], at_least: &[Kind]) {
    let listeners = [others, &[actor]].concat();
    let (mut with, mut without) = (World::with(hidden), World::without(hidden));
    let there = hearing(&mut with, &listeners, async |world| everything(world, actor).await).await;
    let not_there = hearing(&mut without, &listeners, async |world| everything(world, actor).await).await;
    for ((who, one), other) in others.iter().zip(&there).zip(&not_there) {
        assert_eq!(one.first().map(|(kind, _)| kind.as_str()), Some("hello"), "{who} listened");
        assert_eq!(one, other, "{who} hears of {hidden:?}");
    }
    let own = there.last().unwrap();
    let kinds: BTreeSet<Kind> = own.iter().filter_map(|(kind, _)| kind.parse().ok()).collect();
    let lacking: Vec<_> = at_least.iter().filter(|kind| !kinds.contains(kind)).collect();
    assert!(
        lacking.is_empty(),
        "{actor} did nothing that is told as {lacking:?}: add values to api/tests/walk/given.rs by which it happens"
    );
}

#[tokio::test]
async fn what_is_done_in_another_org_is_heard_by_nobody_else() {
    let others = ["admin", "viewer", "onsite", "guest", "granted", "lapsed", "narrowed"];
    nothing_is_heard(Hidden::Org, "owner", &others, Kind::ALL).await;
}

#[tokio::test]
async fn what_is_done_at_another_site_is_heard_by_nobody_who_is_limited_to_one() {
    let kinds = [Kind::Alert, Kind::Endpoint, Kind::Access];
    nothing_is_heard(Hidden::Site, "yak", &["onsite", "granted"], &kinds).await;
}

/// Each kind of event in a place.
fn each_kind(place: Option<&str>, site: Option<&str>) -> Vec<Group> {
    let (org, site) = (place.map(org), site.map(|site| SiteId::new(site).unwrap()));
    Kind::ALL.iter().map(|kind| Group { org: org.clone(), site: site.clone(), kind: *kind }).collect()
}

#[tokio::test]
async fn every_kind_of_event_of_another_org_or_site_is_heard_by_those_whose_it_is_alone() {
    let mut world = World::with(Hidden::Org);
    let listeners =
        ["owner", "yak", "admin", "viewer", "onsite", "guest", "granted", "lapsed", "narrowed", "helping"];
    let places = [
        (None, None),
        (Some("zebra"), None),
        (Some("zebra"), Some("zebra-main")),
        (Some("globex"), Some("yak")),
    ];
    let heard = hearing(&mut world, &listeners, async |world| {
        world.make_up(places.iter().flat_map(|(org, site)| each_kind(*org, *site)).collect());
    })
    .await;
    for (who, heard) in listeners.into_iter().zip(heard) {
        let hears = |word: &str| heard.iter().filter(|(_, data)| data.contains(word)).count();
        let all = Kind::ALL.len();
        let made_up = hears("made_up");
        // (of the hidden org's places, of the hidden site)
        let expected = match who {
            "owner" => (2 * all, 0),
            "yak" => (0, all),
            "admin" => (0, all),
            // Who may do what is told to whoever administers.
            "viewer" => (0, all - 1),
            // So far no owner has approved that for the MSP's.
            "helping" => (2 * (all - 1), all - 1),
            "guest" | "lapsed" | "narrowed" => (0, all - 1),
            _ => (0, 0),
        };
        assert_eq!((hears("\"zebra\""), hears("\"yak\"")), expected, "{who}: {heard:?}");
        assert_eq!(made_up, expected.0 + expected.1, "{who} hears of the collector as a whole: {heard:?}");
    }
}

/// Whoever is not let in hears nothing at all, and is told no more than at any other route.
#[tokio::test]
async fn nobody_listens_who_is_not_let_in() {
    let world = World::with(Hidden::Org);
    for who in ["revoked", "expired", "disabled", "logged-out", "timed-out", "unknown"] {
        let answer = world.collector().get("/api/v1/events", Some(&World::token(who))).await;
        assert!([401, 403].contains(&answer.status.as_u16()) && answer.problem, "{who}: {}", answer.text);
    }
}
