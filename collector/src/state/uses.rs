//! Grants that have let something through in the batch being made: a grant that nobody uses should be found and ended.
//!
//! Whoever judges a right only reads the state, so what they find is gathered behind a lock and written down once at the end
//! of the batch; of each grant once a day.

use std::{
    collections::BTreeSet,
    sync::{Mutex, PoisonError},
};

use dogwatch_model::{OrgId, SiteId};
use jiff::Timestamp;

use super::State;
use crate::{
    access::{Principal, Verb},
    core::Batch,
    storage::Table,
};

/// Those grants, by id.
#[derive(Debug, Default)]
pub(crate) struct Uses(Mutex<BTreeSet<String>>);

impl State {
    /// Somebody has used a right at a place: each grant that gives it there is in use.
    pub(crate) fn uses(
        &self,
        by: &Principal,
        verb: Verb,
        (org, site): (&OrgId, Option<&SiteId>),
        now: Timestamp,
    ) {
        let key = by.key();
        let gives = self.access.grants_of(&key, now).filter(|grant| {
            grant.verbs.has(verb) && grant.scope.covers(org, site) && grant.is_worth_noting(now)
        });
        let mut used = self.uses.0.lock().unwrap_or_else(PoisonError::into_inner);
        used.extend(gives.map(|grant| grant.id.clone()));
    }

    /// Writes down which grants were used.
    pub(crate) fn note_uses(&mut self, now: Timestamp, batch: &mut Batch) {
        let used = std::mem::take(self.uses.0.get_mut().unwrap_or_else(PoisonError::into_inner));
        for id in used {
            let Some(grant) = self.access.grants.get_mut(&id) else { continue };
            grant.used_at = Some(now);
            batch.put(Table::Grants, &id, &*grant);
        }
    }
}
