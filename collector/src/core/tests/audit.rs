//! The audit: what is done is on record, in its org's chain, in the same commit.

use crate::{
    access::{Act, Factor, Login, NewPerson, NewToken, Scope, Verbs},
    identity::{Proved, ProviderId},
};
use dogwatch_triage::audit::{Chain, Deed, Record, Source, Verifier, Witness};

use super::*;
use crate::{audit::sha256, authority::audit_key::AuditKey, storage::Entry};

fn home() -> Chain {
    Chain::Org(org())
}

/// Every record of a chain, verified.
fn records(sim: &mut Sim, chain: &Chain) -> Vec<Record> {
    let mut verifier = Verifier::new(chain.clone(), sha256, Vec::new());
    let lines = sim.ask(|reply| Command::ReadAudit(chain.clone(), 0, reply)).unwrap();
    lines.iter().map(|line| verifier.take_line(std::str::from_utf8(line).unwrap()).unwrap()).collect()
}

fn settle(sim: &mut Sim) {
    let mut chores = super::super::chores::Chores::new(&settings(), sim.now);
    for _ in 0..2 {
        sim.now += SignedDuration::from_secs(31);
        sim.core.do_chores(&mut chores, sim.now).unwrap();
    }
}

#[test]
fn records_that_the_view_lacks_are_not_told_as_removed() {
    let mut sim = Sim::new();
    sim.join_token(1);
    {
        let mut state = sim.handle.shared.write().unwrap();
        for _ in 0..crate::audit::MAX_RECENT {
            state.audit.append(sim.now, Deed::new("login.failed", "somebody unknown", None));
        }
    }
    let refused = sim.ask(|reply| Command::ReadAudit(home(), 0, reply)).unwrap_err();
    assert_eq!(refused.code, Code::Unavailable, "{refused}");
    assert!(sim.ask(|reply| Command::ReadAudit(Chain::Collector, 0, reply)).is_ok(), "the young are there");
    settle(&mut sim);
    assert_eq!(records(&mut sim, &home()).len(), 1, "once the view has them they are told");
}

#[test]
fn an_act_is_on_record_with_what_it_changed_in_the_same_commit() {
    let mut sim = Sim::new();
    // The first step of all notes what is in force, and the first use of a right in a day that it is used.
    sim.join_token(1);
    sim.join_token(1);
    let committed = sim.disk.store.lock().unwrap().load().unwrap().tail;
    let tables = |changes: &ChangeSet| {
        let table = |entry: &Entry| match entry {
            Entry::Row(row) => Some(row.table),
            Entry::Report(_) => None,
        };
        changes.entries.iter().filter_map(table).collect::<Vec<_>>()
    };
    assert_eq!(tables(committed.last().unwrap()), [Table::JoinTokens, Table::Audit, Table::Meta]);
    let enrolled = sim.enrol(b"key").unwrap();
    let revoke = |reply| {
        Command::SetEndpointState(
            enrolled.id,
            dogwatch_model::EndpointState::Revoked,
            person(Side::Internal),
            reply,
        )
    };
    sim.ask(revoke).unwrap();
    let all = records(&mut sim, &home());
    let acts: Vec<_> = all.iter().map(|record| record.act.as_str()).collect();
    assert_eq!(acts, ["join-token.create", "join-token.create", "endpoint.enrol", "endpoint.revoked"]);
    let all = &all[1..];
    let by = all[2].by.as_ref().unwrap();
    assert_eq!((by.person.as_str(), by.side, by.org.clone()), ("kim", Side::Internal, Some(org())));
    assert_eq!(all[2].before.as_ref().unwrap()["state"], "active");
    assert_eq!(all[2].after.as_ref().unwrap()["state"], "revoked");
    assert_eq!(all[1].by, None, "an endpoint joins by itself");
    let text: String = all.iter().map(Record::line).collect();
    assert!(!text.contains(&Sha256::of(b"secret").to_string()), "no hash of a secret");
}

#[test]
fn what_is_done_by_a_token_that_somebody_else_made_tells_whose_it_is() {
    let mut sim = Sim::new();
    sim.join_token(1);
    let maker = person(Side::Internal).key();
    let omar = Principal { person: "omar".parse().unwrap(), ..person(Side::Internal) };
    let by_kim = Principal { maker: Some(maker.clone()), token: Some("0a1b2c3d4e".into()), ..omar.clone() };
    let own = Principal { maker: Some(omar.key()), token: Some("5f60718293".into()), ..omar };
    for (name, by) in [("pat", by_kim), ("eve", own)] {
        let person = NewPerson {
            id: name.parse().unwrap(),
            side: Side::Internal,
            home: Scope::Org(org()),
            team: None,
            service: false,
        };
        let verbs = (Verbs::EVERYBODY, format!("g-{name}"));
        let act = Act::Invite { person, verbs, reason: "works here".into(), invitation: None };
        sim.ask(|reply| Command::Access(Box::new(act), by, reply)).unwrap();
    }
    let all = records(&mut sim, &home());
    let [older, theirs, own] = all.as_slice() else { panic!("{all:?}") };
    assert!(
        !older.line().contains("maker") && !older.line().contains("\"token\""),
        "as chains of before are"
    );
    let by = theirs.by.as_ref().unwrap();
    let made = by.maker.as_ref().map(|maker| (maker.person.clone(), maker.org.clone()));
    assert_eq!((by.person.as_str(), by.token.as_deref()), ("omar", Some("0a1b2c3d4e")));
    assert_eq!(made, Some((maker.id, maker.org)));
    let by = own.by.as_ref().unwrap();
    assert_eq!((by.token.as_deref(), by.maker.as_ref()), (Some("5f60718293"), None));
}

