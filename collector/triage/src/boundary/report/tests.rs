//! A quarter of two crews with habits, in virtual time: what the report says is what a plain count of the raw timelines says.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{Endpoint, EndpointId, RuleId, Side, TeamId, ToolId};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::*;
use crate::{
    alert::{
        Act, Actor, AlertNumber, ByHand, EventKind, Fire, Packet, Priority, Told, WaitOn, Work, act,
        next_due, tick,
    },
    boundary::tests::Queue,
    filter::{AlertCounts, Row},
    finding::{Finding, Severity},
    notice::{self, Via},
    routing::{Question, route},
    specimen,
};

mod count;

/// The quarter, with the end of summer time in Toronto on 1 November.
const BEGIN: &str = "2026-09-01T00:00:00Z";
const END: &str = "2026-12-01T00:00:00Z";

const ALERTS: usize = 2500;

const MATRIX: &str = include_str!("tests/two-crews.toml");

/// Chance with a seed (SplitMix64): the same quarter every time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, below: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % below
    }

    fn percent(&mut self, percent: u64) -> bool {
        self.roll(100) < percent
    }

    fn minutes(&mut self, from: u64, to: u64) -> SignedDuration {
        let seconds = 60 * from + self.roll(60 * (to - from));
        SignedDuration::from_secs(i64::try_from(seconds).unwrap())
    }

    fn one_of<T: Copy>(&mut self, all: &[T]) -> T {
        let place = usize::try_from(self.roll(all.len() as u64)).unwrap();
        all[place]
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    Arrives,
    /// Somebody looks at it.
    Looked(AlertNumber),
    /// The machine does.
    Ticks(AlertNumber),
    Clears(AlertNumber),
}

struct Quarter {
    queue: Queue,
    dice: Dice,
    agenda: BTreeSet<(Timestamp, u64, What)>,
    planned: u64,
    fleet: Vec<Endpoint>,
    crews: Vec<Actor>,
}

const FOUND: [(&str, &str); 6] = [
    ("backup-failed", "backup"),
    ("patch-missing", "patching"),
    ("service-down", "apps"),
    ("disk-low", "monitoring"),
    ("malware-seen", "edr"),
    ("agent-old", "rmm"),
];

impl Quarter {
    fn new(seed: u64) -> Self {
        let queue = Queue::new(MATRIX);
        let known = queue.matrix.directory();
        let actor = |person: &crate::matrix::Person| {
            Actor::person(person.id.clone(), person.side, Some(person.team.clone()))
        };
        let crews = known.people().map(actor).collect();
        let fleet = (1..25)
            .map(|id| Endpoint {
                id: EndpointId(Uuid::from_u128(id)),
                name: format!("srv-{id:02}"),
                ..specimen::silent_server()
            })
            .collect();
        let agenda = BTreeSet::new();
        Self { queue, dice: Dice(seed), agenda, planned: 0, fleet, crews }
    }

    fn plan(&mut self, at: Timestamp, what: What) {
        self.planned += 1;
        self.agenda.insert((at, self.planned, what));
    }

    fn run(&mut self, begin: Timestamp, end: Timestamp) {
        let length = u64::try_from(end.duration_since(begin).as_secs()).unwrap();
        for _ in 0..ALERTS {
            let at = begin + SignedDuration::from_secs(i64::try_from(self.dice.roll(length)).unwrap());
            self.plan(at, What::Arrives);
        }
        while let Some((at, _, what)) = self.agenda.pop_first().filter(|(at, ..)| *at < end) {
            match what {
                What::Arrives => self.arrives(at),
                What::Looked(number) => self.looked(number, at),
                What::Ticks(number) => self.ticks(number, at),
                What::Clears(number) => {
                    let change = self.queue.items[&number].0.clear(at);
                    change.into_iter().for_each(|change| self.store(change, at));
                }
            }
        }
    }

