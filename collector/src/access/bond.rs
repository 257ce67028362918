//! The tie between a provider's subject and a person here, and what their groups gave them.
//!
//! Invariants:
//! * Issuer and subject say who somebody is; a name only chooses the id at the first login. An id that somebody else has
//!   is never taken over: not from another subject, and from a person of before only where the file names them.
//! * Who came by a provider comes in only while their last login is recent enough: whoever leaves, and with them every
//!   token they made, is out by then without anybody's doing.
//! * The groups' grants are as the groups were at the last login. What people ended stays ended.

use std::collections::BTreeMap;

use dogwatch_model::Side;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    ApiToken, Change, Ended, Grant, Person, PersonKey, Principal, Register, Scope, Sha256, Verb, Verbs,
};
use crate::{
    identity::{GroupGrant, Proved},
    refusal::{Code, Refusal},
};

/// Who somebody is elsewhere.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bond {
    /// Whose.
    pub person: PersonKey,
    /// The provider's id in our file at the last login.
    pub provider: String,
    /// Its issuer.
    pub issuer: String,
    /// Who they are there.
    pub subject: String,
    /// The first login.
    pub since: Timestamp,
    /// The latest one.
    pub last_login: Timestamp,
    /// From when on nobody comes in by it without another login.
    pub until: Timestamp,
    /// They were here before, and can come in another way.
    #[serde(default)]
    pub adopted: bool,
    /// The grants that groups gave them, by group.
    #[serde(default)]
    pub grants: BTreeMap<String, String>,
}

/// What a login changed.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedIn {
    /// Who they are here.
    pub person: Person,
    /// The bond as it is now.
    pub bond: Bond,
    /// Grants that were given, prolonged or ended.
    pub grants: Vec<Grant>,
    /// Tokens that ended, because whoever came by themself for the first time was let in with one by the MSP.
    pub ended: Vec<ApiToken>,
    /// What happened beside, for the audit: names of acts and what they were done to.
    pub news: Vec<(&'static str, String)>,
}

impl Register {
    /// Whether somebody's last login by a provider is too long ago.
    pub(super) fn has_lapsed(&self, key: &PersonKey, now: Timestamp) -> bool {
        self.bonds.get(key).is_some_and(|bond| !bond.adopted && now >= bond.until)
    }

    /// Lets somebody in whom a provider has proved, and gives them what their groups have.
    ///
    /// # Errors
    /// `NotAllowed` when the id is another's, or the person may not come in.
    pub fn sign_in(&mut self, proved: &Proved, now: Timestamp) -> Result<SignedIn, Refusal> {
        let mut signed = self.recognise(proved, now)?;
        signed.bond.last_login = now;
        // The provider's word on who they are needs no other.
        signed.person.trial_until = None;
        signed.bond.until = now.checked_add(proved.lasts).unwrap_or(Timestamp::MAX);
        proved.provider.as_str().clone_into(&mut signed.bond.provider);
        if let Some(team) = &proved.principal.team {
            let before = signed.person.team.replace(team.clone()).filter(|before| before != team);
            let key = &signed.bond.person;
            let asked = before.map(|from| self.changed_team(key, (&from, Some(team)), None, now));
            signed.grants.extend(asked.into_iter().flatten());
            signed.news.extend(signed.grants.iter().map(|grant| ("grant.ask-review", grant.id.clone())));
        }
        self.people.insert(signed.bond.person.clone(), signed.person.clone());
        if signed.bond.since == now && self.is_of_the_guest(&signed.person) {
            signed.ended = self.made_by_hand(&signed.bond.person, now);
            for token in &signed.ended {
                self.tokens.insert(token.hash, token.clone());
                signed.news.push(("token.revoke", token.id.clone()));
            }
        }
        // Whoever logs in is one who comes in, however long ago they last did.
        self.bonds.insert(signed.bond.person.clone(), signed.bond.clone());
        self.end_lost(proved, &mut signed, now);
        for given in &proved.grants {
            self.give_of_group(given, &mut signed, now);
        }
        self.bonds.insert(signed.bond.person.clone(), signed.bond.clone());
        Ok(signed)
    }

    /// Who it is here: known by the subject, new, or of before and named in the file.
    fn recognise(&self, proved: &Proved, now: Timestamp) -> Result<SignedIn, Refusal> {
        let same = |bond: &&Bond| bond.issuer == proved.issuer && bond.subject == proved.subject;
        let signed = |person: Person, bond: Bond, news| SignedIn {
            person,
            bond,
            grants: Vec::new(),
            ended: Vec::new(),
            news,
        };
        if let Some(bond) = self.bonds.values().find(same) {
            let person =
                self.people.get(&bond.person).ok_or_else(|| refused("you are not known here any more"))?;
            return check(person, proved, now).map(|()| signed(person.clone(), bond.clone(), Vec::new()));
        }
        let key = proved.principal.key();
        let bond = |adopted| Bond {
            person: key.clone(),
            provider: proved.provider.to_string(),
            issuer: proved.issuer.clone(),
            subject: proved.subject.clone(),
            since: now,
            last_login: now,
            until: now,
            adopted,
            grants: BTreeMap::new(),
        };
        match (self.people.get(&key), self.bonds.get(&key)) {
            (_, Some(_)) => Err(refused(format!(
                "`{}` here is somebody else at a provider; names that are given to the next person do not carry \
                 rights along: an administrator gives you another name there",
                key.id
            ))),
            (None, None) => {
                Ok(signed(new_person(proved, now), bond(false), vec![("person.come", key.to_string())]))
            }
            (Some(person), None) if proved.adopts => {
                check(person, proved, now)?;
                Ok(signed(person.clone(), bond(true), vec![("person.adopt", key.to_string())]))
            }
            (Some(_), None) => Err(refused(format!(
                "there is a person `{0}` here already who never came this way; if that is you, whoever keeps this \
                 collector adds \"{0}\" to `adopt` of your provider in identity.toml",
                key.id
            ))),
        }
    }

