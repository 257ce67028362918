//! One row of a matrix: what it selects, when it applies, and who does what.

use dogwatch_model::{CalendarId, RowId, SlaId, TeamId, ToolId, VendorId};
use jiff::{SignedDuration, civil::Date};

use super::{Party, Step, Tag, Tier};
use crate::{
    filter::Filter,
    finding::{Category, Severity},
};

/// For how long the responsible side alone may claim, when the row does not say.
pub const FIRST_RESPONDER: SignedDuration = SignedDuration::from_mins(10);

/// One row: for what it selects, who is responsible, accountable, consulted and informed.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its id.
    pub id: RowId,
    /// The line it begins on in its file.
    pub line: usize,
    /// What it is about.
    pub selects: Selector,
    /// When it applies.
    pub duty: Duty,
    /// Acts first.
    pub responsible: TeamId,
    /// Answers for the outcome.
    pub accountable: Party,
    /// Asked before something is changed.
    pub consulted: Vec<Party>,
    /// Told.
    pub informed: Vec<Party>,
    /// Acts when the responsible team does not.
    pub backup: Option<TeamId>,
    /// For how long the responsible side alone may claim.
    pub first_responder: SignedDuration,
    /// How far up the ladder its work stands.
    pub tier: Option<Tier>,
    /// What its work does for the business.
    pub tag: Option<Tag>,
    /// Whom to call when nobody takes it, in the order of time.
    pub escalation: Vec<Step>,
    /// What is promised; the org's default class when absent.
    pub sla: Option<SlaId>,
    /// Who is called at L4.
    pub vendor: Option<VendorId>,
    /// What the responsible team needs to be able to act, and until when it has it.
    pub access: Vec<Access>,
    /// What somebody of the responsible team must know.
    pub skills: Vec<String>,
    /// The tool or technology at whose border it stands, for joint cases.
    pub boundary_with: Option<ToolId>,
    /// Who leads a joint case.
    pub lead: Option<TeamId>,
    /// When people last looked at it together.
    pub reviewed_at: Option<Date>,
    /// For people.
    pub note: Option<String>,
    /// Where it is written what to do.
    pub runbook: Option<String>,
}

/// Something a team needs to be able to act: an account, a key, a grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// What, in words.
    pub to: String,
    /// Whether the responsible team has it.
    pub granted: bool,
    /// When it ends.
    pub until: Option<Date>,
    /// The line it stands on.
    pub line: usize,
}

/// When a row applies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Duty {
    /// At every hour.
    Always,
    /// While the calendar is open.
    During(CalendarId),
    /// While the calendar is closed.
    Outside(CalendarId),
}

impl Duty {
    /// The calendar it goes by.
    pub const fn calendar(&self) -> Option<&CalendarId> {
        match self {
            Self::Always => None,
            Self::During(calendar) | Self::Outside(calendar) => Some(calendar),
        }
    }
}

/// What a row is about. An empty list selects everything.
#[derive(Debug, Clone, Default)]
pub struct Selector {
    /// Tools, any of which.
    pub tools: Vec<ToolId>,
    /// Categories, any of which.
    pub categories: Vec<Category>,
    /// Severities, any of which.
    pub severity: Vec<Severity>,
    /// Endpoints.
    pub endpoint: Option<Filter>,
}
