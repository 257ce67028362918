//! Scenarios for each measure, through the same steps as the collector's queue takes.

use std::collections::BTreeMap;

use dogwatch_model::{Endpoint, EndpointId, PersonId, RuleId, Side, TeamId, ToolId};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::*;
use crate::{
    alert::{
        Act, Actor, Alert, AlertNumber, ByHand, Change, Desk, EventKind, Measure, Packet, Policy, Priority,
        Relation, TimelineEvent, Work, act, tick,
    },
    filter::{AlertCounts, Row},
    finding::{Category, Finding, Severity},
    matrix::Matrix,
    routing::{Question, route},
    specimen,
};

const MATRIX: &str = r#"
[org]
id = "acme"
last_resort = "it"

[[team]]
id = "noc"
side = "msp"

[[team]]
id = "it"
side = "internal"

[[person]]
id = "mira"
team = "noc"

[[person]]
id = "ivan"
team = "it"

[[tool]]
id = "backup"
function = "backup"
owner = "noc"

[[tool]]
id = "patching"
function = "patch"
owner = "noc"

[[tool]]
id = "apps"
function = "service"
owner = "it"

[[row]]
id = "backup"
tools = ["backup"]
responsible = "noc"
accountable = "noc"
backup = "it"

[[row]]
id = "apps"
tools = ["apps"]
responsible = "it"
accountable = "it"
backup = "noc"

[catch_all]
responsible = "it"
accountable = "it"

[[boundary]]
id = "patch-then-service"
first = { categories = ["patch"] }
then = { tools = ["apps"] }
within = "4h"
lead = "noc"
"#;

/// The queue, as the collector keeps it: each change is observed and stored in one step.
pub(crate) struct Queue {
    pub(crate) matrix: Matrix,
    pub(crate) policy: Policy,
    pub(crate) items: BTreeMap<AlertNumber, (Alert, Vec<TimelineEvent>)>,
    of_endpoint: BTreeMap<Option<EndpointId>, Vec<AlertNumber>>,
}

impl Queue {
    pub(crate) fn new(matrix: &str) -> Self {
        let matrix = Matrix::parse(matrix, "acme.toml", "0".repeat(12), None).unwrap();
        Self { matrix, policy: Policy::default(), items: BTreeMap::new(), of_endpoint: BTreeMap::new() }
    }

    pub(crate) fn desk(&self) -> Desk<'_> {
        Desk { matrix: &self.matrix, policy: &self.policy }
    }

    fn add(&mut self, (alert, events): Change) -> usize {
        if !self.items.contains_key(&alert.number) {
            self.of_endpoint.entry(alert.endpoint).or_default().push(alert.number);
        }
        let item = self.items.entry(alert.number).or_insert_with(|| (alert.clone(), Vec::new()));
        item.0 = alert;
        item.1.extend(events);
        item.1.len()
    }

    fn beside(&self, alert: &Alert) -> impl Iterator<Item = &(Alert, Vec<TimelineEvent>)> + Clone {
        self.of_endpoint[&alert.endpoint].iter().map(|number| &self.items[number])
    }

    /// What the shell does with a change. Gives what was measured.
    pub(crate) fn store(
        &mut self,
        change: Change,
        endpoint: Option<&Endpoint>,
        at: Timestamp,
    ) -> Vec<Measure> {
        let (number, added) = (change.0.number, change.1.len());
        let first = self.add(change) - added;
        let (alert, timeline) = &self.items[&number];
        let others = self.beside(alert).map(|(alert, timeline)| Other { alert, timeline });
        let found = observe(alert, timeline, first, others);
        let measures = found.iter().filter_map(measure_of).collect();
        let began = timeline[first..].iter().any(|event| begins(&event.kind));
        let row = endpoint.map(|endpoint| Row {
            endpoint,
            as_of: at,
            alerts: AlertCounts::default(),
            owners: None,
        });
        let recent: Vec<_> = self.beside(alert).map(|(alert, _)| alert).collect();
        let together = joint(self.matrix.boundaries(), alert, &recent, row.as_ref(), at).filter(|_| began);
        let entries = found.into_iter().map(|kind| TimelineEvent::by_dogwatch(at, kind));
        self.items.entry(number).and_modify(|item| item.1.extend(entries));
        if let Some(Together { first, joint }) = together {
            for (one, other) in [(number, first), (first, number)] {
                let change = self.items[&one].0.joined(&joint, other, at);
                change.map(|change| self.add(change));
            }
        }
        measures
    }

    pub(crate) fn fire(
        &mut self,
        rule: &str,
        subject: &str,
        tool: &str,
        endpoint: &Endpoint,
        at: Timestamp,
    ) -> (AlertNumber, Vec<Measure>) {
        let tool = ToolId::new(tool).unwrap();
        let finding = Finding {
            rule: RuleId::new(rule).unwrap(),
            subject: subject.into(),
            category: self.matrix.tool(&tool).and_then(|tool| tool.category()).unwrap_or(Category::Capacity),
            tool,
            severity: Severity::Critical,
            title: format!("{rule} {subject}"),
            evidence: vec![],
            since: at,
        };
        let row = Row { endpoint, as_of: at, alerts: AlertCounts::default(), owners: None };
        let owner = route(&Question::of(&finding, &row, at), &self.matrix).owner;
        let number = AlertNumber(self.items.len() as u64 + 1);
        let change = Alert::open(number, &finding, endpoint, owner, at);
        (number, self.store(change, Some(endpoint), at))
    }

    pub(crate) fn phone(
        &mut self,
        tool: &str,
        by: &Actor,
        endpoint: &Endpoint,
        at: Timestamp,
    ) -> (AlertNumber, Vec<Measure>) {
        let tool = ToolId::new(tool).unwrap();
        let what = ByHand {
            org: &endpoint.org,
            site: &endpoint.site,
            endpoint: Some(endpoint),
            tool: &tool,
            category: Category::Backup,
            severity: Severity::Warning,
            text: "somebody called",
        };
        let question = Question {
            tool: Some(&tool),
            category: Some(what.category),
            severity: what.severity,
            endpoint: None,
            at,
        };
        let owner = route(&question, &self.matrix).owner;
        let number = AlertNumber(self.items.len() as u64 + 1);
        let change = Alert::open_by_hand(number, &what, owner, by, at).unwrap();
        (number, self.store(change, Some(endpoint), at))
    }

    pub(crate) fn act(&mut self, number: AlertNumber, what: &Act, by: &Actor, at: Timestamp) -> Vec<Measure> {
        let change = act(&self.items[&number].0, what, by, at, &self.desk());
        self.store(change.unwrap(), None, at)
    }
}

