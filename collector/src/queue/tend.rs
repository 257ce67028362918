//! Looking after open alerts: whose each is now, what hides it, and what has come due.
//!
//! Every look does the three in this order, and doing it again changes nothing. It happens when facts arrive that may
//! matter, when a person acts, and at the instant that the last look gave; that instant is computed from the alert
//! and the matrix each time, so a restart or a new calendar loses no timer.

use dogwatch_model::EndpointId;
use dogwatch_triage::{
    alert::{Alert, AlertNumber, Desk, Work, next_due, tick},
    filter::Row,
    mute::{Explained, Window, hiders},
    routing::{Question, route},
    sla::clocks,
};
use jiff::Timestamp;

use super::{departed, place, rota, store};
use crate::{
    core::Batch,
    policy::Policy,
    state::{Item, State},
};

/// Looks after the alerts of an endpoint. With `facts_may_differ` each is routed anew, else only those whose answer has
/// run out. Gives the instant of the next look.
pub(crate) fn tend(
    state: &mut State,
    policy: &Policy,
    (id, facts_may_differ): (EndpointId, bool),
    now: Timestamp,
    batch: &mut Batch,
) -> Option<Timestamp> {
    let member = state.members.get(&id)?;
    let open = |item: &&Item| item.alert.work != Work::Done;
    let items = member.latest.values().filter_map(|number| state.alerts.get(number)).filter(open);
    let numbers: Vec<AlertNumber> = items.map(|item| item.alert.number).collect();
    let looks =
        numbers.into_iter().map(|number| tend_one(state, policy, (number, facts_may_differ), now, batch));
    let next = looks.collect::<Vec<_>>().into_iter().flatten().min();
    if let Some(member) = state.members.get_mut(&id) {
        member.tend_at = next.unwrap_or(Timestamp::MAX);
    }
    next
}

/// Computes every open alert's next breach, which is not kept, when the state is taken up.
pub(crate) fn wind(state: &mut State, policy: &Policy, now: Timestamp) {
    for item in state.alerts.values_mut().filter(|item| item.alert.work != Work::Done) {
        let matrix = policy.matrix(&item.alert.org);
        item.next_breach = clocks(&item.alert, &item.timeline, matrix, now).next_breach();
    }
}

/// Looks after one alert; the instant of the next look.
pub(crate) fn tend_one(
    state: &mut State,
    policy: &Policy,
    (number, facts_may_differ): (AlertNumber, bool),
    now: Timestamp,
    batch: &mut Batch,
) -> Option<Timestamp> {
    departed::set_free(state, policy, number, now, batch);
    let alert = &state.alerts.get(&number)?.alert;
    let matrix = policy.matrix(&alert.org);
    let stale = alert.owner.until.is_some_and(|until| until <= now);
    if alert.work == Work::Unclaimed
        && (facts_may_differ || stale || matrix.version() != alert.owner.matrix_version)
    {
        let owner = with_row((state, policy), alert, now, |row| {
            let question = Question {
                tool: Some(&alert.tool),
                category: Some(alert.category),
                severity: alert.severity,
                endpoint: row,
                at: now,
            };
            route(&question, matrix).owner
        });
        if let Some(change) = alert.reroute(owner, now) {
            store(state, change, batch);
        }
    }
    let quiet = state.alerts.get(&number).and_then(|item| item.alert.falls_quiet(now));
    quiet.into_iter().for_each(|change| store(state, change, batch));
    mute(state, policy, number, now, batch);
    let item = state.alerts.get(&number)?;
    let desk = Desk { matrix, policy: &policy.alerts };
    if let Some(change) = tick(&item.alert, &item.timeline, &desk, now) {
        store(state, change.clone(), batch);
        // Their first look comes with the endpoint-less items' own due instants.
        let raised = rota::called_in_vain(state, policy, (&change.0, &change.1), now, batch);
        state.raised.extend(raised);
    }
    rota::is_filled(state, matrix, number, now, batch);
    let item = state.alerts.get_mut(&number)?;
    if item.alert.work == Work::Done {
        // What is done has no clock that anybody could still win.
        item.next_breach = None;
        return None;
    }
    item.next_breach = clocks(&item.alert, &item.timeline, matrix, now).next_breach();
    let item = state.alerts.get(&number)?;
    let due = next_due(&item.alert, &item.timeline, &desk, now);
    let unclaimed = item.alert.work == Work::Unclaimed;
    let rerouted = item.alert.owner.until.filter(|_| unclaimed);
    let quiet = item.alert.quiet_at();
    [due, rerouted, quiet, next_window(state, &item.alert, now), next_storm(state)]
        .into_iter()
        .flatten()
        .min()
}