    /// Stores a change as the collector does, tells whom it should, and plans the next tick.
    fn store(&mut self, change: crate::alert::Change, at: Timestamp) {
        let (number, added) = (change.0.number, change.1.len());
        let endpoint = self.fleet.iter().find(|endpoint| Some(endpoint.id) == change.0.endpoint).cloned();
        let before = self.queue.items.get(&number).map_or(0, |item| item.1.len());
        self.queue.store(change, endpoint.as_ref(), at);
        let (alert, timeline) = &self.queue.items[&number];
        let heard = notice::due(alert, &timeline[..before + added], before, &self.queue.matrix);
        let told: Vec<_> = heard
            .notices
            .into_iter()
            .map(|notice| {
                let who = match &notice.via {
                    Via::Mail(address) => format!("{} <{address}>", notice.who),
                    Via::Channel(_) => notice.who,
                };
                let channel = "mail".parse().unwrap();
                let told = if self.dice.percent(95) {
                    Told::Delivered { tries: 1 }
                } else {
                    Told::Failed { tries: 9, error: "mailbox full".into() }
                };
                TimelineEvent::by_dogwatch(at, EventKind::Notified { who, channel, key: notice.key, told })
            })
            .collect();
        self.queue.items.entry(number).and_modify(|item| item.1.extend(told));
        let (alert, timeline) = &self.queue.items[&number];
        let due = next_due(alert, timeline, &self.queue.desk(), at).filter(|_| alert.work != Work::Done);
        if let Some(due) = due {
            self.plan(due.max(at), What::Ticks(number));
        }
    }

    fn arrives(&mut self, at: Timestamp) {
        let endpoint = {
            let place = usize::try_from(self.dice.roll(self.fleet.len() as u64)).unwrap();
            self.fleet[place].clone()
        };
        let (rule, tool) = self.dice.one_of(&FOUND);
        let severity = self.dice.one_of(Severity::ALL);
        let tool = ToolId::new(tool).unwrap();
        let category = self
            .queue
            .matrix
            .tool(&tool)
            .and_then(|tool| tool.categories().next())
            .unwrap_or(Category::Agent);
        let rule = RuleId::new(rule).unwrap();
        let subject = self.dice.one_of(&["a", "b"]).to_owned();
        let row = Row { endpoint: &endpoint, as_of: at, alerts: AlertCounts::default(), owners: None };
        let question =
            Question { tool: Some(&tool), category: Some(category), severity, endpoint: Some(&row), at };
        let owner = route(&question, &self.queue.matrix).owner;
        let number = AlertNumber(self.queue.items.len() as u64 + 1);
        let change = if self.dice.percent(12) {
            let by = self.somebody(None);
            let what = ByHand {
                org: &endpoint.org,
                site: &endpoint.site,
                endpoint: Some(&endpoint),
                tool: &tool,
                category,
                severity,
                text: "it is broken",
            };
            Alert::open_by_hand(number, &what, owner, &by, at).unwrap()
        } else {
            let title = format!("{rule} {subject}");
            let finding =
                Finding { rule, subject, category, tool, severity, title, evidence: vec![], since: at };
            let key = |item: &&(Alert, Vec<TimelineEvent>)| {
                let (alert, _) = item;
                alert.endpoint == Some(endpoint.id)
                    && alert.rule == finding.rule
                    && alert.subject == finding.subject
            };
            let latest = self.queue.items.values().rev().find(key).map(|(alert, _)| alert);
            match latest.map_or(Fire::New, |alert| alert.fire(&finding, &endpoint, at, &self.queue.policy)) {
                Fire::Same => return,
                Fire::Changed(change) => *change,
                Fire::Reopen => latest.unwrap().reopen(&finding, &endpoint, owner, at, &self.queue.policy),
                Fire::New => Alert::open(number, &finding, &endpoint, owner, at),
            }
        };
        let number = change.0.number;
        self.store(change, at);
        let after = self.dice.minutes(1, 40);
        self.plan(at + after, What::Looked(number));
        if self.dice.percent(60) {
            let after = self.dice.minutes(5, 900);
            self.plan(at + after, What::Clears(number));
        }
    }

    fn ticks(&mut self, number: AlertNumber, at: Timestamp) {
        let (alert, timeline) = &self.queue.items[&number];
        if let Some(change) = tick(alert, timeline, &self.queue.desk(), at) {
            self.store(change, at);
        }
    }

    fn somebody(&mut self, side: Option<Side>) -> Actor {
        loop {
            let place = usize::try_from(self.dice.roll(self.crews.len() as u64)).unwrap();
            let actor = self.crews[place].clone();
            if side.is_none_or(|side| actor.side == Some(side)) {
                return actor;
            }
        }
    }

