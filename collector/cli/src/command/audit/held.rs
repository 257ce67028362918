//! What this computer has seen of collectors' audits: the key, and the last checkpoint of each chain.
//!
//! A collector can cut the end off a chain, or write it anew, and sign that. Whoever remembers what it signed before finds it.

use std::{collections::BTreeMap, fs, io::ErrorKind};

use dogwatch_triage::audit::{Chain, Checkpoint, PublicKey};
use serde::{Deserialize, Serialize};

use crate::{context, failure::Failure};

const FILE: &str = "audit.json";

/// Of every collector, by the SHA-256 of its root certificate.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Held(BTreeMap<String, OfCollector>);

/// Of one collector.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct OfCollector {
    /// What it signs with.
    pub(super) key: PublicKey,
    /// Its last checkpoint of each chain.
    pub(super) checkpoints: BTreeMap<Chain, Checkpoint>,
}

impl Held {
    pub(super) fn load() -> Result<Self, Failure> {
        let path = context::folder()?.join(FILE);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(Failure::file("read", &path, &error)),
        };
        // Not taken for empty: that would be a way to make us forget.
        serde_json::from_slice(&text).map_err(|error| {
            Failure::usage(format!(
                "{} is damaged ({error}); move it away to begin anew with what the collector says",
                path.display()
            ))
        })
    }

    pub(super) fn save(&self) -> Result<(), Failure> {
        let path = context::folder()?.join(FILE);
        let text = serde_json::to_vec_pretty(self).unwrap_or_default();
        context::write(&path, &text).map_err(|error| Failure::file("write", &path, &error))
    }

    pub(super) fn of(&self, collector: &str) -> Option<&OfCollector> {
        self.0.get(collector)
    }

    /// What is known of whoever signs with a key.
    pub(super) fn of_key(&self, key: &str) -> Option<&OfCollector> {
        self.0.values().find(|known| super::proof::key_id(&known.key) == key)
    }

    /// The collectors of which a checkpoint of a chain is known, with that.
    pub(super) fn of_chain(&self, chain: &Chain) -> impl Iterator<Item = (&OfCollector, &Checkpoint)> {
        self.0.values().filter_map(move |known| Some((known, known.checkpoints.get(chain)?)))
    }

    /// Whether a checkpoint would be the first that is known of its chain, signed with no other key than those before.
    pub(super) fn is_new(&self, collector: &str, key: &PublicKey, chain: &Chain) -> bool {
        self.of(collector).is_none_or(|known| known.key == *key && !known.checkpoints.contains_key(chain))
    }

    /// Forgets what is known of a collector: a restored one has lost the ends of all its chains.
    pub(super) fn forget(&mut self, collector: &str) {
        self.0.remove(collector);
    }

    /// Remembers a checkpoint, unless a later one is known.
    pub(super) fn remember(&mut self, collector: String, key: PublicKey, checkpoint: Checkpoint) {
        let fresh = OfCollector { key, checkpoints: BTreeMap::new() };
        let known = self.0.entry(collector).or_insert(fresh);
        let later = known.checkpoints.get(&checkpoint.chain).is_some_and(|held| held.seq > checkpoint.seq);
        if !later {
            known.checkpoints.insert(checkpoint.chain.clone(), checkpoint);
        }
    }
}