/// Brings what hides an alert up to date.
fn mute(state: &mut State, policy: &Policy, number: AlertNumber, now: Timestamp, batch: &mut Batch) {
    let Some(item) = state.alerts.get(&number) else { return };
    let alert = &item.alert;
    let explained = Explained {
        offline: offline(state, policy, alert),
        site: site(state, alert),
        storm: state.storm.as_ref().filter(|storm| now < storm.until),
    };
    let windows = state.windows.values().filter(|window| window.ended_at.is_none());
    let hold = with_row((state, policy), alert, now, |row| hiders(alert, row, windows, &explained, now));
    let over: Vec<_> = alert
        .hidden_by
        .iter()
        .filter(|known| !hold.iter().any(|hider| hider.is_same(known)))
        .cloned()
        .collect();
    // What begins before what ends: an item that goes from one hider to the next is not seen in between.
    for hider in hold {
        let change = state.alerts.get(&number).and_then(|item| item.alert.hide(hider, now));
        change.into_iter().for_each(|change| store(state, change, batch));
    }
    for hider in over {
        let change = state.alerts.get(&number).and_then(|item| item.alert.unhide(&hider, now));
        change.into_iter().for_each(|change| store(state, change, batch));
    }
}

/// The open alert that says that this one's endpoint is away.
fn offline<'s>(state: &'s State, policy: &Policy, alert: &Alert) -> Option<&'s Alert> {
    let member = state.members.get(&alert.endpoint?)?;
    let hiding = member
        .latest
        .iter()
        .filter(|((rule, _), _)| policy.rules.get(rule).is_some_and(|rule| rule.hides_others));
    let items = hiding.filter_map(|(_, number)| state.alerts.get(number)).map(|item| &item.alert);
    items.filter(|other| Explained::may_explain(other)).min_by_key(|other| other.number)
}

/// The open alert that says that this one's site is unreachable.
fn site<'s>(state: &'s State, alert: &Alert) -> Option<&'s Alert> {
    place::standing(state, &(alert.org.clone(), alert.site.clone()), (super::outage::SITE_UNREACHABLE, ""))
}

/// When a window that may concern an alert begins or ends next.
fn next_window(state: &State, alert: &Alert, now: Timestamp) -> Option<Timestamp> {
    let concerns = |window: &&Window| window.is_about(&alert.org, &alert.site);
    let spans = state.windows.values().filter(concerns).filter_map(|window| window.span_at_or_after(now));
    spans.map(|span| if span.start > now { span.start } else { span.end }).min()
}

fn next_storm(state: &State) -> Option<Timestamp> {
    state.storm.as_ref().map(|storm| storm.until)
}

/// The endpoint of an alert as filters see it, if it has one.
pub(super) fn with_row<R>(
    (state, policy): (&State, &Policy),
    alert: &Alert,
    now: Timestamp,
    look: impl FnOnce(Option<&Row<'_>>) -> R,
) -> R {
    let member = alert.endpoint.and_then(|id| state.members.get(&id));
    match member {
        Some(member) => {
            let (endpoint, alerts) = (&member.endpoint, member.counts);
            look(Some(&Row { endpoint, as_of: now, alerts, owners: Some(policy.matrix(&endpoint.org)) }))
        }
        None => look(None),
    }
}
