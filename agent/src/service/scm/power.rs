//! The machine sleeps and wakes: what the manager says of it, handed over to the agent, and how long the manager waits.
//!
//! The machine sleeps once every service has answered, so the answer is held back until the agent is away from its
//! collector, or has had its time. Machines with Modern Standby tell nothing: they do not sleep in that sense, and what is
//! noticed afterwards by the clocks has to do.

use std::{
    sync::{Condvar, LazyLock, Mutex, PoisonError},
    time::Duration,
};

use tokio::sync::watch;
use windows_service::service::PowerEventParam;

use crate::{link_status::LinkState, uplink::FAREWELL, wishes::Wish};

static NEWS: LazyLock<watch::Sender<Option<Wish>>> = LazyLock::new(|| watch::Sender::new(None));
static LINK: Link = Link::new();

/// What the manager says from now on.
pub fn power_news() -> watch::Receiver<Option<Wish>> {
    NEWS.subscribe()
}

/// Takes the manager's word; comes back when the machine may go on.
pub(super) fn take(event: &PowerEventParam) {
    let Some(wish) = meaning(event) else { return };
    tracing::info!(?wish, "the service manager tells of a sleep of the machine");
    NEWS.send_replace(Some(wish));
    if wish == Wish::Sleep && !LINK.is_closed_within(FAREWELL) {
        tracing::warn!(limit = ?FAREWELL, "the machine goes to sleep before the goodbye is through");
    }
}

/// The link's line for people, of which its first word counts.
pub(super) fn follow(line: &str) {
    let word = line.split(':').next().and_then(|word| word.parse().ok());
    LINK.set_open(matches!(word, Some(LinkState::Streaming | LinkState::Draining)));
}

/// A machine that wakes by itself says so, and says it again when somebody is there.
const fn meaning(event: &PowerEventParam) -> Option<Wish> {
    match event {
        PowerEventParam::Suspend => Some(Wish::Sleep),
        PowerEventParam::ResumeAutomatic
        | PowerEventParam::ResumeSuspend
        | PowerEventParam::ResumeCritical
        | PowerEventParam::QuerySuspendFailed => Some(Wish::Wake),
        _ => None,
    }
}

/// Whether there is somebody to say goodbye to.
struct Link {
    is_open: Mutex<bool>,
    changed: Condvar,
}

impl Link {
    const fn new() -> Self {
        Self { is_open: Mutex::new(false), changed: Condvar::new() }
    }

    fn set_open(&self, is_open: bool) {
        *self.is_open.lock().unwrap_or_else(PoisonError::into_inner) = is_open;
        self.changed.notify_all();
    }

    fn is_closed_within(&self, limit: Duration) -> bool {
        let is_open = self.is_open.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.changed.wait_timeout_while(is_open, limit, |is_open| *is_open);
        !*waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[test]
    fn a_sleep_is_told_before_it_and_a_wake_however_it_comes() {
        assert_eq!(meaning(&PowerEventParam::Suspend), Some(Wish::Sleep));
        assert_eq!(meaning(&PowerEventParam::ResumeAutomatic), Some(Wish::Wake));
        assert_eq!(meaning(&PowerEventParam::ResumeCritical), Some(Wish::Wake));
        assert_eq!(meaning(&PowerEventParam::PowerStatusChange), None);
        let mut news = power_news();
        take(&PowerEventParam::Suspend);
        assert_eq!(*news.borrow_and_update(), Some(Wish::Sleep));
        take(&PowerEventParam::ResumeSuspend);
        assert_eq!(*news.borrow_and_update(), Some(Wish::Wake));
    }

    #[test]
    fn the_machine_waits_for_the_goodbye_but_not_for_ever() {
        let link = Arc::new(Link::new());
        assert!(link.is_closed_within(Duration::ZERO), "nobody to say goodbye to");
        link.set_open(true);
        assert!(!link.is_closed_within(Duration::from_millis(10)));
        let (agent, (waits, waiting)) = (link.clone(), std::sync::mpsc::channel::<()>());
        let going = std::thread::spawn(move || {
            waiting.recv().unwrap();
            agent.set_open(false);
        });
        waits.send(()).unwrap();
        assert!(link.is_closed_within(Duration::from_secs(60)));
        going.join().unwrap();
    }
}
