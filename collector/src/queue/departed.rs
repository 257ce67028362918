//! What a side that has left an org still has of an item is free at the item's next look, whatever becomes of it later: an
//! item that was over and begins anew, too.

use dogwatch_triage::{
    alert::{Alert, AlertNumber},
    routing::{Question, route},
};
use jiff::Timestamp;

use super::{store, tend::with_row};
use crate::{core::Batch, policy::Policy, state::State};

/// Frees an item of a side that has left its org; who owns it then, the matrix says.
pub(super) fn set_free(
    state: &mut State,
    policy: &Policy,
    number: AlertNumber,
    now: Timestamp,
    batch: &mut Batch,
) {
    let Some(alert) = state.alerts.get(&number).map(|item| &item.alert) else { return };
    let gone = state.access.left.iter().filter(|(_, orgs)| orgs.contains(&alert.org)).map(|(side, _)| *side);
    let Some(side) = gone.into_iter().find(|side| alert.is_with(*side)) else { return };
    let owner = with_row((state, policy), alert, now, |row| {
        route(&question(alert, row, now), policy.matrix(&alert.org)).owner
    });
    // Where nobody could be made the heir, freeing it once more at every look would help nobody.
    if owner.side == side && !alert.is_worked_on_by(side) {
        return;
    }
    let change = alert.departed(side, owner, now);
    change.into_iter().for_each(|change| store(state, change, batch));
}

fn question<'a>(
    alert: &'a Alert,
    endpoint: Option<&'a dogwatch_triage::filter::Row<'a>>,
    at: Timestamp,
) -> Question<'a> {
    Question {
        tool: Some(&alert.tool),
        category: Some(alert.category),
        severity: alert.severity,
        endpoint,
        at,
    }
}
