//! What was done under an `Idempotency-Key`, so that who asks twice has it done once.
//!
//! Invariants:
//! * The mark of a key is in the same commit as the effect. After a crash between effect and answer the mark says that it was
//!   done; it is never done again.
//! * Nothing here opens anything: a key and its request are kept as HMACs under the caller's own credential, and the answer,
//!   which may hold a new token, is sealed with a key made of both. The store alone reads neither.
//! * It is bounded: [`KEEP`], `PER_CALLER`, `IN_ALL`, `ANSWER_BYTES`. What has to go is the oldest of one caller's too many; where
//!   all have too many, of those whose people have the most. However much one org writes, another's keys are known.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::OrgId;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{access::Sha256, shares::Shares};

/// How long a key is known: a day, so that a job that failed over night is safely run again in the morning.
pub const KEEP: SignedDuration = SignedDuration::from_hours(24);

/// Keys of one caller: a script that writes once a second for eight minutes.
const PER_CALLER: usize = 500;

/// Keys of all: some hundred bytes each.
const IN_ALL: usize = 10_000;

/// Bytes of answers of all: a thousand alerts with the last of their timelines. Then answers go as keys do, and their keys
/// still say that it was done.
const ANSWER_BYTES: usize = 16 * 1024 * 1024;

/// Keys that are forgotten at once; the rest goes with the next beats.
const FORGET_AT_ONCE: usize = 256;

/// A request under a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Once {
    /// Who asks, by the short id of their token.
    pub caller: String,
    /// Whose people they belong to; absent for the MSP's.
    pub org: Option<OrgId>,
    /// The key, under the caller's credential.
    pub id: Sha256,
    /// What is asked for, under the same.
    pub request: Sha256,
    /// Where it is asked for.
    pub path: String,
    /// Which of the tries this is: one try may do several things, two tries only one.
    pub attempt: u64,
}

/// What is known of a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mark {
    /// Who asked.
    pub caller: String,
    /// Whose people they belong to; absent for the MSP's, and where that was not written down yet.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// What was asked for.
    pub request: Sha256,
    /// Where.
    pub path: String,
    /// When it was done.
    pub at: Timestamp,
    /// The answer, sealed, in base64; absent when the collector died before it was given, or it was too long.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// Which try did it, as long as that matters.
    #[serde(skip)]
    pub attempt: u64,
}

/// A change of the ledger to be kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// It is to be written as it is now.
    Put(Sha256),
    /// It is to be removed.
    Gone(Sha256),
}

type Age = (Timestamp, Sha256);

/// By whose people, and by caller.
type Held = Shares<Option<OrgId>, String, Age>;

/// Every key that is known.
#[derive(Debug, Default)]
pub struct Ledger {
    marks: BTreeMap<Sha256, Mark>,
    ages: BTreeSet<Age>,
    held: Held,
    /// Those with an answer, by its bytes.
    answered: Held,
}

impl Ledger {
    /// What is known of a key.
    pub fn get(&self, id: &Sha256) -> Option<&Mark> {
        self.marks.get(id)
    }

    /// Whether another try has done it already.
    pub(crate) fn is_done_by_another(&self, once: &Once) -> bool {
        self.marks.get(&once.id).is_some_and(|mark| mark.attempt != once.attempt)
    }

    /// Marks a request as done. Gives what changed.
    pub(crate) fn mark(&mut self, once: Once, at: Timestamp) -> Vec<Kept> {
        if self.marks.contains_key(&once.id) {
            return Vec::new();
        }
        let Once { caller, org, id, request, path, attempt } = once;
        let mut kept = vec![Kept::Put(id)];
        let (whose, who) = (org.clone(), caller.clone());
        self.insert(id, Mark { caller, org, request, path, at, answer: None, attempt });
        let oldest = if self.held.weight_of(&whose, &who) > PER_CALLER {
            self.held.oldest_of(&whose, &who).copied()
        } else if self.marks.len() > IN_ALL {
            self.held.oldest_of_heaviest().map(|(_, _, age)| age)
        } else {
            None
        };
        kept.extend(oldest.and_then(|(_, id)| self.remove(&id)));
        kept
    }

    /// Keeps the sealed answer of what was done. Gives what changed.
    pub(crate) fn answer(&mut self, id: Sha256, answer: String) -> Vec<Kept> {
        let Some(mark) = self.marks.get_mut(&id).filter(|mark| mark.answer.is_none()) else {
            return Vec::new();
        };
        self.answered.insert((mark.org.clone(), mark.caller.clone(), (mark.at, id)), answer.len());
        mark.answer = Some(answer);
        let mut kept = vec![Kept::Put(id)];
        while self.answered.weight() > ANSWER_BYTES
            && let Some((org, caller, age)) = self.answered.oldest_of_heaviest()
        {
            self.answered.remove((&org, &caller, &age));
            if let Some(mark) = self.marks.get_mut(&age.1) {
                mark.answer = None;
            }
            kept.push(Kept::Put(age.1));
        }
        kept
    }

    /// Forgets what is older than a day, some of it. Gives what changed.
    pub(crate) fn forget_old(&mut self, now: Timestamp) -> Vec<Kept> {
        let old = self.ages.iter().take_while(|(at, _)| now.duration_since(*at) >= KEEP);
        let old: Vec<Sha256> = old.take(FORGET_AT_ONCE).map(|(_, id)| *id).collect();
        old.iter().filter_map(|id| self.remove(id)).collect()
    }

