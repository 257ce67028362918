//! Wakes sources when files change. One watch, and so one thread, for the whole agent.
//!
//! It is a hint and never the truth: every source also looks on a timer, since watches can fail (too many of them, a
//! folder replaced, a network file system).

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode},
};
use tokio::sync::Notify;

#[derive(Debug)]
struct Subscription {
    folder: PathBuf,
    about: fn(&str) -> bool,
    wake: Arc<Notify>,
}

/// The watch.
pub struct FileWatch {
    watcher: Option<RecommendedWatcher>,
    subscriptions: Arc<Mutex<Vec<Subscription>>>,
}

impl FileWatch {
    /// Starts it. Where the system cannot watch, nothing is ever woken and the timers do their work.
    pub fn start() -> Self {
        let subscriptions: Arc<Mutex<Vec<Subscription>>> = Arc::default();
        let seen = subscriptions.clone();
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| match event {
            Ok(event) if is_change(event.kind) => wake(&seen, &event),
            Ok(_) => {}
            Err(error) => tracing::debug!(%error, "file watch"),
        });
        let watcher =
            watcher.inspect_err(|error| tracing::warn!(%error, "files are not watched, only polled")).ok();
        Self { watcher, subscriptions }
    }

    /// Wakes `wake` when a file in `folder` (not below its subfolders) changes whose name `about` wants to hear of.
    pub fn watch(&mut self, folder: &Path, about: fn(&str) -> bool, wake: Arc<Notify>) {
        let Some(watcher) = &mut self.watcher else { return };
        // Events come with absolute paths.
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        if let Err(error) = watcher.watch(&folder, RecursiveMode::NonRecursive) {
            tracing::debug!(%error, folder = %folder.display(), "folder is polled, not watched");
            return;
        }
        let subscription = Subscription { folder, about, wake };
        self.subscriptions.lock().unwrap_or_else(PoisonError::into_inner).push(subscription);
    }
}

/// Something is new or different. That a file was opened or read, by us not least, is not.
fn is_change(kind: EventKind) -> bool {
    match kind {
        EventKind::Access(access) => access == AccessKind::Close(AccessMode::Write),
        EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) => true,
        EventKind::Any | EventKind::Other => true,
    }
}

fn wake(subscriptions: &Mutex<Vec<Subscription>>, event: &Event) {
    for subscription in subscriptions.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        let about = |path: &PathBuf| {
            let name = path.file_name().map(|name| name.to_string_lossy());
            path.parent() == Some(&subscription.folder)
                && name.is_some_and(|name| (subscription.about)(&name))
        };
        // An overflow of the queue comes without a path and may be about anything.
        if event.paths.is_empty() || event.paths.iter().any(about) {
            subscription.wake.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{env, fs, time::Duration};

    use tokio::time::timeout;

    use super::*;

    #[tokio::test]
    async fn a_new_file_wakes() {
        let folder = tempfile::tempdir().unwrap();
        let (mut watch, changed) = (FileWatch::start(), Arc::new(Notify::new()));
        watch.watch(folder.path(), |name| name == "file", changed.clone());
        fs::write(folder.path().join("file"), b"new").unwrap();
        timeout(Duration::from_secs(5), changed.notified()).await.unwrap();
    }

    #[tokio::test]
    async fn a_folder_may_be_named_from_where_we_stand() {
        let here = tempfile::tempdir_in(env::current_dir().unwrap()).unwrap();
        let (mut watch, changed) = (FileWatch::start(), Arc::new(Notify::new()));
        watch.watch(Path::new(here.path().file_name().unwrap()), |name| name == "file", changed.clone());
        fs::write(here.path().join("file"), b"new").unwrap();
        timeout(Duration::from_secs(5), changed.notified()).await.unwrap();
    }

    #[test]
    fn opening_and_reading_are_no_changes() {
        assert!(!is_change(EventKind::Access(AccessKind::Open(AccessMode::Any))));
        assert!(!is_change(EventKind::Access(AccessKind::Close(AccessMode::Read))));
        assert!(is_change(EventKind::Access(AccessKind::Close(AccessMode::Write))));
    }
}
