//! When which check is due. Pure: instants and chance are arguments.
//!
//! Invariants: a check is looked at most once in 30 seconds; all together no more than [`BURST`] begin within
//! [`REFILL`], whatever policies come in which order; a result stands until the check is looked at again or leaves
//! the policy.

use std::{collections::BTreeMap, time::Duration};

use dogwatch_model::{Check, CheckWatch};
use dogwatch_proto::conversions::limits;
use tokio::time::Instant;

use super::probe::{Looked, Memory};
use crate::policy::Watched;

/// Checks that may begin at once: a whole policy.
const BURST: u32 = 64;
/// The time after which as many may begin again: the shortest interval.
const REFILL: Duration = Duration::from_secs(limits::CHECK_EVERY_SECONDS as u64);
/// Intervals are this much longer by chance, so that checks spread.
const JITTER: f64 = 0.1;
/// What is due within this is looked at together: fewer wake-ups.
const TOGETHER: Duration = Duration::from_secs(1);

/// Every check of the policy, when it is due, and what it came to.
#[derive(Debug, Default)]
pub(super) struct Plan {
    checks: BTreeMap<String, Planned>,
    budget: Budget,
}

#[derive(Debug)]
struct Planned {
    watch: CheckWatch,
    due: Instant,
    memory: Memory,
    result: Option<Check>,
}

impl Plan {
    /// Takes up the policy: what is new or was changed is due now, the rest goes on.
    pub(super) fn follow(&mut self, watched: &Watched, now: Instant) {
        let mut before = std::mem::take(&mut self.checks);
        for watch in &watched.checks {
            let known = before.remove(&watch.name).filter(|known| known.watch == *watch);
            let planned = known.unwrap_or_else(|| Planned {
                watch: watch.clone(),
                due: now,
                memory: Memory::default(),
                result: None,
            });
            self.checks.insert(watch.name.clone(), planned);
        }
    }

    /// Somebody asks: everything is due now.
    pub(super) fn all_due(&mut self, now: Instant) {
        self.checks.values_mut().for_each(|check| check.due = check.due.min(now));
    }

    /// What is due, as far as the budget goes, each with what it remembers.
    pub(super) fn take_due(&mut self, now: Instant) -> Vec<(CheckWatch, Memory)> {
        let due: Vec<_> = self.checks.values_mut().filter(|check| check.due <= now + TOGETHER).collect();
        let mut taken = Vec::new();
        for check in due {
            if !self.budget.take(now) {
                break;
            }
            // Until the look is noted; one that was lost on the way comes again.
            check.due = now + interval(&check.watch, 0.0);
            taken.push((check.watch.clone(), std::mem::take(&mut check.memory)));
        }
        taken
    }

    /// Takes what a look came to.
    pub(super) fn note(&mut self, looked: Looked, now: Instant, unit: f64) {
        let Looked { watch, memory, verdict } = looked;
        let Some(planned) = self.checks.get_mut(&watch.name).filter(|planned| planned.watch == watch) else {
            return;
        };
        planned.result = Some(verdict.named(&watch.name, watch.probe.kind()));
        planned.memory = memory;
        planned.due = now + interval(&watch, unit);
    }

    /// The earliest instant at which something is due and may begin.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let due = self.checks.values().map(|check| check.due).min()?;
        Some(self.budget.ready_at().map_or(due, |ready| due.max(ready)))
    }

    /// What each came to, by name.
    pub(super) fn results(&self) -> impl Iterator<Item = &Check> {
        self.checks.values().filter_map(|check| check.result.as_ref())
    }
}

fn interval(watch: &CheckWatch, unit: f64) -> Duration {
    Duration::from_secs(watch.every_seconds.into()).max(REFILL).mul_f64(1.0 + JITTER * unit.clamp(0.0, 1.0))
}

/// How many checks may begin: tokens that fill up steadily.
#[derive(Debug)]
struct Budget {
    tokens: f64,
    at: Option<Instant>,
}

impl Default for Budget {
    fn default() -> Self {
        Self { tokens: f64::from(BURST), at: None }
    }
}

