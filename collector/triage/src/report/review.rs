//! What people look at together every quarter: rows of the matrix, work that drifts, access, and endpoints nobody hears of.

use std::collections::BTreeMap;

use dogwatch_model::{EndpointId, EndpointState, OrgId, RowId, SiteId};
use jiff::{Timestamp, civil::Date, tz::TimeZone};
use serde::{Deserialize, Serialize};

use crate::{boundary::report::Drift, filter::Row, lint::REVIEW_DAYS, matrix::Matrix};

/// An endpoint that was not heard of for so long is no endpoint any more, or one that nobody looks after.
pub const STALE_DAYS: i64 = 30;

/// What is due at a review.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Review {
    /// When it was counted.
    pub as_of: Timestamp,
    /// Rows of a matrix that were never reviewed, or not for a quarter.
    pub rows: Vec<RowDue>,
    /// Rows whose work the other side does.
    pub drift: Vec<Drift>,
    /// Rights that somebody is to look at again.
    pub access: Vec<AccessDue>,
    /// Endpoints in service that were not heard of for [`STALE_DAYS`], or never.
    pub stale: Vec<Stale>,
}

/// A row to be read together again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct RowDue {
    /// The org.
    pub org: OrgId,
    /// The row.
    pub row: RowId,
    /// The day of the last review; absent when there was none.
    pub reviewed_at: Option<Date>,
    /// Days since then.
    pub days: Option<i64>,
}

/// A right that somebody is to look at again: whoever keeps the register tells which.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct AccessDue {
    /// The grant, by its short id.
    pub grant: String,
    /// Who has it: `msp:kim`.
    pub to: String,
    /// What it lets them do.
    pub verbs: String,
    /// Where.
    pub scope: String,
    /// Since when it is due, or when it ends.
    pub due_at: Option<Timestamp>,
    /// Why it is here: its review is due, it has no end, nobody used it …
    pub why: String,
}

/// An endpoint that nobody hears of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Stale {
    /// Which.
    pub id: EndpointId,
    /// What it is called.
    pub name: String,
    /// Its org.
    pub org: OrgId,
    /// Its site.
    pub site: SiteId,
    /// When it was last heard of; absent when never.
    pub last_seen: Option<Timestamp>,
    /// Days since then, or since it was enrolled.
    pub days: i64,
}

/// What is due: of matrices and endpoints by this room, of work and access as told.
pub fn review<'r>(
    matrices: &BTreeMap<OrgId, &Matrix>,
    rows: impl Iterator<Item = Row<'r>>,
    (drift, access): (Vec<Drift>, Vec<AccessDue>),
    as_of: Timestamp,
) -> Review {
    let today = as_of.to_zoned(TimeZone::UTC).date();
    let due = matrices.iter().flat_map(|(org, matrix)| {
        matrix.rows().iter().filter_map(|row| {
            let days = row.reviewed_at.map(|day| today.duration_since(day).as_hours() / 24);
            let due = days.is_none_or(|days| days > i64::from(REVIEW_DAYS));
            due.then(|| RowDue { org: org.clone(), row: row.id.clone(), reviewed_at: row.reviewed_at, days })
        })
    });
    let mut stale: Vec<Stale> = rows.filter_map(|row| stale(&row)).collect();
    stale.sort_by(|a, b| (&a.org, -a.days, &a.name, a.id).cmp(&(&b.org, -b.days, &b.name, b.id)));
    let drift = drift.into_iter().filter(|drift| drift.flagged).collect();
    Review { as_of, rows: due.collect(), drift, access, stale }
}

fn stale(row: &Row<'_>) -> Option<Stale> {
    let endpoint = row.endpoint;
    if endpoint.state != EndpointState::Active || endpoint.presence.online {
        return None;
    }
    let last_seen = endpoint.presence.last_seen;
    let days = row.as_of.duration_since(last_seen.unwrap_or(endpoint.enrolled_at)).as_hours() / 24;
    (days >= STALE_DAYS).then(|| Stale {
        id: endpoint.id,
        name: endpoint.name.clone(),
        org: endpoint.org.clone(),
        site: endpoint.site.clone(),
        last_seen,
        days,
    })
}
