//! Everything that somebody may read, look at or be sent.

use std::fs;

use dogwatch_tests::{
    bench::api::Api,
    harness::{ORG, canaries::Heard, glass::Glass, person::Person, program::Finished},
};
use serde_json::Value;
use ureq::http::{Method, Request};

use super::seeds::Scene;

/// Commands that show or take out something, each in every form that there is.
const SHOWN: &[&[&str]] = &[
    &["whoami"],
    &["fleet"],
    &["fleet", "--explain"],
    &["endpoint", "show", "srv-01"],
    &["queue", "--hidden"],
    &["alert", "show", "1"],
    &["alert", "show", "2"],
    &["alert", "show", "3"],
    &["token", "list"],
    &["join-token", "list"],
    &["access", "list"],
    &["access", "people"],
    &["audit"],
    &["audit", "--collector"],
    &["context", "list"],
    &["org", "list"],
    &["org", "show", ORG],
    &["report", "boundary"],
    &["report", "patch"],
    &["report", "backup"],
    &["report", "month"],
    &["report", "review"],
    &["rules", "list"],
    &["ownership", "show"],
    &["view", "list"],
    &["window", "list"],
];

/// What answers of every route that only reads give away, asked by everybody there is.
pub(super) fn answers(scene: &Scene) -> Vec<Heard> {
    let admin = scene.lab.collector().api();
    let (owner, nobody) = (scene.lab.owner(), admin.stranger());
    let described = admin.get("/api/v1/openapi.json").expect("the description");
    let mut heard = Vec::new();
    for (path, operations) in described["paths"].as_object().expect("paths") {
        let Some(operation) = operations.get("get").filter(|_| path != "/api/v1/events") else { continue };
        for path in filled(path, operation, scene.lab.queue().len()) {
            for (who, by) in
                [("admin", admin), ("owner", owner), ("ivy", &scene.people.ivy), ("nobody", &nobody)]
            {
                heard.extend(read(scene, who, by, &path));
            }
        }
    }
    heard
}

fn read(scene: &Scene, who: &str, by: &Api, path: &str) -> Vec<Heard> {
    let request = Request::builder().method(Method::GET).uri(path).body(Vec::new()).expect("a request");
    let answer = by.send(request).unwrap_or_else(|error| panic!("{path}: {error:#}"));
    assert!(answer.status < 500 || answer.status == 503, "{path}: {answer:?}");
    scene.lab.canaries().heard_in(&format!("{path} to {who}"), answer.head + &answer.body)
}

/// A route's path with names of what is there, and with what it must be asked; once for each item.
fn filled(path: &str, operation: &Value, items: usize) -> Vec<String> {
    let mut asked = Vec::new();
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let name = parameter["name"].as_str().unwrap_or_default();
        let value = match name {
            "about" => "backup",
            "endpoint" => "srv-01",
            "person" => "msp:ivy",
            "verb" => "claim",
            "provider" => "club",
            "by" => "site",
            "org" if path.starts_with("/api/v1/audit") => continue,
            "org" => ORG,
            "state" if path == "/api/v1/queue" => "all",
            "hidden" => "true",
            "limit" => "100",
            _ => continue,
        };
        if parameter["in"] == "query" {
            asked.push(format!("{name}={value}"));
        }
    }
    let filled = path.replace("{endpoint}", "srv-01").replace("{org}", ORG).replace("{view}", "none");
    let filled = if asked.is_empty() { filled } else { format!("{filled}?{}", asked.join("&")) };
    if filled.contains("{number}") {
        return (1..=items).map(|number| filled.replace("{number}", &number.to_string())).collect();
    }
    vec![filled.replace(['{', '}'], "")]
}

/// What the command line shows, in each form.
pub(super) fn screens(scene: &Scene) -> Vec<Heard> {
    let mut heard = Vec::new();
    for words in SHOWN {
        for format in ["table", "wide", "json", "yaml", "csv", "name"] {
            let mut command = scene.lab.admin().command(words);
            command.args(["-o", format]).env("RUST_LOG", "trace").env("DOGWATCH_LOG", "trace");
            let said = Finished::of(&mut command);
            let at = format!("dogwatch {} -o {format}", words.join(" "));
            assert!(said.code == Some(0) || !said.stderr.is_empty(), "{said:#?}");
            heard.extend(scene.lab.canaries().heard_in(&at, said.stdout + &said.stderr));
        }
    }
    heard
}

/// What stands before a collector gets to see of the command line's requests: addresses without any secret, and the token
/// where tokens go.
pub(super) fn on_the_wire(scene: &Scene) -> Vec<Heard> {
    let (lab, glass) = (&scene.lab, Glass::before(&scene.lab, &[]));
    let wes = Person::new(lab.folder(), "wes");
    let token = lab.person_token("wes", "viewer");
    wes.run(&["login", &glass.login_link(lab, &token)]).succeeds();
    for words in SHOWN {
        wes.run(words);
    }
    for words in [
        &["token", "revoke"][..],
        &["endpoint", "show"],
        &["alert", "claim"],
        &["view", "delete"],
        &["fleet"],
    ] {
        wes.run(&[words, &[&token]].concat());
    }
    let heads = glass.heads();
    assert!(heads.len() > SHOWN.len(), "{heads:?}");
    let mut heard = Vec::new();
    for head in heads {
        let own = |line: &&str| line.starts_with("authorization: Bearer ");
        let others: Vec<&str> = head.lines().filter(|line| !own(line)).collect();
        heard.extend(lab.canaries().heard_in("a request of the command line", others.join("\n")));
    }
    heard
}

