//! Hot reload of `notify.toml`: a changed file is in force at once, and a bad one changes nothing but what is said of it.

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{
    signal::unix::{SignalKind, signal},
    sync::{mpsc, watch},
};
use tokio_util::sync::CancellationToken;

use super::{Channels, News};
use crate::{
    core::{CoreHandle, Input},
    policy::{self, Standing},
};

/// Quiet time after a change before the file is read: editors write in several steps.
const SETTLE: Duration = Duration::from_millis(200);

/// The net below the watch.
const POLL: Duration = Duration::from_secs(30);

/// The watch over the file.
pub struct Watch {
    path: PathBuf,
    core: CoreHandle,
    changes: mpsc::Receiver<()>,
    _watcher: Option<notify::RecommendedWatcher>,
    seen: Seen,
    channels: watch::Sender<Arc<Channels>>,
    standing: watch::Sender<Standing>,
}

/// The file's text and mode, or that there is none.
type Seen = Option<(Vec<u8>, u32)>;

impl Watch {
    /// Begins to watch the file that said `channels`; gives them as they are and will be.
    pub fn new(
        path: PathBuf,
        channels: Channels,
        core: CoreHandle,
    ) -> (Self, watch::Receiver<Arc<Channels>>) {
        let (changed, changes) = mpsc::channel(1);
        let folder = path.parent().map(PathBuf::from).unwrap_or_default();
        let watcher = policy::watcher(&folder, notify::RecursiveMode::NonRecursive, changed).inspect_err(|error| {
            tracing::warn!(%error, "notify.toml is not watched; it is polled every 30 s, and SIGHUP reads it at once");
        });
        let (sender, receiver) = watch::channel(Arc::new(channels));
        let (standing, _) = watch::channel(Standing::InForce { since: Timestamp::now() });
        let seen = seen(&path);
        (Self { path, core, changes, _watcher: watcher.ok(), seen, channels: sender, standing }, receiver)
    }

    /// What the file came to when it was last read.
    pub fn standing(&self) -> watch::Receiver<Standing> {
        self.standing.subscribe()
    }

    /// Watches until `stop`.
    pub async fn run(mut self, stop: CancellationToken) {
        let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
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
        match Channels::read(&self.path) {
            Ok(channels) => {
                tracing::info!(
                    channels = channels.channels.len(),
                    mail = channels.smtp.is_some(),
                    "notify.toml in force"
                );
                let news = News::Channels(Box::new(channels.facts()));
                self.channels.send_replace(Arc::new(channels));
                self.standing.send_replace(Standing::InForce { since: Timestamp::now() });
                let _ = self.core.inputs.send(Input::Notify(Box::new(news))).await;
            }
            Err(error) => {
                tracing::warn!(%error, "notify.toml refused; what was in force still is");
                let faults = vec![error.to_string()];
                self.standing.send_replace(Standing::Refused { at: Timestamp::now(), faults });
            }
        }
    }
}

fn seen(path: &std::path::Path) -> Seen {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = std::fs::metadata(path).ok()?.permissions().mode();
    Some((std::fs::read(path).ok()?, mode))
}
