//! What people see of the state: scope is applied here, once, so that no route can forget it.
//!
//! Every list of a [`Sight`] holds only what the caller's [`Reach`] covers, and what it does not cover is not there.

mod register;

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{ChannelId, EndpointId, OrgId, Side, SiteId, WindowId};
use dogwatch_triage::{
    alert::{AlertNumber, Visibility, Work},
    audit::{Chain, Head},
    matrix::Matrix,
    mute::Window,
};
use jiff::Timestamp;

use crate::{
    access::{ApiToken, Change, Grant, JoinTokenRecord, Principal, Reach, Scope, Seal, SealState, Verb},
    meters::Snapshot,
    ownership::Version,
    policy::Policy,
    query::{Answer, Fleet, Query},
    refusal::Refusal,
    state::{Item, Member, State},
    views::View,
};

pub(super) fn covers(reach: &Reach, item: &Item) -> bool {
    reach.sees(&item.alert.org, Some(&item.alert.site))
}

fn covers_window(reach: &Reach, window: &Window) -> bool {
    reach.sees_place(&Scope::of(Some(window.plan.org.clone()), window.plan.site.clone()))
}

/// A chain is seen whole or not at all: records cannot be left out of it without breaking its links.
pub(super) fn covers_chain(reach: &Reach, chain: &Chain) -> bool {
    chain.org().map_or_else(|| reach.sees_everything(), |org| reach.sees(org, None))
}

/// The part of the state that somebody may see.
pub struct Sight<'s> {
    state: &'s State,
    reach: &'s Reach,
}

impl<'s> Sight<'s> {
    /// What a reach covers of a state.
    pub(super) const fn of(state: &'s State, reach: &'s Reach) -> Self {
        Self { state, reach }
    }

    /// Endpoints, by id.
    pub fn members(&self) -> impl Iterator<Item = &'s Member> + use<'s> {
        let reach = self.reach;
        self.state.members.values().filter(move |member| {
            let endpoint = &member.endpoint;
            reach.sees(&endpoint.org, Some(&endpoint.site))
        })
    }

