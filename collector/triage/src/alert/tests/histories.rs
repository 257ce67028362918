//! What must hold whatever happens: random histories of two crews, rules, windows, clocks and restarts.
//!
//! Each step goes through the form in which the alert and its timeline are kept, as after a restart.

use dogwatch_model::WindowId;
use proptest::prelude::*;

use super::*;

/// One thing that happens.
#[derive(Debug, Clone)]
enum Step {
    Fires(Severity),
    Clears,
    /// The matrix is asked: 0 the row of the night, 1 the same row for another team, 2 the row of the day.
    Routed(u8),
    Away,
    Back,
    Hides(u8, i64),
    Shows(u8),
    Ticks,
    Acts(u8, Deed, Option<String>),
}

/// Something a person does, with instants as minutes from then.
#[derive(Debug, Clone)]
enum Deed {
    Claim,
    Release,
    Assign(u8),
    Comment,
    Handoff(u8, bool),
    Accept,
    Decline,
    Withdraw,
    Wait(WaitOn, i64),
    Resume,
    Snooze(i64),
    Wake,
    Close,
    Merge,
    Reopen,
    Acknowledge,
    Prioritise(Priority),
    Link(u64),
    Feedback,
}

const CREW: [(&str, Side); 4] =
    [("mira", Side::Msp), ("noor", Side::Msp), ("ivan", Side::Internal), ("iris", Side::Internal)];

fn crew(who: u8) -> Actor {
    let (name, side) = CREW[usize::from(who) % CREW.len()];
    person(name, side)
}

fn deed(deed: &Deed, override_reason: Option<String>, minute: i64) -> Act {
    let reason = "because".to_owned();
    match deed {
        Deed::Claim => Act::Claim { override_reason },
        Deed::Release => Act::Release { override_reason },
        Deed::Assign(who) => Act::Assign { person: crew(*who).person.unwrap(), override_reason },
        Deed::Comment => Act::Comment { text: reason },
        Deed::Handoff(to, complete) => {
            let teams = ["internal-it", "msp-noc", "msp-desk"];
            let to = teams.get(usize::from(*to)).map(|team| TeamId::new(team).unwrap());
            let why_you = if *complete { reason.clone() } else { String::new() };
            let (tried, state) = (reason.clone(), reason);
            let packet = Packet { tried, state, why_you, blocked: None, deadline: None, links: vec![] };
            Act::Handoff { to, packet, not_ours: false, override_reason }
        }
        Deed::Accept => Act::Accept,
        Deed::Decline => Act::Decline { reason, not_ours: true },
        Deed::Withdraw => Act::Withdraw { override_reason },
        Deed::Wait(on, pause) => Act::Wait { on: *on, until: at(minute + pause), reason, override_reason },
        Deed::Resume => Act::Resume { override_reason },
        Deed::Snooze(pause) => Act::Snooze { until: at(minute + pause), reason, override_reason },
        Deed::Wake => Act::Wake,
        Deed::Close => Act::Close { resolution: reason, override_reason },
        Deed::Merge => Act::Merge { into: AlertNumber(7), override_reason },
        Deed::Reopen => Act::Reopen { reason },
        Deed::Acknowledge => Act::Acknowledge,
        Deed::Prioritise(priority) => Act::Prioritise { priority: *priority, reason, override_reason },
        Deed::Link(to) => Act::Link { to: AlertNumber(*to), relation: Relation::Related },
        Deed::Feedback => Act::Feedback { noise: true, text: String::new() },
    }
}

fn deeds() -> impl Strategy<Value = Deed> {
    prop_oneof![
        6 => Just(Deed::Claim),
        2 => Just(Deed::Release),
        1 => (0..4_u8).prop_map(Deed::Assign),
        1 => Just(Deed::Comment),
        4 => (0..4_u8, prop::bool::weighted(0.9)).prop_map(|(to, complete)| Deed::Handoff(to, complete)),
        4 => Just(Deed::Accept),
        2 => Just(Deed::Decline),
        1 => Just(Deed::Withdraw),
        2 => (prop::sample::select(WaitOn::ALL), -5..3000_i64).prop_map(|(on, pause)| Deed::Wait(on, pause)),
        1 => Just(Deed::Resume),
        2 => (-5..600_i64).prop_map(Deed::Snooze),
        1 => Just(Deed::Wake),
        1 => Just(Deed::Close),
        1 => Just(Deed::Merge),
        2 => Just(Deed::Reopen),
        1 => Just(Deed::Acknowledge),
        1 => prop::sample::select(Priority::ALL).prop_map(Deed::Prioritise),
        1 => (0..2000_u64).prop_map(Deed::Link),
        1 => Just(Deed::Feedback),
    ]
}

