//! What a provider has told of one thing, remembered for a while; who has it fresh never waits for who asks.
//!
//! One question is under way at a time. Whoever finds one takes its answer, a failure too: a provider that does not answer
//! costs a crowd at the door one time-out, not one after the other.

use std::{
    future::Future,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

/// The answers to one question.
pub(super) struct Told<T> {
    latest: Mutex<Latest<T>>,
    /// Whose turn it is to ask.
    turn: tokio::sync::Mutex<()>,
}

/// What was told, or what went wrong.
type Answer<T> = Result<Arc<T>, String>;

struct Latest<T> {
    told: Option<(Instant, Arc<T>)>,
    failed: Option<(Instant, String)>,
}

impl<T> Default for Told<T> {
    fn default() -> Self {
        Self { latest: Mutex::new(Latest { told: None, failed: None }), turn: tokio::sync::Mutex::default() }
    }
}

impl<T> Told<T> {
    /// What was told not longer ago than this.
    pub(super) fn within(&self, age: Duration) -> Option<Arc<T>> {
        let latest = self.latest();
        latest.told.as_ref().filter(|(at, _)| at.elapsed() < age).map(|(_, told)| Arc::clone(told))
    }

    /// What went wrong not longer ago than this, if nothing was told since.
    pub(super) fn failed_within(&self, age: Duration) -> Option<String> {
        let latest = self.latest();
        latest.failed.as_ref().filter(|(at, _)| at.elapsed() < age).map(|(_, what)| what.clone())
    }

    /// Asks, or waits for who is asking already; the question takes no longer than its own limit.
    pub(super) async fn ask(&self, question: impl Future<Output = Result<T, String>>) -> Answer<T> {
        let begun = Instant::now();
        let _turn = self.turn.lock().await;
        match self.since(begun) {
            Some(answer) => answer,
            None => self.put(question).await,
        }
    }

    /// The same where it may be asked now; who is asking already is waited for all the same.
    pub(super) async fn ask_if(
        &self,
        may: impl FnOnce() -> bool,
        question: impl Future<Output = Result<T, String>>,
    ) -> Option<Answer<T>> {
        let begun = Instant::now();
        let _turn = self.turn.lock().await;
        match self.since(begun) {
            Some(answer) => Some(answer),
            None if may() => Some(self.put(question).await),
            None => None,
        }
    }

    /// Puts the question and remembers what came of it.
    async fn put(&self, question: impl Future<Output = Result<T, String>>) -> Answer<T> {
        let answer = question.await.map(Arc::new);
        let mut latest = self.latest();
        match &answer {
            Ok(told) => *latest = Latest { told: Some((Instant::now(), Arc::clone(told))), failed: None },
            Err(what) => latest.failed = Some((Instant::now(), what.clone())),
        }
        answer
    }

    /// What came of a question that ended since then.
    fn since(&self, begun: Instant) -> Option<Answer<T>> {
        let latest = self.latest();
        let failed = latest.failed.as_ref().filter(|(at, _)| *at >= begun);
        let told = latest.told.as_ref().filter(|(at, _)| *at >= begun);
        failed.map(|(_, what)| Err(what.clone())).or_else(|| told.map(|(_, told)| Ok(Arc::clone(told))))
    }

    fn latest(&self) -> MutexGuard<'_, Latest<T>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    /// A crowd that asks while the first question is under way; gives what each was told and how often it was asked.
    async fn crowd(told: &Told<u32>, answer: Result<u32, String>) -> (Vec<Answer<u32>>, u32) {
        let (asked, gate) = (AtomicU32::new(0), Semaphore::new(0));
        let one = || {
            told.ask(async {
                asked.fetch_add(1, Ordering::Relaxed);
                gate.acquire().await.unwrap().forget();
                answer.clone()
            })
        };
        let opens = async { gate.add_permits(3) };
        // In this order: all have asked before the first is answered.
        let (first, second, third, ()) = tokio::join!(biased; one(), one(), one(), opens);
        (vec![first, second, third], asked.into_inner())
    }

    #[tokio::test]
    async fn a_crowd_asks_once_and_all_are_told_the_same_a_failure_too() {
        let told = Told::default();
        let away = || Err("no answer".to_owned());
        assert_eq!(crowd(&told, Err("no answer".to_owned())).await, (vec![away(), away(), away()], 1));
        assert_eq!(told.failed_within(HOUR).as_deref(), Some("no answer"));
        let seven = || Ok(Arc::new(7));
        assert_eq!(crowd(&told, Ok(7)).await, (vec![seven(), seven(), seven()], 1));
        assert_eq!((told.within(HOUR), told.failed_within(HOUR)), (Some(Arc::new(7)), None));
    }

    #[tokio::test]
    async fn who_has_it_fresh_does_not_wait_for_who_asks_and_keeps_it_when_that_fails() {
        let told = Told::default();
        told.ask(async { Ok(1) }).await.unwrap();
        let gate = Semaphore::new(0);
        let asks = told.ask(async {
            gate.acquire().await.unwrap().forget();
            Err("no answer".to_owned())
        });
        let reads = async {
            let fresh = told.within(HOUR);
            gate.add_permits(1);
            fresh
        };
        let (failed, fresh) = tokio::join!(biased; asks, reads);
        assert_eq!((failed, fresh), (Err("no answer".to_owned()), Some(Arc::new(1))));
        assert_eq!(told.within(HOUR), Some(Arc::new(1)));
        assert_eq!(told.within(Duration::ZERO), None);
    }
    #[tokio::test]
    async fn what_may_not_be_asked_again_yet_is_taken_from_who_is_asking() {
        let told = Told::default();
        let never = || told.ask_if(|| false, async { Ok(2) });
        assert_eq!(never().await, None);
        let gate = Semaphore::new(0);
        let asks = told.ask(async {
            gate.acquire().await.unwrap().forget();
            Ok(1)
        });
        let opens = async { gate.add_permits(1) };
        let (first, second, ()) = tokio::join!(biased; asks, never(), opens);
        assert_eq!((first, second), (Ok(Arc::new(1)), Some(Ok(Arc::new(1)))));
    }
}
