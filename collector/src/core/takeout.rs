//! An org's data, all of it, as JSON Lines, told piece by piece: what is in memory from the state, the rest from the disk.
//!
//! The first line says what it is, the last one how many rows of each kind there were and the SHA-256 of every byte before it.
//! Who reads the file needs nothing of Dogwatch to check that it is whole.
//!
//! Invariants:
//! * Memory is bounded by `PIECE_BYTES` and the longest row, however large the org is: each piece is made when the one before
//!   it has gone out, and the core is kept from its work for one piece at most.
//! * Whoever takes it may do so still, asked before each piece: a token that ends takes the rest along.
//! * A row is as it was when it went out. An alert that is archived meanwhile is in it once.
//! * The audit comes last, as it was hashed, up to the checkpoint that stands behind it: it verifies by itself.

mod lines;
mod step;

use std::collections::BTreeSet;

use dogwatch_model::{EndpointId, OrgId};
use dogwatch_triage::{
    alert::AlertNumber,
    audit::{Chain, Checkpoint, PublicKey},
};
use jiff::Timestamp;
use serde::Serialize;

use super::{CoreHandle, SHELF, SoftwareList};
use crate::{
    access::{Reach, Sha256, Verb},
    audit,
    refusal::{Code, Refusal},
};
use lines::Lines;
use step::Step;

/// What the format is called; a later one gets another number.
const FORMAT: &str = "dogwatch-org-export/2";

/// When a piece is large enough to go out: what one export holds in memory, but for a longer row.
const PIECE_BYTES: usize = 256 * 1024;

/// Rows that are looked at for one piece, theirs or not: a millisecond or two, in which the core waits.
const PIECE_ROWS: usize = 4_096;

/// The first line.
#[derive(Debug, Serialize)]
struct Head<'a> {
    format: &'static str,
    org: &'a OrgId,
    made_at: Timestamp,
    /// What the audit's checkpoints are signed with. Whoever verifies goes by a key that they have from elsewhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_key: Option<PublicKey>,
}

/// What an endpoint has installed.
#[derive(Debug, Serialize)]
struct SoftwareLine<'a> {
    endpoint: EndpointId,
    #[serde(flatten)]
    list: &'a SoftwareList,
}

/// An org's data on its way out.
pub(crate) struct TakeOut {
    core: CoreHandle,
    /// The token that it is asked with.
    token: Sha256,
    org: OrgId,
    now: fn() -> Timestamp,
    lines: Lines,
    step: Option<Step>,
    /// Alerts that went out from the working set.
    seen: BTreeSet<AlertNumber>,
    /// What vouches for the audit, and how far that goes.
    checkpoints: Vec<Checkpoint>,
    head: u64,
}

impl TakeOut {
    pub(super) fn new(core: CoreHandle, token: Sha256, org: OrgId, now: fn() -> Timestamp) -> Self {
        Self {
            core,
            token,
            org,
            now,
            lines: Lines::default(),
            step: Some(Step::Head),
            seen: BTreeSet::new(),
            checkpoints: Vec::new(),
            head: 0,
        }
    }

    /// The next piece; nothing when all has gone out.
    ///
    /// # Errors
    /// `NotAllowed` once the token does not let it out any more; `Unavailable` when the disk cannot be read.
    pub(crate) async fn next(&mut self) -> Option<Result<Vec<u8>, Refusal>> {
        loop {
            let step = self.step.take()?;
            let reach = match self.reach() {
                Ok(reach) => reach,
                Err(refusal) => return Some(Err(refusal)),
            };
            match self.take(step, &reach).await {
                Ok(next) => self.step = next,
                Err(refusal) => return Some(Err(refusal)),
            }
            let piece = self.lines.take();
            if !piece.is_empty() {
                return Some(Ok(piece));
            }
        }
    }