/// Steps, and the minutes before each: mostly moments, sometimes past the reopen window.
fn histories() -> impl Strategy<Value = Vec<(Step, i64)>> {
    let reason = prop_oneof![Just(None), Just(Some("because".to_owned())), Just(Some(String::new()))];
    let step = prop_oneof![
        4 => prop::sample::select(Severity::ALL).prop_map(Step::Fires),
        4 => Just(Step::Clears),
        2 => (0..3_u8).prop_map(Step::Routed),
        1 => Just(Step::Away),
        1 => Just(Step::Back),
        1 => (0..3_u8, 1..300_i64).prop_map(|(which, pause)| Step::Hides(which, pause)),
        1 => (0..3_u8).prop_map(Step::Shows),
        6 => Just(Step::Ticks),
        9 => (deeds(), 0..4_u8, reason).prop_map(|(deed, who, reason)| Step::Acts(who, deed, reason)),
    ];
    let pause = prop_oneof![3 => 0..6_i64, 3 => 6..40_i64, 1 => 200..400_i64, 1 => 1000..2000_i64];
    prop::collection::vec((step, pause), 1..80)
}

fn hider(which: u8, until: i64) -> Hider {
    match which {
        0 => Hider::Window { window: WindowId::new("patch-night").unwrap(), until: at(until) },
        1 => Hider::Alert { number: AlertNumber(7), why: "srv-01 is offline".into() },
        _ => Hider::Storm { until: at(until) },
    }
}

fn routed(which: u8, minute: i64) -> Owner {
    match which {
        0 => noc(minute),
        1 => internal(minute),
        _ => Owner { row: Some(RowId::new("backup-days").unwrap()), ..internal(minute) },
    }
}

/// One alert through its history.
struct World<'m> {
    desk: Desk<'m>,
    alert: Alert,
    timeline: Vec<TimelineEvent>,
    minute: i64,
}

impl World<'_> {
    fn fires(&self, severity: Severity) -> Option<Change> {
        let (finding, policy) = (finding(severity), self.desk.policy);
        match self.alert.fire(&finding, &endpoint(), at(self.minute), policy) {
            Fire::Same => None,
            Fire::Changed(change) => Some(*change),
            Fire::Reopen => {
                let owner = noc(self.minute);
                Some(self.alert.reopen(&finding, &endpoint(), owner, at(self.minute), policy))
            }
            Fire::New => {
                let number = AlertNumber(self.alert.number.0 + 1);
                Some(Alert::open(number, &finding, &endpoint(), noc(self.minute), at(self.minute)))
            }
        }
    }

    fn change(&self, step: &Step) -> Option<Change> {
        let (alert, now) = (&self.alert, at(self.minute));
        match step {
            Step::Fires(severity) => self.fires(*severity),
            Step::Clears => alert.clear(now),
            Step::Routed(which) => alert.reroute(routed(*which, self.minute), now),
            Step::Away => alert.lose_sight(now),
            Step::Back => alert.regain_sight(now),
            Step::Hides(which, pause) => alert.hide(hider(*which, self.minute + pause), now),
            Step::Shows(which) => alert.unhide(&hider(*which, 0), now),
            Step::Ticks => tick(alert, &self.timeline, &self.desk, now),
            Step::Acts(who, what, reason) => {
                act(alert, &deed(what, reason.clone(), self.minute), &crew(*who), now, &self.desk).ok()
            }
        }
    }

    fn next_due(&self) -> Option<Timestamp> {
        next_due(&self.alert, &self.timeline, &self.desk, at(self.minute))
    }

    /// What is kept is all there is.
    fn restarts(&mut self) {
        let before = (self.alert.clone(), self.next_due());
        let alert = serde_json::to_string(&self.alert).unwrap();
        let timeline = serde_json::to_string(&self.timeline).unwrap();
        self.alert = serde_json::from_str(&alert).unwrap();
        let timeline: Vec<TimelineEvent> = serde_json::from_str(&timeline).unwrap();
        assert_eq!(timeline, self.timeline);
        assert_eq!((&self.alert, self.next_due()), (&before.0, before.1), "timers survive a restart");
    }
}