    /// Ends the grants of groups that they are not in any more, or that stand for something else now.
    fn end_lost(&mut self, proved: &Proved, signed: &mut SignedIn, now: Timestamp) {
        let by = signed.bond.person.clone();
        for (group, id) in signed.bond.grants.clone() {
            let wanted = proved.grants.iter().find(|given| given.group == group);
            let Some(grant) = self.grants.get(&id) else { continue };
            let same = |given: &GroupGrant| {
                given.scope == grant.scope && given_to(&signed.person, given) == grant.verbs
            };
            if wanted.is_some_and(same) {
                continue;
            }
            if grant.ended.is_none() {
                let why = match wanted {
                    Some(_) => format!("group {group} of {} stands for something else now", proved.provider),
                    None => format!("no longer in group {group} of {}", proved.provider),
                };
                let ended = Grant { ended: Some(Ended { by: by.clone(), at: now, why }), ..grant.clone() };
                if self.org_left_alone(&[Change::Grant(ended.clone())], now).is_some() {
                    signed.news.push(("grant.keep", format!("{id}: it is the last owner's")));
                    continue;
                }
                signed.news.push(("grant.end", id.clone()));
                self.grants.insert(id, ended.clone());
                signed.grants.push(ended);
            }
            signed.bond.grants.remove(&group);
        }
    }

    /// Gives a group's rights, or prolongs them.
    fn give_of_group(&mut self, given: &GroupGrant, signed: &mut SignedIn, now: Timestamp) {
        let verbs = given_to(&signed.person, given);
        if verbs.is_empty() {
            return;
        }
        let key = signed.bond.person.clone();
        // An owner's rights have no end of their own, or the other side would be alone with the org one day; the bond's end
        // keeps them out all the same.
        let owns = verbs.has(Verb::Administer)
            && signed.person.side == Side::Internal
            && matches!(given.scope, Scope::Org(_));
        let expires_at = (!owns).then_some(signed.bond.until);
        let known = signed.bond.grants.get(&given.group).and_then(|id| self.grants.get(id));
        let grant = match known {
            Some(grant) if grant.ended.is_some() => return,
            Some(grant) => Grant { expires_at, ..grant.clone() },
            None => {
                let id = grant_id(&signed.bond, &given.group, now);
                signed.news.push(("grant.give", id.clone()));
                let reason = format!("group {} of {}", given.group, signed.bond.provider);
                Grant { expires_at, ..Grant::new(id, key, (verbs, given.scope.clone()), reason, now) }
            }
        };
        signed.bond.grants.insert(given.group.clone(), grant.id.clone());
        self.grants.insert(grant.id.clone(), grant.clone());
        signed.grants.push(grant);
    }
}

/// What a group's rights are as a grant. Who is at home there sees and comments anyway; elsewhere seeing is what is given.
fn given_to(person: &Person, given: &GroupGrant) -> Verbs {
    if person.home.contains(&given.scope) { given.verbs.without(Verbs::EVERYBODY) } else { given.verbs }
}

/// Whether a person may come in by that provider: of its side, at home where its people are, not kept out.
fn check(person: &Person, proved: &Proved, now: Timestamp) -> Result<(), Refusal> {
    let home = proved.principal.scope();
    if person.side != proved.principal.side || !home.contains(&person.home) {
        return Err(refused("you are of another side or org here than your provider may bring in"));
    }
    if person.service {
        return Err(refused("you are a program here, and a program comes by its token"));
    }
    if person.is_kept_out(now) {
        return Err(refused("you were kept out of this collector; ask an administrator of your side"));
    }
    Ok(())
}

fn new_person(proved: &Proved, now: Timestamp) -> Person {
    let Principal { person, side, team, .. } = proved.principal.clone();
    Person { team, ..Person::new(person, side, proved.principal.scope(), now) }
}

fn grant_id(bond: &Bond, group: &str, now: Timestamp) -> String {
    let text = format!("{}\n{}\n{group}\n{now}", bond.issuer, bond.subject);
    Sha256::of(text.as_bytes()).to_string()[..10].to_owned()
}

fn refused(what: impl Into<String>) -> Refusal {
    Refusal::new(Code::NotAllowed, what)
}

#[cfg(test)]
mod tests;
