//! Items that concern a site as a whole, or the people who look after it: no endpoint's facts speak of them.

use dogwatch_model::{OrgId, RuleId, SiteId};
use dogwatch_triage::{
    alert::{Alert, AlertNumber, Condition, Work},
    finding::Finding,
    routing::{Question, route},
};
use jiff::Timestamp;

use super::{NEXT_ALERT, store};
use crate::{core::Batch, policy::Policy, state::State, storage::Table};

/// A finding holds: opens an item, unless one stands. Gives a new one's number.
pub(super) fn raise(
    state: &mut State,
    policy: &Policy,
    at: &(OrgId, SiteId),
    finding: &Finding,
    now: Timestamp,
    batch: &mut Batch,
) -> Option<AlertNumber> {
    if standing(state, at, (finding.rule.as_str(), &finding.subject)).is_some() {
        return None;
    }
    let question = Question {
        tool: Some(&finding.tool),
        category: Some(finding.category),
        severity: finding.severity,
        endpoint: None,
        at: now,
    };
    let owner = route(&question, policy.matrix(&at.0)).owner;
    let number = AlertNumber(state.next_alert);
    state.next_alert += 1;
    batch.put(Table::Meta, NEXT_ALERT, &state.next_alert);
    store(state, Alert::open_at(number, finding, (&at.0, &at.1, None), owner, now), batch);
    Some(number)
}

/// It does not hold any more. Gives the number of the item that said so.
pub(super) fn lower(
    state: &mut State,
    at: &(OrgId, SiteId),
    key: (&str, &str),
    now: Timestamp,
    batch: &mut Batch,
) -> Option<AlertNumber> {
    let alert = standing(state, at, key)?;
    let (number, change) = (alert.number, alert.clear(now));
    change.into_iter().for_each(|change| store(state, change, batch));
    Some(number)
}

/// The item of a rule and subject whose condition holds.
pub(super) fn standing<'s>(
    state: &'s State,
    at: &(OrgId, SiteId),
    (rule, subject): (&str, &str),
) -> Option<&'s Alert> {
    let rule = RuleId::new(rule).ok()?;
    let number = state.of_sites.get(at)?.get(&(rule, subject.to_owned()))?;
    let alert = &state.alerts.get(number)?.alert;
    (alert.work != Work::Done && alert.condition != Condition::Cleared).then_some(alert)
}