/// What is taken out: an org with all its data, and its record.
pub(super) fn exports(scene: &Scene) -> Vec<Heard> {
    let lab = &scene.lab;
    let all = lab.owner().text(&format!("/api/v1/orgs/{ORG}/export")).expect("an owner takes all out");
    assert!(all.lines().count() > 5, "{all}");
    let mut heard = lab.canaries().heard_in("an org's export", all);
    for whose in [&["--org", ORG][..], &["--collector"]] {
        let file = lab.folder().join(format!("audit{}", whose.len())).display().to_string();
        let mut words = vec!["audit", "--export", &file];
        words.extend(whose);
        lab.admin().run(&words).succeeds();
        heard
            .extend(lab.canaries().heard_in("an audit's export", fs::read(&file).expect("it was just made")));
        let said = lab.admin().run(&["audit", "--verify", &file]).succeeds();
        heard.extend(lab.canaries().heard_in("a verified audit", said.stdout + &said.stderr));
    }
    heard
}

/// What was told as it happened.
pub(super) fn events(scene: &Scene) -> Vec<Heard> {
    let told = scene.events.heard();
    assert!(told.len() > 3, "{told:?}");
    let text: String =
        told.iter().map(|event| format!("{} {} {}\n", event.id, event.kind, event.data)).collect();
    scene.lab.canaries().heard_in("the events", text)
}

/// What whom we call gets to see: its own address and its own key, and of no other's.
pub(super) fn calls(scene: &Scene) -> Vec<Heard> {
    let mut heard = Vec::new();
    let posts = scene.receiver.posts();
    for id in scene.own.keys() {
        let of_it = posts.iter().filter(|post| post.path.starts_with(&format!("/{id}/")));
        assert!(of_it.count() > 0, "nobody told {id}: {posts:?}");
    }
    for post in posts {
        let id = post.path.split('/').nth(1).unwrap_or_default().to_owned();
        let (line, headers) = post.head.split_once('\n').unwrap_or((&post.head, ""));
        let mut of_post = scene.lab.canaries().heard_in(&format!("the request line to {id}"), line);
        of_post.retain(|heard| heard.what != id);
        heard.extend(of_post);
        heard.extend(scene.lab.canaries().heard_in(&format!("headers to {id}"), headers));
        let mut in_body = scene.lab.canaries().heard_in(&format!("a body to {id}"), post.body.to_string());
        in_body.retain(|heard| heard.what != format!("the routing key of {id}"));
        heard.extend(in_body);
    }
    heard
}

/// What the proxy on the way out gets to see: its own password, where passwords go.
pub(super) fn on_the_way(scene: &Scene) -> Vec<Heard> {
    let heads = scene.proxy.heads();
    assert!(!heads.is_empty(), "the agent goes through its proxy");
    let mut heard = Vec::new();
    for head in heads {
        let (own, others): (Vec<&str>, Vec<&str>) = head
            .lines()
            .partition(|line| line.to_ascii_lowercase().starts_with("proxy-authorization: basic "));
        assert_eq!(own.len(), 1, "{head}");
        heard.extend(scene.lab.canaries().heard_in("a request to the proxy", others.join("\n")));
        let of_own = scene.lab.canaries().heard_in("the proxy's header", own.concat());
        heard.extend(of_own.into_iter().filter(|heard| heard.what != "the proxy's password"));
    }
    heard
}

/// Command lines: of what runs, and of what the agent has started meanwhile.
pub(super) fn command_lines(scene: &mut Scene) -> Vec<Heard> {
    let pids = [scene.agent_pid(), scene.lab.collector().pid().expect("it runs")];
    let lab = &scene.lab;
    let mut heard: Vec<Heard> =
        pids.into_iter().flat_map(|pid| lab.canaries().heard_on_command_line(pid)).collect();
    if let Ok(execs) = fs::read_to_string(lab.folder().join("execs")) {
        assert!(execs.contains("execve(") && execs.contains("restic"), "{execs}");
        heard.extend(lab.canaries().heard_in("what the agent starts", execs));
    }
    heard
}

/// What lies on the agent's disk. Its key is in a file of its own.
pub(super) fn on_the_agents_disk(scene: &Scene) -> Vec<Heard> {
    let is_key = |path: &std::path::Path| path.file_name().is_some_and(|name| name == "key.pem");
    scene.lab.canaries().heard_below(&scene.agent.state_dir(), &|path| !is_key(path))
}
