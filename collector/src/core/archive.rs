//! Alerts that have left the working set, read from the disk.

use dogwatch_triage::alert::AlertNumber;

use super::{Core, SHELF};
use crate::{
    queue,
    refusal::{Code, Refusal},
    state::Item,
    storage::Table,
};

impl Core {
    /// An alert that has left the working set. The view may be half a minute behind the journal; who asks for an alert
    /// that went in that moment finds it the next time.
    pub(super) fn archived(&self, number: AlertNumber) -> Result<Option<Item>, Refusal> {
        Ok(self.archive(&queue::alert_key(number), 1)?.pop())
    }

    pub(super) fn shelf(&self, shelf: u64) -> Result<Vec<Item>, Refusal> {
        let first = queue::alert_key(AlertNumber(shelf.saturating_mul(SHELF)));
        let digits = SHELF.ilog10() as usize;
        let prefix = &first[..first.len().saturating_sub(digits)];
        self.archive(prefix, usize::try_from(SHELF).unwrap_or(usize::MAX))
    }

    pub(super) fn archive(&self, prefix: &str, limit: usize) -> Result<Vec<Item>, Refusal> {
        let rows = self.storage.read(Table::Archive, prefix, limit).map_err(|error| {
            tracing::error!(%error, prefix, "the archive cannot be read");
            Refusal::new(
                Code::Unavailable,
                "the archive of alerts cannot be read now (the collector's log says why); try again later",
            )
        })?;
        Ok(rows.iter().filter_map(|row| serde_json::from_slice(row.value.as_deref()?).ok()).collect())
    }
}
