//! A hand-off over the API: nothing without its packet, an answer by the other side, and both sides hear of it.

use dogwatch_tests::{
    bench::api::Api,
    harness::{
        Lab, PATIENCE,
        crews::{EACH_SERVER, entries},
        receiver::Receiver,
        settings::Settings,
        wait,
    },
};
use serde_json::{Value, json};

const GROUPING: &str = "[grouping]\nwait = \"0s\"\ninterval = \"100ms\"\nurgent = \"0s\"\n\n";

const MATRIX: &str = r#"
[org]
id = "home"
name = "Home"
last_resort = "msp-noc"

[[team]]
id = "msp-noc"
name = "MSP operations centre"
side = "msp"
channels = ["msp"]

[[team]]
id = "internal-it"
name = "Internal IT"
side = "internal"
channels = ["it"]

[[tool]]
id = "rmm"
function = "agent"
owner = "msp-noc"

[[row]]
id = "lab"
categories = ["agent"]
responsible = "internal-it"
accountable = "msp-noc"
backup = "msp-noc"
first_responder = "10m"

[catch_all]
responsible = "msp-noc"
accountable = "msp-noc"
"#;

/// One item of internal IT, somebody of each side, and whom both teams are told by.
struct Scene {
    lab: Lab,
    receiver: Receiver,
    number: u64,
    omar: Api,
    mira: Api,
}

impl Scene {
    /// The item is new, and omar of internal IT has claimed it.
    fn claimed() -> Self {
        let lab =
            Lab::with(&Settings { rules: EACH_SERVER.to_owned(), silent_after: "1h", ..Settings::default() });
        let receiver = Receiver::start();
        lab.channels(&(GROUPING.to_owned() + &receiver.channel("msp") + &receiver.channel("it")));
        lab.matrix(MATRIX);
        let _machine = lab.enrol("srv-01");
        let alert = lab.wait_for_alert("lab", PATIENCE, |_| true);
        let number = alert["number"].as_u64().expect("a number");
        let omar = lab.api_of("omar", "internal", "internal-it");
        let mira = lab.api_of("mira", "msp", "msp-noc");
        let scene = Self { lab, receiver, number, omar, mira };
        scene.does(&scene.omar, "claim", &json!({}));
        scene
    }

    /// Somebody does something, and may.
    #[track_caller]
    fn does(&self, who: &Api, act: &str, body: &Value) -> Value {
        let (status, answer) = who.act(self.number, act, body, None).expect("an answer");
        assert_eq!(status, 200, "{act}: {answer:#}");
        answer
    }

    /// Waits until a channel was told of the item for a reason: exactly once.
    #[track_caller]
    fn is_told(&self, channel: &str, reason: &str) {
        let telling = || {
            let posts = self.receiver.posts_to(channel);
            posts.into_iter().filter(|post| post.tells(self.number, reason)).collect::<Vec<_>>()
        };
        let posts = wait::wait_for(reason, PATIENCE, telling, |posts| !posts.is_empty());
        assert!(matches!(&posts[..], [post] if post.verified), "{posts:#?}");
    }
}

fn packet() -> Value {
    json!({
        "tried": "restarted the service twice",
        "state": "it starts and ends within a minute",
        "why_you": "the licence server is yours",
        "blocked": "nobody can print",
        "links": ["https://wiki.example/printing"],
    })
}

#[test]
fn a_hand_off_needs_its_packet_is_accepted_by_the_other_side_and_both_hear_of_it() {
    let scene = Scene::claimed();
    let bare = json!({ "to": "msp-noc" });
    let (status, refused) = scene.omar.act(scene.number, "handoff", &bare, None).expect("an answer");
    assert_eq!(status, 400, "{refused:#}");
    assert!(refused["detail"].as_str().is_some_and(|detail| detail.contains("packet")), "{refused:#}");
    let mut empty = packet();
    empty["tried"] = json!(" ");
    let (status, refused) = scene
        .omar
        .act(scene.number, "handoff", &json!({ "to": "msp-noc", "packet": empty }), None)
        .expect("an answer");
    assert!((400..500).contains(&status), "{refused:#}");
    assert_eq!(scene.lab.item(scene.number).expect("an item")["work"], json!("claimed"));

    let offered = scene.does(&scene.omar, "handoff", &json!({ "to": "msp-noc", "packet": packet() }));
    assert_eq!((&offered["work"], &offered["offer"]["to"]), (&json!("offered"), &json!("msp-noc")));
    scene.is_told("msp", "offered");
    let (status, refused) = scene.omar.act(scene.number, "accept", &json!({}), None).expect("an answer");
    assert!((400..500).contains(&status), "who offers does not accept: {refused:#}");

    let accepted = scene.does(&scene.mira, "accept", &json!({}));
    assert_eq!((&accepted["work"], &accepted["owner"]["team"]), (&json!("claimed"), &json!("msp-noc")));
    assert_eq!(accepted["assignee"]["person"], json!("mira"));
    scene.is_told("it", "accepted");

    let item = scene.lab.item(scene.number).expect("an item");
    let [offer] = entries(&item, "offered")[..] else { panic!("not one offer: {item:#}") };
    assert_eq!(offer["packet"], packet(), "the packet is kept as it was given");
    assert_eq!((&offer["by"]["person"], &offer["to"]), (&json!("omar"), &json!("msp-noc")));
    let [answer] = entries(&item, "accepted")[..] else { panic!("not one answer: {item:#}") };
    assert_eq!(answer["by"]["person"], json!("mira"));
}

#[test]
fn a_hand_off_that_is_declined_goes_back_with_the_reason_and_who_offered_it_hears_of_it() {
    let scene = Scene::claimed();
    scene.does(&scene.omar, "handoff", &json!({ "to": "msp-noc", "packet": packet() }));
    let (status, refused) = scene.mira.act(scene.number, "decline", &json!({}), None).expect("an answer");
    assert_eq!(status, 400, "without a reason: {refused:#}");
    let reason = "the licence server belongs to the vendor";
    let back = scene.does(&scene.mira, "decline", &json!({ "reason": reason, "not_ours": true }));
    assert_eq!((&back["work"], &back["owner"]["team"]), (&json!("claimed"), &json!("internal-it")));
    assert_eq!(back["assignee"]["person"], json!("omar"));
    scene.is_told("msp", "offered");
    scene.is_told("it", "declined");
    let item = scene.lab.item(scene.number).expect("an item");
    let [declined] = entries(&item, "declined")[..] else { panic!("not one answer: {item:#}") };
    assert_eq!((&declined["reason"], &declined["not_ours"]), (&json!(reason), &json!(true)));
    let misroutes =
        entries(&item, "measured").iter().filter(|entry| entry["measure"] == json!("misroute")).count();
    assert_eq!(misroutes, 1, "{item:#}");
}