pub(crate) fn measure_of(kind: &EventKind) -> Option<Measure> {
    match kind {
        EventKind::Measured { measure, .. } => Some(*measure),
        _ => None,
    }
}

fn minute(minute: i64) -> Timestamp {
    specimen::noon() + SignedDuration::from_mins(minute)
}

fn mira() -> Actor {
    Actor::person(PersonId::new("mira").unwrap(), Side::Msp, Some(TeamId::new("noc").unwrap()))
}

fn ivan() -> Actor {
    Actor::person(PersonId::new("ivan").unwrap(), Side::Internal, Some(TeamId::new("it").unwrap()))
}

fn because() -> Option<String> {
    Some("it burns".into())
}

fn claim() -> Act {
    Act::Claim { override_reason: because() }
}

fn release() -> Act {
    Act::Release { override_reason: because() }
}

fn close() -> Act {
    Act::Close { resolution: "fixed".into(), override_reason: because() }
}

fn urgent(priority: Priority) -> Act {
    Act::Prioritise { priority, reason: "they say so".into(), override_reason: because() }
}

fn handoff(to: &str, not_ours: bool) -> Act {
    let packet = Packet {
        tried: "all".into(),
        state: "bad".into(),
        why_you: "yours".into(),
        blocked: None,
        deadline: None,
        links: vec![],
    };
    Act::Handoff { to: Some(TeamId::new(to).unwrap()), packet, not_ours, override_reason: because() }
}

fn decline(not_ours: bool) -> Act {
    Act::Decline { reason: "no".into(), not_ours }
}

/// A queue with one item of the MSP, claimed by nobody.
fn backup_failed() -> (Queue, AlertNumber) {
    let mut queue = Queue::new(MATRIX);
    let (number, measured) =
        queue.fire("backup-failed", "nightly", "backup", &specimen::silent_server(), minute(0));
    assert_eq!(measured, []);
    (queue, number)
}

/// The acts of one item, a minute apart, and what all of them together were a measure of.
fn measured(acts: &[(Act, Actor)]) -> Vec<Measure> {
    let (mut queue, number) = backup_failed();
    let mut at = 0;
    let found: Vec<_> = acts
        .iter()
        .flat_map(|(what, by)| {
            at += 1;
            queue.act(number, what, by, minute(at))
        })
        .collect();
    let timeline: Vec<_> =
        queue.items[&number].1.iter().filter_map(|event| measure_of(&event.kind)).collect();
    assert_eq!(timeline, found, "what is found is recorded");
    found
}

