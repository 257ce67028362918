//! The shape of the documents, as they are written. Nothing here is checked beyond its shape; `reader` makes the
//! typed matrix of it, and each concept's shape stands beside what is made of it. Every text that can be wrong carries
//! its place.

use serde::Deserialize;
use toml::Spanned;

use super::reader::{
    BoundaryEntry, CalendarEntry, CatchAllEntry, PersonEntry, RotaEntry, RowEntry, SideEntry, SlaEntry,
    TeamEntry, ToolEntry, VendorEntry,
};

/// A text and where it stands.
pub(super) type Text = Spanned<String>;

/// The collector's directory.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DirectoryFile {
    #[serde(default)]
    pub(super) team: Vec<TeamEntry>,
    #[serde(default)]
    pub(super) person: Vec<PersonEntry>,
    #[serde(default)]
    pub(super) calendar: Vec<CalendarEntry>,
    #[serde(default)]
    pub(super) rota: Vec<Spanned<RotaEntry>>,
    #[serde(default)]
    pub(super) vendor: Vec<VendorEntry>,
}

/// The matrix of an org.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MatrixFile {
    pub(super) org: OrgEntry,
    #[serde(default)]
    pub(super) side: Vec<SideEntry>,
    #[serde(default)]
    pub(super) team: Vec<TeamEntry>,
    #[serde(default)]
    pub(super) person: Vec<PersonEntry>,
    #[serde(default)]
    pub(super) calendar: Vec<CalendarEntry>,
    #[serde(default)]
    pub(super) rota: Vec<Spanned<RotaEntry>>,
    #[serde(default)]
    pub(super) vendor: Vec<VendorEntry>,
    #[serde(default)]
    pub(super) sla: Vec<SlaEntry>,
    #[serde(default)]
    pub(super) tool: Vec<Spanned<ToolEntry>>,
    #[serde(default)]
    pub(super) row: Vec<Spanned<RowEntry>>,
    pub(super) catch_all: Option<Spanned<CatchAllEntry>>,
    #[serde(default)]
    pub(super) boundary: Vec<Spanned<BoundaryEntry>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrgEntry {
    pub(super) id: Text,
    pub(super) name: Option<String>,
    pub(super) last_resort: Text,
    pub(super) sla: Option<Text>,
}
