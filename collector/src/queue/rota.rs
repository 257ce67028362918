//! A rota that has nobody when somebody is called is an item of its own, for both sides to see. It ends when there is
//! somebody again.

use dogwatch_model::{OrgId, RotaId, RuleId, SiteId, ToolId};
use dogwatch_triage::{
    alert::{Alert, AlertNumber, EventKind, TimelineEvent},
    duty::on_rota,
    finding::{Category, Evidence, Finding, Severity},
    matrix::Matrix,
};
use jiff::Timestamp;

use super::place;
use crate::{core::Batch, policy::Policy, state::State};

/// The rule of such items; no rule file may have one of that name.
const ROTA_EMPTY: &str = "rota-empty";

/// The tool whose owner it concerns: Dogwatch itself.
const TOOL: &str = "rmm";

/// Opens an item for each rota that was called in vain. Gives the new ones.
pub(super) fn called_in_vain(
    state: &mut State,
    policy: &Policy,
    (alert, events): (&Alert, &[TimelineEvent]),
    now: Timestamp,
    batch: &mut Batch,
) -> Vec<AlertNumber> {
    let at = (alert.org.clone(), alert.site.clone());
    let empty = events.iter().filter_map(|event| match &event.kind {
        EventKind::Escalated { empty, .. } => empty.as_ref(),
        _ => None,
    });
    let findings: Vec<_> = empty.filter_map(|rota| finding(rota, alert.number, now)).collect();
    findings.iter().filter_map(|finding| place::raise(state, policy, &at, finding, now, batch)).collect()
}

fn finding(rota: &RotaId, alert: AlertNumber, now: Timestamp) -> Option<Finding> {
    Some(Finding {
        rule: RuleId::new(ROTA_EMPTY).ok()?,
        subject: rota.to_string(),
        category: Category::Agent,
        tool: ToolId::new(TOOL).ok()?,
        severity: Severity::Critical,
        title: format!("Rota {rota} has nobody on call"),
        evidence: vec![Evidence { name: "called for".to_owned(), value: alert.to_string() }],
        since: now,
    })
}

/// Ends the item of a rota that has somebody again, or is no more.
pub(super) fn is_filled(
    state: &mut State,
    matrix: &Matrix,
    number: AlertNumber,
    now: Timestamp,
    batch: &mut Batch,
) {
    let Some(alert) = state.alerts.get(&number).map(|item| &item.alert) else { return };
    if alert.rule.as_str() != ROTA_EMPTY {
        return;
    }
    let at: (OrgId, SiteId) = (alert.org.clone(), alert.site.clone());
    let subject = alert.subject.clone();
    let rota = RotaId::new(&subject).ok().and_then(|id| matrix.directory().rota(&id));
    let still = rota.is_some_and(|rota| on_rota(matrix.directory(), rota, now).person.is_none());
    if !still {
        let _ended = place::lower(state, &at, (ROTA_EMPTY, &subject), now, batch);
    }
}
