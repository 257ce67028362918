//! Every act through HTTP, by people of both sides, and what each refuses.

mod timeline;

use dogwatch_triage::alert::Act;
use http::{Method, StatusCode, header};
use serde_json::{Value, json};

use super::{Answer, running::Running, text_of_token};
use crate::api::routes::ROUTES;

/// Kim of the MSP, who administers, and Omar of internal IT.
struct Crews {
    running: Running,
    kim: String,
    omar: String,
}

impl Crews {
    async fn start() -> Self {
        let running = Running::start();
        let kim = running.set_up().await;
        let wanted = json!({ "person": "omar", "side": "internal", "team": "internal-it", "org": "acme", "role": "admin" });
        let made = running.post("/api/v1/tokens", &kim, wanted).await;
        let omar = made.json["token"].as_str().unwrap().to_owned();
        Self { running, kim, omar }
    }

    async fn act(&self, by: &str, number: u64, act: &str, body: Value) -> Answer {
        self.running.post(&format!("/api/v1/alerts/{number}/{act}"), by, body).await
    }

    /// Does it, and gives the state of the work after it.
    async fn does(&self, by: &str, act: &str, body: Value) -> String {
        let answer = self.act(by, 1, act, body).await;
        assert_eq!(answer.status, StatusCode::OK, "{act}: {}", answer.text);
        assert!(answer.json["clocks"]["resolve"]["promised"].is_string(), "{act}: {}", answer.text);
        answer.json["work"].as_str().unwrap().to_owned()
    }

    /// Opens an item by hand, whatever there is already, and gives its number.
    async fn opens(&self, by: &str) -> u64 {
        let wanted = json!({ "endpoint": "srv-01", "tool": "backup", "text": "it clicks", "another": true });
        let made = self.running.post("/api/v1/alerts", by, wanted).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
        made.json["number"].as_u64().unwrap()
    }
}

fn packet() -> Value {
    json!({ "tried": "restarted it", "state": "it fails", "why_you": "the share is yours" })
}

fn soon() -> Value {
    json!(jiff::Timestamp::now() + jiff::SignedDuration::from_hours(4))
}

#[tokio::test]
async fn every_act_goes_through_the_same_door() {
    let crews = Crews::start().await;
    let (kim, omar) = (crews.kim.as_str(), crews.omar.as_str());
    let other = crews.opens(kim).await;
    let third = crews.opens(kim).await;
    for (by, act, body, work) in [
        (omar, "acknowledge", json!({}), "unclaimed"),
        (kim, "claim", json!({}), "claimed"),
        (kim, "comment", json!({ "text": "old logs can go" }), "claimed"),
        (kim, "prioritise", json!({ "priority": "P1", "reason": "payroll" }), "claimed"),
        (kim, "wait", json!({ "on": "vendor", "until": soon(), "reason": "case 1" }), "waiting"),
        (kim, "resume", json!({}), "claimed"),
        (kim, "snooze", json!({ "until": soon(), "reason": "closed" }), "claimed"),
        (omar, "wake", json!({}), "claimed"),
        (kim, "link", json!({ "to": other }), "claimed"),
        (kim, "handoff", json!({ "to": "internal-it", "packet": packet() }), "offered"),
        (kim, "withdraw", json!({}), "claimed"),
        (kim, "handoff", json!({ "to": "internal-it", "packet": packet() }), "offered"),
        (omar, "decline", json!({ "reason": "not our share", "not_ours": true }), "claimed"),
        (kim, "handoff", json!({ "to": "internal-it", "packet": packet() }), "offered"),
        (omar, "accept", json!({}), "claimed"),
        (kim, "release", json!({ "override": "omar went home" }), "unclaimed"),
        (omar, "claim", json!({}), "claimed"),
        (kim, "feedback", json!({ "noise": false, "text": "good catch" }), "claimed"),
        (omar, "close", json!({ "resolution": "freed" }), "done"),
        (omar, "reopen", json!({ "reason": "full again" }), "unclaimed"),
        (omar, "merge", json!({ "into": third }), "done"),
    ] {
        assert_eq!(crews.does(by, act, body).await, work, "{act}");
    }
    let tied = crews.running.collector.get(&format!("/api/v1/alerts/{third}"), Some(kim)).await;
    assert_eq!(tied.json["links"], json!([{ "relation": "duplicated_by", "to": 1 }]), "{}", tied.text);
}

