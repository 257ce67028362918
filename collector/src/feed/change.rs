//! One change, ready to be told: where, of which kind, and the text that everybody gets.

use std::sync::Arc;

use dogwatch_model::{EndpointId, OrgId, SiteId, text_enum};
use serde::Serialize;

text_enum! {
    /// What a change is about. The names are those of the events.
    pub(crate) enum Kind {
        /// An item of the queue.
        Alert = "alert",
        /// An endpoint, as a list shows it.
        Endpoint = "endpoint",
        /// A maintenance window.
        Window = "window",
        /// A version of an org's matrix, or the policy that is in force there.
        Ownership = "ownership",
        /// Who may do what: tokens, people, grants, an org's standing; and saved views.
        Access = "access",
    }
}

/// Where a change belongs, and its kind: what decides who may hear of it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Group {
    /// The org; absent for what concerns the collector as a whole.
    pub(crate) org: Option<OrgId>,
    /// The site; absent for what concerns the org as a whole.
    pub(crate) site: Option<SiteId>,
    /// What it is about.
    pub(crate) kind: Kind,
}

/// One change.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// Where and what.
    pub(crate) group: Arc<Group>,
    /// Of several about one endpoint within a tick only the last is told.
    pub(crate) endpoint: Option<EndpointId>,
    /// One JSON object, in a line.
    pub(crate) data: Vec<u8>,
}

/// What every event's data begins with.
#[derive(Serialize)]
struct Told<'a, T> {
    kind: Kind,
    #[serde(skip_serializing_if = "Option::is_none")]
    org: Option<&'a OrgId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    site: Option<&'a SiteId>,
    #[serde(flatten)]
    what: T,
}

impl Change {
    /// A change with the fields that its kind has.
    pub(crate) fn new(group: Arc<Group>, what: impl Serialize) -> Self {
        let told = Told { kind: group.kind, org: group.org.as_ref(), site: group.site.as_ref(), what };
        // Our own types with text keys: they always serialise.
        let data = serde_json::to_vec(&told).unwrap_or_else(|_| b"{}".to_vec());
        Self { group, endpoint: None, data }
    }
}
