//! What people do with items of the queue, and the looking after those that no endpoint brings up.

use std::sync::Arc;

use dogwatch_model::SiteId;
use dogwatch_triage::{
    alert::{
        self, Act, Alert, AlertNumber, Desk, Link, Relation, Work,
        by_hand::{ByHand, is_it_this_one},
    },
    finding::Category,
};
use jiff::Timestamp;

use super::{Batch, ByPhone, Core, Opened, batch::not_found, may::may};
use crate::{
    access::{Principal, Verb},
    policy::Policy,
    queue::{self, About},
    refusal::{Code, Refusal},
    state::{Item, Member, State},
    storage::Table,
};

/// The most items that are offered as "is it this one?": more is a list, and the queue has that.
const MAX_OFFERED: usize = 5;

impl Core {
    /// What has come due for items without an endpoint, and what sites have to say after this batch.
    pub(super) fn look_after_items(
        &mut self,
        state: &mut State,
        policy: &Policy,
        (now, limit): (Timestamp, usize),
        batch: &mut Batch,
    ) {
        let (items, endpoints) = queue::judge_sites(state, policy, now, batch);
        endpoints.into_iter().for_each(|id| self.due.set(id, now));
        let raised = std::mem::take(&mut state.raised);
        for number in self.due_items.take(now, limit).into_iter().chain(items).chain(raised) {
            self.look_after(state, policy, number, now, batch);
        }
    }

    /// Looks after an item at once, and sees to it that it is looked after again.
    pub(super) fn look_after(
        &mut self,
        state: &mut State,
        policy: &Policy,
        number: AlertNumber,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        let next = queue::tend_one(state, policy, (number, false), now, batch);
        let Some(item) = state.alerts.get(&number) else { return };
        match item.alert.endpoint {
            // The endpoint's own look finds the instant again.
            Some(id) => self.due.set(id, now),
            None => match next {
                Some(next) => self.due_items.set(number, next.min(now + self.settings.sweep_every)),
                None => self.due_items.forget(number),
            },
        }
    }

    pub(super) fn act_on_alert(
        &mut self,
        state: &mut State,
        policy: &Policy,
        (number, act, version): (AlertNumber, &Act, Option<u64>),
        by: &Principal,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Item, Refusal> {
        let item = find(state, (number, verb_of(act)), by, now)?;
        if version.is_some_and(|seen| seen != item.alert.version) {
            return Err(Refusal::new(
                Code::Conflict,
                format!(
                    "{number} has changed since you saw it (version {} now); look again",
                    item.alert.version
                ),
            ));
        }
        if matches!(act, Act::Reopen { .. })
            && let Some(by) = successor(state, &item.alert)
        {
            return Err(refusal(&alert::Refusal::Superseded { number, by }));
        }
        act.finds_room(number, &item.timeline).map_err(|refused| refusal(&refused))?;
        let desk = Desk { matrix: policy.matrix(&item.alert.org), policy: &policy.alerts };
        let actor = by.actor();
        let change = alert::act(&item.alert, act, &actor, now, &desk).map_err(|refused| refusal(&refused))?;
        let other = act.counterpart(number);
        let other = other.map(|tie| other_end(state, item, tie, (by, verb_of(act), now))).transpose()?;
        let tied = other.and_then(|(other, link)| other.tied(link, &actor, now));
        queue::store(state, change, batch);
        tied.into_iter().for_each(|tied| queue::store(state, tied, batch));
        self.look_after(state, policy, number, now, batch);
        state.alerts.get(&number).cloned().ok_or_else(|| not_found("alert", number))
    }

    pub(super) fn open_by_hand(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        report: &ByPhone,
        by: &Principal,
        now: Timestamp,
        batch: &mut Batch,
    ) -> Result<Opened, Refusal> {
        let place = Place::of(state, report, by, now)?;
        let matrix = policy.orgs.get(&report.org).ok_or_else(|| not_found("org", &report.org))?;
        let tool = matrix.tool(&report.tool).ok_or_else(|| {
            let known: Vec<_> = matrix.tools().map(|tool| tool.id.as_str()).collect();
            let what = format!("there is no tool `{}`; tools: {}", report.tool, known.join(", "));
            Refusal::new(Code::Invalid, what)
        })?;
        let category = tool.category().or_else(|| tool.categories().next()).unwrap_or(Category::Service);
        let same = if report.another { Vec::new() } else { same_already(state, report, by, now) };
        if !same.is_empty() {
            return Ok(Opened::IsItThisOne(same));
        }
        let number = AlertNumber(state.next_alert);
        let what = ByHand {
            org: &report.org,
            site: &place.site,
            endpoint: place.member.map(|member| &member.endpoint),
            tool: &report.tool,
            category,
            severity: report.severity,
            text: &report.text,
        };
        let about = About { tool: what.tool, category, severity: what.severity };
        let owner = queue::owner_by(matrix, place.member, about, now);
        let change = Alert::open_by_hand(number, &what, owner, &by.actor(), now)
            .map_err(|refused| refusal(&refused))?;
        state.next_alert += 1;
        batch.put(Table::Meta, queue::NEXT_ALERT, &state.next_alert);
        queue::store(state, change, batch);
        self.look_after(state, policy, number, now, batch);
        let item = state.alerts.get(&number).cloned().ok_or_else(|| not_found("alert", number))?;
        Ok(Opened::New(Box::new(item)))
    }
}

/// Items of theirs to see that it may be, a few of them.
fn same_already(state: &State, report: &ByPhone, by: &Principal, now: Timestamp) -> Vec<Item> {
    let reach = state.access.reach(by, now);
    let seen = |alert: &&Alert| alert.org == report.org && reach.sees(&alert.org, Some(&alert.site));
    let mine = state.alerts.values().map(|item| &item.alert).filter(seen);
    let same = is_it_this_one(mine, report.endpoint, &report.tool).into_iter().take(MAX_OFFERED);
    same.filter_map(|alert| state.alerts.get(&alert.number)).cloned().collect()
}

/// Where something that is opened by hand belongs.
struct Place<'s> {
    member: Option<&'s Member>,
    site: SiteId,
}

