//! What is due: each decided once, in time or late.

use dogwatch_model::WindowId;

use super::*;
use crate::finding::Category;

/// An alert with its timeline at the desk of [`MATRIX`].
struct Item {
    alert: Alert,
    timeline: Vec<TimelineEvent>,
}

impl Item {
    fn opened() -> Self {
        let (alert, timeline) =
            Alert::open(AlertNumber(1042), &finding(Severity::Warning), &endpoint(), noc(0), at(0));
        Self { alert, timeline }
    }

    fn take(&mut self, (alert, events): Change) -> String {
        let told = kinds(&events).join(" ");
        self.alert = alert;
        self.timeline.extend(events);
        told
    }

    fn does(&mut self, what: &Act, by: &Actor, minute: i64) -> String {
        self.take(acted(&self.alert, what, by, minute).unwrap())
    }

    /// What a tick decides, and that nothing is left to decide then.
    fn ticks(&mut self, minute: i64) -> String {
        let (matrix, policy) = (matrix(), Policy::default());
        let desk = Desk { matrix: &matrix, policy: &policy };
        let told = tick(&self.alert, &self.timeline, &desk, at(minute)).map(|change| self.take(change));
        assert_eq!(tick(&self.alert, &self.timeline, &desk, at(minute)), None, "twice is once");
        let next = next_due(&self.alert, &self.timeline, &desk, at(minute));
        assert!(next.is_none_or(|next| next > at(minute)), "nothing stays due: {next:?}");
        told.unwrap_or_default()
    }

    fn next(&self, minute: i64) -> Option<Timestamp> {
        let (matrix, policy) = (matrix(), Policy::default());
        next_due(&self.alert, &self.timeline, &Desk { matrix: &matrix, policy: &policy }, at(minute))
    }
}

fn packet() -> Packet {
    let text = || "all of it".to_owned();
    Packet { tried: text(), state: text(), why_you: text(), blocked: None, deadline: None, links: vec![] }
}

fn handoff() -> Act {
    Act::Handoff { to: None, packet: packet(), not_ours: false, override_reason: None }
}

fn nap(minute: i64) -> Act {
    Act::Snooze { until: at(minute), reason: "after the audit".into(), override_reason: None }
}

#[test]
fn a_window_that_ends_unclaimed_hands_it_over_and_measures_one_gap() {
    let mut item = Item::opened();
    assert_eq!(item.next(0), Some(at(10)));
    assert_eq!(item.ticks(9), "");
    assert_eq!(item.ticks(10), "handed_over measured");
    assert_eq!(item.alert.owner.team.as_str(), "internal-it");
    assert_eq!(
        item.alert.owner.why,
        [
            "nobody of `msp-noc` (msp) claimed it in its first-responder window, which ended at 2026-11-02T08:10:00Z",
            "`internal-it` is the backup of row `backup-nights`",
        ]
    );
    assert_eq!(item.ticks(11), "");
    assert_eq!(item.alert.reroute(noc(11), at(11)), None, "the row does not take it back");
    item.does(&CLAIM, &mira(), 12);
}

#[test]
fn what_was_claimed_in_time_is_not_handed_over_when_it_is_released_later() {
    let mut item = Item::opened();
    item.does(&CLAIM, &mira(), 5);
    assert_eq!(item.ticks(10), "");
    item.does(&RELEASE, &mira(), 12);
    assert_eq!(item.ticks(12), "");
    assert_eq!(item.alert.owner.team.as_str(), "msp-noc");
    assert_eq!(item.ticks(27), "escalated", "its chain counts from the release");
}

#[test]
fn each_step_of_the_chain_is_called_once_and_the_last_resort_is_the_end() {
    let mut item = Item::opened();
    item.ticks(10);
    assert_eq!(item.ticks(15), "escalated");
    assert_eq!(item.ticks(45), "escalated");
    assert_eq!(item.ticks(60), "escalated");
    let called: Vec<_> = item
        .timeline
        .iter()
        .filter_map(|event| match &event.kind {
            EventKind::Escalated { step, to, .. } => Some((*step, to.as_str())),
            _ => None,
        })
        .collect();
    let expected = [(Some(1), "team internal-it"), (Some(2), "person ivan"), (None, "last resort msp-desk")];
    assert_eq!(called, expected);
    assert_eq!(item.ticks(119), "");
    assert_eq!(item.ticks(120), "sla_warned", "half of the four hours for a response");
}

