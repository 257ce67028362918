//! Where things are by default, per system.

use std::path::PathBuf;

#[cfg(unix)]
#[path = "paths/unix.rs"]
mod imp;
#[cfg(windows)]
#[path = "paths/windows.rs"]
mod imp;

/// The folder that holds identity, ledgers and the backup drop-ins.
pub fn state_dir() -> PathBuf {
    imp::state_dir()
}

/// The configuration file; it need not exist.
pub fn config_file() -> PathBuf {
    imp::config_file()
}
