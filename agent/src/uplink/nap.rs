//! The machine is about to sleep: the link says so, lets go, and comes back when the machine does.
//!
//! Whoever knows of the sleep begins the nap ahead of it ([`crate::wishes::Wish::Sleep`]) and ends it behind. Both may be
//! missed: a sleep that is noticed afterwards ends the nap, and so does being awake for [`AWAKE`] with no sleep in
//! sight, since a sleep may be called off when everybody has been told of it.

use std::time::Duration;

use tokio::sync::watch;

/// So long awake after the goodbye, and the machine does not go to sleep. The clock of this stands still in a sleep.
/// Longer than a machine takes to stop its devices, shorter than what makes an agent silent.
pub(super) const AWAKE: Duration = Duration::from_secs(60);
/// What the goodbye before a sleep may take: the whole machine waits for it.
pub(super) const DRAIN: Duration = Duration::from_secs(2);
/// The last reports and the goodbye together.
pub const FAREWELL: Duration = Duration::from_secs(3);

/// Whether the machine is about to sleep. Clones are the same.
#[derive(Debug, Clone, Default)]
pub struct Nap(watch::Sender<bool>);

impl Nap {
    /// The machine goes to sleep.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// The machine is awake.
    pub fn end(&self) {
        self.0.send_replace(false);
    }

    /// Until it is about to sleep.
    pub(super) async fn begun(&self) {
        self.becomes(true).await;
    }

    /// Until it is not, or not any more.
    pub(super) async fn ended(&self) {
        self.becomes(false).await;
    }

    async fn becomes(&self, wanted: bool) {
        // It cannot be closed: we hold its sender.
        let _ = self.0.subscribe().wait_for(|napping| *napping == wanted).await;
    }
}
