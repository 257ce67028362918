//! What both sides have signed routes; what somebody writes into the file afterwards is a draft, and is shown as one.

use dogwatch_tests::harness::{Lab, ORG, PATIENCE, crews::EACH_SERVER, settings::Settings, wait};
use http::Method;
use serde_json::{Value, json};

const MATRIX: &str = r#"
[org]
id = "home"
name = "Home"
last_resort = "msp-noc"

[[side]]
id = "msp"
signers = ["ann"]

[[side]]
id = "internal"
signers = ["olga"]

[[team]]
id = "msp-noc"
name = "MSP operations centre"
side = "msp"

[[team]]
id = "internal-it"
name = "Internal IT"
side = "internal"

[[person]]
id = "ann"
name = "Ann"
team = "msp-noc"

[[person]]
id = "olga"
name = "Olga"
team = "internal-it"

[[tool]]
id = "rmm"
function = "agent"
owner = "msp-noc"

[[row]]
id = "lab"
categories = ["agent"]
responsible = "TEAM"
accountable = "msp-noc"
backup = "msp-noc"

[catch_all]
responsible = "msp-noc"
accountable = "msp-noc"
"#;

const VERSIONS: &str = "/api/v1/ownership/versions";

fn matrix(responsible: &str) -> String {
    MATRIX.replace("TEAM", responsible)
}

/// Whose the alert of a machine that joins now is, and by which version.
fn owner_of_new(lab: &Lab, name: &str) -> (Value, Value) {
    let _machine = lab.enrol(name);
    let alert = wait::wait_for(
        "the alert",
        PATIENCE,
        || lab.alerts("lab").into_iter().find(|alert| alert["endpoint_name"] == json!(name)),
        Option::is_some,
    )
    .expect("it was just seen");
    (alert["owner"]["team"].clone(), alert["owner"]["matrix_version"].clone())
}

fn ownership(lab: &Lab) -> Value {
    lab.collector().api().get("/api/v1/ownership").expect("the matrix in force")
}

#[test]
fn what_both_sides_signed_routes_and_a_later_edit_of_the_file_is_a_draft() {
    let lab =
        Lab::with(&Settings { rules: EACH_SERVER.to_owned(), silent_after: "1h", ..Settings::default() });
    lab.matrix(&matrix("msp-noc"));
    let (ann, olga) = (lab.collector().api(), lab.owner_by_themself());
    let provisional = ownership(&lab);
    assert_eq!(provisional["standing"], json!("provisional"));
    assert_eq!(owner_of_new(&lab, "srv-01").0, json!("msp-noc"));

    let order = json!({ "org": ORG, "text": matrix("internal-it"), "note": "agents are ours from now on" });
    let proposed = olga.post(VERSIONS, &order).expect("either side may propose");
    let path = format!("{VERSIONS}/{}/sign", proposed["hash"].as_str().expect("a version has a hash"));
    let handed = lab.api_of("ann", "msp", "msp-noc");
    let (status, refused) = handed.ask(Method::POST, &path, &json!({}), None).expect("an answer");
    assert_eq!(status, 403, "nobody signs by a token that was made for them: {refused:#}");
    ann.post(&path, &json!({})).expect("the MSP signs");
    let waiting = ownership(&lab);
    assert_eq!(waiting["matrix_version"], provisional["matrix_version"], "one signature changes nothing");
    assert_eq!(owner_of_new(&lab, "srv-02").0, json!("msp-noc"));
    let (status, refused) = ann.ask(Method::POST, &path, &json!({}), None).expect("an answer");
    assert!((400..500).contains(&status), "once a side, and only by its signers: {refused:#}");

    let both = olga.post(&path, &json!({})).expect("internal IT signs");
    assert_eq!(both["state"], json!("in_force"));
    let signed = ownership(&lab);
    assert_eq!(signed["standing"], json!("signed"));
    assert_eq!(signed["in_force"]["hash"], proposed["hash"]);
    assert_eq!(signed["text"], json!(matrix("internal-it")));
    let (team, version) = owner_of_new(&lab, "srv-03");
    assert_eq!((&team, &version), (&json!("internal-it"), &signed["matrix_version"]));
    let everything_is_internal = |alerts: &Vec<Value>| {
        alerts.len() == 3 && alerts.iter().all(|alert| alert["owner"]["team"] == json!("internal-it"))
    };
    wait::wait_for(
        "what nobody had claimed to be routed anew",
        PATIENCE,
        || lab.alerts("lab"),
        everything_is_internal,
    );

    lab.matrix(&matrix("msp-noc").replace("\"Home\"", "\"Mine alone\""));
    let edited = ownership(&lab);
    assert_eq!(edited["matrix_version"], signed["matrix_version"]);
    assert_eq!((&edited["standing"], &edited["file_differs"]), (&json!("signed"), &json!(true)));
    assert!(edited["draft"].as_str().is_some_and(|draft| draft.contains("Mine alone")), "{edited:#}");
    assert_eq!(owner_of_new(&lab, "srv-04").0, json!("internal-it"));
}
