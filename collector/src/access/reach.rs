//! What one caller may do at one instant: worked out from the register for every request, and again in the core when it
//! acts, so that a right ends the moment it ends.

use std::collections::BTreeSet;

use dogwatch_model::{OrgId, Side, SiteId};

use super::{Scope, Verb, Verbs};

/// What somebody may do, where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reach {
    pub(super) side: Side,
    /// Where they see and comment without a grant; absent for whoever may not come in.
    pub(super) home: Option<Scope>,
    /// They may not because a second factor is missing.
    pub(super) lacks_second_factor: bool,
    /// What their token lets through at most.
    pub(super) ceiling: Verbs,
    /// Where their token lets through at most.
    pub(super) within: Scope,
    pub(super) held: Vec<Held>,
    /// Orgs that their side has left.
    pub(super) left: BTreeSet<OrgId>,
    /// Orgs that have an owner: risky verbs count there only where approved.
    pub(super) owned: BTreeSet<OrgId>,
    /// What the maker of the token may do, when that is somebody else.
    pub(super) maker: Option<Box<Reach>>,
}

/// A grant as far as it counts now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) scope: Scope,
    pub(super) verbs: Verbs,
    pub(super) approved_in: BTreeSet<OrgId>,
}

impl Held {
    /// The MSP's risky verbs count without approval where there is nobody to approve them.
    fn verbs_in(&self, org: &OrgId, owned: &BTreeSet<OrgId>, side: Side) -> Verbs {
        if (side == Side::Msp && !owned.contains(org)) || self.approved_in.contains(org) {
            return self.verbs;
        }
        self.verbs.without(self.verbs.risky())
    }
}

impl Reach {
    /// What they may do at a place; `site` is absent for what concerns the whole org.
    pub fn verbs(&self, org: &OrgId, site: Option<&SiteId>) -> Verbs {
        if self.left.contains(org) || !self.within.covers(org, site) {
            return Verbs::NONE;
        }
        let Some(home) = &self.home else { return Verbs::NONE };
        let base = if home.covers(org, site) { Verbs::EVERYBODY } else { Verbs::NONE };
        let held = self.held.iter().filter(|held| held.scope.covers(org, site));
        let all = held.fold(base, |all, held| all.union(held.verbs_in(org, &self.owned, self.side)));
        let all = if all.has_sight() { all } else { Verbs::NONE };
        let maker = self.maker.as_ref().map_or(all, |maker| maker.verbs(org, site).with_programs());
        all.intersection(self.ceiling).intersection(maker)
    }

    /// Whether they may do something at a place.
    pub fn may(&self, verb: Verb, org: &OrgId, site: Option<&SiteId>) -> bool {
        self.verbs(org, site).has(verb)
    }

    /// Whether they see what belongs to a place.
    pub fn sees(&self, org: &OrgId, site: Option<&SiteId>) -> bool {
        self.may(Verb::View, org, site)
    }

    /// Whether they see anything of an org: its name, its matrix. Whoever is limited to a site asks who owns what, too.
    pub fn sees_org(&self, org: &OrgId) -> bool {
        self.may_within(Verb::View, org)
    }

    /// Whether they see a place of an org that another reach does not.
    pub fn sees_more(&self, org: &OrgId, than: &Self) -> bool {
        let places = core::iter::once(None).chain(self.sites(org).map(Some));
        places.filter(|place| self.sees(org, *place)).any(|place| !than.sees(org, place))
    }

    /// Whether they may do something in an org, if at one site of it alone.
    pub fn may_within(&self, verb: Verb, org: &OrgId) -> bool {
        self.may(verb, org, None) || self.sites(org).any(|site| self.may(verb, org, Some(site)))
    }

    /// Whether they see who is at home at a place, and what is given there: at a site whoever sees that site, in an org
    /// whoever sees anything of it. The MSP's own people are known to everybody whom it looks after.
    pub fn sees_place(&self, place: &Scope) -> bool {
        match place {
            Scope::Everywhere => true,
            Scope::Org(org) => self.sees_org(org),
            Scope::Site(org, site) => self.sees(org, Some(site)),
        }
    }

    /// Whether nothing is kept from them, orgs that do not exist yet included: collector-wide matters.
    pub fn sees_everything(&self) -> bool {
        self.home == Some(Scope::Everywhere)
            && self.within == Scope::Everywhere
            && self.ceiling.has(Verb::View)
            && self.maker.as_ref().is_none_or(|maker| maker.sees_everything())
    }

