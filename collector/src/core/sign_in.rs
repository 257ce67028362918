//! What a login by a provider changes.

use jiff::Timestamp;

use super::{Batch, audit::audit};
use crate::{
    access::{Principal, SignedIn},
    identity::Proved,
    refusal::Refusal,
    state::State,
    storage::Table,
};

/// Lets somebody in: their person, their bond and their groups' grants in one commit.
pub(super) fn sign_in(
    state: &mut State,
    proved: &Proved,
    now: Timestamp,
    batch: &mut Batch,
) -> Result<Principal, Refusal> {
    let SignedIn { person, bond, grants, news } = state.access.sign_in(proved, now)?;
    batch.put(Table::People, &bond.person, &person);
    batch.put(Table::Bonds, &bond.person, &bond);
    for grant in grants {
        batch.put(Table::Grants, &grant.id, &grant);
    }
    for (act, on) in news {
        audit(batch, now, Some(&person.id), act, on);
    }
    audit(batch, now, Some(&person.id), "login", format!("{} by {}", bond.person, bond.provider));
    Ok(Principal { person: person.id, team: person.team, ..proved.principal.clone() })
}
