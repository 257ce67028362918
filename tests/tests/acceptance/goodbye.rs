//! The MSP leaves: whatever it has in the org is over within five seconds, the customer keeps everything, and the machines
//! notice nothing.

use std::{
    fs,
    time::{Duration, Instant},
};

use dogwatch_tests::{
    bench::api::Api,
    harness::{
        Lab, ORG, PATIENCE,
        browser::Browser,
        crews::{EACH_SERVER, entries},
        events::Ears,
        person::Person,
        receiver::{Post, Receiver},
        settings::Settings,
        wait,
    },
};
use serde_json::{Value, json};

/// How long a guest may still have anything after the door was closed.
const CUT: Duration = Duration::from_secs(5);

const MATRIX: &str = r#"
[org]
id = "home"
name = "Home"
last_resort = "noc"

[[team]]
id = "noc"
side = "msp"
channels = ["noc"]

[[team]]
id = "internal-it"
side = "internal"
channels = ["it"]

[[tool]]
id = "rmm"
function = "agent"
owner = "noc"

[[row]]
id = "watch"
categories = ["agent"]
responsible = "noc"
accountable = "internal-it"
informed = ["internal-it"]

[catch_all]
responsible = "internal-it"
accountable = "internal-it"
"#;

const PASSWORD: &str = "correct-horse-battery-staple";

fn lab() -> (Lab, Receiver) {
    let lab = Lab::with(&Settings { rules: EACH_SERVER.to_owned(), ..Settings::default() });
    let receiver = Receiver::start();
    let ways = receiver.channel("noc") + &receiver.channel("it");
    lab.channels(&format!("[grouping]\nwait = \"0s\"\ninterval = \"100ms\"\nurgent = \"0s\"\n\n{ways}"));
    lab.matrix(MATRIX);
    (lab, receiver)
}

/// A guest of the org in a browser, and what they get when they look at who they are.
fn browser(lab: &Lab) -> (Browser, String) {
    let invite = json!({ "person": "gus", "side": "msp", "org": ORG, "role": "viewer" });
    let made = lab.collector().api().post("/api/v1/people", &invite).expect("an administrator invites");
    let accept = json!({ "invitation": made["invitation"], "password": PASSWORD });
    lab.collector().api().post("/api/v1/invitations/accept", &accept).expect("an invitation works once");
    let root = fs::read_to_string(lab.collector().path("authority/root.crt")).expect("the root is public");
    let mut browser = Browser::new(&[root]);
    let base = format!("https://{}", lab.collector().people_address());
    let page = browser.open(&format!("{base}/login"), None);
    browser.submit(&page, &[("person", "gus"), ("password", PASSWORD), ("code", "")]);
    let look = format!("{base}/api/v1/whoami");
    assert_eq!(browser.open(&look, None).status, 200, "the session stands");
    (browser, look)
}

/// Waits until something of the departed is over, and says what was not in time.
#[track_caller]
fn is_over(begun: Instant, what: &str, over: impl Fn() -> bool) {
    wait::wait_for(what, PATIENCE, over, |over| *over);
    assert!(begun.elapsed() < CUT, "{what}: over after {:?}", begun.elapsed());
}

fn refused(api: &Api, path: &str) -> bool {
    api.get(path).is_err_and(|error| error.to_string().contains("401"))
}

fn alert_of(lab: &Lab, machine: &str) -> u64 {
    let of_it = |alert: &Value| alert["endpoint_name"] == json!(machine);
    let seen = wait::wait_for(
        &format!("the alert of {machine}"),
        PATIENCE,
        || lab.owner().get("/api/v1/queue?hidden=true").unwrap_or_default()["alerts"].as_array().cloned(),
        |seen| seen.as_ref().is_some_and(|seen| seen.iter().any(of_it)),
    );
    let seen = seen.unwrap_or_default();
    seen.iter().find(|alert| of_it(alert)).and_then(|alert| alert["number"].as_u64()).expect("it was seen")
}

fn told(posts: &[Post], number: u64) -> bool {
    posts.iter().any(|post| post.alerts().any(|alert| alert["number"] == number))
}