impl<'s> Place<'s> {
    fn of(state: &'s State, report: &ByPhone, by: &Principal, now: Timestamp) -> Result<Self, Refusal> {
        let mine = |member: &&Member| member.endpoint.org == report.org;
        let may = |site: Option<&SiteId>, unseen: Refusal| {
            may(state, by, Verb::Claim, (&report.org, site), now, || unseen)
        };
        if let Some(id) = report.endpoint {
            let unseen = not_found("endpoint", id);
            let member = state.members.get(&id).filter(mine).ok_or_else(|| unseen.clone())?;
            may(Some(&member.endpoint.site), unseen)?;
            return Ok(Self { member: Some(member), site: member.endpoint.site.clone() });
        }
        may(report.site.as_ref(), not_found("org", &report.org))?;
        let site = report.site.clone().ok_or_else(|| {
            Refusal::new(Code::Invalid, "say which endpoint it is about, or which site when it is about none")
        })?;
        let known = state.members.values().filter(mine).any(|member| member.endpoint.site == site);
        if known { Ok(Self { member: None, site }) } else { Err(not_found("site", &site)) }
    }
}

/// The later alert of the same key: of each key at most one is not done.
fn successor(state: &State, alert: &Alert) -> Option<AlertNumber> {
    let key = (alert.rule.clone(), alert.subject.clone());
    let latest = match alert.endpoint {
        Some(id) => state.members.get(&id)?.latest.get(&key),
        None => state.of_sites.get(&(alert.org.clone(), alert.site.clone()))?.get(&key),
    };
    latest.copied().filter(|latest| *latest != alert.number)
}

/// The alert at the other end of a tie: of the same org, theirs to write to as well, and going on when it is to go on for
/// this one.
fn other_end<'s>(
    state: &'s State,
    item: &Item,
    (number, link): (AlertNumber, Link),
    (by, verb, now): (&Principal, Verb, Timestamp),
) -> Result<(&'s Alert, Link), Refusal> {
    let other = &find(state, (number, verb), by, now)?.alert;
    if other.org != item.alert.org {
        return Err(not_found("alert", number));
    }
    if link.relation == Relation::DuplicatedBy && other.work == Work::Done {
        let what =
            format!("{number} is done, so nothing can be merged into it; reopen it first, or close this one");
        return Err(Refusal::new(Code::Conflict, what));
    }
    Ok((other, link))
}

fn find<'s>(
    state: &'s State,
    (number, verb): (AlertNumber, Verb),
    by: &Principal,
    now: Timestamp,
) -> Result<&'s Item, Refusal> {
    let unseen = || not_found("alert", number);
    let item = state.alerts.get(&number).ok_or_else(unseen)?;
    may(state, by, verb, (&item.alert.org, Some(&item.alert.site)), now, unseen)?;
    Ok(item)
}

/// The right that an act takes.
const fn verb_of(act: &Act) -> Verb {
    match act {
        Act::Comment { .. } | Act::Feedback { .. } => Verb::Comment,
        Act::Handoff { .. } | Act::Accept | Act::Decline { .. } | Act::Withdraw { .. } => Verb::Handoff,
        Act::Snooze { .. } | Act::Wake => Verb::Snooze,
        Act::Close { .. } | Act::Merge { .. } | Act::Reopen { .. } => Verb::Close,
        _ => Verb::Claim,
    }
}

fn refusal(refusal: &alert::Refusal) -> Refusal {
    let code = match refusal {
        written if written.is_about_what_was_written() => Code::Invalid,
        alert::Refusal::NotAPerson => Code::NotAllowed,
        _ => Code::Conflict,
    };
    Refusal {
        reason: Some(refusal.code()),
        override_would_do: refusal.override_would_do(),
        ..Refusal::new(code, refusal.to_string())
    }
}
