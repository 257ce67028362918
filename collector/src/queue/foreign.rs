//! Alerts that other tools tell of: found again by what their sender calls them, wherever they stand.

use dogwatch_model::{EndpointId, OrgId, SiteId};
use dogwatch_triage::{
    alert::{Actor, Alert, AlertNumber, Fire, Spot, Work},
    finding::Finding,
    intake::Says,
};
use jiff::Timestamp;

use super::{MAX_ALERTS_PER_ENDPOINT, NEXT_ALERT, Sender, owner_by, place, store};
use crate::{
    core::{Arrival, Batch},
    policy::Policy,
    state::State,
    storage::Table,
};

/// Items of one sender that may be open at once: a large fleet's worst day. A sender that makes a new key for every
/// message would otherwise fill the memory.
const MAX_OPEN: usize = 5_000;

/// The rule of items about a sender itself; no rule file may have one of that name.
pub(crate) const TROUBLE: &str = "intake-trouble";

/// What became of an arrival.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Became {
    /// A new item, or one that came back.
    Opened(AlertNumber),
    /// It was known, and is counted.
    Repeated(AlertNumber),
    /// It is over, or seen over there.
    Noted(AlertNumber),
    /// It speaks of nothing that is open here: of another alert, or of an earlier episode of this one.
    Unknown,
    /// The sender has too many open already.
    TooMany,
}

/// Takes in what another tool says of one alert.
pub(crate) fn arrive(
    state: &mut State,
    policy: &Policy,
    (org, by, sender): (&OrgId, &Actor, &Sender),
    arrival: &Arrival,
    now: Timestamp,
    batch: &mut Batch,
) -> Became {
    let finding = &arrival.finding;
    let known = known(state, org, finding, sender);
    match (arrival.says, known) {
        (Says::Fires, Some(alert)) => {
            let number = alert.number;
            let spot = spot(state, alert.endpoint);
            let severity = if arrival.severity_is_said { finding.severity } else { alert.severity };
            match alert.told(&Finding { severity, ..finding.clone() }, spot, now, &policy.alerts) {
                Fire::Same => return Became::Repeated(number),
                Fire::Changed(change) => {
                    let (mut alert, events) = *change;
                    alert.told_every = arrival.told_every;
                    store(state, (alert, events), batch);
                    return Became::Repeated(number);
                }
                Fire::Reopen => {
                    let member = alert.endpoint.and_then(|id| state.members.get(&id));
                    let owner = owner_by(policy.matrix(org), member, finding.into(), now);
                    let change = alert.reopen(finding, spot, owner, now, &policy.alerts);
                    store(state, change, batch);
                    return Became::Opened(number);
                }
                Fire::New => {}
            }
            open(state, policy, (org, sender), arrival, now, batch)
        }
        (Says::Fires, None) => open(state, policy, (org, sender), arrival, now, batch),
        (Says::Ends(episode), Some(alert)) if episode.is_none_or(|episode| episode.is_of(alert.since)) => {
            noted(state, alert.number, alert.clear(now), batch)
        }
        (Says::Seen, Some(alert)) => noted(state, alert.number, alert.seen_elsewhere(by, now), batch),
        (Says::Ends(_), _) | (Says::Seen, None) => Became::Unknown,
    }
}

/// The latest item of a sender's alert, of those that stand where it may feed: a token for one site ends nothing at another.
fn known<'s>(state: &'s State, org: &OrgId, finding: &Finding, sender: &Sender) -> Option<&'s Alert> {
    let find = |subject: String| {
        let numbers = state.foreign.get(&(org.clone(), finding.rule.clone(), subject))?.values();
        let items = numbers.filter_map(|number| state.alerts.get(number)).map(|item| &item.alert);
        items.filter(|alert| sender.feeds(&alert.org, &alert.site)).max_by_key(|alert| alert.number)
    };
    find(finding.subject.clone()).or_else(|| sender.former(&finding.subject).and_then(find))
}

fn noted(
    state: &mut State,
    number: AlertNumber,
    change: Option<dogwatch_triage::alert::Change>,
    batch: &mut Batch,
) -> Became {
    change.into_iter().for_each(|change| store(state, change, batch));
    Became::Noted(number)
}

fn open(
    state: &mut State,
    policy: &Policy,
    (org, sender): (&OrgId, &Sender),
    arrival: &Arrival,
    now: Timestamp,
    batch: &mut Batch,
) -> Became {
    let finding = &arrival.finding;
    if open_of(sender, state, org, finding) >= MAX_OPEN {
        return Became::TooMany;
    }
    let room = |id: &EndpointId| {
        let member = state.members.get(id);
        member.is_some_and(|member| {
            member.endpoint.org == *org && member.latest.len() < MAX_ALERTS_PER_ENDPOINT
        })
    };
    let endpoint = arrival.endpoint.filter(room);
    let member = endpoint.and_then(|id| state.members.get(&id));
    let site = member.map_or(&arrival.site, |member| &member.endpoint.site).clone();
    let member = endpoint.and_then(|id| state.members.get(&id));
    let owner = owner_by(policy.matrix(org), member, finding.into(), now);
    let number = AlertNumber(state.next_alert);
    let (mut alert, events) =
        Alert::open_foreign(number, finding, (org, &site, endpoint), spot(state, endpoint), owner, now);
    alert.told_every = arrival.told_every;
    state.next_alert += 1;
    batch.put(Table::Meta, NEXT_ALERT, &state.next_alert);
    store(state, (alert, events), batch);
    Became::Opened(number)
}

/// How many items of a finding's sender are open.
fn open_of(sender: &Sender, state: &State, org: &OrgId, finding: &Finding) -> usize {
    let open =
        |number: &AlertNumber| state.alerts.get(number).is_some_and(|item| item.alert.work != Work::Done);
    let of = |prefix: String| {
        let first = (org.clone(), finding.rule.clone(), prefix);
        let ours = state.foreign.range(first.clone()..).take_while(|((org, rule, subject), _)| {
            (org, rule) == (&first.0, &first.1) && subject.starts_with(&first.2)
        });
        ours.flat_map(|(_, of_sites)| of_sites.values()).filter(|number| open(number)).count()
    };
    sender.prefixes().map(of).sum()
}

fn spot(state: &State, endpoint: Option<EndpointId>) -> Spot<'_> {
    let member = endpoint.and_then(|id| state.members.get(&id));
    member.map_or(Spot::UNKNOWN, |member| Spot::from(&member.endpoint))
}

/// A sender cannot be understood, or sends more than is taken: an item of its own. Gives a new one's number.
pub(crate) fn in_trouble(
    state: &mut State,
    policy: &Policy,
    at: &(OrgId, SiteId),
    finding: &Finding,
    now: Timestamp,
    batch: &mut Batch,
) -> Option<AlertNumber> {
    place::raise(state, policy, at, finding, now, batch)
}

/// The sender is well again.
pub(crate) fn out_of_trouble(
    state: &mut State,
    at: &(OrgId, SiteId),
    subject: &str,
    now: Timestamp,
    batch: &mut Batch,
) -> Option<AlertNumber> {
    place::lower(state, at, (TROUBLE, subject), now, batch)
}
