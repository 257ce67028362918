//! Requests under a key: what they did and that it was done is one commit.

use super::*;
use crate::{once::Once, storage::Entry};

fn once(attempt: u64) -> Once {
    Once {
        caller: "t1".into(),
        org: None,
        id: Sha256::of(b"id"),
        request: Sha256::of(b"request"),
        path: "/api/v1/join-tokens".into(),
        attempt,
    }
}

impl Sim {
    /// Makes a join token under a key; whether it was answered.
    fn join_token_once(&mut self, attempt: u64) -> bool {
        let token = NewJoinToken {
            hash: Sha256::of(format!("secret {attempt}").as_bytes()),
            org: org(),
            site: SiteId::new("main").unwrap(),
            lifetime: SignedDuration::from_mins(60),
            uses: 1,
            approval: false,
        };
        let (reply, mut answer) = oneshot::channel();
        let command = Command::CreateJoinToken(token, person(Side::Msp), reply);
        self.step(Input::Command(Origin::default().with(once(attempt)), Box::new(command)));
        matches!(answer.try_recv(), Ok(Ok(_)))
    }

    fn join_tokens(&self) -> usize {
        self.handle.read(|state| state.join_tokens.len())
    }
}

#[test]
fn a_collector_that_dies_before_its_answer_knows_afterwards_that_it_was_done() {
    let mut sim = Sim::new();
    assert!(sim.join_token_once(1));
    let tail = sim.disk.store.lock().unwrap().load().unwrap().tail;
    let wrote = |table| {
        tail.last()
            .unwrap()
            .entries
            .iter()
            .any(|entry| matches!(entry, Entry::Row(row) if row.table == table))
    };
    assert!(wrote(Table::JoinTokens) && wrote(Table::Once) && wrote(Table::Audit), "one commit");
    let mut sim = sim.restart_after(SignedDuration::from_secs(1));
    let mark = sim.handle.read(|state| state.once.get(&once(1).id).cloned()).unwrap();
    assert_eq!((mark.answer, mark.path.as_str()), (None, "/api/v1/join-tokens"));
    assert!(!sim.join_token_once(1), "done before is done");
    assert_eq!(sim.join_tokens(), 1);
}

#[test]
fn of_two_tries_that_reach_the_core_one_does_it() {
    let mut sim = Sim::new();
    assert!(sim.join_token_once(1));
    assert!(!sim.join_token_once(2));
    assert_eq!(sim.join_tokens(), 1);
}

#[test]
fn an_answer_is_kept_across_a_restart_and_for_a_day() {
    let mut sim = Sim::new();
    sim.join_token_once(1);
    sim.ask(|reply| Command::KeepAnswer(once(1).id, "sealed".into(), reply)).unwrap();
    let mut sim = sim.restart_after(SignedDuration::from_secs(1));
    let answer =
        |sim: &Sim| sim.handle.read(|state| state.once.get(&once(1).id).map(|mark| mark.answer.clone()));
    assert_eq!(answer(&sim), Some(Some("sealed".into())));
    let mut chores = super::super::chores::Chores::new(&settings(), sim.now);
    sim.now += SignedDuration::from_hours(25);
    sim.core.do_chores(&mut chores, sim.now).unwrap();
    assert_eq!(answer(&sim), None);
}
