//! The responsibility matrix of an org: who acts first, who answers for it, who is asked and who is told.
//!
//! The matrix *is* the routing configuration: [`routing`](crate::routing) reads nothing else. One TOML document per
//! org; the MSP's own teams, people and calendars stand once in a [`Directory`] that every org's document may refer
//! to. A document is parsed and then validated into this type: every name in it resolves, every zone exists, every
//! filter compiles. A document that does not validate yields every fault at once, each with its place and its cure,
//! and no matrix.
//!
//! Nothing is ever ownerless: there is a last resort even in an empty matrix. Rows are tried in the order of the file.
//!
//! Not here: whether the matrix is a good one (gaps, shadowed rows), which is lint; and signatures, which are made
//! over the text and kept outside it. Until both sides have signed, a matrix is [`Standing::Provisional`].

use std::collections::BTreeMap;

use dogwatch_model::{OrgId, PersonId, Side, SlaId, TeamId, ToolId, text_enum};

use crate::calendar::Calendar;

mod boundary;
mod departed;
mod diff;
mod directory;
mod escalation;
mod fault;
mod file;
mod legible;
mod reader;
mod rota;
mod row;
pub mod shift;
mod starter;
#[cfg(test)]
mod tests;

pub use boundary::BoundaryRule;
pub use diff::{Change, Difference, Part, diff};
pub use directory::{Deputy, Directory, Party, Person, Team, Tool};
pub use escalation::{BUSINESS_DAY, Call, MAX_STEPS, Promise, Runs, SlaClass, Step, Tag, Tier, Vendor};
pub use fault::{Fault, FaultKind, MatrixError};
pub use legible::illegible;
pub use rota::{MAX_TURN_DAYS, Rota, Swap};
pub use row::{Access, Duty, FIRST_RESPONDER, Row, Selector};
pub use starter::{starter, starter_called};

/// The JSON Schema of a matrix, for editors.
pub const SCHEMA: &str = include_str!("../matrix.schema.json");

/// The id of the row that takes what no other takes; no other row may have it.
pub const CATCH_ALL: &str = "catch-all";

/// The largest document, in bytes: 500 rows with notes are a fifth of it.
pub const MAX_DOCUMENT_BYTES: usize = 1024 * 1024;

/// The most rows: more cannot be read by people, and routing looks at each.
pub const MAX_ROWS: usize = 500;

text_enum! {
    /// Whether both sides stand behind a matrix.
    pub enum Standing {
        /// Not signed by both yet.
        Provisional = "provisional",
        /// Signed by one person of each side.
        Signed = "signed",
    }
}

/// The responsibility matrix of one org.
#[derive(Debug, Clone)]
pub struct Matrix {
    org: OrgId,
    org_name: String,
    version: String,
    standing: Standing,
    /// The org's own and what the directory lends it.
    known: Directory,
    tools: BTreeMap<ToolId, Tool>,
    rows: Vec<Row>,
    catch_all: Option<Row>,
    last_resort: TeamId,
    boundaries: Vec<BoundaryRule>,
    sla: BTreeMap<SlaId, SlaClass>,
    /// The class of rows that name none.
    default_sla: Option<SlaId>,
    /// What the sides call themselves, as far as the document says.
    side_names: BTreeMap<Side, String>,
    /// Who may sign for each side.
    signers: BTreeMap<Side, Vec<PersonId>>,
}

impl Matrix {
    /// Parses the document of an org.
    ///
    /// `file` is how faults call it. `version` is the hash of what was read, 12 hex digits; where a directory is used
    /// it must cover the directory's text too, since that text decides as well.
    ///
    /// # Errors
    /// [`MatrixError`] with every fault.
    pub fn parse(
        text: &str,
        file: &str,
        version: String,
        directory: Option<&Directory>,
    ) -> Result<Self, MatrixError> {
        reader::matrix(text, file, version, directory)
    }

    /// The matrix of an org that has none yet: everything goes to its last resort.
    pub fn empty(org: OrgId, last_resort: Team, version: String) -> Self {
        let team = last_resort.id.clone();
        let known =
            Directory { teams: BTreeMap::from([(team.clone(), last_resort)]), ..Directory::default() };
        Self {
            org_name: org.to_string(),
            org,
            version,
            standing: Standing::Provisional,
            known,
            tools: BTreeMap::new(),
            rows: Vec::new(),
            catch_all: None,
            last_resort: team,
            boundaries: Vec::new(),
            sla: BTreeMap::new(),
            default_sla: None,
            side_names: BTreeMap::new(),
            signers: BTreeMap::new(),
        }
    }

    /// The same matrix, with what the caller knows of its signatures.
    #[must_use]
    pub fn with_standing(self, standing: Standing) -> Self {
        Self { standing, ..self }
    }

    /// The org.
    pub const fn org(&self) -> &OrgId {
        &self.org
    }

    /// What people call the org.
    pub fn org_name(&self) -> &str {
        &self.org_name
    }

    /// Hash of its text, 12 hex digits.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Whether both sides stand behind it.
    pub const fn standing(&self) -> Standing {
        self.standing
    }

    /// Every team, person and calendar it may name.
    pub const fn directory(&self) -> &Directory {
        &self.known
    }

    /// A tool by its id.
    pub fn tool(&self, id: &ToolId) -> Option<&Tool> {
        self.tools.get(id)
    }

    /// The tools, by id.
    pub fn tools(&self) -> impl Iterator<Item = &Tool> {
        self.tools.values()
    }

    /// The rows, in the order in which they are tried. The catch-all is not among them.
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// Takes what no row takes.
    pub const fn catch_all(&self) -> Option<&Row> {
        self.catch_all.as_ref()
    }

    /// The rules of the boundary, in the order of the file.
    pub fn boundaries(&self) -> &[BoundaryRule] {
        &self.boundaries
    }

    /// The classes of service levels, by id.
    pub fn sla_classes(&self) -> impl Iterator<Item = &SlaClass> {
        self.sla.values()
    }

    /// The class of service levels that a row goes by; `None` is the last resort's. Absent when the document defines
    /// none: then the shipped promises hold.
    pub fn sla_of(&self, row: Option<&Row>) -> Option<&SlaClass> {
        let named = row.and_then(|row| row.sla.as_ref()).or(self.default_sla.as_ref());
        named.and_then(|id| self.sla.get(id))
    }

    /// What a side calls itself; its id when the document does not say.
    pub fn side_name(&self, side: Side) -> &str {
        self.side_names.get(&side).map_or(side.as_str(), String::as_str)
    }

    /// Who may sign for a side.
    pub fn signers(&self, side: Side) -> &[PersonId] {
        self.signers.get(&side).map_or(&[], Vec::as_slice)
    }

    /// A row by its id, the catch-all among them.
    pub fn row(&self, id: &dogwatch_model::RowId) -> Option<&Row> {
        self.rows.iter().chain(&self.catch_all).find(|row| row.id == *id)
    }

    /// A team that this matrix names. Parsing made sure that each of them exists.
    pub(crate) fn team(&self, id: &TeamId) -> &Team {
        &self.known.teams[id]
    }

    /// The calendar that a row goes by. Parsing made sure that it exists.
    pub(crate) fn calendar_of(&self, duty: &Duty) -> Option<&Calendar> {
        duty.calendar().map(|id| &self.known.calendars[id])
    }

    /// Owns what nobody else owns.
    pub const fn last_resort(&self) -> &TeamId {
        &self.last_resort
    }
}
