//! Where the spool's lanes stand: what is settled, and which numbers what is under way was given.
//!
//! A small journal of its own, of which the last record counts: one write and one sync, whole or not at all, and a bit
//! that flips is found. It is written before reports of the spool go on the wire, so that after a crash it is known
//! which of them the collector may have.

use std::{path::Path, sync::Arc};

use dogwatch_journal::{Disk, Error, Journal, Options};
use dogwatch_model::Epoch;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// The journal of marks begins anew past this.
const ROLL_BYTES: u64 = 64 * 1024;

/// Reports that were dropped and not told yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gap {
    /// How many.
    pub count: u64,
    /// When the oldest of them was observed.
    pub from: Timestamp,
    /// When the newest was.
    pub to: Timestamp,
}

impl Gap {
    /// Of one report.
    pub fn one(at: Timestamp) -> Self {
        Self { count: 1, from: at, to: at }
    }

    /// Both together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            count: self.count.saturating_add(other.count),
            from: self.from.min(other.from),
            to: self.to.max(other.to),
        }
    }
}

/// Numbers, each with the position up to which the lane is settled once it is acknowledged.
pub(super) type Items = Vec<(u64, u64)>;

/// Reports of the spool that were given numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct UnderWay {
    /// The epoch that the numbers count in.
    pub(super) epoch: Epoch,
    /// Which.
    pub(super) items: Items,
    /// The gap that the first of them tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) gap: Option<Gap>,
}

/// Where one lane stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct LaneState {
    /// Everything up to this position is settled.
    pub(super) done: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) under_way: Option<UnderWay>,
}

/// Where the spool stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Marks {
    pub(super) kept: LaneState,
    pub(super) samples: LaneState,
    /// Which folder holds the samples: thinning writes the next one.
    pub(super) generation: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) gap: Option<Gap>,
}

/// The marks on the disk.
#[derive(Debug)]
pub(super) struct MarksLog {
    journal: Journal,
    saved: Marks,
}

impl MarksLog {
    /// Opens the log; gives the marks saved last, and what was damaged.
    pub(super) fn open(
        disk: Arc<dyn Disk>,
        dir: &Path,
    ) -> Result<(Self, Marks, Vec<dogwatch_journal::Damage>), Error> {
        let options = Options { segment_bytes: ROLL_BYTES, batch_memory_bytes: 4096, ..Options::default() };
        let (journal, opened) = Journal::open(disk, dir, options)?;
        let mut marks = Marks::default();
        let mut damaged = opened.damaged;
        for record in journal.read_from(journal.first_position())? {
            match record {
                Ok((_, record)) => marks = serde_json::from_slice(&record).unwrap_or(marks),
                Err(Error::Damaged(damage)) if !damaged.contains(&damage) => damaged.push(damage),
                Err(Error::Damaged(_)) => {}
                Err(other) => return Err(other),
            }
        }
        Ok((Self { journal, saved: marks.clone() }, marks, damaged))
    }

    /// Makes these the marks that count; nothing happens when they are.
    pub(super) fn save(&mut self, marks: &Marks) -> Result<(), Error> {
        if self.saved == *marks {
            return Ok(());
        }
        let bytes = serde_json::to_vec(marks).unwrap_or_default();
        let position = self.journal.append(&bytes)?;
        self.journal.commit()?;
        self.saved = marks.clone();
        self.journal.drop_before(position)
    }
}