/// Every change of `work` that the tables allow, by who or what makes it.
fn allowed(from: &Alert, to: &Alert, step: &Step, minute: i64) -> bool {
    let ends_by_itself = (from.work, to.work) == (Work::Unclaimed, Work::Done) && !from.touched;
    match step {
        Step::Acts(_, what, ..) => act::leads_to(&deed(what, None, minute), from.work) == Some(to.work),
        Step::Clears => from.work == to.work || ends_by_itself,
        Step::Fires(_) => from.work == to.work || (from.work, to.work) == (Work::Done, Work::Unclaimed),
        Step::Ticks => {
            let back = matches!(from.work, Work::Offered | Work::Waiting) && to.work == Work::Claimed;
            let lapse = (from.work, to.work) == (Work::Claimed, Work::Unclaimed);
            from.work == to.work || ends_by_itself || back || lapse
        }
        _ => from.work == to.work,
    }
}

/// The fields agree with each other at every instant.
fn agrees(alert: &Alert) {
    assert_eq!(alert.closed.is_some(), alert.work == Work::Done);
    assert_eq!(alert.offer.is_some(), alert.work == Work::Offered);
    assert_eq!(alert.waiting.is_some(), alert.work == Work::Waiting);
    let held = matches!(alert.work, Work::Claimed | Work::Offered | Work::Waiting);
    assert!(alert.work == Work::Done || alert.assignee.is_some() == held);
    assert_eq!(alert.cleared_at.is_some(), alert.condition == Condition::Cleared);
    assert_eq!(
        alert.flap.is_some() && alert.condition != Condition::NoData,
        alert.condition == Condition::Flapping
    );
    let hidden = alert.snooze.is_some() || !alert.hidden_by.is_empty();
    assert_eq!(alert.visibility != Visibility::Normal, hidden);
    assert!(!(hidden && alert.work == Work::Done), "what is over hides from nobody");
}

/// A machine leaves what people did as it is.
fn respects_people(before: &Alert, after: &Alert, events: &[TimelineEvent], minute: i64) {
    assert!(events.iter().all(|event| event.by == Actor::DOGWATCH));
    assert_eq!(before.links, after.links);
    if before.work == Work::Done {
        return;
    }
    assert!(!(before.touched && after.work == Work::Done), "a touched alert never ends by itself");
    assert!(after.touched >= before.touched);
    let told = kinds(events);
    if told.iter().any(|kind| kind == "lapsed") {
        let reminded = before.progress.reminded_at.unwrap();
        assert!(at(minute).duration_since(reminded) >= Policy::default().idle_of(before.priority));
    } else {
        assert_eq!(before.assignee, after.assignee);
    }
    if before.work != Work::Unclaimed && after.work != Work::Unclaimed {
        assert_eq!((&before.owner.team, &before.owner.row), (&after.owner.team, &after.owner.row));
    }
    if before.progress.prioritised {
        assert_eq!(before.priority, after.priority);
    }
    let woken = before.snooze.is_some() && after.snooze.is_none();
    assert_eq!(woken, told.iter().any(|kind| kind == "woke"));
    assert!(
        !woken || after.severity > before.severity || before.snooze.as_ref().unwrap().until <= at(minute)
    );
}

/// The owner that the timeline tells of: one at every instant.
fn owner_of(timeline: &[TimelineEvent]) -> TeamId {
    let (mut owner, mut offered) = (None, None);
    for event in timeline {
        match &event.kind {
            EventKind::Routed { owner: routed } | EventKind::HandedOver { owner: routed } => {
                owner = Some(routed.team.clone());
            }
            EventKind::Offered { to, .. } => offered = Some(to.clone()),
            EventKind::Accepted => owner = offered.take(),
            _ => {}
        }
    }
    owner.expect("it was routed when it came")
}

