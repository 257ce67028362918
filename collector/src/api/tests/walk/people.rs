//! Those who ask, and how it came that they may not see: another org, another site, a grant that has expired, a token that was
//! revoked or whose maker has lost what they lent, a session that is over.

use dogwatch_model::{Side, SiteId};

use super::{
    super::{noon, org, text_of_token},
    world::{key, token},
};
use crate::{
    access::{Grant, PersonKey, Role, Scope, Session, Sha256, Verbs},
    state::State,
};

/// Lets all of them in.
pub(super) fn fill(state: &mut State) {
    for (person, letter, role) in [("admin", 'a', Role::Admin), ("viewer", 'v', Role::Viewer)] {
        admit(state, person, letter, Some(("globex", None)), role);
    }
    admit(state, "onsite", 's', Some(("globex", Some("here"))), Role::Admin);
    of_the_msp(state, "guest", 'g', Some("globex"));
    of_the_msp(state, "granted", 't', None);
    at_home(state, "granted", Scope::Site(org("globex"), SiteId::new("here").unwrap()));
    lent(state);
    ended(state);
}

/// Into the hidden org by a grant, their own or that of who made their token.
fn lent(state: &mut State) {
    for (person, letter) in [("lapsed", 'l'), ("helping", 'h')] {
        of_the_msp(state, person, letter, None);
        at_home(state, person, Scope::Org(org("globex")));
    }
    for person in ["lapsed", "helping"] {
        give(state, &format!("g-{person}"), person, Scope::Org(org("zebra")));
    }
    let expired = "2026-11-20T00:00:00Z".parse().unwrap();
    state.access.grants.get_mut("g-lapsed").unwrap().expires_at = Some(expired);
    for (person, letter, maker) in [("narrowed", 'n', "lapsed"), ("backed", 'b', "helping")] {
        of_the_msp(state, person, letter, None);
        token_of(state, letter).principal.maker = Some(msp(maker));
    }
}

fn ended(state: &mut State) {
    let all =
        [("revoked", 'r'), ("expired", 'e'), ("disabled", 'd'), ("logged-out", 'c'), ("timed-out", 'i')];
    for (person, letter) in all {
        admit(state, person, letter, Some(("globex", None)), Role::Admin);
    }
    for letter in ['c', 'i'] {
        token_of(state, letter).session = Some(Session { browser: true });
    }
    for letter in ['r', 'c'] {
        token_of(state, letter).revoked_at = Some(noon());
    }
    for letter in ['e', 'i'] {
        token_of(state, letter).expires_at = Some(noon());
    }
    state.access.people.get_mut(&key("disabled", "globex")).unwrap().disabled_at = Some(noon());
}

/// Lets somebody in, on the customer's side, with the rights of a role.
pub(super) fn admit(
    state: &mut State,
    person: &str,
    letter: char,
    place: Option<(&str, Option<&str>)>,
    role: Role,
) {
    let token = token(person, letter, place, role);
    super::super::admit(state, [(token.hash, token)]);
}

/// The same on the MSP's side; without an org, the token is for all that they reach.
fn of_the_msp(state: &mut State, person: &str, letter: char, of: Option<&str>) {
    let mut token = token(person, letter, of.map(|of| (of, None)), Role::Admin);
    token.principal.side = Side::Msp;
    super::super::admit(state, [(token.hash, token)]);
}

fn msp(person: &str) -> PersonKey {
    PersonKey { org: None, id: person.parse().unwrap() }
}

/// From now on somebody of the MSP is at home there alone, with all rights.
fn at_home(state: &mut State, person: &str, home: Scope) {
    state.access.people.get_mut(&msp(person)).unwrap().home = home.clone();
    let grant = state.access.grants.values_mut().find(|grant| grant.to == msp(person)).unwrap();
    grant.scope = home;
}

fn give(state: &mut State, id: &str, person: &str, scope: Scope) {
    let grant = Grant::new(id, msp(person), (Verbs::ALL, scope), "a week of help", noon());
    state.access.grants.insert(grant.id.clone(), grant);
}

fn token_of(state: &mut State, letter: char) -> &mut crate::access::ApiToken {
    state.access.tokens.get_mut(&Sha256::of(text_of_token(letter).as_bytes())).unwrap()
}
