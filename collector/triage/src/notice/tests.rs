//! Who hears of what, when, and how much of it.

use jiff::{SignedDuration, Timestamp};

use super::{
    group::{Oldest, Timing},
    incident::{Action, Ledger, plan},
    limit::{Admit, MOST, MOST_URGENT, WITHIN, admit},
    *,
};
use crate::{
    alert::{Actor, Clock, EventKind, Hider, Packet, Priority, Told, Work},
    finding::{Category, Finding, Severity},
    specimen,
};
use dogwatch_model::{ChannelId, OrgId, PersonId, RuleId, Side, TeamId, ToolId, WindowId};

const MATRIX: &str = r#"
[org]
id = "acme"
name = "Acme Ltd"
last_resort = "noc"

[[team]]
id = "noc"
side = "msp"
channels = ["noc-chat"]
rota = "nights"

[[team]]
id = "it"
side = "internal"
email = "it@acme.example"

[[team]]
id = "mute"
side = "internal"

[[person]]
id = "mira"
side = "msp"
team = "noc"
email = "mira@msp.example"

[[person]]
id = "ivan"
side = "internal"
team = "it"
email = "ivan@acme.example"

[[rota]]
id = "nights"
team = "noc"
zone = "UTC"
people = ["mira"]
turn = "7d"
starts = 2020-01-06
hand_over = "09:00"

[[row]]
id = "backup"
categories = ["backup"]
responsible = "it"
accountable = "ivan"
informed = ["noc", "mute"]
backup = "noc"
escalation = [{ after = "15m", to = "nights" }, { after = "30m", to = "ivan" }]
"#;

fn matrix() -> Matrix {
    Matrix::parse(MATRIX, "acme.toml", "0123456789ab".to_owned(), None).unwrap()
}

/// An item of the row `backup`, just opened.
fn opened(matrix: &Matrix) -> (Alert, Vec<TimelineEvent>) {
    let mut endpoint = specimen::silent_server();
    endpoint.org = OrgId::new("acme").unwrap();
    let finding = Finding {
        rule: RuleId::new("backup-late").unwrap(),
        subject: "nightly".to_owned(),
        category: Category::Backup,
        tool: ToolId::new("backup").unwrap(),
        severity: Severity::Critical,
        title: "the nightly backup is late".to_owned(),
        evidence: Vec::new(),
        since: specimen::noon(),
    };
    let row = specimen::row(&endpoint);
    let owner =
        crate::routing::route(&crate::routing::Question::of(&finding, &row, specimen::noon()), matrix).owner;
    Alert::open(AlertNumber(7), &finding, &endpoint, owner, specimen::noon())
}

/// What one more entry leads to, as `reason way`, sorted.
fn told(alert: &Alert, mut timeline: Vec<TimelineEvent>, by: Actor, kind: EventKind) -> Vec<String> {
    let first = timeline.len();
    timeline.push(TimelineEvent { at: specimen::noon(), by, kind });
    words(&due(alert, &timeline, first, &matrix()))
}

fn words(heard: &Heard) -> Vec<String> {
    let mut words: Vec<String> =
        heard.notices.iter().filter(|n| !n.follow_up).map(|n| format!("{} {}", n.reason, n.via)).collect();
    words.extend(heard.missed.iter().map(|missed| format!("missed {}", missed.who)));
    words.sort();
    words
}

fn ivan() -> Actor {
    Actor::person(PersonId::new("ivan").unwrap(), Side::Internal, Some(TeamId::new("it").unwrap()))
}

#[test]
fn a_new_item_is_told_to_its_owner_and_whoever_is_informed_once_a_way() {
    let matrix = matrix();
    let (alert, timeline) = opened(&matrix);
    let heard = due(&alert, &timeline, 0, &matrix);
    assert_eq!(words(&heard), ["informed noc-chat", "missed team mute", "opened mail:it@acme.example"]);
    assert_eq!(heard, due(&alert, &timeline, 0, &matrix), "asked again, the same keys");
    assert!(heard.notices.iter().any(|notice| notice.key == "acme/7/1/mail:it@acme.example"));
    assert!(heard.missed[0].why.contains("channels"), "{}", heard.missed[0].why);
}

#[test]
fn what_nobody_was_told_of_ends_unseen_without_a_word_and_what_was_told_does_not() {
    let matrix = matrix();
    let (alert, mut timeline) = opened(&matrix);
    let window = Hider::Window { window: WindowId::new("patching").unwrap(), until: Timestamp::MAX };
    let (hidden, events) = alert.hide(window, specimen::noon()).unwrap();
    timeline.extend(events);
    let (ended, events) = hidden.clear(specimen::noon() + SignedDuration::from_secs(5)).unwrap();
    let first = timeline.len();
    timeline.extend(events);
    assert_eq!(words(&due(&ended, &timeline, first, &matrix)), [""; 0]);
    let key = "msg".to_owned();
    let channel = ChannelId::new("noc-chat").unwrap();
    let kind =
        EventKind::Notified { who: "team noc".to_owned(), channel, key, told: Told::Delivered { tries: 1 } };
    timeline.insert(first, TimelineEvent::by_dogwatch(specimen::noon(), kind));
    assert_eq!(words(&due(&ended, &timeline, first + 1, &matrix)), ["closed noc-chat", "missed team mute"]);
}