    /// What whoever asks reaches now, if they may still take the org out.
    fn reach(&self) -> Result<Reach, Refusal> {
        let now = (self.now)();
        let reach = self.core.read(|state| {
            let token = state.access.tokens.get(&self.token).filter(|token| token.is_valid(now))?;
            Some(state.access.reach(&token.principal, now))
        });
        let gone = || Refusal::new(Code::NotAllowed, format!("`export` on {} has ended meanwhile", self.org));
        reach.filter(|reach| reach.may(Verb::Export, &self.org, None)).ok_or_else(gone)
    }

    /// Does one step; gives the next one.
    async fn take(&mut self, step: Step, reach: &Reach) -> Result<Option<Step>, Refusal> {
        Ok(Some(match step {
            Step::Head => {
                self.begin();
                Step::FIRST
            }
            Step::Archive(shelf) => self.archive(shelf).await?,
            Step::Software(after) => self.software(after).await?,
            Step::Vouch => self.vouch(reach).await?,
            Step::Audit(shelf) => self.audit(shelf).await?,
            Step::Tail => {
                self.lines.end();
                return Ok(None);
            }
            step => {
                let policy = self.core.policy();
                let (lines, seen, org) = (&mut self.lines, &mut self.seen, &self.org);
                self.core.read(|state| step.of_state((state, &policy), org, lines, seen))
            }
        }))
    }

    fn begin(&mut self) {
        let audit_key = self.core.read(|state| state.audit.key.as_ref().map(|key| key.public()));
        let head = Head { format: FORMAT, org: &self.org, made_at: (self.now)(), audit_key };
        self.lines.write(&head);
    }

    /// The alerts of a shelf of the archive.
    async fn archive(&mut self, shelf: u64) -> Result<Step, Refusal> {
        let latest = self.core.read(|state| state.next_alert / SHELF);
        for item in self.core.read_shelf(shelf).await? {
            if item.alert.org == self.org && !self.seen.contains(&item.alert.number) {
                self.lines.add("alert", &item);
            }
        }
        Ok(if shelf < latest { Step::Archive(shelf + 1) } else { Step::Software(None) })
    }

    /// The lists of installed software of the endpoints behind `after`, one piece of them.
    async fn software(&mut self, after: Option<EndpointId>) -> Result<Step, Refusal> {
        let (own, last) = self.core.read(|state| step::with_software(state, &self.org, after));
        for endpoint in own {
            let Some(list) = self.core.read_software(endpoint).await? else { continue };
            self.lines.add("software", &SoftwareLine { endpoint, list: &list });
            if self.lines.is_full() {
                return Ok(Step::Software(Some(endpoint)));
            }
        }
        Ok(last.map_or(Step::AFTER_SOFTWARE, |last| Step::Software(Some(last))))
    }

    /// What vouches for the audit comes before the audit: whatever it stands for has been written when the records are read.
    async fn vouch(&mut self, reach: &Reach) -> Result<Step, Refusal> {
        let chain = Chain::Org(self.org.clone());
        if !reach.sees(&self.org, None) {
            return Ok(Step::Tail);
        }
        self.checkpoints = self.core.read_checkpoints(chain.clone()).await?;
        let vouched = self.checkpoints.iter().map(|checkpoint| checkpoint.seq).max();
        self.head = self.core.read(|state| vouched.unwrap_or_else(|| state.audit.head(&chain).seq));
        Ok(Step::Audit(0))
    }

    /// The records of a shelf of the audit; behind the last one what vouches for them.
    async fn audit(&mut self, shelf: u64) -> Result<Step, Refusal> {
        let chain = Chain::Org(self.org.clone());
        let records = self.core.read_audit(chain, shelf).await?;
        let before = shelf.saturating_mul(audit::SHELF).saturating_sub(u64::from(shelf > 0));
        let wanted = usize::try_from(self.head.saturating_sub(before)).unwrap_or(usize::MAX);
        records.iter().take(wanted).for_each(|record| self.lines.add_raw("audit", record));
        if shelf < self.head / audit::SHELF {
            return Ok(Step::Audit(shelf + 1));
        }
        for checkpoint in std::mem::take(&mut self.checkpoints) {
            self.lines.add_raw("audit_checkpoint", checkpoint.line().as_bytes());
        }
        Ok(Step::Tail)
    }
}
