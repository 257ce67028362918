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

use dogwatch_model::{OrgId, TeamId, ToolId, text_enum};

use crate::calendar::Calendar;

mod directory;
mod fault;
mod file;
mod reader;
mod row;
mod rows;
mod starter;
#[cfg(test)]
mod tests;

pub use directory::{Directory, Party, Person, Team, Tool};
pub use fault::{Fault, MatrixError};
pub use row::{Duty, FIRST_RESPONDER, Row, Selector};
pub use starter::starter;

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
