//! The reconciler: an endpoint's facts and the rules in, changed standings and alerts out, in one commit.
//!
//! Activated by a report, by presence, by a due instant and by a new policy alike; doing it again changes nothing.

use dogwatch_model::{EndpointId, EndpointState};
use dogwatch_triage::{
    assess::{Change, Snapshot, assess},
    filter::{Reads, Row},
};
use jiff::Timestamp;

use crate::{core::Batch, policy::Policy, queue, state::State, storage::Table};

/// Judges one endpoint; gives the instant at which it should be judged again even if nothing is heard, or `None` for
/// an endpoint that is not in service.
pub(crate) fn judge(
    state: &mut State,
    policy: &Policy,
    id: EndpointId,
    told: Reads,
    now: Timestamp,
    batch: &mut Batch,
) -> Option<Timestamp> {
    let member = state.members.get_mut(&id)?;
    if member.endpoint.state != EndpointState::Active {
        return None;
    }
    let owners = policy.matrix(&member.endpoint.org);
    let row = Row { endpoint: &member.endpoint, as_of: now, alerts: member.counts, owners: Some(owners) };
    let assessment = assess(&Snapshot { row, standing: &member.standing, sample: told }, &policy.rules);
    if assessment.changed {
        batch.put(Table::Standings, id, &assessment.standing);
        member.standing = assessment.standing;
        for change in assessment.findings {
            match change {
                Change::Opened(finding) | Change::Changed(finding) => {
                    queue::fire(state, policy, id, &finding, now, batch);
                }
                Change::Cleared { rule, subject } => {
                    queue::clear(state, policy, id, &rule, &subject, now, batch)
                }
            }
        }
    }
    let tend_at = state.members.get(&id)?.tend_at;
    let tended = if told.is_empty() || tend_at <= now {
        queue::tend(state, policy, (id, told.is_empty()), now, batch)
    } else {
        Some(tend_at)
    };
    [assessment.next_due, tended].into_iter().flatten().min().or(Some(Timestamp::MAX))
}
