//! The system's service manager, told how the agent is doing.

#[cfg(target_os = "linux")]
#[path = "service/systemd.rs"]
mod imp;

#[cfg(not(target_os = "linux"))]
mod imp {
    pub(super) fn ready() {}
    pub(super) fn stopping() {}
    pub(super) fn status(_: &str) {}
}

/// The agent is up: identity loaded, sources started. The link may still be down; that is no reason to restart it.
pub fn ready() {
    imp::ready();
}

/// The agent is on its way out.
pub fn stopping() {
    imp::stopping();
}

/// One line for `systemctl status`.
pub fn status(line: &str) {
    imp::status(line);
}
