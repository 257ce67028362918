//! `sd_notify(3)`: does nothing when there is no `NOTIFY_SOCKET`.

use sd_notify::NotifyState;

fn tell(state: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(false, state) {
        tracing::debug!(%error, "service manager not told");
    }
}

pub(super) fn ready() {
    tell(&[NotifyState::Ready]);
}

pub(super) fn stopping() {
    tell(&[NotifyState::Stopping]);
}

pub(super) fn status(line: &str) {
    tell(&[NotifyState::Status(line)]);
}
