//! The MSP leaves an org: what it has there ends, whoever holds it, and nothing of any other org.
//!
//! | who | what becomes of it |
//! |---|---|
//! | the MSP's people | grants and tokens of the org alone end, approvals there are taken back; `*` goes on and reaches around it |
//! | its guests at home there | end, unless they have something elsewhere: that is another org's to end |
//! | people of the org by the MSP's word alone | end, unless an owner has given them something or invited them anew |
//! | owners by the MSP's word who come in by themself | stay: an owner with a password of their own is the customer's |
//! | grants and approvals of the MSP's for people of the org | end; an owner gives or approves them anew |
//! | invitations by the MSP, tokens that it made or handed over | end |
//!
//! So it is said by an owner who has a way in of their own: one that the MSP has handed over ends with it, and an org without
//! any other would be nobody's.

use dogwatch_model::{OrgId, Side};
use jiff::Timestamp;

use super::{grants::makes_owner, invalid, not_allowed, unseen};
use crate::{
    access::{ApiToken, Change, Ended, Grant, Person, PersonKey, Principal, Register},
    refusal::{Code, Refusal},
};

/// One goodbye.
struct Goodbye<'g> {
    register: &'g Register,
    org: &'g OrgId,
    by: PersonKey,
    now: Timestamp,
}

impl Register {
    /// The MSP leaves an org: everything that it holds there alone ends, and its reach goes around the org from now on. Decided
    /// and not done, so that whoever asks what would end gets the same refusals.
    pub(crate) fn offboard(
        &self,
        org: &OrgId,
        side: Side,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        self.may_say_goodbye(org, side, by, now)?;
        let mut standing = self.orgs.get(org).cloned().unwrap_or_default();
        if let Some(left) = standing.left.get(&side) {
            return Err(Refusal::new(
                Code::Conflict,
                format!("the {side} side has left {org} already, at {left:.0}"),
            ));
        }
        standing.left.insert(side, now);
        let goodbye = Goodbye { register: self, org, by: by.key(), now };
        let mut changes = vec![Change::Org(org.clone(), standing)];
        changes.extend(goodbye.rights());
        let (guests, own) = (goodbye.guests(), goodbye.brought());
        let gone: Vec<PersonKey> = guests.iter().chain(&own).map(|person| person.key()).collect();
        changes.extend(guests.into_iter().chain(own).map(|person| {
            Change::Person(Person { disabled_at: Some(now), disabled_until: None, ..person.clone() })
        }));
        changes.extend(goodbye.invitations(&gone));
        changes.extend(goodbye.tokens(&gone));
        Ok(changes)
    }

    fn may_say_goodbye(
        &self,
        org: &OrgId,
        side: Side,
        by: &Principal,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if !self.reach(by, now).sees_org(org) {
            return Err(unseen("org", org));
        }
        if side != Side::Msp {
            return Err(invalid(format!("{org} is its own side's; only its guest, `msp`, can leave")));
        }
        if !self.is_owner(by, org, now) {
            let owners = self.owners_named(org, now);
            let who = if owners.is_empty() { "it has none yet".to_owned() } else { owners.join(" or ") };
            return Err(not_allowed(format!("only an owner of {org} can say goodbye to the MSP: {who}")));
        }
        if !self.comes_by_themself(&by.key(), now) {
            return Err(Refusal::new(
                Code::Conflict,
                format!(
                    "the goodbye ends every token that the MSP has had in its hands, and you have no way in of your own yet: \
                     invite yourself (`dogwatch access invite {} --again`), take the invitation up, and say goodbye then",
                    by.person
                ),
            ));
        }
        Ok(())
    }
}

