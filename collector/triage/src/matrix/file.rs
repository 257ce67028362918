//! The shape of the documents, as they are written. Nothing here is checked beyond its shape; `reader` makes the
//! typed matrix of it. Every text that can be wrong carries its place.

use serde::Deserialize;
use toml::Spanned;

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
}

/// The matrix of an org.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MatrixFile {
    pub(super) org: OrgEntry,
    #[serde(default)]
    pub(super) team: Vec<TeamEntry>,
    #[serde(default)]
    pub(super) person: Vec<PersonEntry>,
    #[serde(default)]
    pub(super) calendar: Vec<CalendarEntry>,
    #[serde(default)]
    pub(super) tool: Vec<ToolEntry>,
    #[serde(default)]
    pub(super) row: Vec<Spanned<RowEntry>>,
    pub(super) catch_all: Option<Spanned<CatchAllEntry>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OrgEntry {
    pub(super) id: Text,
    pub(super) name: Option<String>,
    pub(super) last_resort: Text,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TeamEntry {
    pub(super) id: Text,
    pub(super) name: Option<String>,
    pub(super) side: Text,
    pub(super) contact: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PersonEntry {
    pub(super) id: Text,
    pub(super) name: Option<String>,
    pub(super) side: Option<Text>,
    pub(super) team: Text,
    pub(super) contact: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CalendarEntry {
    pub(super) id: Text,
    pub(super) zone: Text,
    #[serde(default)]
    pub(super) hours: Vec<Text>,
    #[serde(default)]
    pub(super) holidays: Vec<HolidayEntry>,
    #[serde(default)]
    pub(super) exceptions: Vec<ExceptionEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HolidayEntry {
    pub(super) date: Spanned<toml::Value>,
    pub(super) name: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ExceptionEntry {
    pub(super) date: Spanned<toml::Value>,
    pub(super) name: Option<String>,
    pub(super) hours: Option<Vec<Text>>,
    pub(super) closed: Option<bool>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ToolEntry {
    pub(super) id: Text,
    pub(super) function: String,
    pub(super) owner: Text,
    pub(super) person: Option<Text>,
    pub(super) deputy: Option<Text>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RowEntry {
    pub(super) id: Text,
    #[serde(default)]
    pub(super) tools: Vec<Text>,
    #[serde(default)]
    pub(super) categories: Vec<Text>,
    #[serde(default)]
    pub(super) severity: Vec<Text>,
    pub(super) endpoint: Option<Text>,
    pub(super) during: Option<Text>,
    pub(super) outside: Option<Text>,
    pub(super) responsible: Text,
    pub(super) accountable: Text,
    #[serde(default)]
    pub(super) consulted: Vec<Text>,
    #[serde(default)]
    pub(super) informed: Vec<Text>,
    pub(super) backup: Option<Text>,
    pub(super) first_responder: Option<Text>,
    pub(super) note: Option<String>,
    pub(super) runbook: Option<String>,
}

/// The row that takes what no other takes: it selects nothing and applies always.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CatchAllEntry {
    pub(super) responsible: Text,
    pub(super) accountable: Text,
    #[serde(default)]
    pub(super) consulted: Vec<Text>,
    #[serde(default)]
    pub(super) informed: Vec<Text>,
    pub(super) backup: Option<Text>,
    pub(super) first_responder: Option<Text>,
    pub(super) note: Option<String>,
    pub(super) runbook: Option<String>,
}
