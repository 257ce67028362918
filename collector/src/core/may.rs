//! Whether who asks may do it, judged in the core at the instant it is done.

use dogwatch_model::{OrgId, SiteId};
use jiff::Timestamp;

use crate::{
    access::{Principal, Reach, Verb},
    policy::Policy,
    refusal::{Code, Refusal},
    state::State,
};

/// Lets an act at a place through, or refuses: with `unseen` when who asks sees nothing there, so that *not there* and
/// *not yours* are the same answer; else with what is missing and who can give it.
pub(super) fn may(
    state: &State,
    by: &Principal,
    verb: Verb,
    place: (&OrgId, Option<&SiteId>),
    now: Timestamp,
    unseen: impl FnOnce() -> Refusal,
) -> Result<(), Refusal> {
    let reach = state.access.reach(by, now);
    if !reach.sees(place.0, place.1) {
        return Err(unseen());
    }
    given(state, by, &reach, verb, place, now)
}

/// The same for what is of an org, or any place in it whether it is there or not: whoever sees anything of the org is told
/// what is missing.
pub(super) fn may_seeing_org(
    state: &State,
    by: &Principal,
    verb: Verb,
    place: (&OrgId, Option<&SiteId>),
    now: Timestamp,
    unseen: impl FnOnce() -> Refusal,
) -> Result<(), Refusal> {
    let reach = state.access.reach(by, now);
    if !reach.sees_org(place.0) {
        return Err(unseen());
    }
    given(state, by, &reach, verb, place, now)
}

/// The same where who asks has named the org: one that is not there and one that they do not see are the same answer.
pub(super) fn may_in_named_org(
    (state, policy): (&State, &Policy),
    by: &Principal,
    verb: Verb,
    place: (&OrgId, Option<&SiteId>),
    now: Timestamp,
) -> Result<(), Refusal> {
    let reach = state.access.reach(by, now);
    known(policy, &reach, place.0)?;
    given(state, by, &reach, verb, place, now)
}

/// Who sees the place was given the verb there, which counts as a use of it; or is told what is missing.
fn given(
    state: &State,
    by: &Principal,
    reach: &Reach,
    verb: Verb,
    (org, site): (&OrgId, Option<&SiteId>),
    now: Timestamp,
) -> Result<(), Refusal> {
    if !reach.may(verb, org, site) {
        return Err(state.access.missing(by, verb, (org, site), now));
    }
    state.uses(by, verb, (org, site), now);
    Ok(())
}

/// Refuses an org that is not there, or of which who asks sees nothing.
pub(super) fn known_org(
    (state, policy): (&State, &Policy),
    by: &Principal,
    org: &OrgId,
    now: Timestamp,
) -> Result<(), Refusal> {
    known(policy, &state.access.reach(by, now), org)
}

/// The org is there and within reach; or what is, is named, and no other: one that their side has left is none that they
/// hear of.
fn known(policy: &Policy, reach: &Reach, org: &OrgId) -> Result<(), Refusal> {
    if policy.orgs.contains_key(org) && reach.sees_org(org) {
        return Ok(());
    }
    let seen: Vec<&str> =
        policy.orgs.keys().filter(|org| reach.sees_org(org)).map(|org| org.as_str()).collect();
    let mut what = format!("there is no org `{org}` that you may see");
    if !seen.is_empty() {
        what.push_str(&format!("; there are: {}", seen.join(", ")));
    }
    if reach.sees_everything() {
        what.push_str(&format!("; a new one: `dogwatch org create {org} --name NAME`"));
    }
    Err(Refusal::new(Code::NotFound, what))
}
