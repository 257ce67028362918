//! The record of who changed what: put into the batch with its effect, and given its place in its chain as the batch goes to
//! disk.

use core::fmt::Display;

use dogwatch_model::OrgId;
use dogwatch_triage::audit::{By, Chain, Deed, Maker};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{Batch, Core};
use crate::{
    access::{ApiToken, JoinTokenRecord, Principal},
    audit::{self, HEAD, SHELF},
    ownership::Version,
    refusal::{Code, Refusal},
    state::State,
    storage::{Row, StorageError, Table},
};

/// A person as the doer of a deed.
pub(super) fn by(principal: &Principal) -> By {
    let key = principal.key();
    let maker = principal.maker.as_ref().filter(|maker| **maker != key);
    By {
        token: principal.token.clone(),
        maker: maker.map(|maker| Maker { person: maker.id.clone(), org: maker.org.clone() }),
        ..By::new(key.id, principal.side, key.org)
    }
}

/// Something that somebody did.
pub(super) fn deed(who: &Principal, act: impl Into<String>, on: impl Display, org: Option<&OrgId>) -> Deed {
    Deed::new(act, on, org).by(by(who))
}

/// A token, as the audit tells of it.
pub(super) fn of_token(token: &ApiToken) -> Value {
    let who = &token.principal;
    json!({
        "person": who.person, "side": who.side, "team": who.team, "org": who.org, "site": who.site,
        "verbs": who.ceiling, "expires_at": token.expires_at, "revoked_at": token.revoked_at,
    })
}

/// A join token, as the audit tells of it.
pub(super) fn of_join_token(token: &JoinTokenRecord) -> Value {
    json!({
        "org": token.org, "site": token.site, "uses": token.uses, "approval": token.approval,
        "expires_at": token.expires_at, "revoked_at": token.revoked_at,
    })
}

/// A version of a matrix, as the audit tells of it: its text is kept under its hash.
pub(super) fn of_version(version: &Version) -> Value {
    json!({
        "hash": version.hash, "effective_at": version.effective_at, "note": version.note,
        "signatures": version.signatures, "withdrawn_at": version.withdrawn_at,
    })
}

/// Gives what was done its place at the end of its chain.
pub(super) fn seal(state: &mut State, batch: &mut Batch) {
    for (at, deed) in std::mem::take(&mut batch.deeds) {
        let record = state.audit.append(at, deed);
        let (chain, seq) = (&record.chain, record.seq);
        match &record.by {
            Some(by) => {
                tracing::info!(person = %by.person, act = record.act, on = record.on, %chain, seq, "audit")
            }
            None => tracing::info!(act = record.act, on = record.on, %chain, seq, "audit"),
        }
        // In the form that was hashed, so that what is on the disk can be verified with nothing else.
        let line = record.line().into_bytes();
        batch.changes.row(Row { table: Table::Audit, key: audit::row_key(chain, seq), value: Some(line) });
        batch.put(Table::Meta, format!("{HEAD}{chain}"), &record.head());
    }
}

/// Signs the checkpoints that are due.
pub(super) fn checkpoint(state: &mut State, now: Timestamp, batch: &mut Batch) {
    for checkpoint in state.audit.due(now) {
        let key = audit::row_key(&checkpoint.chain, checkpoint.seq);
        batch.put(Table::AuditCheckpoints, key, &checkpoint);
        for old in state.audit.keep(checkpoint) {
            batch.delete(Table::AuditCheckpoints, old);
        }
    }
}

impl Core {
    /// The records of a shelf, in order, as they were hashed.
    pub(super) fn audit_shelf(
        &self,
        state: &State,
        chain: &Chain,
        shelf: u64,
    ) -> Result<Vec<Vec<u8>>, Refusal> {
        let prefix = audit::shelf_prefix(chain, shelf);
        let limit = usize::try_from(SHELF).unwrap_or(usize::MAX);
        let rows = self.storage.read(Table::Audit, &prefix, limit).map_err(|error: StorageError| {
            tracing::error!(%error, prefix, "the audit cannot be read");
            Refusal::new(
                Code::Unavailable,
                "the audit cannot be read now (the collector's log says why); try again later",
            )
        })?;
        let number = |row: &Row| row.key.rsplit_once('/').and_then(|(_, seq)| seq.parse::<u64>().ok());
        let settled = rows.into_iter().filter_map(|row| Some((number(&row)?, row.value?)));
        let mut all: std::collections::BTreeMap<u64, Vec<u8>> = settled.collect();
        all.extend(state.audit.recent(chain, shelf));
        let first = shelf.saturating_mul(SHELF);
        let last = state.audit.head(chain).seq.min(first.saturating_add(SHELF - 1));
        // A gap would be told as records that somebody removed.
        if (first.max(1)..=last).any(|seq| !all.contains_key(&seq) && state.audit.may_lack(chain, seq)) {
            tracing::error!(%chain, shelf, "records of the audit are in the journal and not yet in the view");
            return Err(Refusal::new(
                Code::Unavailable,
                "the latest records of the audit are safe on disk and cannot be read yet (the collector's log says what keeps \
                 the view behind); try again later",
            ));
        }
        Ok(all.into_values().collect())
    }
}
