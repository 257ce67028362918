//! The answer for an alert: its own owner, clocks and steps, not those of what would come in now.

use super::*;
use crate::alert::{self, Act, Alert, EventKind, TimelineEvent, Work};

/// An alert of the only row of that matrix, which came in on Monday 12 January 2026 at 08:52 in London.
fn came_in(matrix: &Matrix) -> (Alert, Vec<TimelineEvent>) {
    let endpoint = specimen::silent_server();
    let row = specimen::row(&endpoint);
    let finding = crate::finding::Finding {
        rule: dogwatch_model::RuleId::new("backup-failed").unwrap(),
        subject: String::new(),
        category: Category::Backup,
        tool: ToolId::new("backup").unwrap(),
        severity: Severity::Critical,
        title: "backup failed".into(),
        evidence: vec![],
        since: began(),
    };
    let owner = route(&Question::of(&finding, &row, began()), matrix).owner;
    Alert::open(AlertNumber(42), &finding, &endpoint, owner, began())
}

fn began() -> Timestamp {
    "2026-01-12T08:52:00Z".parse().unwrap()
}

fn after(minutes: i64) -> Timestamp {
    began() + jiff::SignedDuration::from_mins(minutes)
}

#[test]
fn an_alert_is_told_with_what_is_left_of_its_clocks_and_the_steps_still_to_come() {
    let matrix = crate::duty::tests::org("Europe/London");
    let (mut alert, timeline) = came_in(&matrix);
    alert.progress.steps = 1;
    let answer = for_alert(&alert, &timeline, &matrix, None, after(20));
    assert_eq!((answer.asked.alert, answer.asked.at), (Some(AlertNumber(42)), after(20)));
    assert_eq!(answer.asked.endpoint.as_deref(), Some(alert.endpoint_name.as_str()));
    assert_eq!(answer.first_responder.person.unwrap().id.as_str(), "otto", "who is on duty by now");
    assert_eq!(answer.clocks.response.used.as_mins(), 20);
    let next: Vec<_> = answer.next.iter().map(|next| (next.called.step, next.called.at)).collect();
    assert_eq!(next, [(Some(2), after(30)), (Some(3), after(45)), (Some(4), after(60)), (None, after(90))]);
}

#[test]
fn an_alert_that_was_handed_over_is_told_with_its_owner_by_now_and_one_that_is_held_with_its_holder() {
    let matrix = crate::duty::tests::org("Europe/London");
    let (mut alert, mut timeline) = came_in(&matrix);
    alert.owner.team = TeamId::new("it").unwrap();
    alert.owner.side = Side::Internal;
    alert.owner.first_responder_until = None;
    let ivan = Actor::person(PersonId::new("ivan").unwrap(), Side::Internal, None);
    let desk = alert::Desk { matrix: &matrix, policy: &alert::Policy::default() };
    let (mut alert, events) =
        alert::act(&alert, &Act::Claim { override_reason: None }, &ivan, after(12), &desk).unwrap();
    timeline.extend(events);
    assert_eq!(timeline.last().unwrap().kind, EventKind::Claimed);
    let answer = for_alert(&alert, &timeline, &matrix, None, after(20));
    assert_eq!(answer.first_responder.team.as_str(), "it");
    assert_eq!((answer.holder, answer.next.len()), (Some(ivan), 0));
    assert_eq!(answer.clocks.response.stopped_at, Some(after(12)));
    assert!(answer.lost.is_empty(), "the row that it goes by has not lost");
    let london = TimeZone::get("Europe/London").unwrap();
    let words = for_alert(&alert, &timeline, &matrix, None, after(20)).in_words(&london).to_string();
    for part in [
        "alert #42, tool backup",
        "\n  held by      ivan (internal)\n",
        "\n  response     met: Mon 2026-01-12 09:04 GMT (1h)\n",
    ] {
        assert!(words.contains(part), "no {part:?} in {words}");
    }
    // What its row said is told as long as there is such a row; without one there is the last resort.
    alert.work = Work::Unclaimed;
    alert.owner.row = Some(RowId::new("gone").unwrap());
    let gone = for_alert(&alert, &timeline, &matrix, None, after(20));
    assert_eq!((gone.next.len(), gone.lost.len()), (0, 0));
}
