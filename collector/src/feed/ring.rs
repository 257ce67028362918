//! The newest blocks, and what is remembered of those before them: how many changes of which group there were.
//!
//! With that memory somebody who comes back late is told how much they missed, or that it was nothing that concerns them.

use std::{collections::VecDeque, sync::Arc};

use super::{
    block::{self, Block, Run, heard_after},
    change::{Change, Group},
    seal::Seal,
};

/// What the blocks may take: at a thousand changes a second most of a minute, on an ordinary day hours.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// Runs that are remembered of blocks that are gone: a few megabytes.
const MAX_PAST_RUNS: usize = 65_536;

/// What is left of a block.
struct Past {
    first: u64,
    runs: Vec<Run>,
}

/// The newest changes.
pub(super) struct Ring {
    blocks: VecDeque<Arc<Block>>,
    bytes: usize,
    past: VecDeque<Past>,
    past_runs: usize,
    /// The place of the last change; 0 before the first.
    last: u64,
    max_bytes: usize,
    max_past_runs: usize,
}

impl Default for Ring {
    fn default() -> Self {
        Self::bounded(MAX_BYTES, MAX_PAST_RUNS)
    }
}

impl Ring {
    pub(super) fn bounded(max_bytes: usize, max_past_runs: usize) -> Self {
        Self {
            blocks: VecDeque::new(),
            bytes: 0,
            past: VecDeque::new(),
            past_runs: 0,
            last: 0,
            max_bytes,
            max_past_runs,
        }
    }

    /// The place of the last change; 0 before the first.
    pub(super) const fn last(&self) -> u64 {
        self.last
    }

    /// Adds changes, and lets go of the oldest.
    pub(super) fn add(&mut self, changes: Vec<Change>, seal: &Seal) {
        for block in block::write(changes, self.last + 1, seal) {
            self.last = block.last();
            self.bytes += block.bytes();
            self.blocks.push_back(Arc::new(block));
        }
        while self.bytes > self.max_bytes
            && let Some(block) = self.blocks.pop_front()
        {
            self.bytes -= block.bytes();
            self.past_runs += block.runs.len();
            self.past.push_back(Past { first: block.first, runs: block.runs.clone() });
        }
        while self.past_runs > self.max_past_runs
            && let Some(past) = self.past.pop_front()
        {
            self.past_runs -= past.runs.len();
        }
    }

    /// The blocks after `seen`, or nothing when some of them are gone.
    pub(super) fn after(&self, seen: u64) -> Option<Vec<Arc<Block>>> {
        if seen >= self.last {
            return Some(Vec::new());
        }
        let oldest = self.blocks.front()?.first;
        if seen + 1 < oldest {
            return None;
        }
        let from = self.blocks.partition_point(|block| block.last() <= seen);
        Some(self.blocks.range(from..).map(Arc::clone).collect())
    }

    /// How many changes after `seen` somebody would have heard; nothing when that is not remembered either.
    pub(super) fn heard_since(&self, seen: u64, mut hears: impl FnMut(&Group) -> bool) -> Option<u64> {
        let known_from = self.past.front().map(|past| past.first);
        let known_from = known_from.or_else(|| self.blocks.front().map(|block| block.first));
        if known_from.is_none_or(|from| seen + 1 < from) {
            return (seen >= self.last).then_some(0);
        }
        let past =
            self.past.iter().map(|past| heard_after(past.first, &past.runs, seen, &mut hears)).sum::<u64>();
        let present = self
            .blocks
            .iter()
            .map(|block| heard_after(block.first, &block.runs, seen, &mut hears))
            .sum::<u64>();
        Some(past + present)
    }
}
