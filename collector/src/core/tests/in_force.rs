//! Another policy is in force: both sides can see when and which, and rights that were given for other duties are looked at.

use dogwatch_triage::{audit::Chain, matrix::starter};

use serde_json::json;

use super::*;
use crate::{
    access::{DueKind, Grant, Person, PersonKey, Scope, Verb},
    core::Proposal,
};

const DIRECTORY: &str = r#"
[[team]]
id = "noc"
side = "msp"

[[team]]
id = "field"
side = "msp"

[[person]]
id = "mira"
team = "noc"
"#;

const MATRIX: &str = r#"
[org]
id = "home"
name = "Home"
last_resort = "it"

[[team]]
id = "it"
side = "internal"

[[row]]
id = "backups"
categories = ["backup"]
responsible = "noc"
accountable = "it"
"#;

fn policy(directory: &str, matrix: &str) -> Arc<Policy> {
    let data = tempfile::tempdir().unwrap();
    let folder = data.path().join("policy");
    std::fs::create_dir_all(folder.join("orgs")).unwrap();
    std::fs::write(folder.join("directory.toml"), directory).unwrap();
    std::fs::write(folder.join("orgs/home.toml"), matrix).unwrap();
    let read = crate::policy::read(&folder, &crate::policy::Basis::default());
    Arc::new(read.map_err(|faults| crate::policy::all_faults(&faults)).unwrap())
}

impl Sim {
    /// Another set of files is in force.
    fn put_in_force(&mut self, policy: Arc<Policy>) {
        self.core.policy.store(policy);
        self.step(Input::PolicyChanged);
    }

    fn due(&self, kind: DueKind) -> Vec<(String, String)> {
        let due = self.handle.read(|state| state.access.due(self.now));
        // Whoever the sim lets in has grants named by their side.
        let own = |due: &crate::access::Due| {
            due.kind == kind && (kind == DueKind::GrantUnused || !due.id.contains(':'))
        };
        due.into_iter().filter(own).map(|due| (due.id, due.why)).collect()
    }
}

/// Mira of the MSP, in a team or none, with a grant in the org.
fn with_mira(sim: &Sim, team: Option<&str>) {
    let key = PersonKey { org: None, id: "mira".parse().unwrap() };
    let team = team.map(|team| team.parse().unwrap());
    let person = Person { team, ..Person::new(key.id.clone(), Side::Msp, Scope::Everywhere, sim.now) };
    let rights = Verbs::of(&[Verb::Configure]);
    let mut state = sim.handle.shared.write().unwrap();
    state.access.people.insert(key.clone(), person);
    for (id, scope) in [("here", Scope::Org(org())), ("all", Scope::Everywhere)] {
        state
            .access
            .grants
            .insert(id.into(), Grant::new(id, key.clone(), (rights, scope), "nights", sim.now));
    }
}

#[test]
fn a_file_that_says_something_else_is_on_record_with_both_hashes_also_when_nobody_watched() {
    let mut sim = Sim::new();
    sim.put_in_force(policy(DIRECTORY, MATRIX));
    let (own, collectors) = (Chain::Org(org()), Chain::Collector);
    let (before, before_all) = (sim.records(own.clone()).len(), sim.records(collectors.clone()).len());
    let other = MATRIX.replace("name = \"Home\"", "name = \"Home Ltd\"");
    sim.put_in_force(policy(DIRECTORY, &other));
    sim.put_in_force(policy(DIRECTORY, &other));
    let records = sim.records(own.clone());
    let [record] = &records[before..] else { panic!("once: {records:?}") };
    assert_eq!((record.act.as_str(), record.on.as_str()), ("policy.change", "policy/orgs/home.toml"));
    let hash = |text: &str| serde_json::json!({ "sha256": Sha256::of(text.as_bytes()) });
    assert_eq!((record.before.clone(), record.after.clone()), (Some(hash(MATRIX)), Some(hash(&other))));
    assert_eq!(record.by, None);
    assert_eq!(sim.records(collectors.clone()).len(), before_all, "it is the org's alone");
    let directory = DIRECTORY.replace("id = \"field\"", "id = \"field\"\nname = \"On the road\"");
    sim.put_in_force(policy(&directory, &other));
    let all = sim.records(collectors);
    assert_eq!(all.last().unwrap().on, "policy/directory.toml", "what is about all is the collector's");

    let told = sim.records(own.clone()).len();
    let mut sim = sim.restart_after(SignedDuration::from_secs(5));
    sim.put_in_force(policy(&directory, &other));
    assert_eq!(sim.records(own.clone()).len(), told, "a restart changes nothing");
    let mut sim = sim.restart_after(SignedDuration::from_secs(5));
    with_mira(&sim, None);
    sim.put_in_force(policy(&directory, MATRIX));
    assert_eq!(sim.records(own)[told].after, Some(hash(MATRIX)), "it was exchanged meanwhile");
    let (id, why) = sim.due(DueKind::DutiesChanged).into_iter().find(|(id, _)| id == "here").unwrap();
    assert_eq!(
        (id.as_str(), why.as_str()),
        ("here", "the matrix of home was changed while the collector was stopped")
    );
    let mut sim = sim.restart_after(SignedDuration::from_secs(5));
    with_mira(&sim, None);
    sim.put_in_force(policy(DIRECTORY, MATRIX));
    assert!(
        sim.due(DueKind::DutiesChanged).iter().all(|(id, _)| id != "here"),
        "the directory is no org's matrix"
    );
}

