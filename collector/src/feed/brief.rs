//! What events say of their things, beside where they are: enough for a line of a list. Names are those of the lists.

use dogwatch_model::{EndpointId, PersonId, TeamId, WindowId};
use dogwatch_triage::{
    alert::{Actor, Alert, AlertNumber, Condition, Offer, Priority, Visibility, Work},
    finding::{Category, Severity},
    sla::NextBreach,
};
use jiff::Timestamp;
use serde::Serialize;

use crate::{ownership::Version, state::Item};

/// An item of the queue.
#[derive(Serialize)]
pub(super) struct AlertBrief<'a> {
    number: AlertNumber,
    version: u64,
    priority: Priority,
    severity: Severity,
    condition: Condition,
    work: Work,
    visibility: Visibility,
    category: Category,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    endpoint: Option<EndpointId>,
    #[serde(skip_serializing_if = "str::is_empty")]
    endpoint_name: &'a str,
    owner: Owner<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    assignee: Option<&'a Actor>,
    #[serde(skip_serializing_if = "Option::is_none")]
    offer: Option<OfferBrief<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_breach: Option<&'a NextBreach>,
    since: Timestamp,
}

#[derive(Serialize)]
struct Owner<'a> {
    team: &'a TeamId,
    side: dogwatch_model::Side,
}

#[derive(Serialize)]
struct OfferBrief<'a> {
    to: &'a TeamId,
}

impl<'a> AlertBrief<'a> {
    pub(super) fn of(Item { alert, next_breach, .. }: &'a Item) -> Self {
        let Alert { number, version, priority, severity, condition, work, visibility, category, .. } = *alert;
        Self {
            number,
            version,
            priority,
            severity,
            condition,
            work,
            visibility,
            category,
            title: &alert.title,
            endpoint: alert.endpoint,
            endpoint_name: &alert.endpoint_name,
            owner: Owner { team: &alert.owner.team, side: alert.owner.side },
            assignee: alert.assignee.as_ref(),
            offer: alert.offer.as_ref().map(|Offer { to, .. }| OfferBrief { to }),
            next_breach: next_breach.as_ref(),
            since: alert.since,
        }
    }
}

/// An endpoint that is not here any more.
#[derive(Serialize)]
pub(super) struct EndpointGone {
    pub(super) id: EndpointId,
    pub(super) gone: bool,
}

/// A maintenance window.
#[derive(Serialize)]
pub(super) struct WindowBrief<'a> {
    pub(super) id: &'a WindowId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) ended_at: Option<Timestamp>,
}

/// A version of an org's matrix.
#[derive(Serialize)]
pub(super) struct MatrixBrief<'a> {
    version: &'a str,
    proposed_by: &'a PersonId,
    signatures: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_force_from: Option<Timestamp>,
    withdrawn: bool,
}

impl<'a> MatrixBrief<'a> {
    pub(super) fn of(version: &'a Version) -> Self {
        Self {
            version: &version.hash,
            proposed_by: &version.proposed_by,
            signatures: version.signatures.len(),
            in_force_from: version.in_force_from(),
            withdrawn: version.withdrawn_at.is_some(),
        }
    }
}

/// What decides in an org is not what it was.
#[derive(Serialize)]
pub(super) struct PolicyBrief {
    pub(super) policy: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) matrix: Option<String>,
}

/// Something of who may do what.
#[derive(Serialize)]
pub(super) struct Access<'a> {
    pub(super) what: &'static str,
    pub(super) id: &'a str,
}
