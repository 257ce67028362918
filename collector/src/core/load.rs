//! From rows and the journal's tail to the working set, and back to rows.

use std::collections::BTreeSet;

use dogwatch_model::{
    Endpoint, EndpointId, Epoch, Lane, LaneMarks, MachineEvidence, OrgId, Report, WindowId,
};
use dogwatch_proto::v1;
use dogwatch_triage::{
    alert::{Alert, AlertNumber, Condition, TimelineEvent, Work},
    assess::Standing,
    audit::Checkpoint,
    mute::Window,
};
use jiff::{SignedDuration, Timestamp};
use serde::de::DeserializeOwned;

use super::{
    Batch, CoreError, files::FILES_SEEN, in_force::POLICY_SEEN, reports::lane_of, setup::SETUP_CODE,
};
use crate::{
    access::{
        Account, ApiToken, Bond, Change, Grant, Invitation, JoinTokenRecord, OrgStanding, Past, Person,
        PersonKey, Register, Seal, Sha256,
    },
    audit, fleet, notify,
    once::Mark,
    ownership::Version,
    queue,
    state::{Item, Link, Member, State},
    storage::{Entry, Loaded, ReportEntry, Row, Table},
    views::View,
};

/// The key of the last sign of life in the meta table.
pub(super) const BEAT: &str = "beat";

/// What storage holds.
pub(super) struct Found {
    /// The working set.
    pub(super) state: State,
    /// Endpoints that reports have changed since the view was last settled.
    pub(super) unsettled: BTreeSet<EndpointId>,
    /// What storage had to mend, for the log.
    pub(super) notes: Vec<String>,
}

/// The working set as storage has it.
pub(super) fn state(loaded: Loaded, late_after: SignedDuration) -> Result<Found, CoreError> {
    let mut state = State { next_alert: 1, ..State::default() };
    let mut rest = Vec::new();
    // Links, standings and timelines belong to endpoints and alerts: those come first.
    for row in loaded.rows {
        if matches!(row.table, Table::Endpoints | Table::Alerts) {
            apply_row(&mut state, &row)?
        } else {
            rest.push(row)
        }
    }
    for row in rest {
        apply_row(&mut state, &row)?;
    }
    let mut unsettled = BTreeSet::new();
    for changes in loaded.tail {
        for entry in changes.entries {
            match entry {
                Entry::Row(row) => apply_row(&mut state, &row)?,
                Entry::Report(report) => {
                    unsettled.insert(report.endpoint);
                    apply_report(&mut state, &report, late_after);
                }
            }
        }
    }
    state.members.keys().copied().collect::<Vec<_>>().into_iter().for_each(|id| state.recount(id));
    let lost =
        loaded.lost.iter().map(|damage| format!("the medium has damaged records of the journal: {damage}"));
    let notes = loaded.notes.into_iter().chain(lost.collect::<Vec<_>>()).collect();
    Ok(Found { state, unsettled, notes })
}

fn apply_row(state: &mut State, row: &Row) -> Result<(), CoreError> {
    match row.table {
        Table::Endpoints => {
            let endpoint: Endpoint = value(row)?;
            match state.members.get_mut(&endpoint.id) {
                Some(member) => member.endpoint = endpoint,
                None => state.members.insert(endpoint.id, Member::new(endpoint, MachineEvidence::default())),
            }
        }
        Table::Links => {
            if let Some(member) = state.members.get_mut(&key::<EndpointId>(row)?) {
                let link: Link = value(row)?;
                member.endpoint.presence = link.presence;
                member.epochs = link.epochs;
                member.evidence = link.evidence;
                member.address = link.address;
                member.starts = link.starts;
            }
        }
        Table::Standings => {
            if let Some(member) = state.members.get_mut(&key::<EndpointId>(row)?) {
                member.standing = optional::<Vec<Standing>>(row)?.unwrap_or_default();
            }
        }
        Table::Keys => drop(state.keys.insert(key::<Sha256>(row)?, value::<EndpointId>(row)?)),
        Table::JoinTokens => {
            let token: JoinTokenRecord = value(row)?;
            state.join_tokens.insert(token.id.clone(), token);
        }
        Table::Tokens
        | Table::People
        | Table::Grants
        | Table::Bonds
        | Table::Accounts
        | Table::Invitations
        | Table::Seals
        | Table::Orgs => apply_access(&mut state.access, row)?,
        Table::Windows | Table::Views => apply_plan(state, row)?,
        Table::Matrices => {
            for versions in state.matrices.values_mut() {
                versions.retain(|known| known.key() != row.key);
            }
            if let Some(version) = optional::<Version>(row)? {
                let versions = state.matrices.entry(version.org.clone()).or_default();
                versions.push(version);
                versions.sort_by_key(|version| version.proposed_at);
            }
        }
        Table::Alerts => apply_alert(state, row)?,
        Table::Timeline => apply_event(state, row)?,
        Table::Audit => apply_record(state, row),
        Table::Archive => optional::<Item>(row)?.into_iter().for_each(|item| state.retired.add(item)),
        Table::Once => state.once.load(key::<Sha256>(row)?, optional::<Mark>(row)?),
        Table::AuditCheckpoints => {
            if let Some(checkpoint) = optional::<Checkpoint>(row)? {
                drop(state.audit.keep(checkpoint));
            }
        }
        Table::Meta => apply_meta(state, row)?,
        _ => {
            let applied = notify::apply_row(&mut state.outbox, row);
            applied.map_err(|why| bad_row(row, &why))?;
        }
    }
    Ok(())
}