/// What an item looks like to the org's owner.
fn seen_by_owner(lab: &Lab, number: u64) -> Value {
    lab.owner().get(&format!("/api/v1/alerts/{number}")).expect("the owner sees everything")
}

#[test]
#[expect(
    clippy::too_many_lines,
    reason = "one goodbye: what there was, that it ended in time, and what goes on"
)]
fn whatever_the_msp_has_is_over_within_five_seconds_and_the_customer_keeps_everything() {
    let (lab, receiver) = lab();
    let owner = lab.owner_by_themself().clone();
    let olga = lab.person_with(&json!({ "person": "olga", "side": "internal", "org": ORG, "role": "admin" }));
    let everywhere = lab.collector().api().clone();
    let guest = lab.api_of("kim", "msp", "noc");
    lab.api_with(&json!({ "person": "mira", "side": "msp", "role": "viewer" }));
    let order = json!({ "person": "mira", "verbs": ["claim"], "scope": ORG, "reason": "night shift" });
    let grant = everywhere.post("/api/v1/access/grants", &order).expect("an administrator gives");
    let mira = lab.api_with(&json!({ "person": "mira", "side": "msp", "verbs": ["view", "claim"] }));
    let join = lab.join_token(5);
    let view = json!({ "name": "ours", "org": ORG, "filter": "online" });
    everywhere.post("/api/v1/views", &view).expect("a view of the MSP's alone");
    let (mut browser, look) = browser(&lab);

    // A message is under way and the next one sealed behind it when the door closes.
    let _first = lab.online("srv-01");
    let first = alert_of(&lab, "srv-01");
    wait::wait_for("the first word", PATIENCE, || receiver.posts_to("noc"), |posts| told(posts, first));
    let (status, claimed) = everywhere.act(first, "claim", &json!({}), None).expect("the collector answers");
    assert_eq!(status, 200, "{claimed}");
    receiver.hold();
    let _second = lab.online("srv-02");
    let second = alert_of(&lab, "srv-02");
    wait::wait_for("a word under way", PATIENCE, || receiver.posts_to("noc"), |posts| told(posts, second));
    let (status, claimed) = mira.act(second, "claim", &json!({}), None).expect("the collector answers");
    assert_eq!(status, 200, "the grant lets her: {claimed}");
    let _third = lab.online("srv-03");
    let third = alert_of(&lab, "srv-03");
    wait::wait_for("one behind it", PATIENCE, || receiver.posts_to("it"), |posts| !posts.is_empty());

    let (here, limited) = (Ears::open(&guest, "", None), Ears::open(&everywhere, "?org=home", None));
    let file = lab.folder().join("home.jsonl");
    let path = file.display().to_string();
    let begun = Instant::now();
    let said =
        olga.run(&["org", "offboard", ORG, "--side", "msp", "--yes", ORG, "--export", &path]).succeeds();
    is_over(begun, "the guest's stream", || here.ended());
    is_over(begun, "a stream of the org alone", || limited.ended());
    is_over(begun, "the guest's token", || refused(&guest, "/api/v1/fleet"));
    let page = browser.step(&look, None);
    assert!(page.status == 401 && begun.elapsed() < CUT, "the browser's session: {page:?}");
    is_over(begun, "the sight of those who look after every org", || {
        everywhere.get("/api/v1/fleet").is_ok_and(|fleet| fleet["total"] == 0)
    });
    is_over(begun, "the grant", || {
        let all = owner.get("/api/v1/access/grants?all=true").unwrap_or_default();
        let grants = all["grants"].as_array().cloned().unwrap_or_default();
        grants.iter().any(|one| one["id"] == grant["id"] && one["state"] == "ended")
    });
    let (status, claim) = mira.act(third, "claim", &json!({}), None).expect("the collector answers");
    assert!(status == 403 || status == 404, "{status}: {claim}");
    let latecomer = lab.machine("srv-04");
    assert_ne!(latecomer.enroll(&join).code, Some(0), "the join token enrols nobody any more");
    assert!(begun.elapsed() < CUT, "the join token: {:?}", begun.elapsed());
    is_over(begun, "the work of the MSP's people", || {
        let item = seen_by_owner(&lab, first);
        item["work"] == "unclaimed" && item["owner"]["side"] == "internal"
    });
    assert_eq!(entries(&seen_by_owner(&lab, first), "side_left").len(), 1);

    receiver.release();
    let before = receiver.posts_to("noc").len();
    let own = json!({ "org": ORG, "site": "main", "uses": 1 });
    let own = owner.post("/api/v1/join-tokens", &own).expect("the owner enrols machines");
    let mut fifth = lab.machine("srv-05");
    fifth.enroll(own["token"].as_str().expect("it is shown once")).succeeds();
    fifth.start();
    let fifth_item = alert_of(&lab, "srv-05");
    wait::wait_for(
        "internal IT's word",
        PATIENCE,
        || receiver.posts_to("it"),
        |posts| posts.iter().any(|post| post.tells(third, "opened")),
    );
    let noc = receiver.posts_to("noc");
    assert!(noc.len() == before && !told(&noc, third) && !told(&noc, fifth_item), "{noc:?}");
    let untold = seen_by_owner(&lab, third);
    let why = entries(&untold, "not_notified")
        .into_iter()
        .any(|entry| entry["why"] == "the msp side has left home");
    assert!(why, "{untold}");
    let shown = owner.get(&format!("/api/v1/orgs/{ORG}")).expect("the owner's org");
    assert!(shown["ways_stopped"]["noc"].to_string().contains("the msp side has left"), "{shown}");
    let (status, answer) = owner.act(fifth_item, "claim", &json!({}), None).expect("the collector answers");
    assert_eq!((status, &answer["owner"]["team"]), (200, &json!("internal-it")), "{answer}");

    assert!(
        said.stdout.contains("holds") || said.stdout.contains("All data, the goodbye included"),
        "{}",
        said.stdout
    );
    kept_and_proved(&lab, &path);
    machines_go_on(&owner);
}