#[test]
fn a_late_tick_decides_the_same_in_one_change() {
    let mut item = Item::opened();
    let all = "handed_over measured escalated escalated escalated sla_warned";
    assert_eq!(item.ticks(190), all, "of two warnings the higher is given");
    assert!(matches!(item.timeline.last().unwrap().kind, EventKind::SlaWarned { percent: 75, .. }));
    assert_eq!(item.alert.version, 2);
}

#[test]
fn promises_warn_at_each_mark_and_break_once() {
    let mut item = Item::opened();
    item.ticks(60);
    for minute in [120, 180, 216] {
        assert_eq!(item.ticks(minute), "sla_warned");
    }
    assert_eq!(item.ticks(240), "sla_breached");
    item.does(&CLAIM, &mira(), 300);
    let day = 24 * 60;
    assert_eq!(item.next(300), Some(at(300 + 240)), "now its holder is watched");
    assert!(item.ticks(3 * day).contains("sla_breached"), "and the promise to mend it breaks too");
    assert_eq!((item.alert.progress.response_warned, item.alert.progress.resolve_warned), (100, 100));
}

#[test]
fn an_offer_without_an_answer_is_back_and_somebody_else_hears_of_it() {
    let mut item = Item::opened();
    item.does(&handoff(), &mira(), 2);
    assert_eq!(item.next(2), Some(at(32)));
    assert_eq!(item.ticks(32), "offer_expired escalated");
    assert_eq!((item.alert.work, item.alert.assignee.clone()), (Work::Claimed, Some(mira())));
    assert_eq!(item.alert.owner.team.as_str(), "msp-noc");
    assert_eq!(item.ticks(33), "");
}

#[test]
fn who_holds_it_and_does_nothing_is_reminded_and_then_it_is_free() {
    let mut item = Item::opened();
    item.does(&CLAIM, &mira(), 5);
    item.does(&Act::Comment { text: "any news?".into() }, &ivan(), 100);
    assert_eq!(item.ticks(245), "reminded", "who asks does not put it off");
    item.does(&Act::Comment { text: "the disk is on its way".into() }, &mira(), 300);
    assert_eq!(item.ticks(539), "");
    assert_eq!(item.ticks(540), "reminded");
    assert_eq!(item.ticks(780), "lapsed");
    assert_eq!((item.alert.work, item.alert.assignee.clone()), (Work::Unclaimed, None));
    assert_eq!(item.ticks(795), "escalated");
    let mut late = Item::opened();
    late.does(&CLAIM, &mira(), 5);
    assert!(late.ticks(2000).contains("reminded"), "nobody loses what they were not reminded of");
    assert_eq!(late.alert.work, Work::Claimed);
}

#[test]
fn waits_and_snoozes_end_by_themselves() {
    let mut item = Item::opened();
    item.does(&CLAIM, &mira(), 5);
    let reason = "it is theirs to send".to_owned();
    item.does(&Act::Wait { on: WaitOn::User, until: at(600), reason, override_reason: None }, &mira(), 6);
    item.does(&nap(400), &mira(), 7);
    assert_eq!(item.ticks(399), "", "nobody is reminded of what waits");
    assert_eq!(item.ticks(400), "woke");
    assert_eq!(item.ticks(600), "wait_ended");
    assert_eq!((item.alert.work, item.alert.assignee.clone()), (Work::Claimed, Some(mira())));
    assert_eq!(item.ticks(840), "reminded");
}

#[test]
fn nobody_is_called_for_what_nobody_sees() {
    let mut item = Item::opened();
    let window = Hider::Window { window: WindowId::new("patch-night").unwrap(), until: at(60) };
    item.take(item.alert.hide(window.clone(), at(4)).unwrap());
    assert_eq!((item.ticks(60), item.next(60)), (String::new(), None));
    item.take(item.alert.unhide(&window, at(60)).unwrap());
    assert_eq!(item.next(60), Some(at(66)));
    assert_eq!(item.ticks(66), "handed_over measured");
    item.does(&nap(120), &ivan(), 68);
    assert_eq!(item.ticks(119), "");
    assert_eq!(item.ticks(120), "woke");
    assert_eq!(item.ticks(123), "escalated", "it had been free for twelve minutes before both");
}