fn apply_plan(state: &mut State, row: &Row) -> Result<(), CoreError> {
    if row.table == Table::Windows {
        let id = key::<WindowId>(row)?;
        match optional::<Window>(row)? {
            Some(window) => state.windows.insert(id, window),
            None => state.windows.remove(&id),
        };
    } else {
        match optional::<View>(row)? {
            Some(view) => state.views.insert(row.key.clone(), view),
            None => state.views.remove(&row.key),
        };
    }
    Ok(())
}

fn apply_meta(state: &mut State, row: &Row) -> Result<(), CoreError> {
    match row.key.as_str() {
        SETUP_CODE => state.setup_code = optional::<Sha256>(row)?,
        queue::NEXT_ALERT => state.next_alert = value(row)?,
        FILES_SEEN => state.files_seen = value(row)?,
        POLICY_SEEN => state.policy_seen = value(row)?,
        BEAT => state.last_beat = Some(value(row)?),
        other => {
            if let Some(chain) = other.strip_prefix(audit::HEAD) {
                let chain = chain.parse().map_err(|_| bad_row(row, "its key names no chain"))?;
                state.audit.set_head(chain, value(row)?);
            }
        }
    }
    Ok(())
}

fn apply_access(access: &mut Register, row: &Row) -> Result<(), CoreError> {
    if row.table == Table::Tokens && row.value.is_none() {
        access.let_go(&[key::<Sha256>(row)?]);
        return Ok(());
    }
    if row.table == Table::Grants && row.value.is_none() {
        access.forget(&Past::Grant(row.key.clone()));
        return Ok(());
    }
    if row.table == Table::Seals && row.value.is_none() {
        access.forget(&Past::Seal(key::<Sha256>(row)?));
        return Ok(());
    }
    access.apply_one(match row.table {
        Table::Tokens => Change::Token(value::<ApiToken>(row)?),
        Table::People => Change::Person(value::<Person>(row)?),
        Table::Bonds => Change::Bond(value::<Bond>(row)?),
        Table::Invitations => Change::Invitation(key::<Sha256>(row)?, optional::<Invitation>(row)?),
        Table::Seals => Change::Seal(value::<Seal>(row)?),
        Table::Orgs => Change::Org(key::<OrgId>(row)?, value::<OrgStanding>(row)?),
        Table::Accounts => match optional::<(PersonKey, Account)>(row)? {
            Some((key, account)) => Change::Account(key, Some(Box::new(account))),
            None => {
                Change::Account(row.key.parse().map_err(|_| bad_row(row, "its key is no person's"))?, None)
            }
        },
        _ => Change::Grant(value::<Grant>(row)?),
    });
    Ok(())
}

/// A record of the journal's tail: the view may lack it. Its head is a row of its own.
fn apply_record(state: &mut State, row: &Row) {
    let place =
        row.key.rsplit_once('/').and_then(|(chain, seq)| Some((chain.parse().ok()?, seq.parse().ok()?)));
    if let Some(((chain, seq), line)) = place.zip(row.value.clone()) {
        state.audit.remember(&chain, seq, line);
    }
}

fn apply_alert(state: &mut State, row: &Row) -> Result<(), CoreError> {
    let Some(alert) = optional::<Alert>(row)? else {
        if let Ok(number) = row.key.parse() {
            state.alerts.remove(&AlertNumber(number));
        }
        return Ok(());
    };
    queue::remember(state, &alert);
    match state.alerts.get_mut(&alert.number) {
        Some(item) => item.alert = alert,
        None => drop(state.alerts.insert(alert.number, Item::new(alert))),
    }
    Ok(())
}

fn apply_event(state: &mut State, row: &Row) -> Result<(), CoreError> {
    let Some(event) = optional::<TimelineEvent>(row)? else { return Ok(()) };
    let place =
        row.key.split_once('/').and_then(|(number, place)| Some((number.parse().ok()?, place.parse().ok()?)));
    let (number, place): (u64, usize) = place.ok_or_else(|| bad_row(row, "its key is not NUMBER/PLACE"))?;
    if let Some(item) = state.alerts.get_mut(&AlertNumber(number)) {
        // The tail may repeat what the view has already.
        if place >= item.timeline.len() {
            item.timeline.push(event);
        }
    }
    Ok(())
}