impl Budget {
    fn take(&mut self, now: Instant) -> bool {
        let since = self.at.map_or(Duration::ZERO, |at| now.saturating_duration_since(at));
        let filled = since.as_secs_f64() / REFILL.as_secs_f64() * f64::from(BURST);
        self.tokens = (self.tokens + filled).min(f64::from(BURST));
        self.at = Some(now);
        let enough = self.tokens >= 1.0;
        self.tokens -= if enough { 1.0 } else { 0.0 };
        enough
    }

    /// When the next token is there; `None` when one is.
    fn ready_at(&self) -> Option<Instant> {
        let missing = 1.0 - self.tokens;
        let wait = REFILL.mul_f64((missing.max(0.0)) / f64::from(BURST));
        self.at.filter(|_| missing > 0.0).map(|at| at + wait)
    }
}

#[cfg(test)]
mod tests {
    use dogwatch_model::{Probe, Target};
    use proptest::prelude::*;

    use super::*;
    use crate::sources::checks::failed;

    fn watch(name: &str, port: u16, every_seconds: u32) -> CheckWatch {
        let probe = Probe::Tcp(Target { host: None, port });
        CheckWatch { name: name.to_owned(), every_seconds, probe }
    }

    fn watched(checks: Vec<CheckWatch>) -> Watched {
        Watched { checks, ..Watched::default() }
    }

    fn names(taken: &[(CheckWatch, Memory)]) -> Vec<&str> {
        taken.iter().map(|(watch, _)| watch.name.as_str()).collect()
    }

    #[test]
    fn a_changed_check_is_due_at_once_and_the_others_go_on() {
        let (mut plan, now) = (Plan::default(), Instant::now());
        plan.follow(&watched(vec![watch("a", 1, 60), watch("b", 2, 60)]), now);
        let taken = plan.take_due(now);
        assert_eq!(names(&taken), ["a", "b"]);
        for (watch, memory) in taken {
            plan.note(Looked { watch, memory, verdict: failed("no") }, now, 0.0);
        }
        assert!(plan.take_due(now + Duration::from_secs(58)).is_empty());
        plan.follow(&watched(vec![watch("a", 1, 60), watch("b", 3, 60)]), now);
        assert_eq!(plan.results().count(), 1, "what b was is not what b is");
        assert_eq!(names(&plan.take_due(now)), ["b"]);
        assert_eq!(plan.next_due(), Some(now + Duration::from_secs(60)));
    }

    #[test]
    fn a_late_answer_to_what_is_not_asked_any_more_is_dropped() {
        let (mut plan, now) = (Plan::default(), Instant::now());
        plan.follow(&watched(vec![watch("a", 1, 60)]), now);
        let (old, memory) = plan.take_due(now).remove(0);
        plan.follow(&watched(vec![watch("a", 2, 60)]), now);
        plan.note(Looked { watch: old, memory, verdict: failed("no") }, now, 0.0);
        assert_eq!(plan.results().count(), 0);
    }

    proptest! {
        /// A collector that changes its mind all the time does not make a scanner of the agent.
        #[test]
        fn no_sequence_of_policies_begins_more_than_a_burst_each_half_minute(
            steps in prop::collection::vec((0_u64..4000, 1_u16..9999, any::<bool>()), 1..200),
        ) {
            let (mut plan, begin) = (Plan::default(), Instant::now());
            let (mut now, mut began) = (begin, 0_u32);
            for (millis, port, ask) in steps {
                now += Duration::from_millis(millis);
                plan.follow(&watched((0..64).map(|n| watch(&format!("c{n}"), port + n, 30)).collect()), now);
                if ask {
                    plan.all_due(now);
                }
                began += u32::try_from(plan.take_due(now).len()).unwrap();
            }
            let elapsed = (now - begin).as_secs_f64() / REFILL.as_secs_f64();
            prop_assert!(f64::from(began) <= f64::from(BURST) * (1.0 + elapsed) + 1.0);
        }
    }
}
