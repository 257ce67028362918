//! What changes is told as it happens: to those who may see it, in order, and again to who comes back.

use std::time::{Duration, Instant};

use dogwatch_tests::{
    bench::api::Api,
    harness::{
        Lab, PATIENCE,
        crews::EACH_SERVER,
        events::{Ears, Event},
        settings::Settings,
        wait,
    },
};
use http::Method;
use serde_json::json;

fn matrix(org: &str) -> String {
    format!(
        "[org]\nid = \"{org}\"\nname = \"{org}\"\nlast_resort = \"it\"\n\n[[team]]\nid = \"it\"\nname = \"IT\"\nside = \"internal\"\n\n\
         [catch_all]\nresponsible = \"it\"\naccountable = \"it\"\n"
    )
}

/// Two orgs, with somebody of each.
struct Scene {
    lab: Lab,
    omar: Api,
    gail: Api,
}

impl Scene {
    fn new() -> Self {
        let lab =
            Lab::with(&Settings { rules: EACH_SERVER.to_owned(), silent_after: "1h", ..Settings::default() });
        lab.collector().write("policy/orgs/globex.toml", &matrix("globex"));
        lab.matrix(&matrix("home"));
        let of = |person: &str, org: &str, role: &str| {
            let order =
                json!({ "person": person, "side": "internal", "team": "it", "org": org, "role": role });
            lab.api_with(&order)
        };
        let (omar, gail) = (of("omar", "home", "member"), of("gail", "globex", "admin"));
        Self { lab, omar, gail }
    }

    /// A machine is enrolled in an org, and that is an alert.
    fn machine(&self, name: &str, org: &str) {
        let order = json!({ "org": org, "site": "main", "uses": 1 });
        let made = self.lab.collector().api().post("/api/v1/join-tokens", &order).expect("a join token");
        self.lab.machine(name).enroll(made["token"].as_str().expect("shown once")).succeeds();
    }
}

fn about(name: &str) -> impl Fn(&Event) -> bool {
    move |event| event.kind == "alert" && event.data["endpoint_name"] == json!(name)
}

/// `(number, version)` of each alert event.
fn versions(events: &[Event]) -> Vec<(u64, u64)> {
    let number = |event: &Event, name: &str| event.data[name].as_u64().unwrap_or_default();
    let alerts = events.iter().filter(|event| event.kind == "alert");
    alerts.map(|event| (number(event, "number"), number(event, "version"))).collect()
}

#[test]
fn each_org_hears_its_own_and_who_comes_back_hears_what_happened_meanwhile() {
    let mut scene = Scene::new();
    let everybody = scene.lab.collector().api().clone();
    let (all, omar, gail) = (
        Ears::open(&everybody, "?kinds=alert,endpoint", None),
        Ears::open(&scene.omar, "", None),
        Ears::open(&scene.gail, "", None),
    );
    scene.machine("srv-home", "home");
    scene.machine("srv-globex", "globex");
    all.wait_for("the alert of home", about("srv-home"));
    all.wait_for("the alert of globex", about("srv-globex"));
    let first = omar.wait_for("the alert of home", about("srv-home"));
    gail.wait_for("the alert of globex", about("srv-globex"));
    for (ears, foreign) in [(&omar, "globex"), (&gail, "home")] {
        let heard = format!("{:?}", ears.heard());
        assert!(!heard.contains(foreign), "{foreign} is told to the other org: {heard}");
    }

    let number = first.data["number"].as_u64().expect("a number");
    let (status, claimed) = scene.omar.act(number, "claim", &json!({}), None).expect("an answer");
    assert_eq!(status, 200, "{claimed:#}");
    let is_claimed = |event: &Event| about("srv-home")(event) && event.data["work"] == json!("claimed");
    let claim = omar.wait_for("the claim", is_claimed);
    assert_eq!(claim.data["assignee"]["person"], json!("omar"));
    all.wait_for("the claim", is_claimed);
    assert!(versions(&omar.heard()).is_sorted_by(|a, b| a < b), "{:?}", versions(&omar.heard()));

    // Omar's screen was away for a while: two comments.
    for text in ["looking", "found"] {
        scene.omar.act(number, "comment", &json!({ "text": text }), None).expect("an answer");
    }
    let version = |event: &Event| event.data["version"].as_u64().unwrap_or_default();
    all.wait_for("both comments", |event| about("srv-home")(event) && version(event) >= version(&claim) + 2);
    let back = Ears::open(&scene.omar, "?kinds=alert", Some(&claim.id));
    back.wait_for("both comments", |event| about("srv-home")(event) && version(event) == version(&claim) + 2);
    let seen = versions(&back.heard());
    assert_eq!(seen, [(number, version(&claim) + 1), (number, version(&claim) + 2)], "once each");

    scene.lab.collector_mut().stop();
    for ears in [&all, &omar, &gail, &back] {
        let bye = ears.wait_for("goodbye", |event| event.kind == "bye");
        assert_eq!(bye.data["why"], json!("stopping"));
        wait::wait_for("the end of the stream", PATIENCE, || ears.ended(), |ended| *ended);
    }
    scene.lab.collector_mut().start();
    let last = all.heard().pop().expect("it heard a lot").id;
    let anew = Ears::open(&everybody, "", Some(&last));
    let missed = anew.wait_for("word of what was missed", |event| event.kind == "missed");
    assert_eq!((&missed.data["why"], &missed.data["reload"]), (&json!("restarted"), &json!(true)));
    scene.machine("srv-new", "home");
    anew.wait_for("what comes then", about("srv-new"));
}

