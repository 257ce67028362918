//! Homebrew, on macOS and on Linux.
//!
//! It refuses to run as root and belongs to a user: it is run as the owner of its folder, never as anybody else, and
//! never refreshes by itself here. An agent that may not become that user says so.

use std::path::{Path, PathBuf};

use dogwatch_model::{Update, UpdateState};
use jiff::Timestamp;
use serde::Deserialize;

use super::{
    ground::{Ground, ScanError, modified, name, said},
    scan::Scan,
};

/// Where it installs itself: Linux, Apple silicon, Intel.
const PREFIXES: [&str; 3] = ["home/linuxbrew/.linuxbrew", "opt/homebrew", "usr/local/Homebrew"];

/// The folder of the Homebrew that is here.
pub(super) fn prefix(root: &Path) -> Option<PathBuf> {
    PREFIXES.iter().map(|prefix| root.join(prefix)).find(|prefix| prefix.join("bin/brew").is_file())
}

/// Asks brew.
pub(super) async fn scan(ground: &Ground) -> Scan {
    let Some(prefix) = prefix(ground.root()) else {
        return Scan::from(Err(ScanError::Unsupported("Homebrew is gone".into())));
    };
    Scan {
        metadata_at: refreshed_at(ground),
        auto_update: Some(false),
        ..Scan::from(updates(ground, &prefix).await)
    }
}

async fn updates(ground: &Ground, prefix: &Path) -> Result<Vec<Update>, ScanError> {
    let unreadable = || ScanError::Unsupported(format!("whose {} is cannot be told", prefix.display()));
    let ((user, group), own) = (owner(prefix).ok_or_else(unreadable)?, own_user());
    let is_own = own == Some(user);
    let (brew, home) = (prefix.join("bin/brew"), format!("HOME={}", prefix.display()));
    let brew = brew.to_str().ok_or_else(unreadable)?;
    let environment =
        ["env", &home, "HOMEBREW_NO_AUTO_UPDATE=1", "HOMEBREW_NO_ANALYTICS=1", brew, "outdated", "--json=v2"];
    let (numbered, user, group) = (format!("#{user}"), user.to_string(), group.to_string());
    let (tool, arguments) = if is_own {
        (environment[0], environment[1..].to_vec())
    } else if cfg!(target_os = "macos") {
        ("sudo", [&["-n", "-u", &numbered, "--"], &environment[..]].concat())
    } else {
        let become_owner = ["--reuid", &user, "--regid", &group, "--clear-groups", "--"];
        ("setpriv", [&become_owner, &environment[..]].concat())
    };
    let output = said("brew", ground.run(tool, &arguments).await?)?;
    parse(&output)
}

/// When the index was last fetched: as API files, or as a clone.
pub(super) fn refreshed_at(ground: &Ground) -> Option<Timestamp> {
    let prefix = prefix(ground.root())?;
    let stamps = ["Homebrew/.git/FETCH_HEAD", ".git/FETCH_HEAD", "var/homebrew/.last_update"];
    stamps.iter().filter_map(|stamp| modified(&prefix.join(stamp))).max()
}

#[cfg(unix)]
fn owner(path: &Path) -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt as _;
    let found = std::fs::metadata(path).ok()?;
    Some((found.uid(), found.gid()))
}

#[cfg(not(unix))]
fn owner(_path: &Path) -> Option<(u32, u32)> {
    None
}

#[cfg(unix)]
fn own_user() -> Option<u32> {
    Some(rustix::process::geteuid().as_raw())
}

#[cfg(not(unix))]
fn own_user() -> Option<u32> {
    None
}

#[derive(Debug, Deserialize)]
struct Outdated {
    #[serde(default)]
    formulae: Vec<Item>,
    #[serde(default)]
    casks: Vec<Item>,
}

#[derive(Debug, Deserialize)]
struct Item {
    name: String,
    /// A list; one text for casks of brew before 3.6.
    #[serde(default)]
    installed_versions: serde_json::Value,
    current_version: String,
    #[serde(default)]
    pinned: bool,
}

/// `brew outdated --json=v2`.
fn parse(output: &str) -> Result<Vec<Update>, ScanError> {
    let garbled = |error: serde_json::Error| ScanError::Garbled { tool: "brew", detail: error.to_string() };
    let outdated: Outdated = serde_json::from_str(output).map_err(garbled)?;
    let update = |item: Item| {
        let installed = match &item.installed_versions {
            serde_json::Value::Array(versions) => versions.last().and_then(|version| version.as_str()),
            version => version.as_str(),
        };
        Update {
            installed: installed.map(name),
            available: Some(name(&item.current_version)),
            state: if item.pinned { UpdateState::Declined } else { UpdateState::Missing },
            ..Update::missing("brew", &name(&item.name))
        }
    };
    let cask = |item: Item| Update { origin: Some("cask".into()), ..update(item) };
    let formulae = outdated.formulae.into_iter().map(update);
    Ok(formulae.chain(outdated.casks.into_iter().map(cask)).collect())
}

/// The face of the parser in the table of parsers.
pub(in crate::sources) fn survives(output: &str) {
    let _ = parse(output);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by hand after brew(1) and `brew outdated --json=v2` of Homebrew 4.3; casks as in 3.5.
    const OUTDATED: &str = r#"{"formulae":[
        {"name":"openssl@3","installed_versions":["3.2.1","3.3.0"],"current_version":"3.3.1","pinned":false,"pinned_version":null},
        {"name":"node","installed_versions":["20.1.0"],"current_version":"22.4.0","pinned":true,"pinned_version":"20.1.0"}],
        "casks":[{"name":"firefox","installed_versions":"127.0","current_version":"128.0"}]}"#;

    #[test]
    fn formulae_casks_and_pins_are_told_apart() {
        let updates = parse(OUTDATED).unwrap();
        let told: Vec<_> = updates
            .iter()
            .map(|update| (update.id.as_str(), update.installed.as_deref(), update.state))
            .collect();
        let expected = [
            ("brew:openssl@3", Some("3.3.0"), UpdateState::Missing),
            ("brew:node", Some("20.1.0"), UpdateState::Declined),
            ("brew:firefox", Some("127.0"), UpdateState::Missing),
        ];
        assert_eq!(told, expected);
        assert_eq!(updates[2].origin.as_deref(), Some("cask"));
    }

    #[test]
    fn what_is_no_json_is_not_nothing() {
        assert!(matches!(parse(""), Err(ScanError::Garbled { .. })));
    }
}