#[test]
fn a_version_that_comes_into_force_on_its_day_is_on_record() {
    let mut sim = Sim::new();
    let day = sim.now + SignedDuration::from_hours(24);
    let text = starter(&org()).replace("last_resort = \"msp-noc\"", "last_resort = \"internal-it\"");
    let proposal = Proposal { org: org(), text, effective_at: Some(day), note: "n".to_owned() };
    let version = sim.ask(|reply| Command::ProposeMatrix(proposal, person(Side::Msp), reply)).unwrap();
    for side in [Side::Internal, Side::Msp] {
        let hash = version.hash.clone();
        sim.ask(|reply| Command::SignMatrix(org(), hash, person(side), reply)).unwrap();
    }
    let acts = |sim: &mut Sim| -> Vec<String> {
        sim.records(Chain::Org(org())).into_iter().map(|record| record.act).collect()
    };
    assert!(!acts(&mut sim).contains(&"ownership.in-force".to_owned()));
    sim.now = day;
    sim.core.agree_if_due(day);
    sim.core.step(&mut Vec::new(), day).unwrap();
    let records = sim.records(Chain::Org(org()));
    let told = records.iter().filter(|record| record.act == "ownership.in-force").collect::<Vec<_>>();
    let [record] = told[..] else { panic!("{records:?}") };
    assert_eq!(record.after.as_ref().unwrap()["hash"], serde_json::json!(version.hash));
    assert!(record.before.as_ref().unwrap()["matrix"].is_string(), "{record:?}");
}

#[test]
fn whose_duties_changed_and_who_changed_teams_is_to_be_looked_at_and_says_why() {
    let mut sim = Sim::new();
    sim.put_in_force(policy(DIRECTORY, MATRIX));
    with_mira(&sim, Some("noc"));
    let renamed = MATRIX.replace("name = \"Home\"", "name = \"Home Ltd\"");
    sim.put_in_force(policy(DIRECTORY, &renamed));
    assert_eq!(sim.due(DueKind::DutiesChanged), [], "nobody's duty changed");
    let handed = renamed.replace("responsible = \"noc\"", "responsible = \"field\"");
    sim.put_in_force(policy(DIRECTORY, &handed));
    let why = "row `backups`: responsible noc → field".to_owned();
    assert_eq!(
        sim.due(DueKind::DutiesChanged),
        [("here".to_owned(), why)],
        "what counts everywhere says no org's name"
    );
    assert_eq!(sim.due(DueKind::TeamChanged), []);
    let moved_on = DIRECTORY.replace("team = \"noc\"", "team = \"field\"");
    sim.put_in_force(policy(&moved_on, &handed));
    let why = "mira moved from team noc to field".to_owned();
    let moved = sim.due(DueKind::TeamChanged);
    assert_eq!(moved, [("all".to_owned(), why.clone()), ("here".to_owned(), why)]);
    let records = sim.records(Chain::Org(org()));
    assert!(
        records.iter().any(|record| record.act == "grant.ask-review" && record.on == "here"),
        "{records:?}"
    );
    // It stays so until somebody has looked, whatever is restarted.
    let mut sim = sim.restart_after(SignedDuration::from_mins(1));
    sim.put_in_force(policy(&moved_on, &handed));
    with_kept(&mut sim);
    let review = crate::access::Act::Review("here".into(), None);
    let lee = Principal { person: "lee".parse().unwrap(), ..person(Side::Msp) };
    sim.ask(|reply| Command::Access(Box::new(review), lee, reply)).unwrap();
    let left: Vec<String> = sim.handle.read(|state| {
        let due = state.access.due(sim.now).into_iter();
        due.filter(|due| due.id == "here").map(|due| due.why).collect()
    });
    assert_eq!(left, Vec::<String>::new());
}

