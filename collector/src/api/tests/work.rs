//! Acts on alerts, answers of `who`, filters of the fleet: over a state with machines and one alert.

use http::{Method, Request, StatusCode, header};
use serde_json::json;

use super::{Collector, admit, member, running::Running, text_of_token, token};
use crate::{
    access::Role,
    state::{Item, State},
};

pub(super) fn item() -> Item {
    serde_json::from_value(json!({
        "number": 1, "version": 7, "org": "acme", "site": "main",
        "endpoint": "018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d11", "endpoint_name": "srv-01", "rule": "disk-full",
        "subject": "/", "category": "capacity", "tool": "os", "severity": "critical", "priority": "P2",
        "title": "disk / is full", "condition": "firing", "work": "unclaimed", "visibility": "normal",
        "owner": { "team": "msp", "side": "msp", "matrix_version": "0123456789ab", "why": ["last resort"] },
        "since": "2026-11-22T09:00:00Z", "first_seen": "2026-11-22T09:00:00Z",
        "last_seen": "2026-11-22T11:00:00Z", "count": 1, "timeline": [],
    }))
    .unwrap()
}

pub(super) fn state() -> State {
    let mut state = State::default();
    for (id, name) in [
        ("018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d11", "srv-01"),
        ("018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d12", "lap-07"),
        ("018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d13", "srv-02"),
    ] {
        let machine = member(id, name, "acme");
        state.members.insert(machine.endpoint.id, machine);
    }
    admit(&mut state, [token('a', Role::Admin, None)]);
    let item = item();
    state.alerts.insert(item.alert.number, item);
    state
}

async fn get(path: &str) -> super::Answer {
    Collector::over(state()).get(path, Some(&text_of_token('a'))).await
}

