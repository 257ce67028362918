//! Since when is an update missing? From the first scan that saw it, in its present class.
//!
//! An update that turns from ordinary to security begins anew: nobody could have known before. The memory survives a
//! restart, or every restart would forgive every overdue update; it is written only when it changes.

use std::collections::BTreeMap;

use dogwatch_model::{Update, UpdateClass};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{keeping::keep, state_dir::StateDir};

const FILE: &str = "patch-first-seen.json";
/// The key of a reboot that is waiting; updates' ids have a colon.
const REBOOT: &str = "reboot";

/// No agent is older than this: a clock that says so has lost its battery, and what it says is not remembered.
const EARLIEST: Timestamp = Timestamp::constant(1_767_225_600, 0);

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

    /// Writes into each update since when it is missing, and forgets what is missing no longer. What the `silent`
    /// sources told once is kept: that they cannot tell now does not make it installed.
    pub(super) fn assign(&mut self, updates: &mut [Update], silent: &[&str], now: Timestamp) {
        let is_silent = |id: &str| id.split_once(':').is_some_and(|(source, _)| silent.contains(&source));
        let kept = self.seen.iter().filter(|(id, _)| id.as_str() == REBOOT || is_silent(id));
        let mut seen = BTreeMap::new();
        seen.extend(kept.map(|(id, seen)| (id.clone(), *seen)));
        for update in updates {
            let same = |seen: &&Seen| seen.class == update.class && seen.at >= EARLIEST;
            let known = self.seen.get(&update.id).filter(same);
            // A clock that went back must not date an update into the future.
            let at = known.map_or(now, |seen| seen.at.min(now));
            update.first_seen_missing = at;
            seen.insert(update.id.clone(), Seen { class: update.class, at });
        }
        if now >= EARLIEST && seen != self.seen {
            self.seen = seen;
            self.store();
        }
    }

    /// Since when a reboot that no file dates has been waiting.
    pub(super) fn reboot_since(&mut self, pending: bool, now: Timestamp) -> Option<Timestamp> {
        let known = self.seen.get(REBOOT).map(|seen| seen.at.min(now));
        if now < EARLIEST {
            return None;
        }
        if pending && known.is_none() {
            self.seen.insert(REBOOT.to_owned(), Seen { class: UpdateClass::Regular, at: now });
            self.store();
        } else if !pending && self.seen.contains_key(REBOOT) {
            keep(&mut self.seen, |id, _| id != REBOOT);
            self.store();
        }
        pending.then(|| known.unwrap_or(now))
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
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(EARLIEST.as_second() + second).unwrap()
    }

    fn update(class: UpdateClass) -> Update {
        Update { class, ..Update::missing("apt", "openssl") }
    }

    fn assigned(memory: &mut FirstSeen, class: UpdateClass, now: i64) -> Timestamp {
        let mut updates = [update(class)];
        memory.assign(&mut updates, &[], at(now));
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
        memory.assign(&mut [], &[], at(400));
        assert_eq!(assigned(&mut memory, UpdateClass::Regular, 500), at(500));
    }

    #[test]
    fn a_source_that_cannot_tell_after_a_restart_does_not_lose_its_dates() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = FirstSeen::load(StateDir::new(folder.path()));
        assigned(&mut memory, UpdateClass::Regular, 100);
        memory.assign(&mut [], &["apt"], at(200));
        assert_eq!(assigned(&mut memory, UpdateClass::Regular, 300), at(100));
    }

    #[test]
    fn a_reboot_waits_since_it_was_first_seen_and_beside_the_updates() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = FirstSeen::load(StateDir::new(folder.path()));
        assert_eq!(memory.reboot_since(false, at(50)), None);
        assert_eq!(memory.reboot_since(true, at(100)), Some(at(100)));
        assigned(&mut memory, UpdateClass::Regular, 150);
        let mut memory = FirstSeen::load(StateDir::new(folder.path()));
        assert_eq!(memory.reboot_since(true, at(200)), Some(at(100)));
        assert_eq!(memory.reboot_since(false, at(300)), None);
        assert_eq!(memory.reboot_since(true, at(400)), Some(at(400)));
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
    fn a_clock_without_a_battery_dates_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut memory = FirstSeen::load(StateDir::new(folder.path()));
        assert_eq!(assigned(&mut memory, UpdateClass::Regular, 100), at(100));
        let in_1970 = -EARLIEST.as_second();
        assert_eq!(assigned(&mut memory, UpdateClass::Regular, in_1970), Timestamp::UNIX_EPOCH);
        assert_eq!(assigned(&mut memory, UpdateClass::Regular, 200), at(100));
    }

    #[test]
    fn a_preview_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path());
        assigned(&mut FirstSeen::load(state.clone()).read_only(), UpdateClass::Regular, 100);
        assert_eq!(state.read(FILE).unwrap(), None);
    }
}
