//! Wakes sources when files change. One watch, and so one thread, for the whole agent.
//!
//! It is a hint and never the truth: every source also looks on a timer, since watches can fail (too many of them, a
//! folder replaced, a network file system).

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use notify::{
    Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _,
    event::{AccessKind, AccessMode},
};
use tokio::sync::Notify;

struct Subscription {
    folder: PathBuf,
    about: Box<dyn Fn(&str) -> bool + Send>,
    wake: Arc<Notify>,
}

/// The watch. Clones share it; it ends with the last of them.
#[derive(Clone)]
pub struct FileWatch {
    // Never locked by the watch's own thread, which answers whoever holds it.
    watcher: Arc<Mutex<Option<RecommendedWatcher>>>,
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
        Self { watcher: Arc::new(Mutex::new(watcher)), subscriptions }
    }

    /// Wakes `wake` when a file in `folder` (not below its subfolders) changes whose name `about` wants to hear of.
    /// False when the folder is not watched.
    pub fn watch(
        &mut self,
        folder: &Path,
        about: impl Fn(&str) -> bool + Send + 'static,
        wake: Arc<Notify>,
    ) -> bool {
        // Events come with absolute paths.
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(watcher) = watcher.as_mut() else { return false };
        if let Err(error) = watcher.watch(&folder, RecursiveMode::NonRecursive) {
            tracing::debug!(%error, folder = %folder.display(), "folder is polled, not watched");
            return false;
        }
        let subscription = Subscription { folder, about: Box::new(about), wake };
        locked(&self.subscriptions).push(subscription);
        true
    }

    /// Ends everything that wakes `wake`. A folder that is replaced by another of the same name has to be watched anew.
    pub fn forget(&mut self, wake: &Arc<Notify>) {
        let mut gone = Vec::new();
        {
            let mut subscriptions = locked(&self.subscriptions);
            let (forgotten, kept): (Vec<_>, Vec<_>) =
                subscriptions.drain(..).partition(|subscription| Arc::ptr_eq(&subscription.wake, wake));
            gone.extend(forgotten.into_iter().map(|subscription| subscription.folder));
            gone.retain(|folder| kept.iter().all(|subscription| subscription.folder != *folder));
            *subscriptions = kept;
        }
        let mut watcher = self.watcher.lock().unwrap_or_else(PoisonError::into_inner);
        for folder in gone {
            // A folder that is gone has taken its watch with it.
            let _ = watcher.as_mut().map(|watcher| watcher.unwatch(&folder));
        }
    }
}

fn locked(subscriptions: &Mutex<Vec<Subscription>>) -> MutexGuard<'_, Vec<Subscription>> {
    subscriptions.lock().unwrap_or_else(PoisonError::into_inner)
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
    for subscription in locked(subscriptions).iter() {
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

    #[tokio::test]
    async fn what_is_forgotten_is_not_woken_and_the_rest_still_is() {
        let folder = tempfile::tempdir().unwrap();
        let (mut watch, gone, stays) = (FileWatch::start(), Arc::new(Notify::new()), Arc::new(Notify::new()));
        assert!(watch.watch(folder.path(), |_| true, gone.clone()));
        assert!(watch.watch(folder.path(), |_| true, stays.clone()));
        watch.forget(&gone);
        fs::write(folder.path().join("file"), b"new").unwrap();
        timeout(Duration::from_secs(5), stays.notified()).await.unwrap();
        assert!(timeout(Duration::ZERO, gone.notified()).await.is_err());
        assert!(!watch.watch(&folder.path().join("none"), |_| true, gone));
    }

    #[test]
    fn opening_and_reading_are_no_changes() {
        assert!(!is_change(EventKind::Access(AccessKind::Open(AccessMode::Any))));
        assert!(!is_change(EventKind::Access(AccessKind::Close(AccessMode::Read))));
        assert!(is_change(EventKind::Access(AccessKind::Close(AccessMode::Write))));
    }
}
