//! What one caller may hear: asked anew each time, of what they showed when they came.

use std::collections::BTreeSet;

use dogwatch_model::OrgId;

use crate::{
    access::{Principal, Role, Sha256},
    api::{Shared, caller::Caller, problem::Problem},
    feed::{Audience, Group, Kind, Over},
};

/// A caller as the feed sees them.
pub(super) struct Ear {
    api: Shared,
    token: Sha256,
    principal: Principal,
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
        let principal = caller.principal().clone();
        if let Some(org) = &org
            && !(principal.sees(org) && api.core.policy().orgs.contains_key(org))
        {
            return Err(Problem::not_found(format!("there is no org `{org}`")));
        }
        Ok(Self { token: caller.token.hash, api, principal, kinds, org })
    }
}

impl Audience for Ear {
    fn look(&mut self) -> Result<(), Over> {
        let now = (self.api.now)();
        let principal = self.api.core.read(|state| {
            let token = state.tokens.get(&self.token).filter(|token| token.is_valid(now));
            token.map(|token| token.principal.clone())
        });
        self.principal = principal.ok_or(Over::NotAllowed)?;
        Ok(())
    }

    fn hears(&self, group: &Group) -> bool {
        let wanted = self.kinds.contains(&group.kind)
            && (self.org.is_none() || self.org.as_ref() == group.org.as_ref());
        wanted && may_hear(&self.principal, group)
    }
}

/// The same as the lists of each kind show.
fn may_hear(who: &Principal, group: &Group) -> bool {
    let here = match &group.org {
        Some(org) => who.sees(org),
        None => who.org.is_none(),
    };
    here && (group.kind != Kind::Access || who.role == Role::Admin)
}
