//! Calls that can hang, such as a look at a file of a network mount: on another thread, with a limit. One that hangs is not
//! joined by a second of the same check.

use std::time::Duration;

use tokio::task::JoinHandle;

/// A call that has not come back.
#[derive(Debug, Default)]
pub(super) struct Hanging(Option<JoinHandle<()>>);

/// It did not come back in time, or an earlier one still has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the file system does not answer")]
pub(super) struct Hangs;

/// How long a file system may take.
const LIMIT: Duration = Duration::from_secs(5);

impl Hanging {
    /// Makes a call, and waits for it for a while.
    pub(super) async fn call<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Hangs> {
        self.call_within(LIMIT, work).await
    }

    async fn call_within<T: Send + 'static>(
        &mut self,
        limit: Duration,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Hangs> {
        if self.0.as_ref().is_some_and(|earlier| !earlier.is_finished()) {
            return Err(Hangs);
        }
        let (done, answer) = tokio::sync::oneshot::channel();
        self.0 = Some(tokio::task::spawn_blocking(move || drop(done.send(work()))));
        let answer = tokio::time::timeout(limit, answer).await.map_err(|_| Hangs)?;
        self.0 = None;
        answer.map_err(|_| Hangs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_call_that_hangs_is_left_alone_and_not_repeated_until_it_is_back() {
        let mut hanging = Hanging::default();
        assert_eq!(hanging.call(|| 7).await, Ok(7));
        let (release, held) = std::sync::mpsc::channel::<()>();
        assert_eq!(
            hanging.call_within(Duration::from_millis(20), move || held.recv().is_ok()).await,
            Err(Hangs)
        );
        assert_eq!(hanging.call(|| 7).await, Err(Hangs));
        drop(release);
        while hanging.0.as_ref().is_some_and(|earlier| !earlier.is_finished()) {
            tokio::task::yield_now().await;
        }
        assert_eq!(hanging.call(|| 7).await, Ok(7));
    }
}
