//! Takes what has gathered in a group whose time has come, drops what is moot by now, and makes it a message on disk.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_triage::{
    alert::{AlertNumber, EventKind, TimelineEvent, Visibility, Work},
    notice::{
        Notice, Pace, Reason, Via,
        group::Oldest,
        incident::{self, Incident},
        limit::Admit,
    },
};
use jiff::Timestamp;

use super::{
    Line, Message, Order, Subject,
    channels::Kind,
    message::MOST_LINES,
    outbox::{GroupKey, Haste},
    rows::group_key,
};
use crate::{access::Sha256, core::Batch, policy::Policy, queue, state::State, storage::Table};

/// Notices of one message: more would be a commit of more than a few megabytes. What is left goes with the next.
const MOST_NOTICES: usize = 20_000;

/// Makes messages of everything that is due.
pub(crate) fn seal(state: &mut State, policy: &Policy, now: Timestamp, batch: &mut Batch) {
    for key in state.outbox.due(now) {
        let via = key.1.clone();
        match state.outbox.admission(&key, now) {
            Some((haste, Admit::Message)) => drop(seal_group(state, policy, &key, Some(haste), now, batch)),
            Some((haste, Admit::Round)) => seal_round(state, policy, &via, haste, now, batch),
            Some((_, Admit::Not(_))) | None => {}
        }
    }
}

/// Says again what nobody has taken for long. Pagers and programs do that by themselves.
pub(crate) fn repeat(state: &mut State, now: Timestamp, batch: &mut Batch) {
    let State { outbox, alerts, .. } = state;
    let mut again = Vec::new();
    for ((org, via), group) in &mut outbox.groups {
        let Some(last) = group.memory.last else { continue };
        let quiet = group.pending.is_empty() && outbox.facts.timing.repeat_due(last) <= now;
        if group.memory.ledger.open.is_empty() || !quiet || outbox.facts.kind(via).keeps_a_state() {
            continue;
        }
        let over = |number: AlertNumber| alerts.get(&number).is_none_or(|item| item.alert.work == Work::Done);
        group.memory.ledger.forget(over);
        let open = group.memory.ledger.open.iter().filter_map(|number| alerts.get(number));
        let unclaimed = open
            .map(|item| &item.alert)
            .filter(|alert| alert.work == Work::Unclaimed && alert.visibility == Visibility::Normal);
        again.extend(unclaimed.map(|alert| Notice {
            key: format!("{org}/{}/again-{}/{via}", alert.number.0, last.as_second()),
            org: org.clone(),
            alert: alert.number,
            at: now,
            reason: Reason::StillOpen,
            pace: Pace::Calm,
            who: format!("team {}", alert.owner.team),
            via: via.clone(),
            follow_up: false,
        }));
    }
    for notice in again {
        batch.put(Table::Notices, &notice.key, &notice);
        outbox.add(notice);
    }
}

/// Makes one message of a group, which counts under `counted`. Gives whether there was anything worth a message.
fn seal_group(
    state: &mut State,
    policy: &Policy,
    key: &GroupKey,
    counted: Option<Haste>,
    now: Timestamp,
    batch: &mut Batch,
) -> bool {
    let notices = still_worth_telling(state, key, now, batch);
    if notices.is_empty() {
        return false;
    }
    let id = id_of(&notices);
    let kind = state.outbox.facts.kind(&key.1);
    let Some(group) = state.outbox.groups.get_mut(key) else { return false };
    let reasons: Vec<_> = notices.iter().map(|notice| (notice.alert, notice.reason)).collect();
    let incidents = if kind == Kind::Pagerduty {
        incident::plan(&mut group.memory.ledger, &key.0, &id, &reasons)
    } else {
        group.memory.ledger.note(&reasons);
        let alerts = &state.alerts;
        group
            .memory
            .ledger
            .forget(|number| alerts.get(&number).is_none_or(|item| item.alert.work == Work::Done));
        Vec::new()
    };
    group.memory.last = Some(now);
    if let Some(haste) = counted {
        group.memory.note(haste, now);
    }
    batch.put(Table::NoticeGroups, group_key(key), &group.memory);
    if let Some(haste) = counted {
        state.outbox.used(&key.1, haste, now);
    }
    let (lines, more) = lines(state, &notices, &incidents);
    let org_name = policy.matrix(&key.0).org_name().to_owned();
    let told = told(&notices);
    let subject = Subject::Items { org: key.0.clone(), org_name, lines, more, incidents };
    post(state, Message { id, via: key.1.clone(), sealed_at: now, subject, told }, batch);
    true
}