    /// Somebody looks at it and does what their crew is in the habit of doing; what is refused is left.
    fn looked(&mut self, number: AlertNumber, at: Timestamp) {
        let alert = self.queue.items[&number].0.clone();
        let holder = alert.assignee.clone();
        // Nobody else touches the malware.
        let meddles = self.dice.percent(if alert.tool.as_str() == "edr" { 1 } else { 12 });
        let other = |side: Side| if side == Side::Msp { Side::Internal } else { Side::Msp };
        let owner = alert.owner.side;
        let by = match (&alert.offer, holder) {
            (Some(offer), _) => self.somebody(Some(offer.side)),
            (None, Some(holder)) if !meddles => holder,
            _ => self.somebody(Some(if meddles { other(owner) } else { owner })),
        };
        let what = self.habit(&alert, by.side.unwrap(), at);
        if let Ok(change) = act(&alert, &what, &by, at, &self.queue.desk()) {
            self.store(change, at);
        }
        let over = self.queue.items[&number].0.work == Work::Done;
        if !over || self.dice.percent(4) {
            // The MSP is quick, the internal crew has meetings.
            let pause =
                if owner == Side::Msp { self.dice.minutes(3, 60) } else { self.dice.minutes(10, 400) };
            self.plan(at + pause, What::Looked(number));
        }
    }

    fn habit(&mut self, alert: &Alert, side: Side, at: Timestamp) -> Act {
        let because = Some("it cannot wait".to_owned());
        let text = || "seen this before".to_owned();
        let not_ours = self.dice.percent(if side == Side::Msp { 15 } else { 40 });
        let die = self.dice.roll(100);
        match alert.work {
            Work::Unclaimed if die < 70 => Act::Claim { override_reason: because },
            Work::Unclaimed if die < 80 => Act::Acknowledge,
            Work::Unclaimed if die < 88 && alert.tool.as_str() != "edr" => handoff(side, not_ours),
            Work::Claimed if die < 35 => Act::Close { resolution: text(), override_reason: because },
            Work::Claimed if die < 55 && alert.tool.as_str() != "edr" => handoff(side, not_ours),
            Work::Claimed if die < 63 => {
                let (on, until) = (self.dice.one_of(WaitOn::ALL), at + self.dice.minutes(30, 3000));
                Act::Wait { on, until, reason: text(), override_reason: because }
            }
            Work::Claimed if die < 70 => {
                let priority = self.dice.one_of(Priority::ALL);
                Act::Prioritise { priority, reason: text(), override_reason: because }
            }
            Work::Claimed if die < 76 => Act::Release { override_reason: because },
            Work::Claimed if die < 82 => {
                let until = at + self.dice.minutes(30, 600);
                Act::Snooze { until, reason: text(), override_reason: because }
            }
            Work::Offered if die < 60 => Act::Accept,
            Work::Offered if die < 90 => Act::Decline { reason: text(), not_ours },
            Work::Waiting if die < 50 => Act::Resume { override_reason: because },
            Work::Waiting if die < 60 => Act::Close { resolution: text(), override_reason: because },
            Work::Done if die < 50 => Act::Reopen { reason: text() },
            _ => Act::Comment { text: text() },
        }
    }
}

fn handoff(side: Side, not_ours: bool) -> Act {
    let packet = Packet {
        tried: "a restart".into(),
        state: "down".into(),
        why_you: "yours".into(),
        blocked: None,
        deadline: None,
        links: vec![],
    };
    let to = TeamId::new(if side == Side::Msp { "internal-it" } else { "msp-noc" }).unwrap();
    Act::Handoff { to: Some(to), packet, not_ours, override_reason: Some("it cannot wait".into()) }
}

