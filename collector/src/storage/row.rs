//! What is stored: rows by table and key, and reports as they came.

use dogwatch_model::{EndpointId, Epoch, text_enum};
use jiff::Timestamp;
use serde::Serialize;

text_enum! {
    /// What a row is about. The names are in every journal, view and snapshot: they may be added to, never changed.
    pub enum Table {
        /// The store itself and single facts: setup code, next alert number.
        Meta = "meta",
        /// Customer organisations.
        Orgs = "orgs",
        /// Endpoints with their facts and high-water marks.
        Endpoints = "endpoints",
        /// Whose a public key is.
        Keys = "keys",
        /// Join tokens.
        JoinTokens = "join_tokens",
        /// People.
        People = "people",
        /// API tokens.
        Tokens = "tokens",
        /// Alerts.
        Alerts = "alerts",
        /// What happened to alerts.
        Timeline = "timeline",
        /// Endpoints' links: presence, high-water marks, evidence.
        Links = "links",
        /// Alerts that ended long ago, with their timelines.
        Archive = "archive",
        /// Since when each finding has held.
        Standings = "standings",
        /// Reports that could not be understood, the latest few of each endpoint.
        Poisoned = "poisoned",
        /// Who did what.
        Audit = "audit",
        /// Signed words on how far the audit's chains go.
        AuditCheckpoints = "audit_checkpoints",
        /// Requests under an idempotency key that were done.
        Once = "once",
        /// Sealed secrets.
        Secrets = "secrets",
        /// Installed software, a list an endpoint.
        Software = "software",
        /// Maintenance windows.
        Windows = "windows",
        /// Saved views of the fleet.
        Views = "views",
        /// Proposed and agreed versions of orgs' matrices, with their signatures.
        Matrices = "matrices",
        /// Who should hear of something, not gathered into a message yet.
        Notices = "notices",
        /// Messages on their way.
        Outbox = "outbox",
        /// Rights that people were given.
        Grants = "grants",
        /// Who came by an identity provider.
        Bonds = "bonds",
        /// How people prove who they are.
        Accounts = "accounts",
        /// Invitations that wait.
        Invitations = "invitations",
        /// Codes on paper for a bad day.
        Seals = "seals",
        /// What each org was told through each way, for the next message.
        NoticeGroups = "notice_groups",
    }
}

impl Table {
    /// Whether its rows are asked for one by one. Those are not loaded at start: they are many, and large.
    pub const fn stays_on_disk(self) -> bool {
        matches!(self, Self::Archive | Self::Audit | Self::Poisoned | Self::Software)
    }
}

/// How many change sets have been committed; 0 before the first.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, serde::Deserialize,
)]
#[serde(transparent)]
pub struct Position(pub u64);

impl core::fmt::Display for Position {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(&self.0, f)
    }
}

/// One row: a JSON value under a key, or the word that there is none any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The table.
    pub table: Table,
    /// The key; rows are read in its byte order.
    pub key: String,
    /// One JSON value; `None` deletes.
    pub value: Option<Vec<u8>>,
}

impl Row {
    /// A row that holds a value.
    ///
    /// # Errors
    /// When the value has no JSON form, such as a map with keys that are no strings.
    pub fn put<T: Serialize>(
        table: Table,
        key: impl Into<String>,
        value: &T,
    ) -> Result<Self, serde_json::Error> {
        Ok(Self { table, key: key.into(), value: Some(serde_json::to_vec(value)?) })
    }

    /// A row that is no more.
    pub fn delete(table: Table, key: impl Into<String>) -> Self {
        Self { table, key: key.into(), value: None }
    }
}

/// A report as it came, with what the wire does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReportEntry {
    /// From whom.
    pub endpoint: EndpointId,
    /// In which life of its outbox.
    pub epoch: Epoch,
    /// When it came, by the collector's clock.
    pub received_at: Timestamp,
    /// The wire's bytes of it.
    pub wire: Vec<u8>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Entry {
    /// Of a row.
    Row(Row),
    /// By a report.
    Report(ReportEntry),
}

/// One commit: all of it or nothing. Later entries win over earlier ones.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChangeSet {
    /// The changes, in order.
    pub entries: Vec<Entry>,
}

impl ChangeSet {
    /// Adds a row.
    pub fn row(&mut self, row: Row) {
        self.entries.push(Entry::Row(row));
    }

    /// Adds a report.
    pub fn report(&mut self, report: ReportEntry) {
        self.entries.push(Entry::Report(report));
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The rows of it.
    pub(super) fn rows(&self) -> impl Iterator<Item = &Row> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Row(row) => Some(row),
            Entry::Report(_) => None,
        })
    }
}
