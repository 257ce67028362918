//! Linux and macOS: system folders for root, XDG folders for everybody else.

use std::{env, path::PathBuf};

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// An XDG base folder; a relative value is ignored, as the specification wants.
fn xdg(variable: &str, below_home: &str) -> PathBuf {
    let named = env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute());
    named.unwrap_or_else(|| {
        env::var_os("HOME").map_or_else(|| PathBuf::from("."), PathBuf::from).join(below_home)
    })
}

pub(super) fn state_dir() -> PathBuf {
    if !is_root() {
        xdg("XDG_STATE_HOME", ".local/state").join("dogwatch-agent")
    } else if cfg!(target_os = "macos") {
        PathBuf::from("/Library/Application Support/Dogwatch/agent")
    } else {
        PathBuf::from("/var/lib/dogwatch-agent")
    }
}

/// The machine's own file; for an ordinary user one of theirs comes first, if it is there. The service runs as no
/// person and has no home.
pub(super) fn config_file() -> PathBuf {
    let own = xdg("XDG_CONFIG_HOME", ".config").join("dogwatch/agent.toml");
    if !is_root() && own.is_absolute() && own.exists() {
        own
    } else if cfg!(target_os = "macos") {
        PathBuf::from("/Library/Application Support/Dogwatch/agent.toml")
    } else {
        PathBuf::from("/etc/dogwatch/agent.toml")
    }
}