/// Everything that has gathered for a way, a message an org: orgs are never mixed, and nobody is told a mere number.
fn seal_round(
    state: &mut State,
    policy: &Policy,
    via: &Via,
    haste: Haste,
    now: Timestamp,
    batch: &mut Batch,
) {
    let keys: Vec<GroupKey> = state.outbox.waiting.iter().filter(|(_, way)| way == via).cloned().collect();
    let mut counted = Some(haste);
    for key in &keys {
        if seal_group(state, policy, key, counted, now, batch) {
            counted = None;
        }
    }
}

/// Empties a group. What is moot by now is written into the timelines as not told.
fn still_worth_telling(state: &mut State, key: &GroupKey, now: Timestamp, batch: &mut Batch) -> Vec<Notice> {
    let Some(group) = state.outbox.groups.get_mut(key) else { return Vec::new() };
    group.oldest = Oldest::default();
    group.urgent = Oldest::default();
    let mut pending: Vec<Notice> = std::mem::take(&mut group.pending).into_values().collect();
    let known = group.memory.ledger.open.clone();
    state.outbox.waiting.remove(key);
    pending.sort_by_key(|notice| (notice.at, notice.alert));
    let later = pending.split_off(pending.len().min(MOST_NOTICES));
    later.into_iter().for_each(|notice| state.outbox.add(notice));
    let mut worth: Vec<Notice> = Vec::with_capacity(pending.len());
    for notice in pending {
        batch.delete(Table::Notices, &notice.key);
        let alert = state.alerts.get(&notice.alert).map(|item| &item.alert);
        match alert.map(|alert| notice.reason.moot(alert)) {
            Some(None) if notice.follow_up => {
                // Of use only to a way that has heard of the item.
                let heard = known.contains(&notice.alert)
                    || worth.iter().any(|other| other.alert == notice.alert && !other.follow_up);
                worth.extend(heard.then_some(notice));
            }
            Some(None) => worth.push(notice),
            Some(Some(why)) => {
                let kind = EventKind::NotNotified { who: notice.who.clone(), why: why.to_owned() };
                queue::append(state, notice.alert, TimelineEvent::by_dogwatch(now, kind), batch);
            }
            None => {}
        }
    }
    worth
}

/// The same notices make the same message, whenever it is made.
fn id_of(notices: &[Notice]) -> String {
    let mut keys: Vec<&str> = notices.iter().map(|notice| notice.key.as_str()).collect();
    keys.sort_unstable();
    format!("msg_{}", &Sha256::of(keys.join("\n").as_bytes()).to_string()[..32])
}

fn told(notices: &[Notice]) -> Vec<(AlertNumber, String)> {
    let told: BTreeSet<_> = notices
        .iter()
        .filter(|notice| !notice.follow_up)
        .map(|notice| (notice.alert, notice.who.clone()))
        .collect();
    told.into_iter().collect()
}

/// One line an item, the weightiest first. Items that a pager is told of are always among them.
fn lines(state: &State, notices: &[Notice], incidents: &[Incident]) -> (Vec<Line>, usize) {
    let mut best: BTreeMap<AlertNumber, &Notice> = BTreeMap::new();
    for notice in notices {
        let known = best.entry(notice.alert).or_insert(notice);
        if notice.reason < known.reason {
            *known = notice;
        }
    }
    let named: BTreeSet<AlertNumber> =
        incidents.iter().filter_map(|incident| incident.alerts.first().copied()).collect();
    let mut lines: Vec<Line> = best
        .into_values()
        .filter_map(|notice| {
            Some(Line::of(&state.alerts.get(&notice.alert)?.alert, notice.reason, notice.at))
        })
        .collect();
    lines.sort_by_key(|line| (!named.contains(&line.number), line.priority, line.reason, line.number));
    let most = MOST_LINES.max(named.len());
    let more = lines.len().saturating_sub(most);
    lines.truncate(most);
    (lines, more)
}

/// Puts a message on disk, and then to the worker.
fn post(state: &mut State, message: Message, batch: &mut Batch) {
    batch.put(Table::Outbox, &message.id, &message);
    if let Some(worker) = state.outbox.worker.clone() {
        let order = Order::Send(Box::new(message.clone()));
        // A worker that is gone finds it on disk at the next start.
        batch.then(move || drop(worker.send(order)));
    }
    state.outbox.post(message);
}
