//! Windows: `%ProgramData%\Dogwatch`.

use std::{env, path::PathBuf};

fn base() -> PathBuf {
    env::var_os("ProgramData")
        .map_or_else(|| PathBuf::from(r"C:\ProgramData"), PathBuf::from)
        .join("Dogwatch")
}

pub(super) fn state_dir() -> PathBuf {
    base().join("agent")
}

pub(super) fn config_file() -> PathBuf {
    base().join("agent.toml")
}