#[test]
fn when_the_window_passes_both_sides_hear_of_it_and_the_person_on_call_too() {
    let matrix = matrix();
    let (mut alert, timeline) = opened(&matrix);
    alert.owner.team = TeamId::new("noc").unwrap();
    alert.owner.side = Side::Msp;
    let handed = EventKind::HandedOver { owner: alert.owner.clone() };
    assert_eq!(
        told(&alert, timeline, Actor::DOGWATCH, handed),
        ["handed_over mail:mira@msp.example", "handed_over noc-chat", "window_passed mail:it@acme.example"]
    );
}

#[test]
fn a_step_calls_whom_the_chain_names_and_the_last_one_the_last_resort() {
    let matrix = matrix();
    let (alert, timeline) = opened(&matrix);
    let step = |step| EventKind::Escalated {
        step,
        to: String::new(),
        person: None,
        empty: None,
        why: String::new(),
    };
    let calls = |step_no| told(&alert, timeline.clone(), Actor::DOGWATCH, step(step_no));
    assert_eq!(calls(Some(1)), ["escalated mail:mira@msp.example", "escalated noc-chat"]);
    assert_eq!(calls(Some(2)), ["escalated mail:ivan@acme.example"]);
    assert_eq!(calls(None), ["escalated mail:mira@msp.example", "escalated noc-chat"]);
}

#[test]
fn an_offer_reaches_the_other_team_and_the_answer_who_offered() {
    let matrix = matrix();
    let (alert, mut timeline) = opened(&matrix);
    let packet = Packet {
        tried: "a restart".to_owned(),
        state: "down".to_owned(),
        why_you: "storage".to_owned(),
        blocked: None,
        deadline: None,
        links: Vec::new(),
    };
    let offer = EventKind::Offered { to: TeamId::new("noc").unwrap(), packet, not_ours: false };
    assert_eq!(
        told(&alert, timeline.clone(), ivan(), offer.clone()),
        ["offered mail:mira@msp.example", "offered noc-chat"]
    );
    timeline.push(TimelineEvent { at: specimen::noon(), by: ivan(), kind: offer });
    let declined = EventKind::Declined { reason: "not storage".to_owned(), not_ours: true };
    assert_eq!(
        told(&alert, timeline.clone(), Actor::DOGWATCH, declined),
        ["declined mail:ivan@acme.example"]
    );
    assert_eq!(
        told(&alert, timeline, Actor::DOGWATCH, EventKind::Accepted),
        ["accepted mail:ivan@acme.example"]
    );
}

#[test]
fn clocks_speak_to_the_holder_from_three_quarters_on_and_at_the_breach_to_the_accountable_too() {
    let matrix = matrix();
    let (mut alert, timeline) = opened(&matrix);
    let deadline = specimen::noon();
    let warned = |percent| EventKind::SlaWarned { clock: Clock::Response, percent, deadline };
    assert!(told(&alert, timeline.clone(), Actor::DOGWATCH, warned(50)).is_empty());
    assert_eq!(told(&alert, timeline.clone(), Actor::DOGWATCH, warned(75)), ["warned mail:it@acme.example"]);
    let breached = EventKind::SlaBreached { clock: Clock::Resolve, deadline };
    assert_eq!(
        told(&alert, timeline.clone(), Actor::DOGWATCH, breached.clone()),
        ["breached mail:it@acme.example", "breached mail:ivan@acme.example"]
    );
    alert.assignee = Some(ivan());
    alert.work = Work::Claimed;
    assert_eq!(told(&alert, timeline, Actor::DOGWATCH, breached), ["breached mail:ivan@acme.example"]);
}

#[test]
fn what_is_hidden_is_told_when_it_is_seen_again() {
    let matrix = matrix();
    let (mut alert, timeline) = opened(&matrix);
    alert.visibility = Visibility::Suppressed;
    assert_eq!(due(&alert, &timeline, 0, &matrix), Heard::default());
    alert.visibility = Visibility::Normal;
    assert_eq!(told(&alert, timeline, Actor::DOGWATCH, EventKind::Woke), ["opened mail:it@acme.example"]);
}

