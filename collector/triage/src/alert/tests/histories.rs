//! Properties over random histories.

use proptest::prelude::*;

use super::*;

/// One step of a random history.
#[derive(Debug, Clone)]
enum Step {
    Fires(Severity),
    Clears,
    Routed(bool),
    Acts(Act, bool),
}

fn steps() -> impl Strategy<Value = Vec<(Step, i64)>> {
    let reason = prop_oneof![Just(None), Just(Some("because".to_owned())), Just(Some(String::new()))];
    let acts = (0..5_usize, reason).prop_map(|(which, override_reason)| match which {
        0 => Act::Claim { override_reason },
        1 => Act::Release { override_reason },
        2 => Act::Comment { text: override_reason.unwrap_or_default() },
        3 => Act::Close { resolution: "fixed".into(), override_reason },
        _ => Act::Acknowledge,
    });
    let step = prop_oneof![
        prop::sample::select(Severity::ALL).prop_map(Step::Fires),
        Just(Step::Clears),
        any::<bool>().prop_map(Step::Routed),
        (acts, any::<bool>()).prop_map(|(act, msp)| Step::Acts(act, msp)),
    ];
    // Minutes between steps: mostly moments, sometimes past the reopen window.
    prop::collection::vec((step, prop_oneof![4 => 0..15_i64, 1 => 1000..2000_i64]), 1..60)
}

fn take(alert: &Alert, step: &Step, minute: i64) -> Option<Change> {
    match step {
        Step::Fires(severity) => {
            match alert.fire(&finding(*severity), &endpoint(), at(minute), &Policy::default()) {
                Fire::Same => None,
                Fire::Changed(change) => Some(*change),
                Fire::Reopen => {
                    let policy = Policy::default();
                    Some(alert.reopen(&finding(*severity), &endpoint(), noc(minute), at(minute), &policy))
                }
                Fire::New => {
                    let number = AlertNumber(alert.number.0 + 1);
                    Some(Alert::open(number, &finding(*severity), &endpoint(), noc(minute), at(minute)))
                }
            }
        }
        Step::Clears => alert.clear(at(minute)),
        Step::Routed(msp) => alert.reroute(if *msp { noc(minute) } else { internal(minute) }, at(minute)),
        Step::Acts(what, msp) => acted(alert, what, &if *msp { mira() } else { ivan() }, minute).ok(),
    }
}

/// Every change of `work` that the two tables allow.
fn allowed(from: Work, to: Work, step: &Step) -> bool {
    match step {
        Step::Acts(what, _) => act::leads_to(what, from) == Some(to),
        Step::Clears => from == to || (from, to) == (Work::Unclaimed, Work::Done),
        Step::Fires(_) => from == to || (from, to) == (Work::Done, Work::Unclaimed),
        Step::Routed(_) => from == to,
    }
}

proptest! {
    #[test]
    fn no_history_leaves_the_table_or_undoes_what_people_did(history in steps()) {
        let mut alert = opened();
        let mut minute = 0;
        for (step, pause) in &history {
            minute += pause;
            let Some((next, events)) = take(&alert, step, minute) else { continue };
            if next.number != alert.number {
                prop_assert_eq!(alert.work, Work::Done);
                prop_assert_eq!(next.version, 1);
                alert = next;
                continue;
            }
            prop_assert_eq!(next.version, alert.version + 1, "each change is one version");
            prop_assert!(allowed(alert.work, next.work, step), "{:?} → {:?} by {:?}", alert.work, next.work, step);
            prop_assert_eq!(next.closed.is_some(), next.work == Work::Done);
            prop_assert!(next.work != Work::Claimed || next.assignee.is_some());
            prop_assert!(next.work != Work::Unclaimed || next.assignee.is_none());
            prop_assert_eq!(next.cleared_at.is_some(), next.condition == Condition::Cleared);
            let by_machine = !matches!(step, Step::Acts(..));
            if by_machine {
                let ended = alert.work != Work::Done && next.work == Work::Done;
                prop_assert!(!(ended && alert.touched), "a touched alert never ends by itself");
                prop_assert!(alert.work == Work::Done || next.assignee == alert.assignee);
                prop_assert!(events.iter().all(|event| event.by == Actor::DOGWATCH));
            } else {
                prop_assert!(next.touched && !events.is_empty());
                prop_assert_eq!(&next.owner, &alert.owner, "people never change the owner by claiming");
            }
            prop_assert!(events.iter().all(|event| event.at == at(minute)), "the timeline only grows at its end");
            let routed: Vec<_> = events.iter().filter_map(|event| match &event.kind {
                EventKind::Routed { owner } => Some(owner),
                _ => None,
            }).collect();
            let moved = (&next.owner.team, &next.owner.row) != (&alert.owner.team, &alert.owner.row);
            prop_assert!(routed.len() <= 1 && (!moved || routed.len() == 1), "one owner, and its change is recorded");
            prop_assert!(routed.iter().all(|owner| **owner == next.owner));
            let (json, back) = (serde_json::to_string(&next).unwrap(), next.clone());
            prop_assert_eq!(serde_json::from_str::<Alert>(&json).unwrap(), back);
            alert = next;
        }
    }
}
