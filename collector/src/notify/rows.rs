//! The outbox's rows, read back at start.

use dogwatch_triage::notice::Notice;

use super::{
    Message, Outbox,
    outbox::{GroupKey, Haste, Memory},
};
use crate::storage::{Row, Table};

/// The key of a group's row; an org's id has no slash.
pub(super) fn group_key((org, via): &GroupKey) -> String {
    format!("{org}/{via}")
}

/// Takes up one row. Gives `false` for one that is not of the outbox.
///
/// # Errors
/// What cannot be understood.
pub(crate) fn apply_row(outbox: &mut Outbox, row: &Row) -> Result<bool, String> {
    let json = |error: serde_json::Error| error.to_string();
    match (row.table, row.value.as_deref()) {
        (Table::Notices, Some(value)) => outbox.add(serde_json::from_slice::<Notice>(value).map_err(json)?),
        (Table::Notices, None) => outbox.remove(&row.key),
        (Table::Outbox, Some(value)) => {
            let message: Message = serde_json::from_slice(value).map_err(json)?;
            outbox.post(message);
        }
        (Table::Outbox, None) => drop(outbox.take(&row.key)),
        (Table::NoticeGroups, Some(value)) => {
            let memory: Memory = serde_json::from_slice(value).map_err(json)?;
            let key = key_of(row)?;
            // The tail tells again what the view has already.
            let group = outbox.groups.entry(key.clone()).or_default();
            let known = std::mem::replace(&mut group.memory, memory.clone());
            for at in memory.sent.iter().filter(|at| !known.sent.contains(at)) {
                outbox.used(&key.1, Haste::Ordinary, *at);
            }
            for at in memory.urgent.iter().filter(|at| !known.urgent.contains(at)) {
                outbox.used(&key.1, Haste::Urgent, *at);
            }
        }
        (Table::NoticeGroups, None) => drop(outbox.forget(&key_of(row)?)),
        _ => return Ok(false),
    }
    Ok(true)
}

/// The group of a row.
fn key_of(row: &Row) -> Result<GroupKey, String> {
    let (org, via) = row.key.split_once('/').ok_or("its key is not ORG/WAY")?;
    let org = org.parse().map_err(|error| format!("{error}"))?;
    let via = via.parse().map_err(|error| format!("{error}"))?;
    Ok((org, via))
}
