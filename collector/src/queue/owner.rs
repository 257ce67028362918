//! Whose an item is, by its org's matrix.

use dogwatch_model::ToolId;
use dogwatch_triage::{
    alert::Owner,
    filter::Row,
    finding::{Category, Finding, Severity},
    matrix::Matrix,
    routing::{Question, route},
};
use jiff::Timestamp;

use crate::state::Member;

/// What a matrix goes by, beside the endpoint.
#[derive(Clone, Copy)]
pub(crate) struct About<'a> {
    pub(crate) tool: &'a ToolId,
    pub(crate) category: Category,
    pub(crate) severity: Severity,
}

impl<'a> From<&'a Finding> for About<'a> {
    fn from(finding: &'a Finding) -> Self {
        Self { tool: &finding.tool, category: finding.category, severity: finding.severity }
    }
}

/// Who owns what is about a machine, or about none.
pub(crate) fn owner_by(matrix: &Matrix, member: Option<&Member>, about: About<'_>, now: Timestamp) -> Owner {
    let row = member.map(|member| Row {
        endpoint: &member.endpoint,
        as_of: now,
        alerts: member.counts,
        owners: None,
    });
    let question = Question {
        tool: Some(about.tool),
        category: Some(about.category),
        severity: about.severity,
        endpoint: row.as_ref(),
        at: now,
    };
    route(&question, matrix).owner
}
