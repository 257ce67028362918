//! An org that the MSP has left, one that never was and one that was misspelt are the same answer; and the org hears no more
//! of the MSP.

mod first_owner;
mod namesake;

use dogwatch_triage::matrix::starter;
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};
use tokio_stream::StreamExt as _;

use super::{
    Answer,
    coming_in::{PASSWORD, invited},
    member, org,
    running::Running,
};
use crate::{policy::Policy, storage::Memory};

/// A collector of two orgs, its administrator kim, and omar who owns acme.
struct Msp {
    running: Running,
    kim: String,
    omar: String,
}

impl Msp {
    async fn start() -> Self {
        let [acme, initech] = ["acme", "initech"].map(|name| (org(name), starter(&org(name))));
        let peter = "\n[[person]]\nid = \"peter\"\nteam = \"internal-it\"\n";
        let orgs = [(acme.0, acme.1 + peter), initech];
        let policy = Policy::of_texts(&orgs, "");
        let running = Running::over((policy, Memory::new()), Timestamp::now, |state| {
            for (id, of) in [("11", "acme"), ("12", "initech")] {
                let id = format!("018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d{id}");
                let machine = member(&id, "srv-01", of);
                state.members.insert(machine.endpoint.id, machine);
            }
        });
        let kim = running.set_up().await;
        let (key, _) = invited(&running, &kim).await;
        let code = crate::account::code_now(&key, Timestamp::now());
        let login = json!({ "person": "acme:omar", "password": PASSWORD, "code": code }).to_string();
        let omar = running.collector.ask(Method::POST, "/api/v1/login", None, &login).await;
        let omar = omar.json["token"].as_str().unwrap_or_else(|| panic!("{}", omar.text)).to_owned();
        Self { running, kim, omar }
    }

    /// The MSP leaves acme.
    async fn leave(&self) {
        let gone = self
            .running
            .post("/api/v1/orgs/acme/offboard", &self.omar, json!({ "side": "msp", "confirm": "acme" }))
            .await;
        assert!(gone.status.is_success(), "{}", gone.text);
    }

    async fn get(&self, path: &str, by: &str) -> Answer {
        self.running.collector.ask(Method::GET, path, Some(by), "").await
    }

    async fn let_in_lee(&self) {
        let lee = json!({ "person": "lee", "side": "msp", "role": "viewer" });
        let made = self.running.post("/api/v1/people", &self.kim, lee).await;
        assert_eq!(made.status, StatusCode::CREATED, "{}", made.text);
    }

    /// Gives lee a right somewhere.
    async fn give(&self, scope: &str) -> Answer {
        let wanted = json!({ "person": "lee", "verbs": ["claim"], "scope": scope, "reason": "nights" });
        self.running.post("/api/v1/access/grants", &self.kim, wanted).await
    }
}

