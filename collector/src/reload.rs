//! Hot reload of one file: a changed one is in force at once, and a bad one changes nothing but what is said of it.

mod outline;

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
};
use tokio_util::sync::CancellationToken;

pub(crate) use outline::{Outline, changed_unseen};

use crate::{
    config::ConfigError,
    core::{CoreHandle, FileRead, Input},
    policy::{self, Standing},
};

/// What a file says, once it is understood.
pub(crate) trait Reload: Sized {
    /// The file's name.
    const NAME: &'static str;

    /// Reads it, whole or not at all.
    ///
    /// # Errors
    /// It cannot be read or is not valid.
    fn load(path: &Path) -> Result<Self, ConfigError>;

    /// What the core is to know of it, if anything.
    fn news(&self) -> Option<Input>;
}

/// Quiet time after a change before the file is read: editors write in several steps.
const SETTLE: Duration = Duration::from_millis(200);

/// The net below the watch.
const POLL: Duration = Duration::from_secs(30);

/// The watch over the file.
pub(crate) struct Watch<T> {
    path: PathBuf,
    core: CoreHandle,
    changes: mpsc::Receiver<()>,
    _watcher: Option<notify::RecommendedWatcher>,
    seen: Seen,
    /// The text that is in force.
    text: String,
    content: watch::Sender<Arc<T>>,
    standing: watch::Sender<Standing>,
}

/// The file's text and mode, or that there is none.
type Seen = Option<(Vec<u8>, u32)>;

impl<T: Reload> Watch<T> {
    /// Begins to watch the file that said `content`; gives it as it is and will be.
    pub(crate) fn new(path: PathBuf, content: T, core: CoreHandle) -> (Self, watch::Receiver<Arc<T>>) {
        let (changed, changes) = mpsc::channel(1);
        let folder = path.parent().map(PathBuf::from).unwrap_or_default();
        let watcher = policy::watcher(&folder, notify::RecursiveMode::NonRecursive, changed).inspect_err(|error| {
            tracing::warn!(%error, "{} is not watched; it is polled every 30 s, and SIGHUP reads it at once", T::NAME);
        });
        let (sender, receiver) = watch::channel(Arc::new(content));
        let (standing, _) = watch::channel(Standing::InForce { since: Timestamp::now() });
        let seen = seen(&path);
        let text = text_of(&seen);
        let watch =
            Self { path, core, changes, _watcher: watcher.ok(), seen, text, content: sender, standing };
        (watch, receiver)
    }

    /// What the file came to when it was last read.
    pub(crate) fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Watches until `stop`.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
        // What it said when the collector stopped may have been something else.
        self.tell(self.text.clone()).await;
        loop {
            let asked = tokio::select! {
                () = stop.cancelled() => return,
                _ = hangup.recv() => true,
                changed = self.changes.recv() => {
                    if changed.is_none() { std::future::pending::<()>().await; }
                    tokio::time::sleep(SETTLE).await;
                    while self.changes.try_recv().is_ok() {}
                    false
                }
                () = tokio::time::sleep(POLL) => false,
            };
            self.look(asked).await;
        }
    }

    /// A secret in another file may have changed without this one: SIGHUP reads it in any case.
    async fn look(&mut self, asked: bool) {
        let now = seen(&self.path);
        if now == self.seen && !asked {
            return;
        }
        self.seen = now;
        match T::load(&self.path) {
            Ok(content) => {
                tracing::info!("{} in force", T::NAME);
                let news = content.news();
                self.content.send_replace(Arc::new(content));
                self.standing.send_replace(Standing::InForce { since: Timestamp::now() });
                if let Some(news) = news {
                    let _ = self.core.inputs.send(news).await;
                }
                self.tell(text_of(&self.seen)).await;
            }
            Err(error) => {
                tracing::warn!(%error, "{} refused; what was in force still is", T::NAME);
                let faults = vec![error.to_string()];
                self.standing.send_replace(Standing::Refused { at: Timestamp::now(), faults });
            }
        }
    }

    /// Has the core write down what the file says now.
    async fn tell(&mut self, text: String) {
        let changed_unseen = changed_unseen(&self.text, &text);
        let file = FileRead { name: T::NAME, outline: Outline::of(&text), changed_unseen };
        self.text = text;
        let _ = self.core.inputs.send(Input::File(Box::new(file))).await;
    }
}

fn text_of(seen: &Seen) -> String {
    seen.as_ref().map(|(bytes, _)| String::from_utf8_lossy(bytes).into_owned()).unwrap_or_default()
}

fn seen(path: &Path) -> Seen {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    Some((std::fs::read(path).ok()?, mode))
}
