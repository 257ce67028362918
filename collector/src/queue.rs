//! The shared queue: findings become alerts, alerts get owners, and each change becomes rows of the same commit.
//!
//! What an alert *is* and which changes it allows is decided in [`dogwatch_triage::alert`]; whose it is, in
//! [`dogwatch_triage::routing`]; what hides it, in [`dogwatch_triage::mute`]. This room only carries the values between
//! them, the state and the batch.

mod boundary;
mod departed;
mod foreign;
mod glass;
mod outage;
mod owner;
mod place;
mod rota;
mod sender;
mod tend;

use dogwatch_model::{Endpoint, EndpointId, RuleId};
use dogwatch_triage::{
    alert::{self, Alert, AlertNumber, Fire, Owner, TimelineEvent},
    finding::{Category, Evidence, Finding},
};
use jiff::Timestamp;

pub(crate) use boundary::join;
pub(crate) use foreign::{Became, TROUBLE, arrive, in_trouble, out_of_trouble};
pub(crate) use glass::glass_broken;
pub(crate) use outage::judge_sites;
pub(crate) use owner::{About, owner_by};
pub(crate) use sender::Sender;
pub(crate) use tend::{tend, tend_one, wind};

use crate::{
    core::Batch,
    policy::Policy,
    state::{Item, Member, State},
    storage::Table,
};

/// A finding holds: an alert opens, changes, returns, or nothing is new.
pub(crate) fn fire(
    state: &mut State,
    policy: &Policy,
    id: EndpointId,
    finding: &Finding,
    now: Timestamp,
    batch: &mut Batch,
) {
    let Some(member) = state.members.get(&id) else { return };
    let mut key = (finding.rule.clone(), finding.subject.clone());
    let instead = (member.latest.len() >= MAX_ALERTS_PER_ENDPOINT && !member.latest.contains_key(&key))
        .then(|| too_many(finding, &member.endpoint, now))
        .flatten();
    let finding = instead.as_ref().unwrap_or(finding);
    if instead.is_some() {
        key = (finding.rule.clone(), String::new());
    }
    let latest = member.latest.get(&key).and_then(|number| state.alerts.get(number));
    let fire =
        latest.map_or(Fire::New, |item| item.alert.fire(finding, &member.endpoint, now, &policy.alerts));
    let change = match (fire, latest) {
        (Fire::Same, _) => return,
        (Fire::Changed(change), _) => *change,
        (Fire::Reopen, Some(item)) => {
            let owner = owner_of(policy, member, finding, now);
            item.alert.reopen(finding, &member.endpoint, owner, now, &policy.alerts)
        }
        (Fire::New | Fire::Reopen, _) => {
            let number = AlertNumber(state.next_alert);
            state.next_alert += 1;
            batch.put(Table::Meta, NEXT_ALERT, &state.next_alert);
            Alert::open(number, finding, &member.endpoint, owner_of(policy, member, finding, now), now)
        }
    };
    note_unrest(state, policy, id, &finding.rule.clone());
    store(state, change, batch);
}

/// An endpoint fell silent or came back: its site is to be looked at.
fn note_unrest(state: &mut State, policy: &Policy, id: EndpointId, rule: &RuleId) {
    let hides = policy.rules.get(rule).is_some_and(|rule| rule.hides_others);
    if let Some(member) = state.members.get(&id).filter(|_| hides) {
        state.unrest.insert((member.endpoint.org.clone(), member.endpoint.site.clone()));
    }
}

/// Alerts that one endpoint may have in memory: hundreds of disks or jobs, and no more than a hostile agent is worth.
const MAX_ALERTS_PER_ENDPOINT: usize = 512;

/// What takes the place of the findings beyond [`MAX_ALERTS_PER_ENDPOINT`].
const TOO_MANY: &str = "too-many-findings";

fn too_many(finding: &Finding, endpoint: &Endpoint, now: Timestamp) -> Option<Finding> {
    Some(Finding {
        rule: RuleId::new(TOO_MANY).ok()?,
        subject: String::new(),
        category: Category::Agent,
        title: format!(
            "{} has more than {MAX_ALERTS_PER_ENDPOINT} findings; further ones are not shown",
            endpoint.name
        ),
        evidence: vec![Evidence { name: finding.rule.to_string(), value: finding.subject.clone() }],
        since: now,
        ..finding.clone()
    })
}

/// The next alert number's key in the meta table.
pub(crate) const NEXT_ALERT: &str = "next-alert";

