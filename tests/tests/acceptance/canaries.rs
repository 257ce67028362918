//! No secret leaves the place where it must be: more than fifty canaries are put wherever a secret goes, errors are
//! provoked around them with everything logged, and then they are looked for in whatever may not hold them.
//!
//! A new kind of secret is a line in `seeds`, a new way to get one wrong a line in `provoked`, a new thing to read a line in
//! `places`; routes are asked as the description has them. Each place is also shown to be looked at: by something that is
//! said there on purpose.

mod places;
mod provoked;
mod seeds;

use std::{
    collections::BTreeSet,
    fs,
    panic::{AssertUnwindSafe, catch_unwind},
};

use dogwatch_tests::harness::{Lab, PATIENCE, canaries::Heard, crews::entries, wait};
use seeds::Scene;
use serde_json::{Value, json};

/// The fewest canaries.
const FEWEST: usize = 50;

/// What is said on purpose, to see that it is heard.
const ON_PURPOSE: &str = "something that was said on purpose";

/// Everywhere that is looked at, while everything runs.
fn heard_everywhere(scene: &mut Scene) -> Vec<Heard> {
    let mut heard = places::answers(scene);
    heard.extend(places::screens(scene));
    heard.extend(places::exports(scene));
    heard.extend(places::on_the_wire(scene));
    heard.extend(places::events(scene));
    heard.extend(places::calls(scene));
    heard.extend(places::on_the_way(scene));
    heard.extend(places::command_lines(scene));
    heard
}

/// A private key's own line, of each file there is: it lies there and nowhere else.
fn note_keys(scene: &Scene) {
    let authority = scene.lab.collector().path("authority");
    let files = fs::read_dir(authority).expect("its folder").flatten().map(|entry| entry.path());
    let files = files.chain([scene.agent.state_dir().join("key.pem")]).filter(|path| path.is_file());
    let mut keys = 0;
    for file in files {
        let text = fs::read_to_string(&file).expect("PEM");
        let key = match text.split_once("PRIVATE KEY-----") {
            Some((_, key)) => key,
            // The audit's is one line by itself.
            None if file.extension().is_some_and(|extension| extension == "key") => &text,
            None => continue,
        };
        // The first line of a key is the same for all of its kind, where there is a second one.
        let mut lines = key.trim().lines().take_while(|line| !line.starts_with('-'));
        let line = [lines.next(), lines.next()].into_iter().flatten().last().expect("a key");
        scene.lab.canaries().note(&format!("the private key in {}", file.display()), line);
        keys += 1;
    }
    assert!(keys >= 5, "{keys}: root, servers' CA, server, audit and agent");
}

/// Says something where everybody hears it: in an item of its own, which is told, and in the timeline of another.
fn say(scene: &Scene, number: u64, text: &str) {
    let api = scene.lab.collector().api();
    let opened =
        json!({ "endpoint": "srv-01", "tool": "rmm", "severity": "critical", "text": text, "another": true });
    api.post("/api/v1/alerts", &opened).expect("an administrator opens an item");
    let (status, said) = api.act(number, "comment", &json!({ "text": text }), None).expect("an answer");
    assert_eq!(status, 200, "{said}");
    scene.events.wait_for("the item", |event| event.data.to_string().contains(text));
    let posts = || scene.receiver.posts().iter().filter(|post| post.body.to_string().contains(text)).count();
    wait::wait_for("its notices", PATIENCE, posts, |posts| *posts >= 4);
}

/// Waits until ways to tell have worked and failed, and says something on purpose.
fn let_things_happen(scene: &Scene) -> u64 {
    let lab = &scene.lab;
    lab.wait_for_endpoint("srv-01", |endpoint| endpoint["online"] == json!(true));
    let alert = lab.wait_for_alert("lab", PATIENCE, |alert| alert["condition"] == json!("firing"));
    let number = alert["number"].as_u64().expect("a number");
    let told = |item: &Value, result: &str| {
        entries(item, "notified").iter().filter(|entry| entry["result"] == json!(result)).count()
    };
    lab.wait_for_item(number, |item| told(item, "failed") >= 5 && told(item, "delivered") >= 4);
    let locked = |endpoint: &Value| endpoint.to_string().contains("wrong password");
    lab.wait_for_endpoint("srv-01", locked);
    number
}

#[test]
fn fifty_canaries_are_heard_in_no_log_answer_figure_export_address_or_command_line() {
    let mut scene = Scene::new();
    let number = let_things_happen(&scene);
    note_keys(&scene);
    let mut heard = provoked::all(&scene);

    let on_purpose = scene.lab.canaries().plant(ON_PURPOSE);
    say(&scene, number, &on_purpose);
    heard.extend(heard_everywhere(&mut scene));
    scene.stop_agent();
    scene.lab.collector_mut().stop();
    for log in [scene.lab.collector().log(), scene.agent.log()] {
        let text = fs::read_to_string(&log).expect("a log");
        assert!(text.contains("TRACE"), "all talk is turned on in {}", log.display());
    }
    heard.extend(scene.lab.heard());
    heard.extend(places::on_the_agents_disk(&scene));

    let (meant, leaked): (Vec<Heard>, Vec<Heard>) =
        heard.into_iter().partition(|heard| heard.what == ON_PURPOSE);
    assert_eq!(leaked, [], "secrets where none may be");
    let at: BTreeSet<&str> = meant.iter().map(|heard| heard.at.as_str()).collect();
    println!("{} canaries", scene.lab.canaries().count());
    let comment = format!("/api/v1/alerts/{number}");
    for place in [&comment, "dogwatch alert show", "an org's export", "the events", "a body to", "/store/"] {
        assert!(at.iter().any(|at| at.contains(place)), "{place} was not looked at: {at:?}");
    }
    assert!(scene.lab.canaries().count() >= FEWEST, "{}", scene.lab.canaries().count());
    // It was said into the record, where the lab's own look finds it.
    assert!(catch_unwind(AssertUnwindSafe(|| drop(scene))).is_err(), "a lab tells what its collector keeps");
}

#[test]
fn a_lab_hears_what_a_program_lets_out() {
    for leak in ["a program's", "a test's"] {
        let mut lab = Lab::unmanned();
        assert_eq!(lab.heard(), []);
        let code = lab.collector().setup_code().to_owned();
        match leak {
            // A rule's fault is told with its own words, and this one is the set-up code.
            "a program's" => {
                let rules = fs::read_to_string(lab.collector().path("policy/rules.toml")).expect("the rules");
                lab.collector().write("policy/rules.toml", &format!("{rules}\n[rules.x]\n\"{code}\" = 1\n"));
                wait::wait_for("the leak", PATIENCE, || lab.heard(), |heard| !heard.is_empty());
            }
            _ => {
                let file = lab.folder().join("leak.log");
                fs::write(file, format!("password={code}")).expect("a lab's folder can be written");
            }
        }
        let heard = lab.heard();
        assert_eq!(heard[0].what, "the set-up code", "{heard:?}");
        assert!(catch_unwind(AssertUnwindSafe(|| drop(lab))).is_err(), "a lab with a leak does not pass");
    }
}