fn names(answer: &super::Answer) -> Vec<&str> {
    answer.json["endpoints"].as_array().unwrap().iter().map(|e| e["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn an_alert_comes_with_its_version_for_the_next_writer() {
    let answer = get("/api/v1/alerts/%231").await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.headers[header::ETAG], "\"7\"");
    assert_eq!(answer.json["title"], "disk / is full");
    assert_eq!(answer.json["timeline"], json!([]));
}

#[tokio::test]
async fn a_version_that_is_none_is_refused() {
    let request = Request::post("/api/v1/alerts/1/claim")
        .header(header::AUTHORIZATION, format!("Bearer {}", text_of_token('a')))
        .header(header::IF_MATCH, "soon")
        .body(axum::body::Body::empty())
        .unwrap();
    let answer = Collector::over(state()).send(request).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(answer.detail().contains("if-match"), "{}", answer.detail());
}

#[tokio::test]
async fn whatever_version_there_is_may_be_meant_and_a_weak_tag_never_is() {
    let running = Running::start();
    let kim = running.set_up().await;
    let ask = |path: &str, tags: &str| {
        let request = Request::post(path)
            .header(header::AUTHORIZATION, format!("Bearer {kim}"))
            .header(header::IF_MATCH, tags)
            .body(axum::body::Body::empty())
            .unwrap();
        running.collector.send(request)
    };
    let weak = ask("/api/v1/alerts/1/claim", "W/\"7\"").await;
    assert_eq!(weak.status, StatusCode::CONFLICT, "{}", weak.text);
    assert_eq!(weak.json["current"]["version"], 7, "{}", weak.text);
    let overtaken = ask("/api/v1/alerts/1/claim", "\"5\", \"6\"").await;
    assert_eq!(overtaken.status, StatusCode::CONFLICT, "{}", overtaken.text);
    let any = ask("/api/v1/alerts/1/claim", "*").await;
    assert_eq!(
        (any.status, &any.headers[header::ETAG]),
        (StatusCode::OK, &"\"8\"".parse().unwrap()),
        "{}",
        any.text
    );
    let one_of_them = ask("/api/v1/alerts/1/release", "\"7\", \"8\"").await;
    assert_eq!(one_of_them.status, StatusCode::OK, "{}", one_of_them.text);
    assert_eq!(ask("/api/v1/alerts/99/claim", "*").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_fleet_is_filtered_sorted_and_paged() {
    let all = get("/api/v1/fleet?sort=-name").await;
    assert_eq!(names(&all), ["srv-02", "srv-01", "lap-07"]);
    let servers = get("/api/v1/fleet?filter=name.startsWith(%22srv%22)").await;
    assert_eq!(names(&servers), ["srv-01", "srv-02"]);
    assert_eq!((&servers.json["total"], &servers.json["matched"]), (&json!(3), &json!(2)));
    let unknown = get("/api/v1/fleet?filter=health.cpu.used_percent%20%3E%201.0").await;
    assert_eq!(unknown.json["unjudged"], 3);
    let first = get("/api/v1/fleet?limit=2").await;
    assert_eq!(names(&first), ["lap-07", "srv-01"]);
    let rest = get(&format!("/api/v1/fleet?limit=2&cursor={}", first.json["next"].as_str().unwrap())).await;
    assert_eq!(names(&rest), ["srv-02"]);
    assert_eq!(rest.json.get("next"), None);
}

#[tokio::test]
async fn a_filter_that_does_not_compile_says_where() {
    let answer = get("/api/v1/fleet?filter=!onlin").await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert_eq!((&answer.json["parameter"], &answer.json["column"]), (&json!("filter"), &json!(2)));
    assert!(answer.detail().contains("did you mean `online`?"), "{}", answer.detail());
}

#[tokio::test]
async fn the_queue_can_be_filtered_by_the_endpoint() {
    let all = get("/api/v1/queue").await;
    assert_eq!(all.json["alerts"][0]["number"], 1);
    let none = get("/api/v1/queue?filter=name%20%3D%3D%20%22lap-07%22").await;
    assert_eq!((&none.json["total"], &none.json["matched"]), (&json!(1), &json!(0)));
}

#[tokio::test]
async fn who_owns_a_tool_can_be_asked_wherever_endpoints_are_filtered() {
    let owns = "owner(%22backup%22)%20%21%3D%20%22@%22";
    let teams = ["msp-noc", "internal-it"].map(|team| owns.replace('@', team));
    let matched = async |filter: &str| {
        get(&format!("/api/v1/fleet?filter={filter}")).await.json["matched"].as_u64().unwrap()
    };
    // One of the two has it at any hour.
    let owns = if matched(&teams[0]).await > 0 { &teams[0] } else { &teams[1] };
    for (path, count) in [
        (format!("fleet?filter={owns}"), "matched"),
        (format!("fleet/summary?by=site&filter={owns}"), "matched"),
        (format!("queue?filter={owns}"), "matched"),
        (format!("reports/patch?filter={owns}"), "endpoints"),
        (format!("reports/backup?filter={owns}"), "endpoints"),
    ] {
        let answer = get(&format!("/api/v1/{path}")).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        assert!(answer.json[count].as_u64().is_some_and(|count| count > 0), "{path}: {}", answer.text);
    }
}

#[tokio::test]
async fn a_tool_or_team_that_no_matrix_in_sight_has_is_refused_wherever_a_filter_is_taken() {
    let asks = |tool: &str, team: &str| format!("owner(%22{tool}%22)%20%3D%3D%20%22{team}%22");
    for (filter, column, meant) in [
        (asks("bckup", "msp-noc"), 7, "did you mean `backup`?"),
        (asks("backup", "msp-nok"), 20, "did you mean `msp-noc`?"),
    ] {
        for path in ["fleet?", "fleet/summary?by=site&", "queue?", "reports/patch?", "reports/backup?"] {
            let refused = get(&format!("/api/v1/{path}filter={filter}")).await;
            assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{path}: {}", refused.text);
            assert_eq!(
                (&refused.json["parameter"], &refused.json["column"]),
                (&json!("filter"), &json!(column)),
                "{path}"
            );
            assert!(refused.detail().contains(meant), "{path}: {}", refused.detail());
        }
    }
}

#[tokio::test]
async fn the_queue_can_be_filtered_by_its_own_fields() {
    let matched = async |filter: &str| {
        let answer = get(&format!("/api/v1/queue?filter={filter}")).await;
        answer.json["matched"].clone()
    };
    let item = get("/api/v1/queue").await.json["alerts"][0].clone();
    let priority = item["priority"].as_str().unwrap();
    assert_eq!(matched(&format!("priority:{priority}%20-work:done")).await, json!(1));
    assert_eq!(matched(&format!("-priority:{priority}")).await, json!(0));
    let wrong = get("/api/v1/queue?filter=prioriti:P1").await;
    assert_eq!((wrong.status, &wrong.json["column"]), (StatusCode::BAD_REQUEST, &json!(1)));
    assert!(wrong.detail().contains("did you mean `priority`?"), "{}", wrong.detail());
    let schema = get("/api/v1/queue/schema").await;
    assert!(schema.text.contains("\"next_breach.at\"") && schema.text.contains("\"os.family\""));
}

#[tokio::test]
async fn who_answers_for_an_endpoint_and_at_an_instant() {
    let path = "/api/v1/who?about=backup&endpoint=srv-01&at=2026-11-01T05:30:00Z&severity=warning";
    let answer = get(path).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert_eq!(answer.json["asked"]["endpoint"], "srv-01");
    assert_eq!(answer.json["asked"]["at"], "2026-11-01T05:30:00Z");
    assert!(answer.json["first_responder"]["team"].is_string());
    let wrong = get("/api/v1/who?about=bakcup").await;
    assert_eq!(wrong.status, StatusCode::NOT_FOUND);
    assert!(wrong.detail().contains("did you mean `backup`?"), "{}", wrong.detail());
    let when = get("/api/v1/who?about=backup&at=tomorrow").await;
    assert_eq!(when.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn who_answers_for_a_week_of_a_zone_and_for_an_alert() {
    let week = get("/api/v1/who?about=backup&at=2026-11-01T05:30:00Z&week=America/Toronto").await;
    assert_eq!(week.status, StatusCode::OK, "{}", week.text);
    assert_eq!((&week.json["minutes"], &week.json["zone"]), (&json!(169 * 60), &json!("America/Toronto")));
    assert_eq!(week.json["stretches"][0]["from"], "2026-10-26T04:00:00Z");
    let alert = get("/api/v1/who?alert=1").await;
    assert_eq!(alert.status, StatusCode::OK, "{}", alert.text);
    assert_eq!(
        (&alert.json["asked"]["alert"], &alert.json["first_responder"]["team"]),
        (&json!(1), &json!("msp"))
    );
    assert_eq!(alert.json["clocks"]["resolve"]["began"], "2026-11-22T09:00:00Z");
    let running = Running::start();
    let none = running.collector.get("/api/v1/who?alert=9", Some(&running.all_powerful())).await;
    assert_eq!(none.status, StatusCode::NOT_FOUND, "{}", none.text);
    assert!(none.detail().contains("there is no alert `9`"), "{}", none.detail());
    for (path, status, told) in [
        ("who?alert=1&at=2026-11-01T05:30:00Z", StatusCode::BAD_REQUEST, "leave `at` out"),
        ("who?alert=1&about=backup", StatusCode::BAD_REQUEST, "not both"),
        ("who", StatusCode::BAD_REQUEST, "`about=backup` or `alert=1042`"),
        ("who?about=backup&week=Mars/Base", StatusCode::BAD_REQUEST, "no time zone `Mars/Base`"),
        ("who?about=backup&expect=nobody", StatusCode::BAD_REQUEST, "there is no team `nobody`"),
    ] {
        let refused = get(&format!("/api/v1/{path}")).await;
        assert_eq!(refused.status, status, "{path}: {}", refused.text);
        assert!(refused.detail().contains(told), "{path}: {}", refused.detail());
    }
}

#[tokio::test]
async fn the_rules_in_force_are_listed_and_explained() {
    let rules = get("/api/v1/rules").await;
    let shipped = rules.json["rules"].as_array().unwrap();
    assert!(shipped.iter().any(|rule| rule["levels"][0]["when"].is_string()), "{}", rules.text);
    let tested = get("/api/v1/rules/test?endpoint=srv-01").await;
    assert_eq!(tested.status, StatusCode::OK, "{}", tested.text);
    assert!(tested.json["rules"].as_array().unwrap().len() >= shipped.len());
}

#[tokio::test]
async fn an_endpoint_is_found_by_name_and_by_id() {
    for path in ["/api/v1/endpoints/srv-01", "/api/v1/endpoints/018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d11"] {
        assert_eq!(get(path).await.json["name"], "srv-01");
    }
    let missing = Collector::over(state())
        .ask(Method::POST, "/api/v1/endpoints/srv-09/revoke", Some(&text_of_token('a')), "")
        .await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn an_org_or_a_team_that_there_is_not_is_told_apart_from_nothing_to_show() {
    // The report looks into the archive, which a running core has.
    let running = Running::start();
    let admin = running.set_up().await;
    let report = running.collector.get("/api/v1/reports/boundary?org=nosuch", Some(&admin)).await;
    assert_eq!(report.status, StatusCode::NOT_FOUND, "{}", report.text);
    assert!(report.detail().contains("no org `nosuch`"), "{}", report.detail());
    let queue = get("/api/v1/queue?team=nobody").await;
    assert_eq!(queue.status, StatusCode::NOT_FOUND, "{}", queue.text);
    assert!(queue.detail().contains("no team `nobody`"), "{}", queue.detail());
    assert_eq!(get("/api/v1/queue?team=msp").await.status, StatusCode::OK);
}