/// A condition does not hold any more.
pub(crate) fn clear(
    state: &mut State,
    policy: &Policy,
    id: EndpointId,
    rule: &RuleId,
    subject: &str,
    now: Timestamp,
    batch: &mut Batch,
) {
    let key = (rule.clone(), subject.to_owned());
    let latest = state.members.get(&id).and_then(|member| member.latest.get(&key));
    let change = latest.and_then(|number| state.alerts.get(number)).and_then(|item| item.alert.clear(now));
    if let Some(change) = change {
        note_unrest(state, policy, id, rule);
        store(state, change, batch);
    }
}

/// An endpoint leaves the fleet: what was open about it does not hold any more.
pub(crate) fn withdraw(
    state: &mut State,
    policy: &Policy,
    id: EndpointId,
    now: Timestamp,
    batch: &mut Batch,
) {
    let Some(member) = state.members.get_mut(&id) else { return };
    member.standing.clear();
    batch.delete(Table::Standings, id);
    for (rule, subject) in member.latest.keys().cloned().collect::<Vec<_>>() {
        clear(state, policy, id, &rule, &subject, now, batch);
    }
}

/// Puts a changed alert and what its timeline gained into the state and the batch.
pub(crate) fn store(state: &mut State, (alert, events): alert::Change, batch: &mut Batch) {
    let (number, id) = (alert.number, alert.endpoint);
    batch.put(Table::Alerts, alert_key(number), &alert);
    remember(state, &alert);
    let item = state.alerts.entry(number).or_insert_with(|| Item::new(alert.clone()));
    item.alert = alert;
    let first = item.timeline.len();
    state.outbox.changed(number, first);
    for event in events {
        batch.put(Table::Timeline, timeline_key(number, item.timeline.len()), &event);
        item.timeline.push(event);
    }
    boundary::observe(state, number, first, batch);
    if let Some(id) = id {
        state.recount(id);
    }
}

/// Finds an alert again by what it is about.
pub(crate) fn remember(state: &mut State, alert: &Alert) {
    if alert.is_foreign() {
        let key = (alert.org.clone(), alert.rule.clone(), alert.subject.clone());
        state.foreign.entry(key).or_default().insert(alert.site.clone(), alert.number);
    }
    let key = (alert.rule.clone(), alert.subject.clone());
    match alert.endpoint {
        Some(id) => {
            if let Some(member) = state.members.get_mut(&id) {
                member.latest.insert(key, alert.number);
                member.tend_at = Timestamp::MIN;
            }
        }
        None => {
            let place = (alert.org.clone(), alert.site.clone());
            state.of_sites.entry(place).or_default().insert(key, alert.number);
        }
    }
}

/// The other way round, for an alert that leaves the working set.
pub(crate) fn forget(state: &mut State, alert: &Alert) {
    let key = (alert.org.clone(), alert.rule.clone(), alert.subject.clone());
    if let Some(of_sites) = state.foreign.get_mut(&key) {
        of_sites.retain(|_, number| *number != alert.number);
        if of_sites.is_empty() {
            state.foreign.remove(&key);
        }
    }
    let latest = match alert.endpoint {
        Some(id) => state.members.get_mut(&id).map(|member| &mut member.latest),
        None => state.of_sites.get_mut(&(alert.org.clone(), alert.site.clone())),
    };
    if let Some(latest) = latest {
        latest.retain(|_, number| *number != alert.number);
    }
}

/// Adds to a timeline what is no change of the alert itself: whether somebody was told, what was measured. Its version
/// stays.
pub(crate) fn append(state: &mut State, number: AlertNumber, event: TimelineEvent, batch: &mut Batch) {
    // An item that has left the working set was over long before any message about it could end.
    let Some(item) = state.alerts.get_mut(&number) else { return };
    batch.put(Table::Timeline, timeline_key(number, item.timeline.len()), &event);
    item.timeline.push(event);
}

/// Keys sort as numbers do.
pub(crate) fn alert_key(number: AlertNumber) -> String {
    format!("{:012}", number.0)
}

fn timeline_key(number: AlertNumber, place: usize) -> String {
    format!("{:012}/{place:06}", number.0)
}

fn owner_of(policy: &Policy, member: &Member, finding: &Finding, now: Timestamp) -> Owner {
    owner_by(policy.matrix(&member.endpoint.org), Some(member), finding.into(), now)
}
