//! Twenty people of both sides race for five hundred alerts: each has one holder, and no word is lost.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    thread,
};

use dogwatch_tests::{
    bench::api::Api,
    harness::{Lab, PATIENCE, crews::entries, peer::identities, settings::Settings, wait},
};
use serde_json::{Value, json};

const PEOPLE: usize = 20;
const MACHINES: u32 = 50;
const ALERTS_EACH: usize = 10;
const ALERTS: usize = 500;
/// Every person comments on every tenth alert.
const COMMENT_EVERY: usize = 10;

/// Either side may claim at once.
const MATRIX: &str = r#"
[org]
id = "home"
name = "Home"
last_resort = "msp-noc"

[[team]]
id = "msp-noc"
name = "MSP operations centre"
side = "msp"

[[team]]
id = "internal-it"
name = "Internal IT"
side = "internal"

[[tool]]
id = "rmm"
function = "agent"
owner = "msp-noc"

[[row]]
id = "lab"
categories = ["agent"]
responsible = "internal-it"
accountable = "msp-noc"
backup = "msp-noc"
first_responder = "0s"

[catch_all]
responsible = "msp-noc"
accountable = "msp-noc"
"#;

/// What one person did to one alert, and what came of it.
struct Did {
    number: u64,
    person: String,
    /// The version that the answer showed; absent when it was refused.
    version: Option<u64>,
    /// What was said; absent for a claim.
    comment: Option<String>,
    /// The refusal in words.
    refusal: String,
}

fn rules() -> String {
    let mut rules = String::new();
    for n in 0..ALERTS_EACH {
        let _ = writeln!(
            rules,
            "[rules.lab-{n}]\ncategory = \"agent\"\ntool = \"rmm\"\ntitle = \"it is here\"\nwarning = {{ when = \"class == 'server'\" }}\n"
        );
    }
    rules
}

/// The numbers and versions of the lab's alerts.
fn alerts(lab: &Lab) -> BTreeMap<u64, u64> {
    let of_the_lab = |alert: &Value| alert["rule"].as_str().is_some_and(|rule| rule.starts_with("lab-"));
    let pair = |alert: Value| Some((alert["number"].as_u64()?, alert["version"].as_u64()?));
    lab.queue().into_iter().filter(of_the_lab).filter_map(pair).collect()
}

fn name(person: usize) -> String {
    format!("person-{person:02}")
}

/// One person's race: claims everything, half of them from the far end, and says something here and there.
fn race(api: &Api, person: usize, numbers: &[u64]) -> Vec<Did> {
    let mut order: Vec<(usize, u64)> = numbers.iter().copied().enumerate().collect();
    if person % 2 == 1 {
        order.reverse();
    }
    let mut did = Vec::new();
    for (place, number) in order {
        let (status, answer) = api.act(number, "claim", &json!({}), None).expect("an answer");
        let seen = answer["version"].as_u64().or_else(|| answer["current"]["version"].as_u64());
        did.push(outcome(number, person, None, status, &answer));
        if (place + person).is_multiple_of(COMMENT_EVERY) {
            let text = format!("{} was here, at {number}", name(person));
            // Every other one insists that nothing has changed since.
            let seen = seen.filter(|_| person % 4 < 2);
            let (status, answer) =
                api.act(number, "comment", &json!({ "text": text }), seen).expect("an answer");
            did.push(outcome(number, person, Some(text), status, &answer));
        }
    }
    did
}

fn outcome(number: u64, person: usize, comment: Option<String>, status: u16, answer: &Value) -> Did {
    assert!(matches!(status, 200 | 409), "{status}: {answer}");
    let version = (status == 200).then(|| answer["version"].as_u64().expect("an alert has a version"));
    let refusal = answer["detail"].as_str().unwrap_or_default().to_owned();
    Did { number, person: name(person), version, comment, refusal }
}

#[test]
fn of_twenty_people_and_five_hundred_alerts_each_alert_has_one_holder_and_no_word_is_lost() {
    let lab = Lab::with(&Settings { rules: rules(), silent_after: "1h", ..Settings::default() });
    lab.matrix(MATRIX);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(identities(&lab, "sim", MACHINES)).expect("machines enrol");
    let before = wait::wait_for("the alerts", PATIENCE, || alerts(&lab), |alerts| alerts.len() == ALERTS);
    let numbers: Vec<u64> = before.keys().copied().collect();
    let people: Vec<Api> = (0..PEOPLE)
        .map(|person| {
            let (side, team) = [("msp", "msp-noc"), ("internal", "internal-it")][person / 2 % 2];
            lab.api_of(&name(person), side, team)
        })
        .collect();

    let mut of: BTreeMap<u64, Vec<Did>> = BTreeMap::new();
    let all: Vec<Did> = thread::scope(|scope| {
        let numbers = &numbers;
        let races: Vec<_> = people
            .iter()
            .enumerate()
            .map(|(person, api)| scope.spawn(move || race(api, person, numbers)))
            .collect();
        races.into_iter().flat_map(|race| race.join().expect("a race that ends")).collect()
    });
    all.into_iter().for_each(|did| of.entry(did.number).or_default().push(did));

    let holders: BTreeSet<String> =
        of.iter().map(|(number, did)| judge(&lab, *number, before[number], did)).collect();
    assert!(holders.len() > 2, "it was no race: {holders:?} have everything");
}

/// One alert: who has it, who was told so, and whether every word that was taken stands in the timeline once.
fn judge(lab: &Lab, number: u64, before: u64, did: &[Did]) -> String {
    let item = lab.item(number).expect("an item");
    let (claims, comments): (Vec<_>, Vec<_>) = did.iter().partition(|did| did.comment.is_none());
    let (won, lost): (Vec<_>, Vec<_>) = claims.into_iter().partition(|did| did.version.is_some());
    let [winner] = won[..] else { panic!("#{number}: {} have won", won.len()) };
    assert_eq!(lost.len(), PEOPLE - 1);
    for loser in lost {
        assert!(loser.refusal.contains(&winner.person), "{} was told {:?}", loser.person, loser.refusal);
    }
    assert_eq!(item["assignee"]["person"], json!(winner.person));
    assert_eq!(entries(&item, "claimed").len(), 1, "{item:#}");

    let mut said: Vec<&str> = comments
        .iter()
        .filter(|did| did.version.is_some())
        .filter_map(|did| did.comment.as_deref())
        .collect();
    let mut stands: Vec<&str> =
        entries(&item, "comment").iter().filter_map(|entry| entry["text"].as_str()).collect();
    said.sort_unstable();
    stands.sort_unstable();
    assert_eq!(said, stands, "#{number}: what was accepted stands, once; what was refused does not");

    // Each change is one version, and each version was one change.
    let mut versions: Vec<u64> = did.iter().filter_map(|did| did.version).collect();
    versions.sort_unstable();
    let now = item["version"].as_u64().expect("a version");
    assert_eq!(versions, (before + 1..=now).collect::<Vec<_>>(), "#{number}: an update was lost: {item:#}");
    winner.person.clone()
}