#[test]
fn what_was_decided_half_a_minute_ago_may_be_moot() {
    let (mut alert, _) = opened(&matrix());
    assert_eq!(Reason::Opened.moot(&alert), None);
    alert.work = Work::Claimed;
    assert!(Reason::Opened.moot(&alert).unwrap().contains("taken"));
    assert_eq!(Reason::Worse.moot(&alert), None);
    alert.work = Work::Done;
    assert!(Reason::Worse.moot(&alert).unwrap().contains("over"));
    assert_eq!(Reason::WindowPassed.moot(&alert), None, "a gap is told whatever came after");
}

fn at(seconds: i64) -> Timestamp {
    specimen::noon() + SignedDuration::from_secs(seconds)
}

#[test]
fn a_group_waits_for_company_then_keeps_quiet_and_a_p1_that_went_wrong_waits_for_nothing() {
    let timing = Timing::default();
    let of = |pace, came| {
        let mut oldest = Oldest::default();
        oldest.add(pace, came);
        oldest
    };
    assert_eq!(timing.due(Oldest::default(), Some(at(0))), None);
    assert_eq!(timing.due(of(Pace::Calm, at(0)), None), Some(at(30)));
    assert_eq!(timing.due(of(Pace::Calm, at(31)), Some(at(30))), Some(at(330)));
    assert_eq!(timing.due(of(Pace::Soon, at(31)), Some(at(30))), Some(at(90)));
    assert_eq!(timing.due(of(Pace::Now, at(5)), None), Some(at(5)));
    assert_eq!(timing.due(of(Pace::Now, at(31)), Some(at(30))), Some(at(90)));
    assert_eq!(Reason::HandedOver.pace(Priority::P1), Pace::Now);
    assert_eq!(Reason::HandedOver.pace(Priority::P2), Pace::Calm);
    assert_eq!(timing.repeat_due(at(0)), at(4 * 3600));
}

#[test]
fn past_what_one_person_can_take_the_rest_is_told_in_one_round() {
    let sent: Vec<Timestamp> = (0..).take(MOST).map(|n| at(n * 60)).collect();
    assert_eq!(admit(&[], MOST, at(0)), Admit::Message);
    assert_eq!(admit(&sent[..MOST - 2], MOST, at(300)), Admit::Message);
    assert_eq!(admit(&sent[..MOST - 1], MOST, at(300)), Admit::Round);
    assert_eq!(admit(&sent, MOST, at(301)), Admit::Not(at(0) + WITHIN));
    assert_eq!(admit(&sent, MOST, at(0) + WITHIN), Admit::Round);
    assert_eq!(admit(&sent, MOST, at(3600)), Admit::Message);
    assert_eq!(admit(&sent, MOST_URGENT, at(301)), Admit::Message, "what cannot wait is counted by itself");
}

fn reasons(numbers: std::ops::Range<u64>, reason: Reason) -> Vec<(AlertNumber, Reason)> {
    numbers.map(|number| (AlertNumber(number), reason)).collect()
}

#[test]
fn a_few_items_are_incidents_of_their_own_from_trigger_to_resolve() {
    let (org, mut ledger) = (OrgId::new("acme").unwrap(), Ledger::default());
    assert!(plan(&mut ledger, &org, "m0", &reasons(1..2, Reason::Closed)).is_empty(), "never triggered");
    let mut said = |id: &str, reason| {
        let planned = plan(&mut ledger, &org, id, &reasons(1..2, reason));
        planned.into_iter().map(|incident| (incident.action, incident.key)).collect::<Vec<_>>()
    };
    assert_eq!(said("m1", Reason::Opened), [(Action::Trigger, "dogwatch/acme/1".to_owned())]);
    assert_eq!(said("m2", Reason::Taken), [(Action::Acknowledge, "dogwatch/acme/1".to_owned())]);
    assert_eq!(said("m3", Reason::Closed), [(Action::Resolve, "dogwatch/acme/1".to_owned())]);
    assert_eq!(said("m4", Reason::Closed), []);
}

#[test]
fn a_swarm_is_one_incident_that_ends_with_its_last_item() {
    let (org, mut ledger) = (OrgId::new("acme").unwrap(), Ledger::default());
    let begun = plan(&mut ledger, &org, "m1", &reasons(1..401, Reason::Opened));
    assert_eq!(begun.len(), 1);
    assert_eq!((begun[0].action, begun[0].alerts.len()), (Action::Trigger, 400));
    assert!(plan(&mut ledger, &org, "m2", &reasons(1..400, Reason::Closed)).is_empty());
    let ended = plan(&mut ledger, &org, "m3", &reasons(400..401, Reason::Closed));
    assert_eq!((ended.len(), ended[0].action, &ended[0].key), (1, Action::Resolve, &begun[0].key));
    assert_eq!(ledger, Ledger::default());
}