    /// One endpoint.
    pub fn member(&self, id: EndpointId) -> Option<&'s Member> {
        let member = self.state.members.get(&id)?;
        self.reach.sees(&member.endpoint.org, Some(&member.endpoint.site)).then_some(member)
    }

    /// Everything as counts, for who sees everything; nothing for others, because totals over orgs tell of each.
    pub(crate) fn counted(&self, now: Timestamp) -> Option<Snapshot> {
        if !self.reach.sees_everything() {
            return None;
        }
        let (mut endpoints, mut alerts) = (BTreeMap::new(), BTreeMap::new());
        for member in self.members() {
            let key = (member.endpoint.state.as_str(), member.endpoint.presence.online);
            *endpoints.entry(key).or_default() += 1;
        }
        let mut oldest: Option<Timestamp> = None;
        for alert in self.alerts().map(|item| &item.alert).filter(|alert| alert.work != Work::Done) {
            *alerts.entry((alert.priority.as_str(), alert.work.as_str())).or_default() += 1;
            if alert.work == Work::Unclaimed && alert.visibility == Visibility::Normal {
                oldest = Some(oldest.map_or(alert.first_seen, |oldest| oldest.min(alert.first_seen)));
            }
        }
        let (notices, messages) = self.state.outbox.sizes();
        let tokens = self.state.access.tokens.values().filter(|token| token.is_valid(now)).count();
        let age = oldest.map(|oldest| now.duration_since(oldest).as_secs_f64().max(0.0));
        Some(Snapshot { endpoints, alerts, oldest_unclaimed_seconds: age, notices, messages, tokens })
    }

    /// Asks about the endpoints.
    pub(crate) fn ask<R>(
        &self,
        query: &Query<'_>,
        (policy, as_of): (&Policy, Timestamp),
        look: impl FnOnce(&Answer<'_>, &Fleet<'_>) -> R,
    ) -> R {
        let fleet = Fleet { members: &self.state.members, policy, as_of };
        self.state.members.index().ask(query, fleet, self.reach, |answer| look(answer, &fleet))
    }

    /// Endpoints of an org that alerts of other tools may be fed to: whoever feeds need not see anything.
    pub fn fed<'a>(&'a self, org: &'a OrgId) -> impl Iterator<Item = &'s Member> + use<'s, 'a> {
        let ours = self.state.members.values().filter(move |member| member.endpoint.org == *org);
        ours.filter(|member| self.reach.may(Verb::Intake, org, Some(&member.endpoint.site)))
    }

    /// Whether a site of an org is in use and alerts of other tools may be fed to it: asked for every message.
    pub fn feeds(&self, org: &OrgId, site: &SiteId) -> bool {
        let promised = self.state.join_tokens.values().any(|token| token.org == *org && token.site == *site);
        self.reach.may(Verb::Intake, org, Some(site))
            && (promised
                || self
                    .state
                    .members
                    .values()
                    .any(|member| (&member.endpoint.org, &member.endpoint.site) == (org, site)))
    }

    /// The sites of an org in use that alerts of other tools may be fed to.
    pub fn fed_sites(&self, org: &OrgId) -> BTreeSet<&'s SiteId> {
        let of_tokens = self.state.join_tokens.values().filter(|token| token.org == *org);
        let promised = of_tokens.map(|token| &token.site);
        let promised = promised.filter(|site| self.reach.may(Verb::Intake, org, Some(site)));
        self.fed(org).map(|member| &member.endpoint.site).chain(promised).collect()
    }

    /// Endpoints by id or by name.
    pub fn find_endpoint(&self, id_or_name: &str) -> Vec<&'s Member> {
        match id_or_name.parse::<EndpointId>() {
            Ok(id) => self.member(id).into_iter().collect(),
            Err(_) => self.members().filter(|member| member.endpoint.name == id_or_name).collect(),
        }
    }

    /// Alerts that are not in the archive, by number.
    pub fn alerts(&self) -> impl Iterator<Item = &'s Item> + use<'s> {
        let reach = self.reach;
        self.state.alerts.values().filter(move |item| covers(reach, item))
    }

    /// One alert that is not in the archive.
    pub fn alert(&self, number: AlertNumber) -> Option<&'s Item> {
        self.state.alerts.get(&number).filter(|item| covers(self.reach, item))
    }

    /// The shelf of the archive that the latest number is on.
    pub const fn latest_shelf(&self) -> u64 {
        self.state.next_alert / super::SHELF
    }

    /// Maintenance windows: the org's, and those of the sites that are seen.
    pub fn windows(&self) -> impl Iterator<Item = &'s Window> + use<'s> {
        let reach = self.reach;
        self.state.windows.values().filter(move |window| covers_window(reach, window))
    }

    /// One window.
    pub fn window(&self, id: &WindowId) -> Option<&'s Window> {
        self.state.windows.get(id).filter(|window| covers_window(self.reach, window))
    }

    /// Saved views of the fleet.
    pub fn views(&self) -> impl Iterator<Item = &'s View> + use<'s> {
        let reach = self.reach;
        self.state.views.values().filter(move |view| view.is_for(reach))
    }

    /// The versions of an org's matrix, in the order in which they were proposed.
    pub fn versions(&self, org: &OrgId) -> &'s [Version] {
        let all = self.state.matrices.get(org).filter(|_| self.reach.sees_org(org));
        all.map_or(&[], Vec::as_slice)
    }

    /// The versions of every org.
    pub fn all_versions(&self) -> impl Iterator<Item = &'s [Version]> + use<'s> {
        let reach = self.reach;
        let mine = self.state.matrices.iter().filter(move |(org, _)| reach.sees_org(org));
        mine.map(|(_, versions)| versions.as_slice())
    }

    /// Orgs with their matrices.
    pub fn orgs<'p>(
        &self,
        policy: &'p Policy,
    ) -> impl Iterator<Item = (&'p OrgId, &'p Matrix)> + use<'s, 'p> {
        let reach = self.reach;
        policy.orgs.iter().filter(move |(org, _)| reach.sees_org(org))
    }

    /// What a side's goodbye to an org would end of the register, said by somebody at `now`.
    pub fn goodbye(
        &self,
        org: &OrgId,
        side: Side,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        self.state.access.offboard(org, side, by, now)
    }

    /// Ways to tell people of an org that were used.
    pub fn channels_of(&self, org: &OrgId) -> BTreeSet<ChannelId> {
        if self.reach.sees_org(org) { self.state.outbox.channels_of(org) } else { Default::default() }
    }

    /// How far a chain of the audit goes; absent when it is not theirs to see.
    pub fn audit_head(&self, chain: &Chain) -> Option<Head> {
        covers_chain(self.reach, chain).then(|| self.state.audit.head(chain))
    }

    /// The sites of an org that are in use: where endpoints stand, or where a join token will put some.
    pub fn sites(&self, org: &OrgId) -> BTreeSet<&'s SiteId> {
        let members = self.members().map(|member| (&member.endpoint.org, &member.endpoint.site));
        let tokens = self.join_tokens().map(|token| (&token.org, &token.site));
        members.chain(tokens).filter(|(of, _)| *of == org).map(|(_, site)| site).collect()
    }

    /// Grants in force that reach no further than what is seen.
    pub fn grants(&self, now: Timestamp) -> impl Iterator<Item = &'s Grant> + use<'s> {
        let reach = self.reach;
        let seen = move |grant: &&Grant| match grant.scope.org() {
            Some(org) => reach.sees(org, grant.scope.site()),
            None => reach.sees_everything(),
        };
        self.state.access.grants.values().filter(move |grant| grant.is_in_force(now)).filter(seen)
    }

    /// Join tokens.
    pub fn join_tokens(&self) -> impl Iterator<Item = &'s JoinTokenRecord> + use<'s> {
        let reach = self.reach;
        self.state.join_tokens.values().filter(move |token| reach.sees(&token.org, Some(&token.site)))
    }

    /// Sealed codes that are theirs to know of, each with what it comes to.
    pub fn seals(&self, by: &Principal, now: Timestamp) -> Vec<(&'s Seal, SealState)> {
        let access = &self.state.access;
        access.seals_of(by, now).into_iter().map(|seal| (seal, access.seal_state(seal, now))).collect()
    }

    /// API tokens: one's own, and those of whom one administers.
    pub fn tokens(&self, by: &crate::access::Principal, now: Timestamp) -> Vec<&'s ApiToken> {
        self.state.access.managed_tokens(by, now)
    }
}