    /// A mark as storage has it.
    pub(crate) fn load(&mut self, id: Sha256, mark: Option<Mark>) {
        self.remove(&id);
        if let Some(mark) = mark {
            self.insert(id, mark);
        }
    }

    fn insert(&mut self, id: Sha256, mark: Mark) {
        let age = (mark.at, id);
        self.ages.insert(age);
        let held = (mark.org.clone(), mark.caller.clone(), age);
        if let Some(answer) = &mark.answer {
            self.answered.insert(held.clone(), answer.len());
        }
        self.held.insert(held, 1);
        self.marks.insert(id, mark);
    }

    fn remove(&mut self, id: &Sha256) -> Option<Kept> {
        let mark = self.marks.remove(id)?;
        let age = (mark.at, *id);
        self.ages.remove(&age);
        for held in [&mut self.held, &mut self.answered] {
            held.remove((&mark.org, &mark.caller, &age));
        }
        Some(Kept::Gone(*id))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn once(caller: &str, n: usize) -> Once {
        Once {
            caller: caller.to_owned(),
            org: None,
            id: Sha256::of(format!("{caller}{n}").as_bytes()),
            request: Sha256::of(b"request"),
            path: "/api/v1/tokens".to_owned(),
            attempt: 1,
        }
    }

    fn at(second: usize) -> Timestamp {
        Timestamp::from_second(i64::try_from(second).unwrap()).unwrap()
    }

    #[test]
    fn whoever_has_too_many_keys_loses_their_own_oldest() {
        let mut ledger = Ledger::default();
        ledger.mark(once("a", 0), at(0));
        for n in 0..PER_CALLER {
            assert_eq!(ledger.mark(once("b", n), at(n + 1)).len(), 1);
        }
        let kept = ledger.mark(once("b", PER_CALLER), at(9_999));
        assert_eq!(kept[1], Kept::Gone(once("b", 0).id));
        assert!(ledger.get(&once("a", 0).id).is_some());
    }

    #[test]
    fn there_are_no_more_keys_and_bytes_than_can_be_borne() {
        let mut ledger = Ledger::default();
        for n in 0..IN_ALL + 10 {
            ledger.mark(once(&format!("c{}", n % 100), n), at(n));
        }
        assert_eq!(ledger.marks.len(), IN_ALL);
        let (first, last) = (once("c10", 10), once("c11", 11));
        let half = "x".repeat(ANSWER_BYTES / 2 + 1);
        ledger.answer(first.id, half.clone());
        assert_eq!(ledger.answer(last.id, half), [Kept::Put(last.id), Kept::Put(first.id)]);
        assert_eq!(ledger.get(&first.id).unwrap().answer, None, "its key is known all the same");
        assert!(ledger.answered.weight() <= ANSWER_BYTES && ledger.get(&last.id).unwrap().answer.is_some());
    }

    #[test]
    fn an_org_that_writes_more_than_all_keys_loses_its_own_and_no_key_of_another() {
        let mut ledger = Ledger::default();
        let of = |org: &str, caller: &str, n| Once { org: Some(OrgId::new(org).unwrap()), ..once(caller, n) };
        let theirs = of("acme", "omar", 0);
        ledger.mark(theirs.clone(), at(0));
        ledger.answer(theirs.id, "sealed".to_owned());
        ledger.mark(of("globex", "colleague", 0), at(1));
        let large = "x".repeat(64 * 1024);
        for n in 0..IN_ALL + 2_000 {
            let flood = of("globex", &format!("t{}", n % 24), n);
            ledger.mark(flood.clone(), at(n + 2));
            if n % 20 == 0 {
                ledger.answer(flood.id, large.clone());
            }
        }
        // 24 callers have no more than so many each.
        for n in 0..IN_ALL {
            ledger.mark(of("globex", &format!("u{}", n % 24), n), at(n + 20_000));
        }
        assert_eq!(ledger.marks.len(), IN_ALL);
        assert_eq!(
            ledger.get(&theirs.id).unwrap().answer.as_deref(),
            Some("sealed"),
            "done once, and told again"
        );
        assert!(ledger.get(&once("colleague", 0).id).is_some(), "nor one of who writes little");
    }

    #[test]
    fn keys_are_known_for_a_day_also_across_a_restart() {
        let mut ledger = Ledger::default();
        ledger.mark(once("a", 1), at(0));
        ledger.answer(once("a", 1).id, "sealed".to_owned());
        let mark = ledger.get(&once("a", 1).id).cloned();
        let mut again = Ledger::default();
        again.load(once("a", 1).id, mark);
        assert_eq!(again.forget_old(at(86_399)), []);
        assert_eq!(again.forget_old(at(86_400)), [Kept::Gone(once("a", 1).id)]);
        assert!(again.marks.is_empty() && again.held.is_empty() && again.answered.is_empty());
    }

    #[test]
    fn a_second_try_does_nothing_that_the_first_has_done() {
        let mut ledger = Ledger::default();
        ledger.mark(once("a", 1), at(0));
        assert!(!ledger.is_done_by_another(&once("a", 1)), "one try may do several things");
        assert!(ledger.is_done_by_another(&Once { attempt: 2, ..once("a", 1) }));
    }
}
