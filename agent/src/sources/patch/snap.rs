//! snap: what snapd has found and not installed yet, out of its state file.
//!
//! snapd looks into the store four times a day by itself and writes down what it will refresh; asking it by its command
//! would make it go to the store again. The file is read as it streams by: it may be large, and little of it is of use.

use std::{
    collections::BTreeMap,
    fs::{self, File},
    io::{BufReader, Read},
};

use dogwatch_model::{Update, UpdateState};
use jiff::Timestamp;
use serde::{Deserialize, de::IgnoredAny};

use super::{
    ground::{Ground, ScanError, modified, name},
    scan::Scan,
};

/// A state larger than this is not read to its end, and then not understood.
const STATE_BYTES: u64 = 64 * 1024 * 1024;
/// The head of a snap's own description, where its version is.
const YAML_BYTES: u64 = 64 * 1024;

#[derive(Debug, Default, Deserialize)]
struct State {
    #[serde(default)]
    data: Data,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Data {
    #[serde(default)]
    refresh_candidates: Option<BTreeMap<String, Candidate>>,
    #[serde(default)]
    last_refresh: Option<Timestamp>,
    /// Snap, and by whom it is held.
    #[serde(default)]
    snaps_hold: Option<BTreeMap<String, BTreeMap<String, IgnoredAny>>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Candidate {
    #[serde(default)]
    version: Option<String>,
    #[serde(default)]
    channel: Option<String>,
}

/// Reads the state.
pub(super) fn scan(ground: &Ground) -> Scan {
    let installed = |snap: &str| {
        let yaml = File::open(ground.path(&format!("snap/{snap}/current/meta/snap.yaml"))).ok()?;
        let mut text = String::new();
        yaml.take(YAML_BYTES).read_to_string(&mut text).ok()?;
        version(&text)
    };
    let state = read(ground);
    Scan {
        metadata_at: state.as_ref().ok().and_then(|state| state.data.last_refresh),
        last_install_at: modified(&ground.path("var/lib/snapd/snaps")),
        auto_update: Some(true),
        ..Scan::from(state.map(|state| updates(state, installed)))
    }
}

/// When snapd last looked into the store.
pub(super) fn refreshed_at(ground: &Ground) -> Option<Timestamp> {
    read(ground).ok()?.data.last_refresh
}

fn read(ground: &Ground) -> Result<State, ScanError> {
    let garbled = |detail: String| ScanError::Garbled { tool: "snapd's state.json", detail };
    let path = ground.path("var/lib/snapd/state.json");
    match fs::File::open(&path) {
        Ok(file) => {
            let reader = BufReader::new(file.take(STATE_BYTES));
            serde_json::from_reader(reader).map_err(|error| garbled(error.to_string()))
        }
        Err(error) => Err(ScanError::Unsupported(format!("cannot read {}: {error}", path.display()))),
    }
}

fn updates(state: State, installed: impl Fn(&str) -> Option<String>) -> Vec<Update> {
    let holds = state.data.snaps_hold.unwrap_or_default();
    let candidates = state.data.refresh_candidates.unwrap_or_default().into_iter();
    let update = |(snap, candidate): (String, Candidate)| {
        let held = holds.get(&snap).is_some_and(|by| by.contains_key("system"));
        Update {
            installed: installed(&snap).as_deref().map(name),
            available: candidate.version.as_deref().map(name),
            origin: candidate.channel.as_deref().map(name),
            state: if held { UpdateState::Declined } else { UpdateState::Missing },
            ..Update::missing("snap", &name(&snap))
        }
    };
    candidates.map(update).collect()
}

/// The version in a `snap.yaml`.
fn version(yaml: &str) -> Option<String> {
    let value = yaml.lines().find_map(|line| line.strip_prefix("version:"))?;
    Some(value.trim().trim_matches(['"', '\'']).to_owned())
}

/// The face of the parser in the table of parsers.
pub(in crate::sources) fn survives(text: &str) {
    version(text);
    if let Ok(state) = serde_json::from_str::<State>(text) {
        updates(state, version);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Made by hand after snapd's source (overlord/snapstate, version 2.63).
    const STATE: &str = include_str!("fixtures/snapd-2.63-state.json");

    fn ground(root: &std::path::Path, state: &[u8]) -> Ground {
        fs::create_dir_all(root.join("var/lib/snapd/snaps")).unwrap();
        fs::create_dir_all(root.join("snap/firefox/current/meta")).unwrap();
        fs::write(root.join("snap/firefox/current/meta/snap.yaml"), "name: firefox\nversion: \"127.0-1\"\n")
            .unwrap();
        fs::write(root.join("var/lib/snapd/state.json"), state).unwrap();
        Ground::new(root)
    }

    #[test]
    fn what_snapd_has_found_is_missing_and_what_is_held_is_declined() {
        let root = tempfile::tempdir().unwrap();
        let scan = scan(&ground(root.path(), STATE.as_bytes()));
        let updates = scan.updates.unwrap();
        let told: Vec<_> = updates.iter().map(|update| (update.id.as_str(), update.state)).collect();
        assert_eq!(told, [("snap:firefox", UpdateState::Missing), ("snap:lxd", UpdateState::Declined)]);
        assert_eq!(
            (updates[0].installed.as_deref(), updates[0].available.as_deref()),
            (Some("127.0-1"), Some("128.0-2"))
        );
        assert_eq!(scan.metadata_at, Some("2026-11-20T03:12:44.5Z".parse().unwrap()));
    }

    #[test]
    fn a_state_without_candidates_has_none_and_one_that_is_cut_off_fails() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(scan(&ground(root.path(), b"{\"data\":{}}")).updates.unwrap(), []);
        let error = scan(&ground(root.path(), b"{\"data\":{\"x\xff")).updates.unwrap_err().to_string();
        assert!(error.starts_with("snapd's state.json answered in a form"), "{error}");
    }
}
