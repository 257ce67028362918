//! The fleet as it is asked: short form, orders, fields, counts, pages, and saved views.

use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::{Collector, admit, member, org, running::Running, text_of_token, token, work};
use crate::{access::Role, state::State};

/// Three machines of `acme` and one of `globex`; administrators of everything (`a`) and of `globex` (`x`).
fn state() -> State {
    let mut state = work::state();
    let other = member("018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d99", "srv-99", "globex");
    state.members.insert(other.endpoint.id, other);
    admit(&mut state, [token('x', Role::Admin, Some(org("globex")))]);
    state
}

async fn ask(letter: char, path: &str) -> super::Answer {
    Collector::over(state()).get(&format!("/api/v1/{path}"), Some(&text_of_token(letter))).await
}

fn names(answer: &super::Answer) -> Vec<&str> {
    answer.json["endpoints"].as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn the_short_form_and_several_keys_are_understood() {
    let found = ask('a', "fleet?filter=SRV%20online&sort=org,-name").await;
    assert_eq!(names(&found), ["srv-02", "srv-01", "srv-99"], "{}", found.text);
    let wrong = ask('a', "fleet?filter=srv%20os:window").await;
    assert_eq!((wrong.status, &wrong.json["column"]), (StatusCode::BAD_REQUEST, &json!(8)));
    assert!(wrong.detail().contains("did you mean `windows`?"), "{}", wrong.detail());
    let wrong = ask('a', "fleet?sort=name,-clas").await;
    assert_eq!((wrong.status, &wrong.json["parameter"]), (StatusCode::BAD_REQUEST, &json!("sort")));
}

#[tokio::test]
async fn only_the_fields_that_are_asked_for_are_in_the_answer() {
    let some =
        ask('a', "fleet?fields=name,class,health.cpu.used_percent&filter=name%20%3D%3D%20%22lap-07%22").await;
    assert_eq!(some.json["endpoints"], json!([{ "name": "lap-07", "class": "server" }]));
    let wrong = ask('a', "fleet?fields=name,clas").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
    assert!(wrong.detail().contains("did you mean `class`?"), "{}", wrong.detail());
}

#[tokio::test]
async fn counts_hold_only_what_the_caller_sees_and_the_unknown() {
    let all = ask('a', "fleet/summary?by=org,class").await;
    let groups = json!([
        { "org": "acme", "class": "server", "count": 3 },
        { "org": "globex", "class": "server", "count": 1 },
    ]);
    assert_eq!((&all.json["groups"], &all.json["matched"]), (&groups, &json!(4)));
    let mine = ask('x', "fleet/summary?by=os.family").await;
    assert_eq!((&mine.json["groups"], &mine.json["total"]), (&json!([{ "count": 1 }]), &json!(1)));
    let unknown = ask('a', "fleet/summary?filter=os:linux").await;
    assert_eq!((&unknown.json["unjudged"], &unknown.json["groups"]), (&json!(4), &json!([])));
    let wrong = ask('a', "fleet/summary?by=health.disks").await;
    assert_eq!(wrong.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_page_goes_on_after_its_last_endpoint_even_when_that_is_gone() {
    let token = text_of_token('a');
    let first = Collector::over(state()).get("/api/v1/fleet?limit=2", Some(&token)).await;
    assert_eq!(names(&first), ["lap-07", "srv-01"]);
    let next = first.json["next"].as_str().unwrap();
    let mut changed = state();
    for member in changed.members.values_mut().filter(|member| member.endpoint.name == "srv-01") {
        member.endpoint.name = "aaa".into();
    }
    let rest =
        Collector::over(changed).get(&format!("/api/v1/fleet?limit=2&cursor={next}"), Some(&token)).await;
    assert_eq!(names(&rest), ["srv-02", "srv-99"]);
    let foreign = ask('x', &format!("fleet?cursor={next}")).await;
    assert_eq!(names(&foreign), ["srv-99"]);
}

#[tokio::test]
async fn a_cursor_of_another_order_or_of_nobody_is_refused() {
    let first = ask('a', "fleet?limit=1").await;
    let next = first.json["next"].as_str().unwrap();
    let other = ask('a', &format!("fleet?limit=1&sort=-name&cursor={next}")).await;
    assert_eq!(other.status, StatusCode::BAD_REQUEST);
    assert!(other.detail().contains("sorted by `name`"), "{}", other.detail());
    for text in ["b", "e30", &"A".repeat(9000)] {
        let strange = ask('a', &format!("fleet?cursor={text}")).await;
        assert_eq!(strange.status, StatusCode::BAD_REQUEST, "{text}");
    }
}

#[tokio::test]
async fn a_view_is_for_the_org_and_side_that_it_was_saved_for() {
    let running = Running::start();
    let msp = running.set_up().await;
    let internal = running.let_in(&msp, "sam", "member").await;
    let view = |name: &str, shared| json!({ "name": name, "filter": "os:windows", "sort": "-name", "columns": ["name"], "org": "acme", "shared": shared });
    for (name, shared) in [("ours", false), ("both", true)] {
        let saved = running.post("/api/v1/views", &msp, view(name, shared)).await;
        assert_eq!(saved.status, StatusCode::OK, "{}", saved.text);
    }
    let seen = |answer: super::Answer| -> Vec<Value> {
        answer.json["views"].as_array().unwrap().iter().map(|view| view["name"].clone()).collect()
    };
    assert_eq!(seen(running.collector.get("/api/v1/views", Some(&msp)).await), ["both", "ours"]);
    assert_eq!(seen(running.collector.get("/api/v1/views", Some(&internal)).await), ["both"]);
    let hidden = running.collector.get("/api/v1/views/ours", Some(&internal)).await;
    assert_eq!(hidden.status, StatusCode::NOT_FOUND);
    let gone = running.collector.ask(Method::DELETE, "/api/v1/views/ours", Some(&internal), "").await;
    assert_eq!(gone.status, StatusCode::NOT_FOUND);
    let gone = running.collector.ask(Method::DELETE, "/api/v1/views/ours", Some(&msp), "").await;
    assert_eq!(gone.status, StatusCode::OK, "{}", gone.text);
    assert_eq!(seen(running.collector.get("/api/v1/views", Some(&msp)).await), ["both"]);
}

#[tokio::test]
async fn a_view_that_could_not_be_shown_is_not_saved() {
    let running = Running::start();
    let msp = running.set_up().await;
    for (body, parameter) in [
        (json!({ "name": "x", "filter": "os:window" }), "filter"),
        (json!({ "name": "x", "sort": "nam" }), "sort"),
        (json!({ "name": "x", "columns": ["nam"] }), "columns"),
        (json!({ "name": "two words" }), "name"),
        (json!({ "name": "x", "filter": "@y os:linux" }), "filter"),
        (json!({ "name": "x", "filter": "priority:P1" }), "filter"),
        (json!({ "name": "x", "of": "queue", "filter": "priority:P9" }), "filter"),
        (json!({ "name": "x", "filter": "owner(\"bckup\") == \"msp-noc\"" }), "filter"),
        (json!({ "name": "x", "of": "queue", "filter": "owner(\"backup\") == \"nobody\"" }), "filter"),
        (json!({ "name": "x", "of": "queue", "sort": "name" }), "sort"),
        (json!({ "name": "x", "of": "queue", "columns": ["name"] }), "columns"),
    ] {
        let refused = running.post("/api/v1/views", &msp, body).await;
        assert_eq!(
            (refused.status, &refused.json["parameter"]),
            (StatusCode::BAD_REQUEST, &json!(parameter))
        );
    }
    let queue = json!({ "name": "v0", "of": "queue", "filter": "priority:P1" });
    let saved = running.post("/api/v1/views", &msp, queue).await;
    assert_eq!((saved.status, &saved.json["of"]), (StatusCode::OK, &json!("queue")), "{}", saved.text);
    for n in 0..=crate::views::MAX_VIEWS {
        let saved = running.post("/api/v1/views", &msp, json!({ "name": format!("v{n}") })).await;
        let expected = if n < crate::views::MAX_VIEWS { StatusCode::OK } else { StatusCode::CONFLICT };
        assert_eq!(saved.status, expected, "{}", saved.text);
    }
    let again = running.post("/api/v1/views", &msp, json!({ "name": "v7", "filter": "online" })).await;
    assert_eq!((again.status, &again.json["filter"]), (StatusCode::OK, &json!("online")));
}