/// Nothing is decided twice: not a hand-over in one routing, not a step in one chain, not a warning in one life.
fn decided_once(timeline: &[TimelineEvent]) {
    let (mut handed_over, mut gaps, mut step) = (0, 0, 0_u8);
    let mut warned: BTreeMap<Clock, u8> = BTreeMap::new();
    for event in timeline {
        match &event.kind {
            EventKind::Routed { .. } => (handed_over, gaps, step) = (0, 0, 0),
            EventKind::Released | EventKind::Lapsed => step = 0,
            EventKind::Reopened | EventKind::ReopenedByHand { .. } => {
                (handed_over, gaps, step) = (0, 0, 0);
                warned.clear();
            }
            EventKind::HandedOver { .. } => handed_over += 1,
            EventKind::Measured { .. } => gaps += 1,
            EventKind::Escalated { step: called, .. } => {
                let called = called.unwrap_or(u8::MAX);
                assert!(called > step, "step {called} after {step}");
                step = called;
            }
            EventKind::Waits { on: WaitOn::Vendor, .. } => drop(warned.remove(&Clock::Vendor)),
            EventKind::SlaWarned { clock, percent, .. } => {
                assert!(warned.insert(*clock, *percent).is_none_or(|before| before < *percent));
            }
            EventKind::SlaBreached { clock, .. } => {
                assert!(warned.insert(*clock, 100).is_none_or(|before| before < 100));
            }
            _ => {}
        }
        assert!(handed_over <= 1 && gaps <= 1, "one window ends once");
    }
}

proptest! {
    #[test]
    fn whatever_happens_it_has_one_owner_and_people_keep_what_they_did(history in histories()) {
        // Two returns are enough here: three within an hour are rare in a history of random steps.
        let (matrix, policy) = (matrix(), Policy { flap_returns: 2, ..Policy::default() });
        let desk = Desk { matrix: &matrix, policy: &policy };
        let (alert, timeline) =
            Alert::open(AlertNumber(1042), &finding(Severity::Warning), &endpoint(), noc(0), at(0));
        let mut world = World { desk, alert, timeline, minute: 0 };
        for (step, pause) in &history {
            world.minute += pause;
            let now = at(world.minute);
            let due = world.next_due().is_some_and(|due| due <= now);
            let change = world.change(step);
            if matches!(step, Step::Ticks) {
                prop_assert_eq!(change.is_some(), due, "it ticks when it is due and only then");
            }
            let Some((next, events)) = change else { continue };
            prop_assert!(events.iter().all(|event| event.at == now), "the timeline only grows at its end");
            let before = core::mem::replace(&mut world.alert, next);
            if world.alert.number == before.number {
                prop_assert_eq!(world.alert.version, before.version + 1, "each change is one version");
                prop_assert!(
                    allowed(&before, &world.alert, step, world.minute),
                    "{:?} → {:?} by {:?}", before.work, world.alert.work, step
                );
                match step {
                    Step::Acts(_, Deed::Feedback, ..) => {}
                    Step::Acts(..) => prop_assert!(world.alert.touched && !events.is_empty()),
                    _ => respects_people(&before, &world.alert, &events, world.minute),
                }
                world.timeline.extend(events);
            } else {
                prop_assert_eq!((before.work, world.alert.version), (Work::Done, 1));
                world.timeline = events;
            }
            agrees(&world.alert);
            prop_assert_eq!(&owner_of(&world.timeline), &world.alert.owner.team, "one owner, and it is told");
            let team = matrix.directory().team(&world.alert.owner.team);
            prop_assert_eq!(team.map(|team| team.side), Some(world.alert.owner.side));
            decided_once(&world.timeline);
            world.restarts();
            if matches!(step, Step::Ticks) {
                prop_assert_eq!(tick(&world.alert, &world.timeline, &desk, now), None, "twice is once");
                prop_assert!(world.next_due().is_none_or(|due| due > now));
            }
        }
    }

    #[test]
    fn late_ticks_decide_what_early_ones_do(mut ticks in prop::collection::vec(0..500_i64, 0..30)) {
        let (matrix, policy) = (matrix(), Policy::default());
        let desk = Desk { matrix: &matrix, policy: &policy };
        let decide = |minutes: &[i64]| {
            let (mut alert, mut timeline) =
                Alert::open(AlertNumber(1), &finding(Severity::Warning), &endpoint(), noc(0), at(0));
            for minute in minutes {
                if let Some((next, events)) = tick(&alert, &timeline, &desk, at(*minute)) {
                    alert = next;
                    timeline.extend(events);
                }
            }
            let told = kinds(&timeline).into_iter().filter(|kind| kind != "sla_warned").collect::<Vec<_>>();
            (told, alert.owner.team, Progress { free_since: None, ..alert.progress })
        };
        ticks.sort_unstable();
        ticks.push(500);
        prop_assert_eq!(decide(&ticks), decide(&(0..=500).collect::<Vec<_>>()));
    }
}
