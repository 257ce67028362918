//! Names that the matrix of a departed org has are its own again.

use http::StatusCode;
use serde_json::json;

use super::Msp;

#[tokio::test]
async fn who_is_in_the_matrix_of_an_org_that_the_msp_has_left_is_no_namesake_to_it() {
    let msp = Msp::start().await;
    let asked = async |path: &str| {
        let wanted = json!({ "person": "peter", "side": "msp", "service": true, "verbs": ["view"] });
        msp.running.post(path, &msp.kim, wanted).await
    };
    for path in ["/api/v1/tokens", "/api/v1/people"] {
        let known = asked(path).await;
        assert_eq!(known.status, StatusCode::BAD_REQUEST, "{path}: {}", known.text);
        assert!(known.text.contains("in the matrix of acme"), "{path}: {}", known.text);
    }
    msp.leave().await;
    let made = asked("/api/v1/tokens").await;
    assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    let again = asked("/api/v1/people").await;
    assert!(again.status == StatusCode::CONFLICT && !again.text.contains("acme"), "{}", again.text);
    for person in ["kim", "zork"] {
        let strangers = json!({ "person": person, "side": "msp" });
        let told = msp.running.post("/api/v1/people", &msp.omar, strangers).await;
        assert!(told.detail().ends_with(": ask an administrator of the msp side"), "{}", told.text);
    }
}
