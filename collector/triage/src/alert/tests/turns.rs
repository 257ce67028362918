//! What comes and goes, what nobody sees any more, what is hidden.

use dogwatch_model::WindowId;

use super::*;

fn flapping() -> Alert {
    let (policy, warning) = (Policy::default(), finding(Severity::Warning));
    let mut alert = done(&opened(), &CLAIM, &mira(), 0);
    for minute in [2, 4, 6] {
        alert = alert.clear(at(minute - 1)).unwrap().0;
        alert = changed(alert.fire(&warning, &endpoint(), at(minute), &policy)).0;
    }
    alert
}

#[test]
fn what_comes_and_goes_is_taken_as_holding() {
    let alert = flapping();
    assert_eq!((alert.condition, alert.count), (Condition::Flapping, 4));
    let (gone, events) = alert.clear(at(7)).unwrap();
    assert!(events.is_empty(), "its turns are no entries any more");
    assert_eq!((gone.condition, gone.clear(at(8))), (Condition::Flapping, None));
    let (again, events) =
        changed(gone.fire(&finding(Severity::Warning), &endpoint(), at(9), &Policy::default()));
    assert!(events.is_empty());
    assert_eq!((again.count, again.returns.len()), (5, 3));
    assert_eq!(again.flap, Some(Flap { turned_at: at(9), holds: true }));
}

#[test]
fn untouched_items_that_end_at_every_turn_flap_too() {
    let (policy, warning) = (Policy::default(), finding(Severity::Warning));
    let mut alert = opened();
    for minute in [2, 4, 6] {
        alert = alert.clear(at(minute - 1)).unwrap().0;
        assert_eq!(alert.work, Work::Done);
        alert = alert.reopen(&warning, &endpoint(), noc(minute), at(minute), &policy).0;
    }
    assert_eq!((alert.condition, alert.work), (Condition::Flapping, Work::Unclaimed));
    assert_eq!(alert.clear(at(7)).unwrap().0.work, Work::Unclaimed, "it does not end at the next one");
    let closed = done(&alert, &close("the sensor is known to dance"), &mira(), 8);
    let gone = closed.clear(at(9)).unwrap().0;
    let back = changed(gone.fire(&warning, &endpoint(), at(10), &policy)).0;
    assert_eq!(back.work, Work::Done, "who closes what flaps is not asked again at the next turn");
}

#[test]
fn while_its_endpoint_is_away_nobody_knows() {
    let away = opened().lose_sight(at(1)).unwrap().0;
    assert_eq!((away.condition, away.lose_sight(at(2))), (Condition::NoData, None));
    let back = away.regain_sight(at(3)).unwrap().0;
    assert_eq!((back.condition, back.regain_sight(at(4))), (Condition::Firing, None));
    let fire = away.fire(&finding(Severity::Warning), &endpoint(), at(3), &Policy::default());
    assert_eq!(changed(fire).0.condition, Condition::Firing);
    let cleared = opened().clear(at(1)).unwrap().0;
    assert_eq!(cleared.lose_sight(at(2)), None);
}

fn window(until: i64) -> Hider {
    Hider::Window { window: WindowId::new("patch-night").unwrap(), until: at(until) }
}

fn offline() -> Hider {
    Hider::Alert { number: AlertNumber(7), why: "srv-01 is offline".into() }
}

#[test]
fn what_is_hidden_keeps_what_people_did_and_is_seen_when_nothing_hides_it() {
    let claimed = done(&opened(), &CLAIM, &mira(), 1);
    let (hidden, events) = claimed.hide(window(60), at(2)).unwrap();
    assert_eq!((kinds(&events), hidden.visibility), (vec!["hidden".to_owned()], Visibility::Suppressed));
    assert_eq!((hidden.work, hidden.assignee.clone()), (Work::Claimed, Some(mira())));
    assert_eq!(hidden.hide(window(60), at(3)), None);
    let (longer, events) = hidden.hide(window(90), at(3)).unwrap();
    assert_eq!((events.len(), longer.hidden_by.len()), (0, 1));
    let both = longer.hide(offline(), at(4)).unwrap().0;
    let one = both.unhide(&window(0), at(5)).unwrap().0;
    assert_eq!(one.visibility, Visibility::Inhibited);
    let (seen, events) = one.unhide(&offline(), at(6)).unwrap();
    assert_eq!((kinds(&events), seen.visibility), (vec!["unhidden".to_owned()], Visibility::Normal));
    assert_eq!(seen.unhide(&offline(), at(7)), None);
    assert_eq!(done(&both, &close("fixed"), &mira(), 5).visibility, Visibility::Normal);
}

#[test]
fn a_snooze_goes_before_what_hides_and_ends_when_it_gets_worse() {
    let nap = Act::Snooze { until: at(60), reason: "after the audit".into(), override_reason: None };
    let asleep = done(&opened().hide(window(90), at(1)).unwrap().0, &nap, &mira(), 2);
    assert_eq!(asleep.visibility, Visibility::Snoozed);
    let same = asleep.fire(&finding(Severity::Info), &endpoint(), at(3), &Policy::default());
    assert_eq!(changed(same).0.visibility, Visibility::Snoozed);
    let worse = asleep.fire(&finding(Severity::Critical), &endpoint(), at(3), &Policy::default());
    let (woken, events) = changed(worse);
    assert_eq!(kinds(&events), ["severity_changed", "woke"]);
    assert_eq!((woken.snooze, woken.visibility), (None, Visibility::Suppressed));
}

#[test]
fn timers_go_on_with_what_was_left_when_it_is_seen_again() {
    let hidden = opened().hide(window(60), at(4)).unwrap().0;
    let seen = hidden.unhide(&window(60), at(60)).unwrap().0;
    assert_eq!(seen.owner.first_responder_until, Some(at(66)), "six minutes were left");
    assert_eq!(seen.free_since(), at(56), "four had gone");
    let moved = hidden.reroute(internal(50), at(50)).unwrap().0.unhide(&window(60), at(60)).unwrap().0;
    assert_eq!(moved.owner.first_responder_until, Some(at(70)), "its window began while nobody saw it");
    let claimed = done(&hidden, &CLAIM, &mira(), 30);
    let seen = claimed.unhide(&window(60), at(60)).unwrap().0;
    assert_eq!(seen.progress.worked_at, Some(at(60)));
}