/// Replays a report: the same steps as when it came, without judging it again. What judging led to is in rows.
fn apply_report(state: &mut State, entry: &ReportEntry, late_after: SignedDuration) {
    let Some(member) = state.members.get_mut(&entry.endpoint) else { return };
    let Ok(wire) = <v1::Report as prost::Message>::decode(entry.wire.as_slice()) else { return };
    let Some(lane) = lane_of(wire.lane) else { return };
    let sequence = wire.sequence;
    if !is_news(member, entry.epoch, lane, sequence) {
        return;
    }
    member.advance(lane, sequence);
    if let Ok(report) = Report::try_from(wire) {
        fleet::apply(&mut member.endpoint, report, entry.received_at, late_after);
    }
}

fn is_news(member: &mut Member, epoch: Epoch, lane: Lane, sequence: u64) -> bool {
    if member.epochs.last().is_none_or(|(present, _)| *present != epoch) {
        member.enter_epoch(epoch, LaneMarks::default());
    }
    sequence > member.marks().get(lane)
}

fn bad_row(row: &Row, why: &str) -> CoreError {
    CoreError::Row { table: row.table, key: row.key.clone(), why: why.to_owned() }
}

fn key<T: core::str::FromStr<Err: core::fmt::Display>>(row: &Row) -> Result<T, CoreError> {
    row.key.parse().map_err(|error| bad_row(row, &format!("{error}")))
}

fn optional<T: DeserializeOwned>(row: &Row) -> Result<Option<T>, CoreError> {
    let value = row.value.as_deref().map(serde_json::from_slice).transpose();
    value.map_err(|error| bad_row(row, &error.to_string()))
}

fn value<T: DeserializeOwned>(row: &Row) -> Result<T, CoreError> {
    optional(row)?.ok_or_else(|| bad_row(row, "it was removed, and rows of this table never are"))
}

/// Takes up the watch after a stop: every stream is gone, and what was being waited for waits longer by as long as nobody
/// was watching, and by the `grace` that agents may take to come back. Gives the endpoints whose rows changed.
pub(super) fn resume(state: &mut State, now: Timestamp, grace: SignedDuration) -> Vec<EndpointId> {
    let Some(beat) = state.last_beat else { return Vec::new() };
    let unwatched = now.duration_since(beat).max(SignedDuration::ZERO) + grace;
    for member in state.members.values_mut() {
        let presence = &mut member.endpoint.presence;
        if presence.online {
            presence.online = false;
            presence.since = now;
        } else if presence.goodbye.is_none() {
            presence.since = (presence.since + unwatched).min(now);
        }
        member.standing.iter_mut().for_each(|standing| standing.state.postpone(unwatched));
    }
    state.members.keys().copied().collect()
}

/// What [`resume`] changed of one endpoint.
pub(super) fn put_resumed(member: &Member, batch: &mut Batch) {
    let id = member.endpoint.id;
    batch.put(Table::Links, id, &member.link());
    if !member.standing.is_empty() {
        batch.put(Table::Standings, id, &member.standing);
    }
}

/// The rows of an endpoint that reports change.
pub(super) fn rows_of(member: &Member) -> Vec<Row> {
    let id = member.endpoint.id.to_string();
    [Row::put(Table::Endpoints, id.clone(), &member.endpoint), Row::put(Table::Links, id, &member.link())]
        .into_iter()
        .flatten()
        .collect()
}

/// Alerts that leave memory at once; the rest leaves with the next beats.
const RETIRE_AT_ONCE: usize = 256;

/// Moves alerts that ended, and whose condition cleared, before `now - keep` from the working set to the archive.
pub(super) fn retire(state: &mut State, now: Timestamp, keep: SignedDuration, batch: &mut Batch) {
    let old = |item: &&Item| {
        let alert = &item.alert;
        let ended = alert.closed.as_ref().map(|closed| closed.at).max(alert.cleared_at);
        // What a person opened does not clear: it is over when a person says so. And other tools may never say that
        // something is over.
        alert.work == Work::Done
            && (alert.condition == Condition::Cleared || alert.opened_by.is_some() || alert.is_foreign())
            && ended.is_some_and(|ended| ended + keep < now)
    };
    let numbers: Vec<_> =
        state.alerts.values().filter(old).take(RETIRE_AT_ONCE).map(|item| item.alert.number).collect();
    for number in numbers {
        let Some(item) = state.alerts.remove(&number) else { continue };
        queue::forget(state, &item.alert);
        let key = queue::alert_key(number);
        batch.put(Table::Archive, &key, &item);
        batch.delete(Table::Alerts, &key);
        for place in 0..item.timeline.len() {
            batch.delete(Table::Timeline, format!("{key}/{place:06}"));
        }
        state.retired.add(item);
    }
}
