//! What people write holds nothing that does something else than be read; what other tools tell is kept and made harmless.

use dogwatch_model::text::is_unfit;
use http::StatusCode;
use serde_json::{Value, json};

use super::running::Running;

/// Everywhere that people write something that others read, with a sign that none of it may have.
fn written(sign: char) -> Vec<(&'static str, Value, &'static str)> {
    let text = format!("fine{sign}");
    vec![
        ("/api/v1/alerts", json!({ "org": "acme", "site": "main", "tool": "os", "text": text }), "text"),
        ("/api/v1/alerts/1/comment", json!({ "text": text }), "text"),
        ("/api/v1/alerts/1/snooze", json!({ "until": "2027-01-01T00:00:00Z", "reason": text }), "reason"),
        ("/api/v1/alerts/1/close", json!({ "resolution": text }), "resolution"),
        (
            "/api/v1/alerts/1/handoff",
            json!({ "to": "internal-it", "packet": {
                "tried": "all", "state": "bad", "why_you": text, "links": ["https://example.org"] } }),
            "packet.why_you",
        ),
        (
            "/api/v1/alerts/1/handoff",
            json!({ "to": "internal-it", "packet": {
                "tried": "all", "state": "bad", "why_you": "x", "links": [format!("https://e.org/{sign}")] } }),
            "packet.links[0]",
        ),
        ("/api/v1/windows", json!({ "org": "acme", "reason": text, "lasts": "1h" }), "reason"),
        ("/api/v1/views", json!({ "name": text, "filter": "" }), "name"),
        ("/api/v1/endpoints/srv-01/tag", json!({ "add": [text] }), "add[0]"),
        ("/api/v1/endpoints/srv-01/tag", json!({ "labels": { "rack": text } }), "labels.rack"),
        ("/api/v1/access/grants", json!({ "person": "kim", "verbs": ["view"], "reason": text }), "reason"),
        ("/api/v1/people", json!({ "person": "kim", "reason": text }), "reason"),
        ("/api/v1/orgs", json!({ "id": "globex", "name": text }), "name"),
        ("/api/v1/ownership/versions", json!({ "text": "[org]", "note": text }), "note"),
        ("/api/v1/ownership/versions", json!({ "text": format!("# {text}\n[org]") }), "text"),
    ]
}

#[tokio::test]
async fn no_text_of_people_steers_a_screen_or_hides_something() {
    let running = Running::start();
    let kim = running.set_up().await;
    for sign in ['\0', '\u{1b}', '\u{202e}', '\u{2066}', '\u{61c}', '\u{200b}', '\u{feff}'] {
        for (path, body, field) in written(sign) {
            let answer = running.post(path, &kim, body).await;
            assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path} {field}: {}", answer.text);
            assert!(answer.detail().starts_with(&format!("`{field}` has U+")), "{path}: {}", answer.detail());
            assert_eq!(answer.json["field"], field);
            assert!(!answer.text.contains(is_unfit), "{path}: {}", answer.text);
        }
    }
    let text = "می\u{200c}خواهم 👩\u{200d}💻\n\tand a second line";
    let answer = running.post("/api/v1/alerts/1/comment", &kim, json!({ "text": text })).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
    assert!(answer.json.to_string().contains("می\u{200c}خواهم 👩\u{200d}💻"), "{}", answer.text);
}

#[tokio::test]
async fn what_another_tool_tells_is_taken_and_made_harmless() {
    let running = Running::start();
    let kim = running.set_up().await;
    let body = json!({ "event_action": "trigger", "payload": {
        "summary": "disk\u{1b}[2J \u{202e}full\u{200b}", "source": "srv-01", "severity": "critical" } });
    let answer = running.post("/api/v1/intake/events", &running.feeder('f', None), body).await;
    assert_eq!(answer.status, StatusCode::ACCEPTED, "{}", answer.text);
    let queue = running.collector.get("/api/v1/queue", Some(&kim)).await;
    let titles: Vec<&str> =
        queue.json["alerts"].as_array().unwrap().iter().filter_map(|alert| alert["title"].as_str()).collect();
    assert!(titles.contains(&"disk [2J  full"), "{titles:?}");
}