#[test]
fn a_refused_act_leaves_no_record() {
    let mut sim = Sim::new();
    let refused = sim.ask(|reply| Command::RevokeJoinToken("none".into(), person(Side::Msp), reply));
    assert!(refused.is_err());
    assert_eq!(records(&mut sim, &home()), []);
}

#[test]
fn a_chain_goes_on_where_it_was_after_every_kind_of_stop() {
    let mut sim = Sim::new();
    sim.join_token(1);
    let mut sim = sim.restart_after(SignedDuration::from_secs(1));
    sim.join_token(1);
    settle(&mut sim);
    assert_eq!(records(&mut sim, &home()).len(), 2, "the view has them");
    sim.join_token(1);
    let mut sim = sim.restart_after(SignedDuration::from_secs(1));
    sim.join_token(1);
    let all = records(&mut sim, &home());
    assert_eq!(all.iter().map(|record| record.seq).collect::<Vec<_>>(), [1, 2, 3, 4]);
}

#[test]
fn each_org_has_its_own_chain_and_the_collector_one_more() {
    let mut sim = Sim::new();
    sim.join_token(1);
    let by = Principal { org: None, ..person(Side::Msp) };
    let token = NewToken {
        hash: Sha256::of(b"t"),
        person: NewPerson {
            id: by.person.clone(),
            side: by.side,
            home: Scope::Everywhere,
            team: None,
            service: false,
        },
        scope: Scope::Everywhere,
        verbs: Verbs::EVERYBODY,
        expires_at: None,
        endless: false,
        asked_until: None,
    };
    sim.ask(|reply| Command::Access(Box::new(Act::MakeToken(Box::new(token))), by, reply)).unwrap();
    let of = |records: Vec<Record>| records.into_iter().map(|r| (r.seq, r.act)).collect::<Vec<_>>();
    assert_eq!(of(records(&mut sim, &home())), [(1, "join-token.create".to_owned())]);
    assert_eq!(of(records(&mut sim, &Chain::Collector)), [(1, "token.create".to_owned())]);
}

#[test]
fn checkpoints_are_signed_by_the_clock_and_on_demand_and_stand_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let key = || Arc::new(AuditKey::open_or_make(folder.path()).unwrap());
    let mut sim = Sim::new();
    sim.handle.sign_audit_with(key());
    sim.join_token(1);
    settle(&mut sim);
    sim.join_token(1);
    let given = sim.ask(|reply| Command::ReadCheckpoints(home(), reply)).unwrap();
    assert_eq!(given.iter().map(|checkpoint| checkpoint.seq).collect::<Vec<_>>(), [1, 2]);
    let public =
        aws_lc_rs::signature::UnparsedPublicKey::new(&aws_lc_rs::signature::ED25519, key().public().0);
    for checkpoint in &given {
        public.verify(&checkpoint.statement().bytes(), &checkpoint.signature.0).unwrap();
    }
    let mut sim = sim.restart_after(SignedDuration::from_secs(1));
    let kept = sim.ask(|reply| Command::ReadCheckpoints(home(), reply)).unwrap();
    assert_eq!(
        kept.iter().map(|checkpoint| checkpoint.seq).collect::<Vec<_>>(),
        [1],
        "the other was not kept"
    );
    let held = given.into_iter().map(|checkpoint| Witness { checkpoint, source: Source::Held }).collect();
    let mut verifier = Verifier::new(home(), sha256, held);
    for record in records(&mut sim, &home()) {
        verifier.take_line(&record.line()).unwrap();
    }
    assert_eq!(verifier.finish().unwrap().seq, 2);
}

#[test]
fn a_login_by_a_provider_is_on_record_once_with_the_provider() {
    let mut sim = Sim::new();
    let proved = Proved {
        provider: ProviderId::parse("entra").unwrap(),
        issuer: "https://id.example".into(),
        subject: "0815".into(),
        principal: Principal { person: "noa".parse().unwrap(), ..person(Side::Internal) },
        adopts: false,
        grants: Vec::new(),
        lasts: SignedDuration::from_hours(1),
    };
    let who = sim.ask(|reply| Command::SignIn(Box::new(proved), reply)).unwrap().key();
    let login = Login {
        who,
        set_at: None,
        factor: Factor::Elsewhere,
        hash: Sha256::of(b"session"),
        browser: true,
        instead_of: None,
    };
    sim.ask(|reply| Command::Login(Box::new(login), reply)).unwrap();
    let told: Vec<_> = records(&mut sim, &home()).into_iter().map(|record| (record.act, record.on)).collect();
    let told: Vec<_> = told.iter().map(|(act, on)| (act.as_str(), on.as_str())).collect();
    assert_eq!(told, [("person.come", "home:noa"), ("login", "home:noa by entra")]);
}

#[test]
fn what_changes_nothing_is_answered_and_not_recorded_again() {
    let mut sim = Sim::new();
    let owner = person(Side::Internal);
    let guest = format!("{}:mira", Side::Msp);
    let approve = Act::Approve(guest, org());
    let end = Act::End(format!("{}:lee", Side::Internal), "moved on".into());
    for act in [&approve, &end] {
        let counts: Vec<usize> = (0..2)
            .map(|_| {
                let act = Box::new(act.clone());
                sim.ask(|reply| Command::Access(act, owner.clone(), reply)).unwrap();
                records(&mut sim, &home()).iter().filter(|record| record.act.starts_with("grant.")).count()
            })
            .collect();
        assert_eq!(counts[0], counts[1], "{act:?}");
        assert!(counts[0] > 0, "{act:?}");
    }
}
