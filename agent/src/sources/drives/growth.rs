//! Do errors grow? One old sector is nothing, one more each day is the end: so the count of each drive is remembered,
//! over restarts, in a small file that is written when a count changes.

use std::collections::BTreeMap;

use dogwatch_model::Drive;
use dogwatch_proto::conversions::limits;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::{keeping::keep, state_dir::StateDir};

/// What is remembered.
const FILE: &str = "drives.json";
/// For so long after the last new error a drive is said to get worse.
const GROWING: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The problem, in words that rules name.
pub(super) const PROBLEM: &str = "media errors are growing";

/// What is known of one drive.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Known {
    media_errors: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grew_at: Option<Timestamp>,
}

/// What is known of the drives, by serial number.
#[derive(Debug)]
pub(super) struct Growth {
    state: StateDir,
    known: BTreeMap<String, Known>,
    is_read_only: bool,
}

impl Growth {
    pub(super) fn load(state: StateDir) -> Self {
        // What cannot be read is begun anew: the next new error is seen again.
        let text = state.read(FILE).ok().flatten();
        let known = text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default();
        Self { state, known, is_read_only: false }
    }

    #[must_use]
    pub(super) fn read_only(self) -> Self {
        Self { is_read_only: true, ..self }
    }

    /// Notes what drives count now, and adds the problem to those whose count has grown of late.
    pub(super) fn note(&mut self, drives: &mut [Drive], now: Timestamp) {
        let before = self.known.clone();
        for drive in drives.iter_mut() {
            let (Some(serial), Some(media_errors)) = (&drive.serial, drive.media_errors) else { continue };
            let known = self.known.entry(serial.clone()).or_insert(Known { media_errors, grew_at: None });
            if media_errors > known.media_errors {
                known.grew_at = Some(now);
            }
            known.media_errors = media_errors;
            let grows = known.grew_at.is_some_and(|at| now.duration_since(at) < GROWING);
            drive.problems.retain(|problem| problem != PROBLEM);
            if grows {
                drive.problems.push(PROBLEM.to_owned());
            }
        }
        if self.known.len() > limits::DRIVES {
            // Drives come and go: those that are here now stay known.
            let here = |serial: &String| drives.iter().any(|drive| drive.serial.as_ref() == Some(serial));
            keep(&mut self.known, |serial, _| here(serial));
        }
        if self.known != before && !self.is_read_only {
            self.write();
        }
    }

    fn write(&self) {
        let text = serde_json::to_vec(&self.known).unwrap_or_default();
        if let Err(error) = self.state.write(FILE, &text) {
            tracing::warn!(%error, "what drives count is not remembered");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_that_grows_is_a_problem_for_a_week_and_over_restarts() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path());
        let problems = |media_errors, day: i64| {
            let mut drives =
                [Drive { serial: Some("S1".into()), media_errors: Some(media_errors), ..Drive::default() }];
            let now = Timestamp::from_second(day * 86_400).unwrap();
            Growth::load(state.clone()).note(&mut drives, now);
            drives[0].problems.clone()
        };
        assert!(problems(8, 1).is_empty(), "old errors are no news");
        assert!(problems(8, 2).is_empty());
        assert_eq!(problems(9, 3), [PROBLEM]);
        assert_eq!(problems(9, 9), [PROBLEM]);
        assert!(problems(9, 10).is_empty());
    }

    #[test]
    fn a_look_without_memory_writes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let mut drives = [Drive { serial: Some("S1".into()), media_errors: Some(1), ..Drive::default() }];
        let mut growth = Growth::load(StateDir::new(folder.path())).read_only();
        growth.note(&mut drives, Timestamp::UNIX_EPOCH);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
