//! The lines of an export as they are made: counted by kind, and summed.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{Context, SHA256};
use serde::Serialize;
use serde_json::value::RawValue;

use super::PIECE_BYTES;
use crate::access::Sha256;

/// Lines in the making.
pub(super) struct Lines {
    bytes: Vec<u8>,
    counts: BTreeMap<&'static str, u64>,
    sum: Context,
}

impl Default for Lines {
    fn default() -> Self {
        Self { bytes: Vec::new(), counts: BTreeMap::new(), sum: Context::new(&SHA256) }
    }
}

#[derive(Serialize)]
struct Line<'a, T: ?Sized> {
    kind: &'static str,
    row: &'a T,
}

/// The last line: what came before it.
#[derive(Serialize)]
struct End<'a> {
    counts: &'a BTreeMap<&'static str, u64>,
    sha256: Sha256,
}

impl Lines {
    /// Whether there is enough for a piece.
    pub(super) fn is_full(&self) -> bool {
        self.bytes.len() >= PIECE_BYTES
    }

    /// Adds a row.
    pub(super) fn add<T: Serialize + ?Sized>(&mut self, kind: &'static str, row: &T) {
        let before = self.bytes.len();
        self.write(&Line { kind, row });
        if self.bytes.len() > before {
            *self.counts.entry(kind).or_default() += 1;
        }
    }

    /// Adds a row whose text is to stay as it is, byte for byte.
    pub(super) fn add_raw(&mut self, kind: &'static str, row: &[u8]) {
        if let Ok(row) = serde_json::from_slice::<&RawValue>(row) {
            self.add(kind, row);
        }
    }

    /// Writes a line that is no row.
    pub(super) fn write(&mut self, line: &impl Serialize) {
        let before = self.bytes.len();
        match serde_json::to_writer(&mut self.bytes, line) {
            Ok(()) => self.bytes.push(b'\n'),
            // Rows are our own types with text keys: they always serialise.
            Err(_) => self.bytes.truncate(before),
        }
    }

    /// What has gathered, to go out.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.sum.update(&self.bytes);
        std::mem::take(&mut self.bytes)
    }

    /// Writes the last line. What has gathered goes out before it.
    pub(super) fn end(&mut self) {
        let mut sum = self.sum.clone();
        sum.update(&self.bytes);
        let mut sha256 = Sha256([0; 32]);
        sha256.0.copy_from_slice(sum.finish().as_ref());
        let counts = std::mem::take(&mut self.counts);
        self.write(&End { counts: &counts, sha256 });
    }
}
