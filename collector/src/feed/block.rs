//! Some changes as they go over the wire, with what is needed to hand out a part of them.

use std::{collections::BTreeSet, sync::Arc};

use axum::body::Bytes;

use super::{
    change::{Change, Group},
    seal::Seal,
};

/// Bytes of a block, about: what a connection that stands still keeps alive of the past.
const BLOCK_BYTES: usize = 64 * 1024;

/// A run of changes of one group.
#[derive(Debug, Clone)]
pub(super) struct Run {
    pub(super) group: Arc<Group>,
    /// How many.
    pub(super) changes: u64,
}

/// Changes whose places follow each other.
#[derive(Debug)]
pub(super) struct Block {
    /// The place of the first.
    pub(super) first: u64,
    /// In their order, each of at least one change.
    pub(super) runs: Vec<Run>,
    bytes: Bytes,
    /// Where each change begins, and the end.
    offsets: Vec<u32>,
}

impl Block {
    /// How many changes.
    pub(super) fn len(&self) -> u64 {
        (self.offsets.len() - 1) as u64
    }

    /// The place of the last.
    pub(super) fn last(&self) -> u64 {
        self.first + self.len() - 1
    }

    /// What it takes in memory, about.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.len() + self.offsets.len() * 4 + self.runs.len() * size_of::<Run>()
    }

    /// What somebody who was told everything up to `seen` is told of it: slices of its bytes, as few as can be.
    pub(super) fn after(&self, seen: u64, mut hears: impl FnMut(&Group) -> bool) -> Vec<Bytes> {
        let mut slices: Vec<(u32, u32)> = Vec::new();
        let skip = seen.saturating_add(1).saturating_sub(self.first);
        let mut at = 0;
        for run in &self.runs {
            let (from, until) = (at.max(skip), at + run.changes);
            at = until;
            if from >= until || !hears(&run.group) {
                continue;
            }
            let (begin, end) = (self.offset(from), self.offset(until));
            match slices.last_mut() {
                Some(last) if last.1 == begin => last.1 = end,
                _ => slices.push((begin, end)),
            }
        }
        slices.into_iter().map(|(begin, end)| self.bytes.slice(begin as usize..end as usize)).collect()
    }

    fn offset(&self, change: u64) -> u32 {
        usize::try_from(change).ok().and_then(|change| self.offsets.get(change)).copied().unwrap_or_default()
    }
}

/// How many changes somebody hears of some runs that begin at `first`, when they were told everything up to `seen`.
pub(super) fn heard_after(first: u64, runs: &[Run], seen: u64, mut hears: impl FnMut(&Group) -> bool) -> u64 {
    let (mut at, mut heard) = (first, 0);
    for run in runs {
        let end = at + run.changes;
        let unseen = end.saturating_sub(at.max(seen.saturating_add(1)));
        if unseen > 0 && hears(&run.group) {
            heard += unseen;
        }
        at = end;
    }
    heard
}

/// Puts changes in the order in which they are told and writes them down, the first at place `first`.
///
/// They are told group by group, so that whoever hears some groups gets whole slices; within a group they stay in the
/// order in which they happened, but of an endpoint only the last is told.
pub(super) fn write(changes: Vec<Change>, first: u64, seal: &Seal) -> Vec<Block> {
    let mut changes = only_last(changes);
    changes.sort_by(|a, b| a.group.cmp(&b.group));
    let mut blocks = Vec::new();
    let mut open = Draft::at(first);
    for change in changes {
        if open.bytes.len() >= BLOCK_BYTES {
            let next = open.next();
            blocks.push(std::mem::replace(&mut open, Draft::at(next)).done());
        }
        open.write(change, seal);
    }
    if open.next() > open.first {
        blocks.push(open.done());
    }
    blocks
}

fn only_last(mut changes: Vec<Change>) -> Vec<Change> {
    let mut told = BTreeSet::new();
    changes.reverse();
    changes.retain(|change| {
        change.endpoint.is_none_or(|endpoint| told.insert((endpoint, Arc::clone(&change.group))))
    });
    changes.reverse();
    changes
}

struct Draft {
    first: u64,
    bytes: Vec<u8>,
    offsets: Vec<u32>,
    runs: Vec<Run>,
}

impl Draft {
    fn at(first: u64) -> Self {
        Self { first, bytes: Vec::new(), offsets: vec![0], runs: Vec::new() }
    }

    /// The place of the change that would be written next.
    fn next(&self) -> u64 {
        self.first + self.offsets.len() as u64 - 1
    }

    fn write(&mut self, change: Change, seal: &Seal) {
        let id = seal.text(self.next());
        for part in ["id: ", &id, "\nevent: ", change.group.kind.as_str(), "\ndata: "] {
            self.bytes.extend_from_slice(part.as_bytes());
        }
        self.bytes.extend_from_slice(&change.data);
        self.bytes.extend_from_slice(b"\n\n");
        self.offsets.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        match self.runs.last_mut() {
            Some(run) if run.group == change.group => run.changes += 1,
            _ => self.runs.push(Run { group: change.group, changes: 1 }),
        }
    }

    fn done(self) -> Block {
        Block { first: self.first, runs: self.runs, bytes: self.bytes.into(), offsets: self.offsets }
    }
}
