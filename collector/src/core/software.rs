//! Lists of installed software. A list is long and rarely looked at, so it is a row on disk and never in memory; of each
//! endpoint the working set holds only which list that is. When the agent's inventory names another, it is asked for.

use dogwatch_model::{EndpointId, Software, SoftwareDigest};
use dogwatch_proto::v1::{self, collector_message::Message};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Batch, Core};
use crate::{
    fleet,
    refusal::{Code, Refusal},
    state::Member,
    storage::Table,
};

/// What an endpoint has installed, as it told it last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SoftwareList {
    /// When it told.
    pub told_at: Timestamp,
    /// The list, sorted by source and name.
    pub software: Vec<Software>,
}

/// Puts a list on the disk.
pub(super) fn keep(id: EndpointId, software: &[Software], told_at: Timestamp, batch: &mut Batch) {
    batch.put(Table::Software, id, &SoftwareList { told_at, software: software.to_vec() });
}

/// The question for a list that the collector does not hold and has not `asked` for on this stream.
pub(super) fn question(member: &Member, asked: &mut Option<SoftwareDigest>) -> Option<Message> {
    let wanted = fleet::lacks_software(&member.endpoint)?;
    if asked.as_ref() == Some(wanted) {
        return None;
    }
    *asked = Some(wanted.clone());
    Some(Message::Refresh(v1::Refresh { sources: vec!["software".to_owned()] }))
}

impl Core {
    /// The list of an endpoint; `None` when it never told one. The view may be half a minute behind the journal.
    pub(super) fn software(&self, id: EndpointId) -> Result<Option<SoftwareList>, Refusal> {
        let rows = self.storage.read(Table::Software, &id.to_string(), 1).map_err(|error| {
            tracing::error!(%error, endpoint.id = %id, "a list of software cannot be read");
            Refusal::new(
                Code::Unavailable,
                "lists of software cannot be read now (the collector's log says why); try again later",
            )
        })?;
        let Some(value) = rows.first().and_then(|row| row.value.as_deref()) else { return Ok(None) };
        serde_json::from_slice(value).map(Some).map_err(|error| {
            tracing::error!(%error, endpoint.id = %id, "a list of software is damaged");
            Refusal::new(
                Code::Unavailable,
                "this endpoint's list of software cannot be read: its row is damaged (the collector's log says how); put the \
                 data folder back from its backup",
            )
        })
    }
}