/// The people of these tests are put in by hand: after a restart, once more.
fn with_kept(sim: &mut Sim) {
    let kept = sim.handle.read(|state| state.access.grants.get("here").cloned()).unwrap();
    assert_eq!(kept.triggers.len(), 2, "{kept:?}");
    let all = sim.handle.read(|state| state.access.grants.get("all").cloned());
    with_mira(sim, Some("field"));
    let mut state = sim.handle.shared.write().unwrap();
    state.access.grants.insert("here".into(), kept);
    state.access.grants.extend(all.map(|grant| (grant.id.clone(), grant)));
}

#[test]
fn a_right_that_nobody_uses_for_a_quarter_is_found_and_one_that_is_used_is_not() {
    let mut sim = Sim::new();
    let join = |sim: &mut Sim| drop(sim.join_token(1));
    join(&mut sim);
    let unused = |sim: &Sim| -> Vec<String> {
        let due = sim.due(DueKind::GrantUnused);
        due.into_iter().filter(|(id, _)| id == "msp:kim" || id == "msp:lee").map(|(id, _)| id).collect()
    };
    sim.now += SignedDuration::from_hours(60 * 24);
    join(&mut sim);
    sim.now += SignedDuration::from_hours(40 * 24);
    assert_eq!(unused(&sim), ["msp:lee"], "kim made a join token forty days ago");
    let used = sim.handle.read(|state| state.access.grants["msp:kim"].used_at);
    join(&mut sim);
    assert!(sim.handle.read(|state| state.access.grants["msp:kim"].used_at) > used);
    sim.now += SignedDuration::from_hours(100 * 24);
    let why = sim.due(DueKind::GrantUnused).into_iter().find(|(id, _)| id == "msp:kim").unwrap().1;
    assert!(why.starts_with("nobody has used it since 2027-"), "{why}");
}

#[test]
fn a_changed_file_concerns_its_org_and_one_that_is_about_no_org_concerns_all() {
    let seen = |files: &[(&str, Option<&str>, char)]| {
        let file = |(name, org, sha): &(&str, Option<&str>, char)| {
            (name.to_string(), json!({ "org": org, "sha256": sha.to_string().repeat(64) }))
        };
        let files: serde_json::Map<_, _> = files.iter().map(file).collect();
        let seen = json!({ "files": files, "in_force": {}, "matrices": { "home": "a", "away": "b" } });
        serde_json::from_value::<crate::policy::Seen>(seen).unwrap()
    };
    let (all, home, away) = ("policy/rules.toml", "policy/orgs/home.toml", "policy/orgs/away.toml");
    let known = seen(&[(all, None, '0'), (home, Some("home"), '0'), (away, Some("away"), '0')]);
    for (now, orgs) in [
        (seen(&[(all, None, '0'), (home, Some("home"), '0'), (away, Some("away"), '0')]), &[][..]),
        (seen(&[(all, None, '0'), (home, Some("home"), '1'), (away, Some("away"), '0')]), &["home"]),
        (seen(&[(all, None, '0'), (home, Some("home"), '0')]), &["away"]),
        (seen(&[(all, None, '1'), (home, Some("home"), '0'), (away, Some("away"), '0')]), &["away", "home"]),
    ] {
        let concerned = super::super::in_force::concerned(&known, &now);
        assert_eq!(concerned.iter().map(OrgId::as_str).collect::<Vec<_>>(), orgs);
    }
}
