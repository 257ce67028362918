//! Whether who asks may do it, judged in the core at the instant it is done.

use dogwatch_model::{OrgId, SiteId};
use jiff::Timestamp;

use crate::{
    access::{Principal, Verb},
    refusal::{Code, Refusal},
    state::State,
};

/// Lets an act at a place through, or refuses: with `unseen` when who asks sees nothing there, so that *not there* and
/// *not yours* are the same answer; else with what is missing and who can give it.
pub(super) fn may(
    state: &State,
    by: &Principal,
    verb: Verb,
    (org, site): (&OrgId, Option<&SiteId>),
    now: Timestamp,
    unseen: impl FnOnce() -> Refusal,
) -> Result<(), Refusal> {
    let reach = state.access.reach(by, now);
    if !reach.sees(org, site) {
        return Err(unseen());
    }
    if !reach.may(verb, org, site) {
        return Err(state.access.missing(by, verb, (org, site), now));
    }
    state.uses(by, verb, (org, site), now);
    Ok(())
}

/// The same for what is about an org, or any place in it whether it is there or not: whoever sees anything of the org is
/// told what is missing.
pub(super) fn may_in_org(
    state: &State,
    by: &Principal,
    verb: Verb,
    (org, site): (&OrgId, Option<&SiteId>),
    now: Timestamp,
) -> Result<(), Refusal> {
    let reach = state.access.reach(by, now);
    if !reach.sees_org(org) {
        return Err(Refusal::new(Code::NotFound, format!("there is no org `{org}` that you may see")));
    }
    if !reach.may(verb, org, site) {
        return Err(state.access.missing(by, verb, (org, site), now));
    }
    state.uses(by, verb, (org, site), now);
    Ok(())
}
