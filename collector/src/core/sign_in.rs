//! What a login by a provider changes.

use jiff::Timestamp;

use super::{Batch, audit::deed};
use crate::{
    access::{Principal, SignedIn},
    identity::Proved,
    refusal::Refusal,
    state::State,
    storage::Table,
};

/// Lets somebody in: their person, their bond and their groups' grants in one commit. The login itself is on record where
/// its session is opened: there it is known from where, and on another machine somebody may still say no to it.
pub(super) fn sign_in(
    state: &mut State,
    proved: &Proved,
    now: Timestamp,
    batch: &mut Batch,
) -> Result<Principal, Refusal> {
    let SignedIn { person, bond, grants, news } = state.access.sign_in(proved, now)?;
    batch.put(Table::People, &bond.person, &person);
    batch.put(Table::Bonds, &bond.person, &bond);
    let who = Principal { person: person.id, team: person.team, ..proved.principal.clone() };
    let org = who.org.clone();
    for (act, on) in news {
        let after = grants.iter().find(|grant| grant.id == on);
        let deed = deed(&who, act, on, org.as_ref());
        batch.record(now, after.into_iter().fold(deed, |deed, grant| deed.after(grant)));
    }
    for grant in grants {
        batch.put(Table::Grants, &grant.id, &grant);
    }
    Ok(who)
}
