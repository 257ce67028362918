//! Who was turned away is on record, once an hour however often they come.

use dogwatch_model::EndpointState;
use dogwatch_triage::audit::{Chain, Record};

use super::*;
use crate::authority::standing::{KeyState, KeyStatus as _};

fn told(sim: &mut Sim, act: &str) -> Vec<Record> {
    sim.records(Chain::Org(org())).into_iter().filter(|record| record.act == act).collect()
}

#[test]
fn a_copy_that_was_kept_out_is_on_record_once_an_hour() {
    let mut sim = Sim::new();
    sim.join_token(1);
    let enrolled = sim.enrol(b"key").unwrap();
    let machine = |id: &str| Machine {
        starts: Some(1),
        evidence: MachineEvidence { machine_id_hash: Some(id.into()), ..MachineEvidence::default() },
        ..Machine::new(7)
    };
    let (_first, _) = sim.attach_as(enrolled.id, machine("original")).unwrap();
    for copy in 0..20_u128 {
        let other = Machine { epoch: 100 + copy, ..machine("a copy") };
        assert!(sim.attach_as(enrolled.id, other).is_err());
        sim.now += 1.minutes();
    }
    let clones = told(&mut sim, "endpoint.clone-refused");
    assert_eq!(clones.len(), 1);
    let after = clones[0].after.as_ref().unwrap();
    assert_eq!((&after["count"], &after["why"]), (&1.into(), &"its machine id is another".into()));
    assert!(clones[0].from.is_some());
    sim.now += 41.minutes();
    assert!(sim.attach_as(enrolled.id, Machine { epoch: 500, ..machine("a copy") }).is_err());
    let clones = told(&mut sim, "endpoint.clone-refused");
    let counts: Vec<_> = clones.iter().map(|one| one.after.as_ref().unwrap()["count"].clone()).collect();
    assert_eq!(counts, [1, 20]);
}

#[test]
fn a_revoked_machine_that_knocks_is_on_record_once_an_hour_and_one_of_nobodys_is_the_collectors() {
    let mut sim = Sim::new();
    sim.join_token(1);
    let enrolled = sim.enrol(b"key").unwrap();
    let by = person(Side::Internal);
    sim.ask(|reply| Command::SetEndpointState(enrolled.id, EndpointState::Revoked, by, reply)).unwrap();
    for _ in 0..5 {
        assert_eq!(sim.handle.status(&Sha256::of(b"key")), KeyState::Revoked);
        let knocked = sim.queue.try_recv().unwrap();
        sim.step(knocked);
    }
    let refused = told(&mut sim, "endpoint.refused");
    assert_eq!(refused.len(), 1);
    assert_eq!(refused[0].after.as_ref().unwrap()["why"], "it was revoked");
    assert_eq!(sim.handle.status(&Sha256::of(b"nobody's")), KeyState::Unknown);
    let knocked = sim.queue.try_recv().unwrap();
    sim.step(knocked);
    let all = sim.records(Chain::Collector);
    assert!(all.iter().any(|record| record.act == "endpoint.refused"), "{all:?}");
}