#[test]
fn a_revoked_token_ends_its_stream_within_a_second_and_no_other() {
    let scene = Scene::new();
    let order = json!({ "person": "eve", "side": "internal", "team": "it", "org": "home" });
    let made = scene.lab.owner().post("/api/v1/tokens", &order).expect("a token");
    let mut eve = scene.lab.collector().api().clone();
    eve.sign_in(made["token"].as_str().expect("shown once"));
    let (theirs, other) = (Ears::open(&eve, "", None), Ears::open(&scene.omar, "", None));

    let asked = Instant::now();
    let token = format!("/api/v1/tokens/{}", made["id"].as_str().expect("an id"));
    scene.lab.owner().ask(Method::DELETE, &token, &json!({}), None).expect("the owner takes it back");
    let bye = theirs.wait_for("goodbye", |event| event.kind == "bye");
    assert!(asked.elapsed() < Duration::from_secs(1), "it took {:?}", asked.elapsed());
    assert_eq!(bye.data["why"], json!("not_allowed"));
    wait::wait_for("the end of the stream", PATIENCE, || theirs.ended(), |ended| *ended);

    scene.machine("srv-home", "home");
    other.wait_for("what comes then", about("srv-home"));
    assert!(theirs.of("alert").is_empty());
    let refused = eve.events("/api/v1/events", Some(&bye.id)).err().map(|error| error.to_string());
    assert!(refused.is_some_and(|why| why.contains("401")), "a revoked token opens no stream");
}

#[test]
fn what_is_asked_for_wrongly_is_refused_with_what_there_is() {
    let scene = Scene::new();
    let said = |api: &Api, path: &str| {
        api.events(path, None).err().map(|error| error.to_string()).unwrap_or_default()
    };
    let kinds = said(&scene.omar, "/api/v1/events?kinds=alert,nonsense");
    assert!(kinds.contains("400") && kinds.contains("endpoint"), "{kinds}");
    // Not there and not yours are the same.
    let (foreign, nowhere) =
        (said(&scene.omar, "/api/v1/events?org=globex"), said(&scene.omar, "/api/v1/events?org=nowhere"));
    assert_eq!(foreign.replace("globex", "nowhere"), nowhere);
    let many: Vec<_> = (0..33).map(|_| scene.omar.events("/api/v1/events", None)).collect();
    let refused: Vec<_> =
        many.iter().filter_map(|stream| stream.as_ref().err()).map(ToString::to_string).collect();
    assert!(matches!(&refused[..], [one] if one.contains("429")), "{refused:?}");
    drop(many);
}
