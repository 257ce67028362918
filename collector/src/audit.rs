//! The chains of the audit as the collector keeps them: how far each goes, its latest checkpoints, what the view lacks yet.
//!
//! Invariants:
//! * A record, its chain's new head and what it tells of are one commit: [`crate::core`] seals what was done right before the
//!   batch goes to disk, so a crash leaves all three or none.
//! * Records are kept for ever, on disk; in memory is what one read of the view might miss, and no more than
//!   `MAX_RECENT`.
//! * A checkpoint says all that earlier ones said, by the links: `MAX_CHECKPOINTS` of a chain are kept.
//!
//! What a record says and how a chain is verified is [`dogwatch_triage::audit`].

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Arc,
};

use dogwatch_triage::audit::{Chain, Checkpoint, Deed, Digest, Head, Hex, Record, Statement};
use jiff::{SignedDuration, Timestamp};

use crate::{access, authority::audit_key::AuditKey};

/// Records that are read at once: those whose numbers differ in the last three digits only.
pub const SHELF: u64 = 1_000;

/// A checkpoint is signed when a chain has grown by so many records since the last one …
const CHECKPOINT_RECORDS: u64 = 64;

/// … or has grown at all since so long ago: what could be cut off unseen is no more than that.
const CHECKPOINT_EVERY: SignedDuration = SignedDuration::from_mins(10);

/// Checkpoints of a chain that are kept: two weeks of one each ten minutes are no use, since the newest says it all; these are
/// for who held an older one and compares.
const MAX_CHECKPOINTS: usize = 100;

/// Records that may wait for the view: thirty seconds of acts, or a quarter of an hour of a failing view.
pub(crate) const MAX_RECENT: usize = 10_000;

/// What a head's key in the meta table begins with.
pub(crate) const HEAD: &str = "audit-head/";

/// Every chain.
#[derive(Debug, Default)]
pub struct Chains {
    /// What signs checkpoints; absent in trials without a data folder.
    pub(crate) key: Option<Arc<AuditKey>>,
    heads: BTreeMap<Chain, Head>,
    checkpoints: BTreeMap<Chain, VecDeque<Checkpoint>>,
    recent: BTreeMap<(Chain, u64), Vec<u8>>,
    /// Their keys, oldest first.
    ages: VecDeque<(Chain, u64)>,
    /// Up to where the view may lack records that are not in memory any more.
    lacking: BTreeMap<Chain, u64>,
    /// Up to where the view goes once the work on it that was begun is done.
    settling: BTreeMap<Chain, u64>,
}

/// The key of a record or of a checkpoint.
pub(crate) fn row_key(chain: &Chain, seq: u64) -> String {
    format!("{chain}/{seq:016}")
}

/// What the keys of a shelf's records begin with.
pub(crate) fn shelf_prefix(chain: &Chain, shelf: u64) -> String {
    let first = row_key(chain, shelf.saturating_mul(SHELF));
    first[..first.len() - SHELF.ilog10() as usize].to_owned()
}

/// SHA-256, for the pure part.
pub(crate) fn sha256(bytes: &[u8]) -> Digest {
    Hex(access::Sha256::of(bytes).0)
}

impl Chains {
    /// How far a chain goes.
    pub fn head(&self, chain: &Chain) -> Head {
        self.heads.get(chain).copied().unwrap_or(Head::START)
    }

    /// The kept checkpoints of a chain, oldest first, and one of this moment where there is something new to vouch for. It
    /// vouches for what may not be on disk yet: only the core tells it, after the commit.
    pub(crate) fn checkpoints(&self, chain: &Chain, now: Timestamp) -> Vec<Checkpoint> {
        let kept = self.checkpoints.get(chain).into_iter().flatten().cloned();
        kept.chain(self.fresh_checkpoint(chain, now)).collect()
    }

