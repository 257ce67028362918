//! The table of the acts, as code: where each leads from each state of the work, and what to answer where it does not.

use super::{Act, Actor, Alert, Refusal, Work};

/// The state of the work after an act; `None` where the table has a dash.
pub(in crate::alert) const fn leads_to(act: &Act, work: Work) -> Option<Work> {
    match (act, work) {
        (Act::Comment { .. } | Act::Link { .. } | Act::Feedback { .. }, _) => Some(work),
        (Act::Reopen { .. }, Work::Done) => Some(Work::Unclaimed),
        (Act::Reopen { .. }, _) | (_, Work::Done) => None,
        (Act::Snooze { .. } | Act::Wake | Act::Prioritise { .. } | Act::Acknowledge, _) => Some(work),
        (Act::Close { .. } | Act::Merge { .. }, _) => Some(Work::Done),
        (Act::Claim { .. }, Work::Unclaimed) => Some(Work::Claimed),
        (Act::Claim { .. }, _) | (Act::Release { .. }, Work::Unclaimed) => None,
        (Act::Release { .. }, _) => Some(Work::Unclaimed),
        (Act::Assign { .. }, Work::Unclaimed | Work::Claimed) => Some(Work::Claimed),
        (Act::Assign { .. }, Work::Waiting) => Some(Work::Waiting),
        (Act::Handoff { .. }, Work::Unclaimed | Work::Claimed | Work::Waiting) => Some(Work::Offered),
        (Act::Accept | Act::Decline { .. } | Act::Withdraw { .. }, Work::Offered) => Some(Work::Claimed),
        (Act::Wait { .. }, Work::Claimed | Work::Waiting) => Some(Work::Waiting),
        (Act::Resume { .. }, Work::Waiting) => Some(Work::Claimed),
        (
            Act::Assign { .. }
            | Act::Handoff { .. }
            | Act::Accept
            | Act::Decline { .. }
            | Act::Withdraw { .. }
            | Act::Wait { .. }
            | Act::Resume { .. },
            _,
        ) => None,
    }
}

/// What to answer where the table has a dash.
pub(super) fn refusal(act: &Act, alert: &Alert, by: &Actor) -> Refusal {
    let number = alert.number;
    match (act, alert.work, &alert.offer, &alert.assignee) {
        (Act::Reopen { .. }, ..) => Refusal::NotDone { number },
        (_, Work::Done, ..) => Refusal::Done { number },
        (Act::Accept | Act::Decline { .. } | Act::Withdraw { .. }, ..) => {
            Refusal::NotOffered { number, act: act.name() }
        }
        (Act::Release { .. }, ..) => Refusal::NotClaimed { number },
        (Act::Claim { .. }, _, None, Some(holder)) | (Act::Claim { .. }, _, Some(_), Some(holder))
            if holder.is_same_person(by) =>
        {
            Refusal::AlreadyYours { number }
        }
        (_, Work::Offered, Some(offer), _) => {
            Refusal::Offered { number, to: offer.to.clone(), by: offer.by.clone() }
        }
        (Act::Claim { .. }, _, _, Some(holder)) => Refusal::AlreadyClaimed { number, by: holder.clone() },
        (Act::Resume { .. }, ..) => Refusal::NotWaiting { number },
        _ => Refusal::ClaimFirst { number, act: act.name() },
    }
}
