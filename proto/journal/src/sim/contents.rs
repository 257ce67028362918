//! The bytes of one file: what programs see, what is durable, and everything in between that a torn cut may
//! leave.

use std::collections::BTreeMap;

use super::chance::Chance;

/// What a disk writes whole or not at all.
const SECTOR_BYTES: usize = 512;

/// One file.
#[derive(Debug, Clone, Default)]
pub(super) struct Contents {
    pub(super) cached: Vec<u8>,
    pub(super) durable: Vec<u8>,
    /// What each sector held after each write since the last sync.
    versions: BTreeMap<usize, Vec<Vec<u8>>>,
    /// Every length since the last sync.
    lengths: Vec<usize>,
}

impl Contents {
    fn sector(bytes: &[u8], sector: usize) -> Vec<u8> {
        let start = (sector * SECTOR_BYTES).min(bytes.len());
        let end = (start + SECTOR_BYTES).min(bytes.len());
        let mut held = bytes[start..end].to_vec();
        held.resize(SECTOR_BYTES, 0);
        held
    }

    fn note(&mut self, from: usize, to: usize) {
        for sector in from / SECTOR_BYTES..to.div_ceil(SECTOR_BYTES) {
            let held = Self::sector(&self.cached, sector);
            self.versions.entry(sector).or_default().push(held);
        }
        self.lengths.push(self.cached.len());
    }

    pub(super) fn write(&mut self, bytes: &[u8], at: usize) {
        let end = at + bytes.len();
        if self.cached.len() < end {
            self.cached.resize(end, 0);
        }
        self.cached[at..end].copy_from_slice(bytes);
        self.note(at, end);
    }

    pub(super) fn set_len(&mut self, length: usize) {
        let (from, to) = (length.min(self.cached.len()), length.max(self.cached.len()));
        self.cached.resize(length, 0);
        self.note(from, to);
    }

    pub(super) fn sync(&mut self) {
        self.durable = self.cached.clone();
        self.versions.clear();
        self.lengths.clear();
    }

    /// The power fails: what was not synced is lost, or partly not.
    pub(super) fn lose(&mut self, chance: Option<&mut Chance>) {
        let versions = std::mem::take(&mut self.versions);
        let lengths = std::mem::take(&mut self.lengths);
        if let Some(chance) = chance {
            let length = match chance.below(lengths.len() + 2) {
                0 => self.durable.len(),
                1 => {
                    let longest = lengths.iter().copied().max().unwrap_or(0).max(self.durable.len());
                    let shortest = lengths.iter().copied().min().unwrap_or(longest).min(self.durable.len());
                    shortest + chance.below(longest - shortest + 1)
                }
                pick => lengths[pick - 2],
            };
            self.durable.resize(length, 0);
            for (sector, held) in versions {
                let pick = chance.below(held.len() + 1);
                let start = sector * SECTOR_BYTES;
                if pick < held.len() && start < length {
                    let end = (start + SECTOR_BYTES).min(length);
                    self.durable[start..end].copy_from_slice(&held[pick][..end - start]);
                }
            }
        }
        self.cached = self.durable.clone();
    }
}
