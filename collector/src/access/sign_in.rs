//! Coming in by a provider's word, and what somebody's groups there give them.
//!
//! Invariants:
//! * Issuer and subject say who somebody is; a name only chooses the id at the first login. An id that somebody else has
//!   is never taken over: not from another subject, and from a person of before only where the file names them.
//! * The groups' grants are as the groups were at the last login. What people ended stays ended.
//!
//! Each change is taken in as it is decided: whether a grant is the last owner's depends on who has just come in.

use dogwatch_model::Side;
use jiff::Timestamp;

use super::{Bond, Change, Ended, Grant, Person, Principal, Register, Scope, Sha256, Verb, Verbs};
use crate::{
    identity::{GroupGrant, Proved},
    refusal::{Code, Refusal},
};

/// What a login changed.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedIn {
    /// Who they are here.
    pub person: Person,
    /// The bond as it is now.
    pub bond: Bond,
    /// Grants that were given, prolonged or ended.
    pub grants: Vec<Grant>,
    /// What ended because whoever came by themself for the first time was let in by the MSP: their tokens, and what was done
    /// with one.
    pub ended: Vec<Change>,
    /// What happened beside, for the audit: names of acts and what they were done to.
    pub news: Vec<(&'static str, String)>,
}

impl SignedIn {
    fn new(person: Person, bond: Bond, how: Option<&'static str>) -> Self {
        let news = how.map(|how| (how, bond.person.to_string())).into_iter().collect();
        Self { person, bond, grants: Vec::new(), ended: Vec::new(), news }
    }

    /// The rows that are another.
    pub fn changes(&self) -> Vec<Change> {
        [Change::Person(self.person.clone()), Change::Bond(self.bond.clone())]
            .into_iter()
            .chain(self.grants.iter().cloned().map(Change::Grant))
            .chain(self.ended.iter().cloned())
            .collect()
    }
}

impl Register {
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
        self.join_team(proved, &mut signed, now);
        self.apply_one(Change::Person(signed.person.clone()));
        self.end_handed_over(&mut signed, now);
        // Whoever logs in is one who comes in, however long ago they last did.
        self.apply_one(Change::Bond(signed.bond.clone()));
        self.end_lost(proved, &mut signed, now);
        for given in &proved.grants {
            self.give_of_group(given, &mut signed, now);
        }
        self.apply_one(Change::Bond(signed.bond.clone()));
        Ok(signed)
    }

    /// Who it is here: known by the subject, new, or of before and named in the file.
    fn recognise(&self, proved: &Proved, now: Timestamp) -> Result<SignedIn, Refusal> {
        let same = |bond: &&Bond| bond.issuer == proved.issuer && bond.subject == proved.subject;
        if let Some(bond) = self.bonds.values().find(same) {
            let person =
                self.people.get(&bond.person).ok_or_else(|| refused("you are not known here any more"))?;
            check(person, proved, now)?;
            return Ok(SignedIn::new(person.clone(), bond.clone(), None));
        }
        let key = proved.principal.key();
        if self.bonds.contains_key(&key) {
            return Err(refused(format!(
                "`{}` here is somebody else at a provider; names that are given to the next person do not carry \
                 rights along: an administrator gives you another name there",
                key.id
            )));
        }
        let Some(person) = self.people.get(&key) else {
            let bond = Bond::first(proved, false, now);
            return Ok(SignedIn::new(new_person(proved, now), bond, Some("person.come")));
        };
        if !proved.adopts {
            return Err(refused(format!(
                "there is a person `{0}` here already who never came this way; if that is you, whoever keeps this \
                 collector adds \"{0}\" to `adopt` of your provider in identity.toml",
                key.id
            )));
        }
        check(person, proved, now)?;
        Ok(SignedIn::new(person.clone(), Bond::first(proved, true, now), Some("person.adopt")))
    }

    /// Has them be in the team that their groups say; what they were given in another one is to be looked at.
    fn join_team(&mut self, proved: &Proved, signed: &mut SignedIn, now: Timestamp) {
        let Some(team) = &proved.principal.team else { return };
        let before = signed.person.team.replace(team.clone()).filter(|before| before != team);
        let Some(from) = before else { return };
        let asked = self.changed_team(&signed.bond.person, (&from, Some(team)), None, now);
        signed.grants.extend(asked);
        signed.news.extend(signed.grants.iter().map(|grant| ("grant.ask-review", grant.id.clone())));
    }

    /// Ends what whoever comes by themself for the first time was let in with by the MSP.
    fn end_handed_over(&mut self, signed: &mut SignedIn, now: Timestamp) {
        if signed.bond.since != now || !self.is_of_the_guest(&signed.person) {
            return;
        }
        let tokens = self.made_by_hand(&signed.bond.person, now).into_iter().map(Change::Token);
        signed.ended = tokens.chain(self.begun_anew(&signed.bond.person, now)).collect();
        self.apply(&signed.ended);
        signed.news.extend(signed.ended.iter().filter_map(Change::end));
    }

    /// Ends the grants of groups that they are not in any more, or that stand for something else now.
    fn end_lost(&mut self, proved: &Proved, signed: &mut SignedIn, now: Timestamp) {
        for (group, id) in signed.bond.grants.clone() {
            let Some(grant) = self.grants.get(&id) else { continue };
            let Some(why) = lost(proved, (&signed.person, &group), grant) else { continue };
            if grant.ended.is_none() {
                let by = signed.bond.person.clone();
                let ended = Grant { ended: Some(Ended { by, at: now, why }), ..grant.clone() };
                if self.org_left_alone(&[Change::Grant(ended.clone())], now).is_some() {
                    signed.news.push(("grant.keep", format!("{id}: it is the last owner's")));
                    continue;
                }
                signed.news.push(("grant.end", id));
                self.apply_one(Change::Grant(ended.clone()));
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
        self.apply_one(Change::Grant(grant.clone()));
        signed.grants.push(grant);
    }
}

/// Why somebody has a grant of a group's no more, if they have not.
fn lost(proved: &Proved, (person, group): (&Person, &str), grant: &Grant) -> Option<String> {
    match proved.grants.iter().find(|given| given.group == group) {
        Some(given) if given.scope == grant.scope && given_to(person, given) == grant.verbs => None,
        Some(_) => Some(format!("group {group} of {} stands for something else now", proved.provider)),
        None => Some(format!("no longer in group {group} of {}", proved.provider)),
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
