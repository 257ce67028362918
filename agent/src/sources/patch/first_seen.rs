//! Since when is an update missing? From the first scan that saw it, in its present class.
//!
//! An update that turns from ordinary to security begins anew: nobody could have known before. The memory survives a
//! restart, or every restart would forgive every overdue update; it is written only when it changes.

use std::collections::BTreeMap;

use dogwatch_model::{Update, UpdateClass};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::state_dir::StateDir;

const FILE: &str = "patch-first-seen.json";

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Seen {
    class: UpdateClass,
    at: Timestamp,
}

/// The memory.
#[derive(Debug)]
pub(super) struct FirstSeen {
    state: StateDir,
    writes: bool,
    seen: BTreeMap<String, Seen>,
}

impl FirstSeen {
    /// What was remembered. A file that cannot be read is as good as none: dates begin anew.
    pub(super) fn load(state: StateDir) -> Self {
        let text = state.read(FILE).ok().flatten();
        let seen = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        Self { state, writes: true, seen }
    }

    pub(super) fn read_only(mut self) -> Self {
        self.writes = false;
        self
    }

    /// Writes into each update since when it is missing, and forgets what is missing no longer.
    pub(super) fn assign(&mut self, updates: &mut [Update], now: Timestamp) {
        let mut seen = BTreeMap::new();
        for update in updates {
            let known = self.seen.get(&update.id).filter(|seen| seen.class == update.class);
            // A clock that went back must not date an update into the future.
            let at = known.map_or(now, |seen| seen.at.min(now));
            update.first_seen_missing = at;
            seen.insert(update.id.clone(), Seen { class: update.class, at });
        }
        if seen != self.seen {
            self.seen = seen;
            self.store();
        }
    }

    fn store(&self) {
        if !self.writes {
            return;
        }
        let json = serde_json::to_vec(&self.seen).unwrap_or_default();
        if let Err(error) = self.state.write(FILE, &json) {
            tracing::warn!(%error, "since when updates are missing is not remembered");
        }
    }
}

#[cfg(test)]
mod tests {
    use dogwatch_model::{UpdateSeverity, UpdateState};

    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn update(class: UpdateClass) -> Update {
        Update {
            id: "apt:openssl".into(),
            package: "openssl".into(),
            installed: None,
            available: None,
            class,
            severity: UpdateSeverity::Unspecified,
            cves: Vec::new(),
            kbs: Vec::new(),
            origin: None,
            first_seen_missing: at(0),
            state: UpdateState::Missing,
        }
    }

    fn assigned(memory: &mut FirstSeen, class: UpdateClass, now: i64) -> Timestamp {
        let mut updates = [update(class)];
        memory.assign(&mut updates, at(now));
        updates[0].first_seen_missing
    }

    #[test]
    fn the_first_scan_counts_also_after_a_restart_until_the_update_is_installed() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path());
        let mut memory = FirstSeen::load(state.clone());
        assert_eq!(assigned(&mut memory, UpdateClass::Regular, 100), at(100));
        assert_eq!(assigned(&mut memory, UpdateClass::Regular, 200), at(100));
        let mut memory = FirstSeen::load(state);
        assert_eq!(assigned(&mut memory, UpdateClass::Regular, 300), at(100));
        memory.assign(&mut [], at(400));
        assert_eq!(assigned(&mut memory, UpdateClass::Regular, 500), at(500));
    }

    #[test]
    fn an_update_that_turns_out_to_mend_a_security_fault_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = FirstSeen::load(StateDir::new(folder.path()));
        assigned(&mut memory, UpdateClass::Regular, 100);
        assert_eq!(assigned(&mut memory, UpdateClass::Security, 200), at(200));
        assert_eq!(assigned(&mut memory, UpdateClass::Security, 300), at(200));
    }

    #[test]
    fn a_preview_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path());
        assigned(&mut FirstSeen::load(state.clone()).read_only(), UpdateClass::Regular, 100);
        assert_eq!(state.read(FILE).unwrap(), None);
    }
}