#[test]
fn a_quarter_of_two_crews_is_reported_as_a_plain_count_of_the_timelines_has_it() {
    let (begin, end): (Timestamp, Timestamp) = (BEGIN.parse().unwrap(), END.parse().unwrap());
    let mut quarter = Quarter::new(42);
    quarter.run(begin, end);
    let org = quarter.queue.matrix.org().clone();
    let items = || quarter.queue.items.values().map(|(alert, timeline)| (alert, timeline.as_slice()));
    let raw: Vec<serde_json::Value> = items()
        .map(|(alert, timeline)| serde_json::json!({ "alert": alert, "timeline": timeline }))
        .collect();
    assert!(raw.len() > 1000, "{} items", raw.len());
    let october = ("2026-10-01T00:00:00Z".parse().unwrap(), "2026-11-01T00:00:00Z".parse().unwrap());
    for (from, until) in [(begin, end), october] {
        let matrices = BTreeMap::from([(org.clone(), &quarter.queue.matrix)]);
        let asked = Asked { from, until, as_of: end, matrices };
        let told = report(items(), &asked);
        let told = serde_json::to_value(&told).unwrap();
        let counted = count::count(&raw, &asked, quarter.queue.matrix.directory());
        for part in ["groups", "sides", "drift", "burden"] {
            assert_eq!(told[part], counted[part], "{part}");
        }
    }
    // Everything that can go wrong at the seam has happened, so that equal does not mean empty.
    let matrices = BTreeMap::from([(org, &quarter.queue.matrix)]);
    let told = report(items(), &Asked { from: begin, until: end, as_of: end, matrices });
    let sum = |of: fn(&Numbers) -> u64| told.groups.iter().map(|group| of(&group.numbers)).sum::<u64>();
    let all = [
        sum(|n| n.gaps),
        sum(|n| n.collisions),
        sum(|n| n.bounces),
        sum(|n| n.double_tickets),
        sum(|n| n.misroutes),
    ];
    assert!(all.iter().all(|count| *count >= 10), "{all:?}");
    assert!(told.drift.iter().any(|drift| drift.flagged) && told.drift.iter().any(|drift| !drift.flagged));
    assert!(told.burden.iter().any(|burden| burden.night > 0 && burden.weekend > 0));
}

#[test]
fn promises_are_reported_kept_as_the_breaches_in_the_timelines_have_it() {
    let (begin, end): (Timestamp, Timestamp) = (BEGIN.parse().unwrap(), END.parse().unwrap());
    let mut quarter = Quarter::new(3);
    quarter.run(begin, end);
    let (raw, steady): (Vec<_>, Vec<_>) = quarter
        .queue
        .items
        .values()
        .map(|(alert, timeline)| {
            (serde_json::json!({ "alert": alert, "timeline": timeline }), (alert, timeline))
        })
        .filter(|(raw, _)| count::is_steady(raw))
        .unzip();
    let matrices = BTreeMap::from([(quarter.queue.matrix.org().clone(), &quarter.queue.matrix)]);
    let asked = Asked { from: begin, until: end, as_of: end, matrices };
    let told = report(steady.into_iter().map(|(alert, timeline)| (alert, timeline.as_slice())), &asked);
    let own: Vec<_> =
        told.sla.into_iter().filter(|kept| matches!(kept.clock, Clock::Response | Clock::Resolve)).collect();
    assert!(own.iter().all(|kept| kept.met > 50 && kept.missed > 20), "{own:?}");
    assert_eq!(serde_json::to_value(&own).unwrap(), count::sla(&raw));
}

#[test]
fn what_was_recorded_is_what_the_timelines_alone_give_again() {
    let (begin, end): (Timestamp, Timestamp) = (BEGIN.parse().unwrap(), END.parse().unwrap());
    let mut quarter = Quarter::new(7);
    quarter.run(begin, end);
    let raw: Vec<serde_json::Value> = quarter
        .queue
        .items
        .values()
        .map(|(alert, timeline)| serde_json::json!({ "alert": alert, "timeline": timeline }))
        .collect();
    for item in &raw {
        let again = count::seams(item, &raw);
        for (measure, times) in again {
            assert_eq!(count::recorded(item, &measure), times, "{measure} of {}", item["alert"]["number"]);
        }
    }
}

#[test]
fn percentiles_are_times_that_were_measured() {
    let spread = Spread::of(vec![40, 10, 30, 20]);
    assert_eq!((spread.count, spread.sum_seconds), (4, 100));
    assert_eq!((spread.median_seconds, spread.p90_seconds), (Some(20), Some(40)));
    assert_eq!(Spread::of(vec![]), Spread::default());
    assert_eq!((share(1_u64, 3), share(1_u64, 0)), (Some(0.3333), None));
}

#[test]
fn drift_looks_at_the_quarter_even_when_a_month_is_asked_for() {
    let (from, until) = ("2026-11-01T00:00:00Z".parse().unwrap(), END.parse().unwrap());
    let asked = Asked { from, until, as_of: until, matrices: BTreeMap::new() };
    assert_eq!(asked.since(), "2026-08-31T00:00:00Z".parse().unwrap());
}
