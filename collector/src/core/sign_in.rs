//! What a login by a provider changes.

use dogwatch_model::OrgId;
use jiff::Timestamp;

use super::{Batch, access::put, audit::deed};
use crate::{
    access::{Principal, SignedIn},
    identity::Proved,
    policy::Policy,
    refusal::{Code, Refusal},
    state::State,
};

/// Lets somebody in: their person, their bond and their groups' grants in one commit. The login itself is on record where
/// its session is opened: there it is known from where, and on another machine somebody may still say no to it.
pub(super) fn sign_in(
    (state, policy): (&mut State, &Policy),
    proved: &Proved,
    now: Timestamp,
    batch: &mut Batch,
) -> Result<Principal, Refusal> {
    let home = proved.principal.scope();
    if let Some(team) = &proved.principal.team {
        let of_group = |refusal: Refusal| {
            let what = format!(
                "the group that gives you your team stands for another side's in identity.toml: {}; \
                                whoever keeps this collector mends its `team`",
                refusal.what
            );
            Refusal::new(Code::NotAllowed, what)
        };
        let side = proved.principal.side;
        // An org that their side has left is not to be named to them.
        let meant = |org: &OrgId| home.touches(org) && !state.access.has_left(side, org);
        policy.team_is_of(side, team, meant).map_err(of_group)?;
    }
    let signed = state.access.sign_in(proved, now)?;
    put(&signed.changes(), batch);
    let SignedIn { person, grants, news, .. } = signed;
    let who = Principal { person: person.id, team: person.team, ..proved.principal.clone() };
    let org = who.org.clone();
    for (act, on) in news {
        let after = grants.iter().find(|grant| grant.id == on);
        let deed = deed(&who, act, on, org.as_ref());
        batch.record(now, after.into_iter().fold(deed, |deed, grant| deed.after(grant)));
    }
    Ok(who)
}
