//! Tasks with names, and an end that comes in order and in time.
//!
//! Tasks stop in the reverse of the order they were added in: sources first, so that nothing new comes in, the
//! uplink last, so that what they said last still goes out. Each has a time limit; one that does not keep it is
//! aborted and named in the log.

use std::{future::Future, pin::Pin, time::Duration};

use tokio::{task::JoinHandle, time::timeout};
use tokio_util::sync::CancellationToken;

struct Task {
    name: &'static str,
    cancel: CancellationToken,
    limit: Duration,
    handle: JoinHandle<()>,
}

/// The running tasks.
#[derive(Default)]
pub struct Lifecycle {
    tasks: Vec<Task>,
}

impl Lifecycle {
    /// Starts a task. It is handed the token that tells it to end.
    pub fn spawn<F: Future<Output = ()> + Send + 'static>(
        &mut self,
        name: &'static str,
        limit: Duration,
        task: impl FnOnce(CancellationToken) -> F,
    ) {
        let cancel = CancellationToken::new();
        // Boxed, all tasks are of one kind for the runtime, which has a kilobyte of program for each kind.
        let work: Pin<Box<dyn Future<Output = ()> + Send>> = Box::pin(task(cancel.clone()));
        let handle = tokio::spawn(work);
        self.tasks.push(Task { name, cancel, limit, handle });
    }

    /// Waits for the first task to end by itself, which none should; gives its name. Never ends without tasks.
    pub async fn first_end(&mut self) -> &'static str {
        std::future::poll_fn(|cx| {
            for task in &mut self.tasks {
                if Pin::new(&mut task.handle).poll(cx).is_ready() {
                    return std::task::Poll::Ready(task.name);
                }
            }
            std::task::Poll::Pending
        })
        .await
    }

    /// Ends all tasks, the last one added first.
    pub async fn drain(mut self) {
        while let Some(task) = self.tasks.pop() {
            task.cancel.cancel();
            if task.handle.is_finished() {
                continue;
            }
            let abort = task.handle.abort_handle();
            if timeout(task.limit, task.handle).await.is_err() {
                tracing::warn!(task = task.name, limit = ?task.limit, "task did not end in time");
                abort.abort();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[tokio::test]
    async fn tasks_end_in_reverse_order_and_a_stubborn_one_does_not_hold_up_the_rest() {
        let ended = Arc::new(Mutex::new(Vec::new()));
        let mut lifecycle = Lifecycle::default();
        for name in ["uplink", "reporter"] {
            let ended = ended.clone();
            lifecycle.spawn(name, Duration::from_secs(5), move |cancel| async move {
                cancel.cancelled().await;
                ended.lock().unwrap().push(name);
            });
        }
        lifecycle.spawn("stubborn", Duration::from_millis(1), |_| std::future::pending());
        lifecycle.drain().await;
        assert_eq!(*ended.lock().unwrap(), ["reporter", "uplink"]);
    }

    #[tokio::test]
    async fn a_task_that_ends_by_itself_is_named() {
        let mut lifecycle = Lifecycle::default();
        lifecycle.spawn("steady", Duration::ZERO, |_| std::future::pending());
        lifecycle.spawn("fleeting", Duration::ZERO, |_| std::future::ready(()));
        assert_eq!(lifecycle.first_end().await, "fleeting");
    }
}
