//! How long each source's looks take. A few words of memory per source; nothing is written.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use dogwatch_model::ScanResult;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::config::SourceName;

/// The looks of one source.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// Which.
    pub source: SourceName,
    /// How often it has looked.
    pub count: u64,
    /// When a look ended last.
    pub last_at: Timestamp,
    /// How long that took; mostly waiting, for those that run tools.
    pub last_seconds: f64,
    /// What parts of it came to last: `patch.apt` → `ok`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub results: BTreeMap<String, Standing>,
}

/// What a part of a source came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The result.
    pub result: ScanResult,
    /// Why it is not `ok`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// All of them. Clones share.
#[derive(Debug, Clone, Default)]
pub struct Looks(Arc<Mutex<BTreeMap<SourceName, Look>>>);

impl Looks {
    /// A look has ended.
    pub fn note(&self, source: SourceName, took: Duration, now: Timestamp) {
        let mut looks = self.lock();
        let look = entry(&mut looks, source, now);
        look.count += 1;
        look.last_at = now;
        look.last_seconds = took.as_secs_f64();
    }

    /// What a part of a source came to.
    pub fn note_standing(&self, source: SourceName, part: &str, standing: Standing, now: Timestamp) {
        entry(&mut self.lock(), source, now).results.insert(part.to_owned(), standing);
    }

    /// All of them.
    pub fn read(&self) -> Vec<Look> {
        self.lock().values().cloned().collect()
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SourceName, Look>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn entry(looks: &mut BTreeMap<SourceName, Look>, source: SourceName, now: Timestamp) -> &mut Look {
    let new = Look { source, count: 0, last_at: now, last_seconds: 0.0, results: BTreeMap::new() };
    looks.entry(source).or_insert(new)
}