#[tokio::test]
async fn every_act_has_its_route() {
    let parts = json!({
        "person": "kim", "text": "x", "packet": packet(), "reason": "x", "on": "user", "until": soon(), "into": 2,
        "resolution": "x", "priority": "P1", "to": 2, "noise": true,
    });
    let routes = ROUTES.iter().filter_map(|route| route.path.strip_prefix("/api/v1/alerts/{number}/"));
    let mut names = Vec::new();
    for name in routes {
        // Each act takes only its own parts: those that it does not know are taken away until it is content.
        let mut body = parts.as_object().unwrap().clone();
        if name == "handoff" {
            body.remove("to");
        }
        body.insert("act".into(), json!(name));
        let act = loop {
            match serde_json::from_value::<Act>(Value::Object(body.clone())) {
                Ok(act) => break act,
                Err(error) => {
                    let said = error.to_string();
                    let unknown =
                        said.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
                    let unknown = unknown.unwrap_or_else(|| panic!("{name}: {said}"));
                    assert!(body.remove(unknown).is_some(), "{name}: {said}");
                }
            }
        };
        names.push(act.name());
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 19, "{names:?}");
}

#[tokio::test]
async fn what_an_act_does_not_take_is_refused_by_name() {
    let crews = Crews::start().await;
    for (act, body, told) in [
        ("claim", json!({ "reason": "x" }), "unknown field `reason`"),
        ("accept", json!({ "reason": "x" }), "it takes nothing"),
        ("comment", json!({}), "missing field `text`"),
        ("comment", json!({ "act": "close", "text": "x" }), "the path says it"),
        ("handoff", json!({ "to": "internal-it" }), "missing field `packet`"),
        (
            "handoff",
            json!({ "to": "internal-it", "packet": { "tried": "", "state": "x", "why_you": "x" } }),
            "`tried` is empty",
        ),
        ("handoff", json!({ "to": "nobody", "packet": packet() }), "no team `nobody`"),
        ("wait", json!({ "on": "godot", "until": soon(), "reason": "x" }), "godot"),
        ("snooze", json!({ "until": "2020-01-01T00:00:00Z", "reason": "x" }), "not ahead"),
        ("link", json!({ "to": 1 }), "itself"),
    ] {
        let refused = crews.act(&crews.kim, 1, act, body).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{act}: {}", refused.text);
        assert!(refused.problem && refused.detail().contains(told), "{act}: {}", refused.detail());
    }
}

#[tokio::test]
async fn what_does_not_fit_is_a_conflict_with_its_reason_and_whether_an_override_would_do() {
    let crews = Crews::start().await;
    let (kim, omar) = (crews.kim.as_str(), crews.omar.as_str());
    for (by, act, body, reason, over) in [
        (kim, "accept", json!({}), "not_offered", false),
        (kim, "wait", json!({ "on": "user", "until": soon(), "reason": "x" }), "claim_first", false),
        (kim, "reopen", json!({ "reason": "x" }), "not_done", false),
        (omar, "close", json!({ "resolution": "x" }), "other_side", true),
    ] {
        let refused = crews.act(by, 1, act, body).await;
        assert_eq!(refused.status, StatusCode::CONFLICT, "{act}: {}", refused.text);
        assert_eq!(refused.json["reason"], reason, "{act}");
        assert_eq!(refused.json["override"] == true, over, "{act}");
        assert_eq!(refused.json["current"]["number"], 1, "{act}");
    }
    crews.does(kim, "claim", json!({})).await;
    let second = crews.act(omar, 1, "claim", json!({})).await;
    assert_eq!((second.status, &second.json["reason"]), (StatusCode::CONFLICT, &json!("already_claimed")));
    assert!(second.detail().contains("kim"), "{}", second.detail());
}

