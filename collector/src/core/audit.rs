//! The record of who changed what, in the same commit as the change.

use std::fmt::Display;

use dogwatch_model::PersonId;
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::Batch;
use crate::storage::Table;

/// One entry of the audit: who changed what.
#[derive(Debug, Serialize)]
struct Audit<'a> {
    at: Timestamp,
    /// Absent when Dogwatch itself or a joining endpoint did it.
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<&'a PersonId>,
    act: &'a str,
    /// What it was done to.
    on: String,
}

/// Records an act of a person, in the same commit as its effect.
pub(super) fn audit(batch: &mut Batch, at: Timestamp, by: Option<&PersonId>, act: &str, on: impl Display) {
    let on = on.to_string();
    match by {
        Some(person) => tracing::info!(%person, act, on, "audit"),
        None => tracing::info!(act, on, "audit"),
    }
    batch.put(Table::Audit, Uuid::now_v7(), &Audit { at, by, act, on });
}
