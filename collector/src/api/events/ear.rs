//! What one caller may hear: asked anew each time, of what they showed when they came.

use std::collections::BTreeSet;

use dogwatch_model::OrgId;

use crate::{
    access::{Reach, Scope, Sha256, Verb},
    api::{Shared, caller::Caller, problem::Problem},
    feed::{Audience, Group, Kind, Looked, Over},
};

/// A caller as the feed sees them.
pub(super) struct Ear {
    api: Shared,
    token: Sha256,
    reach: Reach,
    kinds: BTreeSet<Kind>,
    org: Option<OrgId>,
}

impl Ear {
    pub(super) fn new(
        api: Shared,
        caller: &Caller,
        kinds: BTreeSet<Kind>,
        org: Option<OrgId>,
    ) -> Result<Self, Problem> {
        if let Some(org) = &org
            && !(caller.sees(org) && api.core.policy().orgs.contains_key(org))
        {
            return Err(Problem::not_found(format!("there is no org `{org}`")));
        }
        Ok(Self { token: caller.token.hash, reach: caller.reach.clone(), api, kinds, org })
    }
}

impl Audience for Ear {
    fn look(&mut self) -> Result<Looked, Over> {
        let now = (self.api.now)();
        let known = self.api.core.token(&self.token, now).filter(|(token, _)| token.is_valid(now));
        let (_, reach) = known.ok_or(Over::NotAllowed)?;
        // Of an org that is not theirs to see any more nothing will ever come.
        let theirs = self.org.as_ref().is_none_or(|org| reach.sees_org(org));
        if !theirs || !reach.anywhere().has(Verb::View) {
            return Err(Over::NotAllowed);
        }
        let less = self.reach != reach && {
            let policy = self.api.core.policy();
            policy.orgs.keys().any(|org| self.reach.sees_more(org, &reach))
        };
        self.reach = reach;
        Ok(if less { Looked::LessThanBefore } else { Looked::AsBefore })
    }

    fn hears(&self, group: &Group) -> bool {
        self.kinds.contains(&group.kind)
            && (self.org.is_none() || self.org == group.org)
            && may_hear(&self.reach, group)
    }
}

/// The same as the lists of each kind show.
fn may_hear(reach: &Reach, Group { org, site, kind }: &Group) -> bool {
    let Some(org) = org else { return reach.everywhere().has(Verb::Administer) };
    match kind {
        Kind::Alert | Kind::Endpoint => reach.sees(org, site.as_ref()),
        Kind::Window | Kind::Ownership => reach.sees_place(&Scope::of(Some(org.clone()), site.clone())),
        Kind::Access => reach.may(Verb::Administer, org, site.as_ref()),
    }
}