/// The export is whole, its audit proves itself anywhere, and holds the goodbye.
fn kept_and_proved(lab: &Lab, path: &str) {
    let text = fs::read_to_string(path).expect("the export");
    let of_kind = |kind: &str| {
        let begins = format!("{{\"kind\":\"{kind}\"");
        text.lines().filter(|line| line.starts_with(&begins)).count()
    };
    assert_eq!(of_kind("endpoint"), 3, "srv-01 to srv-03");
    assert!(of_kind("alert") >= 3 && of_kind("audit") > 5 && of_kind("audit_checkpoint") > 0);
    for act in
        ["org.offboard", "grant.end", "token.revoke", "join-token.revoke", "view.delete", "person.disable"]
    {
        assert!(text.contains(&format!("\"act\":\"{act}\"")), "{act}");
    }
    let key = lab.owner().get("/api/v1/audit/key").expect("anybody of the org")["public_key"].clone();
    let key = key.as_str().expect("64 digits");
    let stranger = Person::new(lab.folder(), "auditor");
    let proof = stranger.run(&["audit", "--verify", path, "--key", key]).succeeds();
    assert!(proof.stdout.contains("the audit of home holds"), "{}", proof.stdout);
    let forged = lab.folder().join("forged.jsonl");
    fs::write(&forged, text.replace("night shift", "day shift!!")).expect("a lab's own file");
    let said = stranger.run(&["audit", "--verify", &forged.display().to_string(), "--key", key]);
    said.fails_saying(1, &["was changed"]);
}

/// The agents still report.
fn machines_go_on(owner: &Api) {
    let seen = || {
        let fleet = owner.get("/api/v1/fleet").unwrap_or_default();
        let rows = fleet["endpoints"].as_array().cloned().unwrap_or_default();
        let first = rows.into_iter().find(|row| row["name"] == "srv-01").unwrap_or_default();
        (first["online"].clone(), first["last_seen"].clone())
    };
    let (online, before) = seen();
    assert_eq!(online, json!(true));
    wait::wait_for("another report", PATIENCE, seen, |(online, at)| *online == json!(true) && *at != before);
}