    /// What they may do to the collector itself and to the MSP's own people.
    pub fn everywhere(&self) -> Verbs {
        if !self.sees_everything() {
            return Verbs::NONE;
        }
        let held = self.held.iter().filter(|held| held.scope == Scope::Everywhere);
        let all = held.fold(Verbs::EVERYBODY, |all, held| all.union(held.verbs));
        let maker = self.maker.as_ref().map_or(all, |maker| maker.everywhere());
        all.intersection(self.ceiling).intersection(maker)
    }

    /// What they may do at one place at least, before anybody knows where.
    pub fn anywhere(&self) -> Verbs {
        if self.home.is_none() {
            return Verbs::NONE;
        }
        let all = self.held.iter().fold(Verbs::EVERYBODY, |all, held| all.union(held.verbs));
        let maker = self.maker.as_ref().map_or(all, |maker| maker.anywhere().with_programs());
        all.intersection(self.ceiling).intersection(maker)
    }

    /// Whether they have a right at one place at least, and what they showed does not let it through.
    pub fn is_withheld(&self, verb: Verb) -> bool {
        let mut own = self.held.iter().map(|held| held.verbs).chain([Verbs::EVERYBODY]);
        self.home.is_some() && own.any(|verbs| verbs.has(verb)) && !self.anywhere().has(verb)
    }

    /// What they may do at a scope; for every org at once what they may do in all of them, or else in one of them at least.
    pub fn at(&self, scope: &Scope) -> Verbs {
        match scope.org() {
            Some(org) => self.verbs(org, scope.site()),
            None if self.sees_everything() => self.everywhere(),
            None => self.anywhere(),
        }
    }

    /// What they may do where among these orgs: for all of them at once, and for each org and site where it differs. Places
    /// with the same rights are together.
    pub fn rights<'o>(&self, orgs: impl Iterator<Item = &'o OrgId>) -> Vec<(Verbs, Vec<Scope>)> {
        let mut rights: Vec<(Verbs, Vec<Scope>)> = Vec::new();
        let mut note = |verbs: Verbs, scope| match rights.iter_mut().find(|(known, _)| *known == verbs) {
            Some((_, scopes)) => scopes.push(scope),
            None => rights.push((verbs, vec![scope])),
        };
        let wide = self.everywhere();
        if !wide.is_empty() {
            note(wide, Scope::Everywhere);
        }
        for org in orgs {
            let whole = self.verbs(org, None);
            if whole != wide {
                note(whole, Scope::Org(org.clone()));
            }
            let sites: BTreeSet<&SiteId> = self.sites(org).collect();
            for site in sites {
                let here = self.verbs(org, Some(site));
                if here != whole {
                    note(here, Scope::Site(org.clone(), site.clone()));
                }
            }
        }
        rights.retain(|(verbs, _)| !verbs.is_empty() || !wide.is_empty());
        rights
    }

    /// What they may give to others at a scope: everything where they administer the whole org, or the whole MSP;
    /// elsewhere what they hold there themselves, approved or not, for approval is asked of what they give as well.
    pub fn gives(&self, scope: &Scope) -> Verbs {
        let left = scope.org().is_some_and(|org| self.left.contains(org));
        let Some(home) = self.home.as_ref().filter(|_| !left && self.within.contains(scope)) else {
            return Verbs::NONE;
        };
        let owns = self.side == Side::Internal
            && scope.org().is_some_and(|org| self.may(Verb::Administer, org, None));
        let all = if owns || self.everywhere().has(Verb::Administer) {
            Verbs::EVERYTHING
        } else {
            let base = if home.contains(scope) { Verbs::EVERYBODY } else { Verbs::NONE };
            let held = self.held.iter().filter(|held| held.scope.contains(scope));
            held.fold(base, |all, held| all.union(held.verbs))
        };
        let maker = self.maker.as_ref().map_or(all, |maker| maker.gives(scope));
        all.with_programs().intersection(self.ceiling.with_programs()).intersection(maker)
    }

    /// Where they are at home; absent for whoever may not come in.
    pub const fn home(&self) -> Option<&Scope> {
        self.home.as_ref()
    }

    /// Whether they may not come in by what they showed because a second factor is missing.
    pub const fn lacks_second_factor(&self) -> bool {
        self.lacks_second_factor
    }

    /// The side they are on.
    pub const fn side(&self) -> Side {
        self.side
    }

    /// The sites of an org that a right of theirs is limited to.
    fn sites<'r>(&'r self, org: &'r OrgId) -> impl Iterator<Item = &'r SiteId> {
        let scopes = self.held.iter().map(|held| &held.scope).chain(&self.home).chain([&self.within]);
        scopes.filter(move |scope| scope.org() == Some(org)).filter_map(Scope::site)
    }
}