impl Goodbye<'_> {
    fn is_guest(&self, key: &PersonKey) -> bool {
        self.register.side_of(key) == Side::Msp
    }

    fn is_own(&self, key: &PersonKey) -> bool {
        key.org.as_ref() == Some(self.org)
    }

    /// Whether somebody is an owner or a colleague of theirs whom nobody else can be mistaken for.
    fn stays(&self, person: &Person) -> bool {
        let key = person.key();
        key == self.by || (person.side == Side::Internal && self.register.comes_by_themself(&key, self.now))
    }

    /// Whether anybody of the org's own side has said that somebody is to be there.
    fn is_confirmed(&self, person: &Person) -> bool {
        let key = person.key();
        let owners = |by: &PersonKey| self.is_own(by) && self.register.side_of(by) == Side::Internal;
        let mut given = self.register.grants_of(&key, self.now);
        let mut asked = self.register.invitations.values();
        given.any(|grant| {
            grant.given_by.as_ref().is_some_and(owners)
                || grant.approvals.get(self.org).is_some_and(|approval| owners(&approval.by))
        }) || asked.any(|one| one.to == key && owners(&one.by))
    }

    /// Grants as they are afterwards.
    fn rights(&self) -> Vec<Change> {
        let standing = self.register.grants.values().filter(|grant| grant.ended.is_none());
        let changed = standing.filter_map(|grant| match grant.to.org {
            None => self.of_the_msp(grant),
            Some(_) => self.of_the_org(grant),
        });
        changed.map(Change::Grant).collect()
    }

    fn of_the_msp(&self, grant: &Grant) -> Option<Grant> {
        match grant.scope.org() == Some(self.org) {
            true => Some(self.over(grant)),
            false => self.unapproved(grant),
        }
    }

    /// What somebody of the org has by the MSP's word.
    fn of_the_org(&self, grant: &Grant) -> Option<Grant> {
        let person = self.register.people.get(&grant.to).filter(|_| self.is_own(&grant.to))?;
        let approved = grant.approvals.get(self.org).map(|approval| self.is_guest(&approval.by));
        let owns = makes_owner(person.side, grant.verbs, &grant.scope);
        if owns && self.stays(person) {
            return None;
        }
        let given = grant.given_by.as_ref().is_some_and(|by| self.is_guest(by));
        match (given, approved) {
            (true, None | Some(true)) => Some(self.over(grant)),
            (_, Some(true)) => self.unapproved(grant),
            _ => None,
        }
    }

    fn over(&self, grant: &Grant) -> Grant {
        let why = format!("the {} side left {}", Side::Msp, self.org);
        Grant { ended: Some(Ended { by: self.by.clone(), at: self.now, why }), ..grant.clone() }
    }

    fn unapproved(&self, grant: &Grant) -> Option<Grant> {
        let mut grant = grant.clone();
        grant.approvals.remove(self.org).map(|_| grant)
    }

    /// People of the MSP who are at home in the org and have nothing elsewhere.
    fn guests(&self) -> Vec<&Person> {
        let here = |person: &&Person| {
            person.side == Side::Msp
                && person.home.org() == Some(self.org)
                && !person.is_out_for_good()
                && !self.is_at_work_elsewhere(&person.key())
        };
        self.register.people.values().filter(here).collect()
    }

    fn is_at_work_elsewhere(&self, key: &PersonKey) -> bool {
        let mut grants = self.register.grants_of(key, self.now);
        let mut tokens = self.register.tokens.of(key).filter(|token| token.is_valid(self.now));
        let elsewhere = |org: Option<&OrgId>| org.is_some_and(|org| org != self.org);
        grants.any(|grant| grant.scope.org() != Some(self.org))
            || tokens.any(|token| elsewhere(token.principal.org.as_ref()))
    }

    /// People of the org whom the MSP has brought in and nobody has confirmed.
    fn brought(&self) -> Vec<&Person> {
        let alone = |person: &&Person| {
            self.is_own(&person.key())
                && !person.is_out_for_good()
                && self.register.is_of_the_guest(person)
                && !self.stays(person)
                && !self.is_confirmed(person)
        };
        self.register.people.values().filter(alone).collect()
    }

    fn invitations(&self, gone: &[PersonKey]) -> Vec<Change> {
        let waiting =
            self.register.invitations.iter().filter(|(_, one)| {
                gone.contains(&one.to) || (self.is_own(&one.to) && self.is_guest(&one.by))
            });
        waiting.map(|(hash, _)| Change::Invitation(*hash, None)).collect()
    }

    fn tokens(&self, gone: &[PersonKey]) -> Vec<Change> {
        let handed = self.handed();
        let over = |token: &&ApiToken| {
            let (of, key) = (&token.principal, token.principal.key());
            let here = of.org.as_ref() == Some(self.org);
            let by_guest = of.maker.as_ref().is_some_and(|maker| self.is_guest(maker));
            token.is_valid(self.now)
                && match of.side {
                    Side::Msp => here || gone.contains(&key),
                    _ => {
                        self.is_own(&key) && (by_guest || gone.contains(&key) || handed.contains(&token.hash))
                    }
                }
        };
        let over = self.register.tokens.values().filter(over);
        over.map(|token| Change::Token(token.revoked(self.now))).collect()
    }

    /// Tokens that the MSP handed over to people of the org, and what may have been made with them.
    fn handed(&self) -> Vec<crate::access::Sha256> {
        let own = self.register.people.values().filter(|person| self.is_own(&person.key()));
        let theirs = own.flat_map(|person| {
            let key = person.key();
            let unproved = person.side == Side::Internal
                && self.register.is_of_the_guest(person)
                && !self.register.comes_by_themself(&key, self.now);
            match unproved {
                true => self.register.shut_out(&key, self.now),
                false => self.register.handed_over(&key, self.now),
            }
        });
        let hash = |change| match change {
            Change::Token(token) => Some(token.hash),
            _ => None,
        };
        theirs.filter_map(hash).collect()
    }
}