#[tokio::test]
async fn a_join_token_for_an_unknown_org_names_none_that_the_msp_has_left() {
    let msp = Msp::start().await;
    msp.leave().await;
    let make = async |of: &str| {
        msp.running.post("/api/v1/join-tokens", &msp.kim, json!({ "org": of, "site": "x" })).await
    };
    let (unknown, left) = (make("zork").await, make("acme").await);
    assert_eq!((unknown.status, left.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
    assert!(unknown.detail().contains("initech") && !unknown.detail().contains("acme"), "{}", unknown.text);
    assert_eq!(unknown.detail().replace("zork", "acme"), left.detail());
}

#[tokio::test]
async fn only_grants_that_ended_are_counted_as_ended() {
    let msp = Msp::start().await;
    msp.let_in_lee().await;
    assert_eq!(msp.give("acme").await.status, StatusCode::CREATED);
    let listed = msp.get("/api/v1/access/grants", &msp.kim).await;
    let all = listed.json["grants"].as_array().unwrap();
    let of_kim =
        all.iter().find(|grant| grant["to"]["id"] == "kim").unwrap_or_else(|| panic!("{}", listed.text));
    let approve = format!("/api/v1/access/grants/{}/approve", of_kim["id"].as_str().unwrap());
    let approved = msp.running.post(&approve, &msp.omar, json!({ "org": "acme" })).await;
    assert!(approved.status.is_success(), "{}", approved.text);
    let goodbye = json!({ "side": "msp", "confirm": "acme" });
    let left = msp.running.post("/api/v1/orgs/acme/offboard", &msp.omar, goodbye).await;
    assert_eq!(left.json["grants"], 1, "lee's; kim's goes on elsewhere: {}", left.text);
}

#[tokio::test]
async fn a_right_is_given_and_asked_about_only_at_places_that_who_asks_sees() {
    let msp = Msp::start().await;
    msp.let_in_lee().await;
    assert_eq!(msp.give("acme/main").await.status, StatusCode::CREATED);
    for (scope, near) in [
        ("acmee", "did you mean `acme`?"),
        ("acme/maim", "did you mean `main`?"),
        ("acme/north-wing", "join-token create --org acme --site north-wing"),
    ] {
        let typo = msp.give(scope).await;
        assert_eq!(typo.status, StatusCode::NOT_FOUND, "{scope}: {}", typo.text);
        assert!(typo.detail().contains(near) && typo.detail().contains("that you may see"), "{}", typo.text);
    }
    msp.leave().await;
    let check = async |scope: &str| {
        msp.get(&format!("/api/v1/access/check?person=lee&verb=view&scope={scope}"), &msp.kim).await
    };
    let answers = [
        ("acme", msp.give("acme").await),
        ("zork", msp.give("zork").await),
        ("acme", check("acme").await),
        ("zork", check("zork").await),
        ("acme", check("acme/main").await),
    ];
    for (of, answer) in answers {
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{of}: {}", answer.text);
        assert_eq!(answer.detail(), format!("there is no org `{of}` that you may see"));
    }
    assert_eq!(check("initech/main").await.status, StatusCode::OK);
}

#[tokio::test]
async fn an_org_that_the_msp_has_left_hears_no_more_of_its_people_and_their_rights() {
    let msp = Msp::start().await;
    msp.let_in_lee().await;
    assert_eq!(msp.give("*").await.status, StatusCode::CREATED);
    let guests = async |by: &str, path: &str| {
        let told = msp.get(path, by).await;
        assert_eq!(told.status, StatusCode::OK, "{}", told.text);
        let of_all = |row: &Value| row["home"] == "*" || row["scope"] == "*";
        let rows = told.json["people"].as_array().or_else(|| told.json["grants"].as_array());
        rows.unwrap().iter().filter(|row| of_all(row)).count()
    };
    let paths = ["/api/v1/people", "/api/v1/access/grants?org=acme", "/api/v1/access/grants?all=true"];
    for path in paths {
        assert!(guests(&msp.omar, path).await > 0, "{path}: a guest is known while it is one");
    }
    msp.leave().await;
    for path in paths {
        assert_eq!(guests(&msp.omar, path).await, 0, "{path}");
    }
    assert!(guests(&msp.kim, "/api/v1/people").await > 0, "among themselves nothing changed");
    let asked = msp.get("/api/v1/access/check?person=msp:lee&verb=view&scope=acme", &msp.omar).await;
    assert_eq!(asked.status, StatusCode::NOT_FOUND, "{}", asked.text);
}

#[tokio::test]
async fn the_audit_of_an_org_that_the_msp_leaves_tells_nothing_of_another() {
    let msp = Msp::start().await;
    let made = async |order: Value| {
        let made = msp.running.post("/api/v1/tokens", &msp.kim, order).await;
        made.json["token"].as_str().unwrap_or_else(|| panic!("{}", made.text)).to_owned()
    };
    let here = made(json!({ "person": "gus", "side": "msp", "org": "acme", "role": "viewer" })).await;
    let give =
        json!({ "person": "gus", "verbs": ["view", "claim"], "scope": "initech", "reason": "nights there" });
    let given = msp.running.post("/api/v1/access/grants", &msp.kim, give).await;
    assert_eq!(given.status, StatusCode::CREATED, "{}", given.text);
    let there = made(json!({ "person": "gus", "side": "msp", "org": "initech", "role": "viewer" })).await;
    msp.leave().await;
    assert_eq!(msp.get("/api/v1/whoami", &here).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(msp.get("/api/v1/fleet", &there).await.json["total"], 1, "theirs at initech goes on");
    let told = msp.get("/api/v1/audit?org=acme", &msp.omar).await;
    assert!(told.text.contains("token.revoke") && !told.text.contains("initech"), "{}", told.text);
    let out = msp.running.post("/api/v1/people/gus/disable", &msp.kim, json!({})).await;
    assert_eq!(out.status, StatusCode::OK, "the MSP still looks after its own: {}", out.text);
    assert_eq!(msp.get("/api/v1/whoami", &there).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_list_of_an_org_that_nobody_knows_is_no_empty_list() {
    let msp = Msp::start().await;
    for path in ["access/grants", "people", "windows", "audit"] {
        let get = async |org: &str| msp.get(&format!("/api/v1/{path}?org={org}"), &msp.kim).await;
        assert_eq!(get("acme").await.status, StatusCode::OK, "{path}");
        for (org, mend) in [("zork", "; there are: acme, initech"), ("acm", "; did you mean `acme`?")] {
            let unknown = get(org).await;
            assert_eq!(unknown.status, StatusCode::NOT_FOUND, "{path}: {}", unknown.text);
            assert_eq!(unknown.detail(), format!("there is no org `{org}` that you may see{mend}"), "{path}");
        }
    }
    msp.leave().await;
    let left = msp.get("/api/v1/people?org=acme", &msp.kim).await;
    assert_eq!(left.detail(), "there is no org `acme` that you may see; there are: initech");
}

#[tokio::test]
async fn a_goodbye_that_would_be_refused_can_be_found_out_before_anything_is_taken_out() {
    let msp = Msp::start().await;
    let ask =
        async |side: &str, by: &str| msp.get(&format!("/api/v1/orgs/acme/offboard?side={side}"), by).await;
    let own = ask("internal", &msp.omar).await;
    assert_eq!(own.status, StatusCode::BAD_REQUEST, "{}", own.text);
    assert!(own.detail().contains("only its guest, `msp`, can leave"), "{}", own.text);
    let guest = ask("msp", &msp.kim).await;
    assert_eq!(guest.status, StatusCode::FORBIDDEN, "{}", guest.text);
    assert!(guest.detail().contains("only an owner of acme can say goodbye"), "{}", guest.text);
    let told = ask("msp", &msp.omar).await;
    assert_eq!(told.status, StatusCode::OK, "{}", told.text);
    assert_eq!(msp.get("/api/v1/fleet", &msp.kim).await.json["total"], 2, "nothing is done by asking");
    let goodbye = json!({ "side": "msp", "confirm": "acme" });
    let done = msp.running.post("/api/v1/orgs/acme/offboard", &msp.omar, goodbye).await;
    for count in ["tokens", "grants", "people"] {
        assert_eq!(told.json[count], done.json[count], "{count}");
    }
    let again = ask("msp", &msp.omar).await;
    assert_eq!(again.status, StatusCode::CONFLICT, "{}", again.text);
    assert!(again.detail().starts_with("the msp side has left acme already, at 20"), "{}", again.text);
}

#[tokio::test]
async fn a_question_about_somebody_at_home_everywhere_asks_which_org_is_meant_where_several_are_seen() {
    let msp = Msp::start().await;
    let check = async |rest: &str, by: &str| {
        msp.get(&format!("/api/v1/access/check?person=msp:kim&verb=export{rest}"), by).await
    };
    let asked = check("", &msp.kim).await;
    assert_eq!(asked.status, StatusCode::BAD_REQUEST, "{}", asked.text);
    assert!(asked.detail().contains("(`--scope`): acme, initech; `*` asks about"), "{}", asked.text);
    for scope in ["&scope=acme", "&scope=*"] {
        assert_eq!(check(scope, &msp.kim).await.status, StatusCode::OK, "{scope}");
    }
    let one = check("", &msp.omar).await;
    assert_eq!(one.status, StatusCode::OK, "omar sees one org, which is meant: {}", one.text);
}

#[tokio::test]
async fn a_version_that_nobody_knows_is_answered_with_those_that_wait_to_be_signed() {
    let msp = Msp::start().await;
    let sign = async || msp.running.post("/api/v1/ownership/versions/zzz/sign", &msp.kim, json!({})).await;
    let none = sign().await;
    assert_eq!(none.status, StatusCode::NOT_FOUND, "{}", none.text);
    assert_eq!(
        none.detail(),
        "there is no version `zzz` that you may see; none waits for a signature; `dogwatch ownership history` lists all"
    );
    let text = starter(&org("acme"));
    let proposed = msp
        .running
        .post("/api/v1/ownership/versions", &msp.kim, json!({ "text": text, "org": "acme" }))
        .await;
    let hash = proposed.json["hash"].as_str().unwrap_or_else(|| panic!("{}", proposed.text));
    let told = sign().await;
    assert!(told.detail().contains(&format!("waiting for signatures: {hash} (acme);")), "{}", told.text);
    msp.leave().await;
    assert!(!sign().await.text.contains(hash), "what is not seen is not named");
}

#[tokio::test]
async fn a_report_of_an_org_that_was_left_is_as_one_of_an_org_that_never_was() {
    let msp = Msp::start().await;
    msp.leave().await;
    for report in ["patch", "backup", "boundary", "month", "review"] {
        let of = async |org: &str| msp.get(&format!("/api/v1/reports/{report}?org={org}"), &msp.kim).await;
        let (left, never) = (of("acme").await, of("zork").await);
        assert_eq!(left.status, StatusCode::NOT_FOUND, "{report}: {}", left.text);
        assert_eq!(left.detail(), never.detail().replace("zork", "acme"), "{report}");
    }
}

#[tokio::test]
async fn who_listens_is_told_that_an_org_is_not_theirs_to_see_any_more() {
    let msp = Msp::start().await;
    let stream = msp.running.collector.listen("/api/v1/events?kinds=alert", &msp.kim).await;
    msp.leave().await;
    let mut heard = String::new();
    let mut frames = stream.into_body().into_data_stream();
    while !heard.contains("\"why\":\"sight_lost\"") {
        let frame = tokio::time::timeout(core::time::Duration::from_secs(20), frames.next()).await;
        let frame = frame.unwrap_or_else(|_| panic!("only {heard}")).unwrap().unwrap();
        heard.push_str(std::str::from_utf8(&frame).unwrap());
    }
    assert!(heard.contains("\"reload\":true") && !heard.contains("bye"), "{heard}");
}
