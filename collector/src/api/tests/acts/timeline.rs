//! What an item's timeline holds, page by page.

use super::*;

#[tokio::test]
async fn an_act_is_answered_with_the_last_of_the_timeline_and_the_question_with_all_of_it() {
    let crews = Crews::start().await;
    let kim = crews.kim.as_str();
    for entry in 0..24 {
        crews.does(kim, "comment", json!({ "text": format!("no. {entry}") })).await;
    }
    let answer = crews.act(kim, 1, "comment", json!({ "text": "no. 24" })).await;
    let shown = answer.json["timeline"].as_array().unwrap();
    let whole = crews.running.collector.get("/api/v1/alerts/1", Some(kim)).await;
    let all = whole.json["timeline"].as_array().unwrap();
    assert!(all.len() >= 25, "{}", whole.text);
    assert_eq!(answer.json["timeline_total"], all.len(), "{}", answer.text);
    assert_eq!(shown[..], all[all.len() - 20..]);
    assert_eq!(whole.json.get("timeline_total"), None);
}

/// The texts of the comments on a page, and where it goes on.
fn comments(page: &Answer) -> (Vec<String>, Option<String>) {
    let entries = page.json["timeline"].as_array().unwrap_or_else(|| panic!("{}", page.text));
    let texts = entries.iter().filter_map(|entry| entry["text"].as_str()).map(str::to_owned);
    (texts.collect(), page.json["next"].as_str().map(str::to_owned))
}

#[tokio::test]
async fn a_timeline_comes_in_pages_from_its_beginning_on_and_what_is_written_meanwhile_comes_last() {
    let crews = Crews::start().await;
    let kim = crews.kim.as_str();
    for entry in 0..7 {
        crews.does(kim, "comment", json!({ "text": format!("no. {entry}") })).await;
    }
    let get = async |query: &str| {
        crews.running.collector.get(&format!("/api/v1/alerts/1?{query}"), Some(kim)).await
    };
    let total = get("").await.json["timeline"].as_array().unwrap().len();
    let first = get("limit=3").await;
    assert_eq!(first.json["timeline"].as_array().unwrap().len(), 3);
    assert_eq!(first.json["timeline_total"], total, "{}", first.text);
    crews.does(kim, "comment", json!({ "text": "meanwhile" })).await;
    let (mut all, mut next) = comments(&first);
    while let Some(cursor) = next {
        let page = get(&format!("limit=3&cursor={cursor}")).await;
        let (texts, behind) = comments(&page);
        assert!(!texts.is_empty(), "{}", page.text);
        all.extend(texts);
        next = behind;
    }
    let told: Vec<String> =
        (0..7).map(|entry| format!("no. {entry}")).chain(["meanwhile".to_owned()]).collect();
    assert_eq!(all, told);
    let rest = get(&format!("cursor={}", first.json["next"].as_str().unwrap())).await;
    assert_eq!(
        rest.json["timeline"].as_array().unwrap().len(),
        total + 1 - 3,
        "without a limit, all that is left"
    );
    assert_eq!(rest.json.get("next"), None);
}

#[tokio::test]
async fn a_page_of_a_timeline_has_limits_and_a_cursor_of_something_else_is_refused() {
    let crews = Crews::start().await;
    let kim = crews.kim.as_str();
    let queue = crews.running.collector.get("/api/v1/fleet?limit=1", Some(kim)).await;
    let foreign = queue.json["next"].as_str().unwrap();
    for query in [
        "limit=0",
        "limit=1001",
        "limit=-1",
        "cursor=",
        "cursor=%2e%2e",
        &format!("cursor={foreign}"),
        "page=2",
    ] {
        let answer = crews.running.collector.get(&format!("/api/v1/alerts/1?{query}"), Some(kim)).await;
        assert_eq!(
            (answer.status, answer.problem),
            (StatusCode::BAD_REQUEST, true),
            "{query}: {}",
            answer.text
        );
    }
    // Behind the end there is nothing more.
    let far = crate::api::paging::written(&usize::MAX).ok().unwrap();
    let answer = crews.running.collector.get(&format!("/api/v1/alerts/1?cursor={far}"), Some(kim)).await;
    assert_eq!((answer.status, &answer.json["timeline"]), (StatusCode::OK, &json!([])), "{}", answer.text);
}