    fn fresh_checkpoint(&self, chain: &Chain, now: Timestamp) -> Option<Checkpoint> {
        let (key, head) = (self.key.as_ref()?, self.head(chain));
        let last = self.checkpoints.get(chain).and_then(VecDeque::back);
        (head.seq > last.map_or(0, |last| last.seq)).then(|| {
            let statement = Statement::of(chain.clone(), head, now, key.id().to_owned());
            let signature = key.sign(&statement.bytes());
            statement.signed(signature)
        })
    }

    /// Gives a deed its place at the end of its chain.
    pub(crate) fn append(&mut self, at: Timestamp, deed: Deed) -> Record {
        let record = Record::following(&self.head(&deed.chain), deed, at, sha256);
        self.heads.insert(record.chain.clone(), record.head());
        self.remember(&record.chain, record.seq, record.line().into_bytes());
        record
    }

    /// Keeps a record until the view has it.
    pub(crate) fn remember(&mut self, chain: &Chain, seq: u64, line: Vec<u8>) {
        let key = (chain.clone(), seq);
        if self.recent.insert(key.clone(), line).is_none() {
            self.ages.push_back(key);
        }
        if self.recent.len() > MAX_RECENT
            && let Some(oldest) = self.ages.pop_front()
        {
            self.recent.remove(&oldest);
            let (chain, seq) = oldest;
            let lacking = self.lacking.entry(chain).or_default();
            *lacking = seq.max(*lacking);
        }
    }

    /// Whether a record that neither the view nor memory has may be on its way there all the same.
    pub(crate) fn may_lack(&self, chain: &Chain, seq: u64) -> bool {
        self.lacking.get(chain).is_some_and(|up_to| seq <= *up_to)
    }

    /// A head as storage has it.
    pub(crate) fn set_head(&mut self, chain: Chain, head: Head) {
        self.heads.insert(chain, head);
    }

    /// The checkpoints that are due.
    pub(crate) fn due(&self, now: Timestamp) -> Vec<Checkpoint> {
        let due = |(chain, head): (&Chain, &Head)| {
            let last = self.checkpoints.get(chain).and_then(VecDeque::back);
            let grown = head.seq - last.map_or(0, |last| last.seq).min(head.seq);
            let old = last.is_none_or(|last| now.duration_since(last.at) >= CHECKPOINT_EVERY);
            (grown >= CHECKPOINT_RECORDS || old).then(|| self.fresh_checkpoint(chain, now)).flatten()
        };
        self.heads.iter().filter_map(due).collect()
    }

    /// Keeps a checkpoint; gives the keys of those that it makes superfluous.
    pub(crate) fn keep(&mut self, checkpoint: Checkpoint) -> Vec<String> {
        let chain = checkpoint.chain.clone();
        let kept = self.checkpoints.entry(chain.clone()).or_default();
        // The tail of the journal may repeat what the view has already.
        if kept.back().is_none_or(|last| last.seq < checkpoint.seq) {
            kept.push_back(checkpoint);
        }
        let spare = kept.len().saturating_sub(MAX_CHECKPOINTS);
        kept.drain(..spare).map(|old| row_key(&chain, old.seq)).collect()
    }

    /// The view is being brought up to everything that was recorded so far.
    pub(crate) fn settling(&mut self) {
        self.settling = self.heads.iter().map(|(chain, head)| (chain.clone(), head.seq)).collect();
    }

    /// It has been.
    pub(crate) fn settled(&mut self) {
        let settling = std::mem::take(&mut self.settling);
        let lacks = |chain: &Chain, seq: &u64| settling.get(chain).is_none_or(|up_to| seq > up_to);
        self.recent.retain(|(chain, seq), _| lacks(chain, seq));
        self.ages.retain(|(chain, seq)| lacks(chain, seq));
        self.lacking.retain(|chain, up_to| lacks(chain, up_to));
    }

    /// The records of a shelf that the view may not have.
    pub(crate) fn recent(&self, chain: &Chain, shelf: u64) -> impl Iterator<Item = (u64, Vec<u8>)> {
        let first = shelf.saturating_mul(SHELF);
        let range = (chain.clone(), first)..(chain.clone(), first.saturating_add(SHELF));
        self.recent.range(range).map(|((_, seq), line)| (*seq, line.clone()))
    }
}