#[test]
fn calm_ends_the_flapping() {
    let (policy, warning) = (Policy::default(), finding(Severity::Warning));
    for (goes, told, work) in [
        (false, "flapping_ended escalated", Work::Unclaimed),
        (true, "flapping_ended cleared closed", Work::Done),
    ] {
        let mut item = Item::opened();
        for minute in [1, 3, 5] {
            item.take(item.alert.clear(at(minute)).unwrap());
            item.take(item.alert.reopen(&warning, &endpoint(), noc(minute), at(minute + 1), &policy));
        }
        if goes {
            item.take(item.alert.clear(at(6)).unwrap());
        }
        assert_eq!(item.alert.condition, Condition::Flapping);
        item.ticks(35);
        assert_eq!((item.ticks(36), item.alert.work), (told.to_owned(), work));
    }
}

#[test]
fn without_a_backup_it_goes_to_the_other_side_and_without_one_there_the_gap_is_measured() {
    let hand_over = |document: &str, owner: Owner| {
        let matrix = Matrix::parse(document, "acme.toml", "0123456789ab".into(), None).unwrap();
        let policy = Policy::default();
        let (alert, timeline) =
            Alert::open(AlertNumber(1), &finding(Severity::Warning), &endpoint(), owner, at(0));
        let (next, events) =
            tick(&alert, &timeline, &Desk { matrix: &matrix, policy: &policy }, at(10)).unwrap();
        (next.owner.team.to_string(), kinds(&events).join(" "))
    };
    let without = MATRIX.replace("backup = \"internal-it\"\n", "");
    let (team, told) = hand_over(&without, noc(0));
    assert_eq!(
        (team.as_str(), told.as_str()),
        ("internal-it", "handed_over measured"),
        "ivan answers for it"
    );
    let alone = without.replace("accountable = \"ivan\"", "accountable = \"msp-noc\"");
    let (team, _) = hand_over(&alone, noc(0));
    assert_eq!(team, "msp-desk", "the last resort");
    let alone = alone.replace("last_resort = \"msp-desk\"", "last_resort = \"msp-noc\"");
    let (team, told) = hand_over(&alone, noc(0));
    assert_eq!((team.as_str(), told.as_str()), ("msp-noc", "measured"), "there is nobody else");
}

#[test]
fn a_person_opens_one_by_hand_and_is_asked_whether_it_is_the_same() {
    let endpoint = endpoint();
    let tool = ToolId::new("backup").unwrap();
    let what = |text| ByHand {
        org: &endpoint.org,
        site: &endpoint.site,
        endpoint: Some(&endpoint),
        tool: &tool,
        category: Category::Backup,
        severity: Severity::Warning,
        text,
    };
    let open = |text, by: Actor| Alert::open_by_hand(AlertNumber(7), &what(text), noc(0), &by, at(0));
    let (alert, events) = open("restore is slow\nsince the morning", ivan()).unwrap();
    assert_eq!(kinds(&events), ["opened_by_hand", "routed"]);
    assert_eq!(
        (alert.title.as_str(), alert.rule.as_str(), alert.subject.as_str()),
        ("restore is slow", BY_HAND, "7")
    );
    assert_eq!((alert.opened_by.clone(), alert.work), (Some(ivan()), Work::Unclaimed));
    assert_eq!(alert.clear(at(1)).unwrap().0.work, Work::Unclaimed, "people say when it is over");
    assert_eq!(open(" ", ivan()).unwrap_err().code(), "empty");
    assert_eq!(open("x", Actor::DOGWATCH).unwrap_err().code(), "not_a_person");

    let seen = Alert { last_seen: at(9), ..opened() };
    let over = done(&Alert { number: AlertNumber(3), ..opened() }, &close("fixed"), &mira(), 1);
    let elsewhere = Alert { number: AlertNumber(4), endpoint: None, ..opened() };
    let items = [alert, seen, over, elsewhere];
    let found = is_it_this_one(items.iter(), Some(endpoint.id), &tool);
    assert_eq!(found.iter().map(|alert| alert.number.0).collect::<Vec<_>>(), [1042, 7]);
}