#[test]
fn what_no_row_takes_is_one_gap_in_its_life() {
    let (mut queue, endpoint) = (Queue::new(MATRIX), specimen::silent_server());
    let (number, measured) = queue.fire("disk-low", "C:", "monitoring", &endpoint, minute(0));
    assert_eq!(measured, [Measure::Gap]);
    let owner = |queue: &Queue, row: &str| {
        let row = Some(dogwatch_model::RowId::new(row).unwrap());
        crate::alert::Owner { row, ..queue.items[&number].0.owner.clone() }
    };
    for row in ["backup", "catch-all"] {
        let change = queue.items[&number].0.reroute(owner(&queue, row), minute(1)).unwrap();
        assert_eq!(queue.store(change, Some(&endpoint), minute(1)), []);
    }
    let mut bare = Queue::new(
        "[org]\nid = \"acme\"\nlast_resort = \"it\"\n[[team]]\nid = \"it\"\nside = \"internal\"\n",
    );
    assert_eq!(bare.fire("disk-low", "C:", "monitoring", &endpoint, minute(0)).1, [Measure::Gap]);
}

#[test]
fn works_of_both_sides_collide_once_unless_it_was_passed_on() {
    let collided = vec![Measure::Collision];
    // Looking, talking and having seen it are no work.
    let comment = Act::Comment { text: "try turning it off".into() };
    assert_eq!(measured(&[(claim(), mira()), (comment, ivan())]), []);
    assert_eq!(measured(&[(Act::Acknowledge, ivan()), (claim(), mira()), (close(), mira())]), []);
    assert_eq!(measured(&[(claim(), mira()), (close(), ivan())]), collided);
    let quarrel = [
        (claim(), mira()),
        (urgent(Priority::P1), ivan()),
        (urgent(Priority::P4), mira()),
        (close(), ivan()),
    ];
    assert_eq!(measured(&quarrel), collided, "once");
    assert_eq!(measured(&[(claim(), mira()), (release(), mira()), (claim(), ivan())]), [], "laid down");
    assert_eq!(
        measured(&[(claim(), mira()), (release(), ivan()), (claim(), ivan())]),
        collided,
        "taken away"
    );
    let passed =
        [(claim(), mira()), (handoff("it", false), mira()), (Act::Accept, ivan()), (close(), ivan())];
    assert_eq!(measured(&passed), []);
    let meddled =
        [(claim(), mira()), (handoff("it", false), mira()), (Act::Accept, ivan()), (close(), mira())];
    assert_eq!(measured(&meddled), collided);
    let again = Act::Reopen { reason: "it is not".into() };
    assert_eq!(
        measured(&[(claim(), mira()), (close(), mira()), (again, ivan()), (claim(), ivan())]),
        [],
        "another life"
    );
}

#[test]
fn what_comes_back_to_a_side_bounces() {
    let there = [(claim(), mira()), (handoff("it", false), mira()), (Act::Accept, ivan())];
    let back = [(handoff("noc", false), ivan()), (Act::Accept, mira())];
    assert_eq!(measured(&there), []);
    assert_eq!(measured(&[&there[..], &back[..]].concat()), [Measure::Bounce]);
    assert_eq!(measured(&[&there[..], &back[..], &there[1..]].concat()), [Measure::Bounce, Measure::Bounce]);
    let declined = [(claim(), mira()), (handoff("it", false), mira()), (decline(false), ivan())];
    assert_eq!(measured(&declined), [], "it never left");
}

#[test]
fn a_hand_over_by_time_and_back_is_a_gap_and_a_bounce() {
    let (mut queue, number) = backup_failed();
    let (alert, timeline) = &queue.items[&number];
    let change = tick(alert, timeline, &queue.desk(), minute(11)).unwrap();
    assert_eq!(queue.store(change, None, minute(11)), [], "the tick has recorded the gap itself");
    assert!(queue.items[&number].1.iter().any(|event| measure_of(&event.kind) == Some(Measure::Gap)));
    assert_eq!(queue.act(number, &claim(), &ivan(), minute(12)), []);
    assert_eq!(queue.act(number, &handoff("noc", false), &ivan(), minute(13)), []);
    assert_eq!(queue.act(number, &Act::Accept, &mira(), minute(14)), [Measure::Bounce]);
}

#[test]
fn the_first_hand_off_made_or_declined_as_not_ours_is_a_misroute() {
    let misrouted = vec![Measure::Misroute];
    assert_eq!(measured(&[(handoff("it", true), mira())]), misrouted);
    assert_eq!(measured(&[(handoff("it", false), mira()), (decline(true), ivan())]), misrouted);
    assert_eq!(measured(&[(handoff("it", true), mira()), (decline(true), ivan())]), misrouted, "once");
    assert_eq!(measured(&[(handoff("it", false), mira()), (decline(false), ivan())]), []);
    let second = [(handoff("it", false), mira()), (decline(false), ivan()), (handoff("it", true), mira())];
    assert_eq!(measured(&second), [], "only the first hand-off tells whether it was routed well");
}

