//! Whose org it is: the customer's. The MSP is its guest, makes nobody of its side, and leaves when its owner says so.

use std::time::{Duration, Instant};

use dogwatch_tests::{
    bench::api::Api,
    harness::{Lab, ORG, PATIENCE, SITE, wait},
};
use serde_json::json;

/// How long a guest may still see anything after the door was closed.
const CUT: Duration = Duration::from_secs(5);

fn refused(answer: Result<serde_json::Value, impl std::fmt::Display>, with: &str) {
    match answer {
        Ok(done) => panic!("it was done: {done}"),
        Err(error) => assert!(error.to_string().contains(with), "{error}"),
    }
}

/// Whether a token still opens anything of the org.
fn sees(api: &Api) -> bool {
    api.get("/api/v1/fleet").is_ok_and(|fleet| fleet["total"] != 0)
}

#[test]
fn the_msp_makes_no_second_voice_for_the_customer() {
    let lab = Lab::start();
    let admin = lab.collector().api();
    let forged = json!({ "person": "forged", "side": "internal", "org": ORG, "role": "admin" });
    lab.owner();
    refused(admin.post("/api/v1/tokens", &forged), "olga");
    refused(admin.post("/api/v1/people", &forged), "olga");
    let of_owner = json!({ "person": "olga", "side": "internal", "org": ORG });
    refused(admin.post("/api/v1/tokens", &of_owner), "olga");
    let own = lab.owner().post("/api/v1/tokens", &json!({ "person": "sam", "side": "internal", "org": ORG }));
    assert!(own.is_ok(), "the owner lets their own people in");
    let guest = json!({ "person": "kim", "side": "msp", "org": ORG });
    refused(lab.owner().post("/api/v1/tokens", &guest), "msp");
}

#[test]
fn the_guest_leaves_and_takes_nothing_along() {
    let lab = Lab::start();
    let owner = lab.owner_by_themself();
    let _machine = lab.online("srv-01");
    let (everywhere, here) = (lab.collector().api(), lab.api_of("kim", "msp", "msp-noc"));
    let join = lab.join_token(5);
    assert!(sees(everywhere) && sees(&here));
    let everyone = owner.get("/api/v1/orgs").expect("an owner sees their org");
    assert_eq!(everyone["orgs"][0]["owners"], json!(["olga"]));
    refused(everywhere.post(&format!("/api/v1/orgs/{ORG}/offboard"), &json!({ "confirm": ORG })), "owner");
    refused(owner.post(&format!("/api/v1/orgs/{ORG}/offboard"), &json!({})), "to confirm it");
    let begun = Instant::now();
    let left = owner
        .post(&format!("/api/v1/orgs/{ORG}/offboard"), &json!({ "confirm": ORG }))
        .expect("the owner may");
    assert_eq!(left["work_goes_to"], "internal-it");
    wait::wait_for("the cut", PATIENCE, || sees(everywhere) || sees(&here), |seen| !seen);
    assert!(begun.elapsed() < CUT, "{:?}", begun.elapsed());
    let latecomer = lab.machine("srv-02");
    let tried = latecomer.enroll(&join);
    assert_ne!(tried.code, Some(0), "a join token of the guest's enrols nobody any more");
    assert!(sees(owner), "the owner sees everything as before");
    let who = owner.get("/api/v1/who?about=backup").expect("somebody owns it");
    assert_eq!(who["first_responder"]["side"], "internal", "{who}");
}

#[test]
fn an_end_is_an_end_to_the_second_also_for_a_token_in_use() {
    let lab = Lab::start();
    let owner = lab.owner();
    lab.api_with(&json!({ "person": "sam", "side": "internal", "org": ORG, "role": "viewer" }));
    let order = json!({
        "person": "sam", "verbs": ["claim"], "scope": ORG, "reason": "stands in tonight", "expires_in_seconds": 3,
    });
    let grant = owner.post("/api/v1/access/grants", &order).expect("the owner gives");
    assert_eq!(grant["state"], "in_force");
    let sam =
        lab.api_with(&json!({ "person": "sam", "side": "internal", "org": ORG, "verbs": ["view", "claim"] }));
    let claim =
        || sam.post("/api/v1/alerts/999/claim", &json!({})).expect_err("there is no such item").to_string();
    assert!(claim().contains("404"), "{}", claim());
    let said = wait::wait_for("the grant's end", PATIENCE, claim, |said| said.contains("403"));
    assert!(
        said.contains("`claim` is missing") && said.contains("dogwatch access grant sam claim"),
        "{said}"
    );
    let told = owner
        .get(&format!("/api/v1/access/check?person=sam&verb=claim&scope={ORG}"))
        .expect("the owner sees");
    assert_eq!(told["allowed"], false);
    assert!(told["because"].to_string().contains("expired at"), "{told}");
}

#[test]
fn who_is_limited_to_a_site_sees_that_site() {
    let lab = Lab::start();
    let _here = lab.enrol("srv-01");
    let order = json!({ "org": ORG, "site": "elsewhere", "uses": 1 });
    let join =
        lab.collector().api().post("/api/v1/join-tokens", &order).expect("an administrator makes tokens");
    lab.machine("srv-02").enroll(join["token"].as_str().expect("it is shown once")).succeeds();
    let sam = json!({ "person": "sam", "side": "internal", "org": ORG, "site": SITE, "role": "viewer" });
    let sam = lab.api_with(&sam);
    let names = |api: &Api| -> Vec<String> {
        let fleet = api.get("/api/v1/fleet").expect("everybody asks the fleet");
        let rows = fleet["endpoints"].as_array().into_iter().flatten();
        rows.filter_map(|row| Some(row["name"].as_str()?.to_owned())).collect()
    };
    assert_eq!(names(&sam), ["srv-01"]);
    assert_eq!(names(lab.owner()).len(), 2);
    assert!(sam.get("/api/v1/endpoints/srv-02").expect_err("not theirs").to_string().contains("404"));
}
