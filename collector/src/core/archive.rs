//! Alerts that have left the working set, read from the disk.

use std::collections::BTreeMap;

use dogwatch_triage::alert::AlertNumber;

use super::{Core, SHELF};
use crate::{
    queue,
    refusal::{Code, Refusal},
    state::{Item, State},
    storage::Table,
};

impl Core {
    /// An alert that has left the working set.
    pub(super) fn archived(&self, state: &State, number: AlertNumber) -> Result<Option<Item>, Refusal> {
        // Looked up either way: how long the answer takes is not to tell that there is one.
        let stored = self.archive(&queue::alert_key(number), 1);
        match state.retired.range(number.0, 1).next() {
            Some(item) => Ok(Some(item.clone())),
            None => Ok(stored?.pop()),
        }
    }

    /// Those of one [shelf](SHELF) of numbers.
    pub(super) fn shelf(&self, state: &State, shelf: u64) -> Result<Vec<Item>, Refusal> {
        let number = shelf.saturating_mul(SHELF);
        let first = queue::alert_key(AlertNumber(number));
        let digits = SHELF.ilog10() as usize;
        let prefix = &first[..first.len().saturating_sub(digits)];
        let settled = self.archive(prefix, usize::try_from(SHELF).unwrap_or(usize::MAX))?;
        let recent = state.retired.range(number, SHELF).cloned();
        // The view may have some of them already.
        let all: BTreeMap<_, _> =
            settled.into_iter().chain(recent).map(|one| (one.alert.number, one)).collect();
        Ok(all.into_values().collect())
    }

    fn archive(&self, prefix: &str, limit: usize) -> Result<Vec<Item>, Refusal> {
        let rows = self.storage.read(Table::Archive, prefix, limit).map_err(|error| {
            tracing::error!(%error, prefix, "the archive cannot be read");
            Refusal::new(
                Code::Unavailable,
                "the archive of alerts cannot be read now (the collector's log says why); try again later",
            )
        })?;
        // A row that is left out would be an alert that never was.
        let values = rows.iter().filter_map(|row| Some((&row.key, row.value.as_deref()?)));
        let items = values.map(|(key, value)| {
            serde_json::from_slice(value).map_err(|error| {
                tracing::error!(%error, key, "a row of the archive is damaged");
                Refusal::new(
                    Code::Unavailable,
                    "the archive of alerts cannot be read: a row of it is damaged (the collector's log says which and how); \
                     put the data folder back from its backup",
                )
            })
        });
        items.collect()
    }
}