#[test]
fn two_open_items_about_the_same_from_elsewhere_are_a_double_ticket() {
    let (mut queue, number) = backup_failed();
    let endpoint = specimen::silent_server();
    let double = vec![Measure::DoubleTicket];
    let (by_mira, found) = queue.phone("backup", &mira(), &endpoint, minute(1));
    assert_eq!(found, double, "a rule found it, and somebody opened another");
    queue.act(number, &close(), &mira(), minute(2));
    let (_, found) = queue.phone("backup", &mira(), &endpoint, minute(3));
    assert_eq!(found, [], "two calls that the same side wrote down");
    let (_, found) = queue.phone("backup", &ivan(), &endpoint, minute(4));
    assert_eq!(found, double, "both sides wrote it down");
    let elsewhere = Endpoint { id: EndpointId(Uuid::from_u128(7)), ..specimen::silent_server() };
    assert_eq!(queue.phone("backup", &ivan(), &elsewhere, minute(4)).1, []);
    assert_eq!(queue.phone("apps", &ivan(), &endpoint, minute(5)).1, [], "another tool");
    assert_eq!(queue.fire("backup-failed", "weekly", "backup", &elsewhere, minute(6)).1, double);
    assert_eq!(queue.fire("backup-failed", "monthly", "backup", &elsewhere, minute(7)).1, double);
    assert_eq!(queue.items[&by_mira].0.work, Work::Unclaimed);
    // Two subjects of one rule are two things that one rule found.
    let fresh = Endpoint { id: EndpointId(Uuid::from_u128(8)), ..specimen::silent_server() };
    queue.fire("backup-failed", "weekly", "backup", &fresh, minute(6));
    assert_eq!(queue.fire("backup-failed", "monthly", "backup", &fresh, minute(7)).1, []);
}

#[test]
fn both_sides_on_two_items_about_the_same_collide_once() {
    let (mut queue, weekly) = backup_failed();
    let endpoint = specimen::silent_server();
    let (monthly, _) = queue.fire("backup-failed", "monthly", "backup", &endpoint, minute(0));
    let (other, _) = queue.fire("backup-old", "monthly", "backup", &endpoint, minute(0));
    assert_eq!(queue.act(weekly, &claim(), &mira(), minute(1)), []);
    assert_eq!(queue.act(other, &claim(), &ivan(), minute(2)), [], "another rule");
    assert_eq!(queue.act(monthly, &claim(), &ivan(), minute(3)), [Measure::Collision]);
    assert_eq!(
        queue.act(weekly, &urgent(Priority::P1), &mira(), minute(4)),
        [],
        "the pair has collided already"
    );
    assert_eq!(queue.act(monthly, &close(), &ivan(), minute(5)), []);
}

#[test]
fn a_service_that_fails_after_a_patch_is_one_case_with_its_lead() {
    let (mut queue, endpoint) = (Queue::new(MATRIX), specimen::silent_server());
    let (patch, _) = queue.fire("patch-failed", "kernel", "patching", &endpoint, minute(0));
    queue.act(patch, &close(), &mira(), minute(600));
    let elsewhere = Endpoint { id: EndpointId(Uuid::from_u128(7)), ..specimen::silent_server() };
    let (unrelated, _) = queue.fire("service-down", "web", "apps", &elsewhere, minute(700));
    let (service, _) = queue.fire("service-down", "web", "apps", &endpoint, minute(700));
    let (late, _) = queue.fire("service-down", "db", "apps", &endpoint, minute(600 + 241));
    let tied = |queue: &Queue, number: AlertNumber| {
        let alert = &queue.items[&number].0;
        let links: Vec<_> = alert.links.iter().map(|link| (link.relation, link.to)).collect();
        (alert.joint.as_ref().map(|joint| (joint.rule.to_string(), joint.lead.to_string())), links)
    };
    let case = Some(("patch-then-service".to_owned(), "noc".to_owned()));
    assert_eq!(
        tied(&queue, service),
        (case.clone(), vec![(Relation::Joint, patch)]),
        "within four hours of the end"
    );
    assert_eq!(tied(&queue, patch), (case, vec![(Relation::Joint, service)]));
    assert_eq!(tied(&queue, unrelated), (None, vec![]));
    assert_eq!(tied(&queue, late), (None, vec![]));
}