#[tokio::test]
async fn a_phone_call_becomes_an_item_unless_it_is_one_that_is_open() {
    let crews = Crews::start().await;
    let wanted = json!({ "endpoint": "srv-02", "tool": "backup", "severity": "critical", "text": "the tape clicks\nsince noon" });
    let made = crews.running.post("/api/v1/alerts", &crews.omar, wanted.clone()).await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    assert_eq!(
        (&made.json["title"], &made.json["opened_by"]["person"]),
        (&json!("the tape clicks"), &json!("omar"))
    );
    let number = made.json["number"].as_u64().unwrap();
    assert_eq!(made.headers[header::LOCATION], format!("/api/v1/alerts/{number}"));
    let again = crews.running.post("/api/v1/alerts", &crews.kim, wanted.clone()).await;
    assert_eq!(
        (again.status, &again.json["another"]),
        (StatusCode::CONFLICT, &json!(true)),
        "{}",
        again.text
    );
    assert_eq!(again.json["is_it_this_one"][0]["number"], number);
    let mut other = wanted;
    other["another"] = json!(true);
    let other = crews.running.post("/api/v1/alerts", &crews.kim, other).await;
    assert_eq!(other.status, StatusCode::CREATED, "{}", other.text);
    for (body, status) in [
        (json!({ "endpoint": "srv-09", "tool": "backup", "text": "x" }), StatusCode::NOT_FOUND),
        (json!({ "endpoint": "srv-02", "tool": "tape", "text": "x" }), StatusCode::BAD_REQUEST),
        (json!({ "tool": "backup", "text": "x" }), StatusCode::BAD_REQUEST),
        (
            json!({ "endpoint": "srv-02", "org": "globex", "tool": "backup", "text": "x" }),
            StatusCode::BAD_REQUEST,
        ),
    ] {
        let refused = crews.running.post("/api/v1/alerts", &crews.omar, body).await;
        assert_eq!(refused.status, status, "{}", refused.text);
    }
}

#[tokio::test]
async fn the_queue_is_breach_first_and_counts_what_is_hidden() {
    let crews = Crews::start().await;
    let (kim, omar) = (crews.kim.as_str(), crews.omar.as_str());
    let young = crews.opens(kim).await;
    let numbers = |answer: &Answer| -> Vec<u64> {
        answer.json["alerts"]
            .as_array()
            .unwrap()
            .iter()
            .map(|alert| alert["number"].as_u64().unwrap())
            .collect()
    };
    let queue = |by: &str, query: &str| {
        let path = format!("/api/v1/queue{query}");
        let by = by.to_owned();
        let collector = &crews.running.collector;
        async move { collector.get(&path, Some(&by)).await }
    };
    let all = queue(omar, "").await;
    // The first has been late for long, the one that was opened now has its time ahead.
    assert_eq!(numbers(&all), [1, young], "{}", all.text);
    let at = |place: usize| {
        all.json["alerts"][place]["next_breach"]["at"].as_str().unwrap().parse::<jiff::Timestamp>()
    };
    assert!(at(0).unwrap() < at(1).unwrap(), "{}", all.text);
    crews.does(kim, "claim", json!({})).await;
    assert_eq!(numbers(&queue(kim, "?mine=true").await), [1]);
    assert_eq!(numbers(&queue(omar, "?mine=true").await), Vec::<u64>::new());
    crews.does(kim, "handoff", json!({ "to": "internal-it", "packet": packet() })).await;
    assert_eq!(numbers(&queue(kim, "?team=internal-it").await), [1]);
    crews.does(kim, "snooze", json!({ "until": soon(), "reason": "closed" })).await;
    let shown = queue(kim, "").await;
    assert_eq!((numbers(&shown), &shown.json["hidden"]), (vec![young], &json!(1)), "{}", shown.text);
    let hidden = queue(kim, "?hidden=true").await;
    assert_eq!((numbers(&hidden).len(), &hidden.json["hidden"]), (2, &json!(0)));
    let one = queue(kim, "?hidden=true&limit=1").await;
    assert_eq!((numbers(&one).len(), &one.json["matched"], &one.json["left_off"]), (1, &json!(2), &json!(1)));
    assert_eq!(queue(kim, "?limit=0").await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn nobody_acts_on_what_they_may_not_see() {
    let crews = Crews::start().await;
    let wanted = json!({ "person": "eve", "side": "internal", "org": "acme", "role": "viewer" });
    let made = crews.running.post("/api/v1/tokens", &crews.omar, wanted).await;
    let eve = made.json["token"].as_str().unwrap();
    for act in ["claim", "handoff", "wake", "merge"] {
        let refused = crews.act(eve, 1, act, json!({})).await;
        assert_eq!(refused.status, StatusCode::FORBIDDEN, "{act}: {}", refused.text);
        let unknown = crews.act(&crews.omar, 99, act, json!({})).await;
        assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{act}: {}", unknown.text);
    }
    let path = "/api/v1/alerts/1/explode";
    let nothing = crews.running.collector.ask(Method::POST, path, Some(&text_of_token('a')), "").await;
    assert_eq!(nothing.status, StatusCode::NOT_FOUND, "{}", nothing.text);
}
