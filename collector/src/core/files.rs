//! Files of settings that were read: who is told by which way, and who comes in by which provider, is on record when it
//! changes, with what the keys said before and after. A file is kept by whoever keeps the collector, so no person did it.
//!
//! What may be a secret is not in it: that one changed is known while the collector runs, and not over a restart, for a hash
//! of it that is kept would be something to guess at.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_triage::audit::Deed;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Batch;
use crate::{reload::Outline, state::State, storage::Table};

/// The key of what was told last in the meta table.
pub(super) const FILES_SEEN: &str = "files-seen";

/// Keys that one record tells: a file written anew changes more than anybody reads in a line.
const MOST_TOLD: usize = 50;

/// A file that was read and is in force.
#[derive(Debug)]
pub(crate) struct FileRead {
    /// Its name.
    pub(crate) name: &'static str,
    /// What it says.
    pub(crate) outline: Outline,
    /// Keys whose values are not shown and changed.
    pub(crate) changed_unseen: BTreeSet<String>,
}

/// Writes down what a file says now, if that is something else.
pub(super) fn note(state: &mut State, file: FileRead, now: Timestamp, batch: &mut Batch) {
    let FileRead { name, outline, changed_unseen } = file;
    let known = state.files_seen.insert(name.to_owned(), outline.clone());
    if known.as_ref() == Some(&outline) && changed_unseen.is_empty() {
        return;
    }
    batch.put(Table::Meta, FILES_SEEN, &state.files_seen);
    // The first look of all has nothing to compare with.
    let Some(known) = known else { return };
    let keys: BTreeSet<&String> = known.0.keys().chain(outline.0.keys()).collect();
    let other = keys.into_iter().filter(|key| known.0.get(*key) != outline.0.get(*key));
    let (mut before, mut after) = (BTreeMap::new(), BTreeMap::new());
    for key in other {
        before.extend(known.0.get(key).map(|value| (key.clone(), value.clone())));
        after.extend(outline.0.get(key).map(|value| (key.clone(), value.clone())));
    }
    for key in changed_unseen {
        before.extend(known.0.get(&key).map(|value| (key.clone(), value.clone())));
        after.insert(key, "changed (not shown)".to_owned());
    }
    batch.record(now, Deed::new("config.change", name, None).before(told(before)).after(told(after)));
}

fn told(keys: BTreeMap<String, String>) -> Value {
    let more = keys.len().saturating_sub(MOST_TOLD);
    let mut told: serde_json::Map<String, Value> =
        keys.into_iter().take(MOST_TOLD).map(|(key, value)| (key, json!(value))).collect();
    if more > 0 {
        told.insert("…".to_owned(), json!(format!("{more} more")));
    }
    Value::Object(told)
}
