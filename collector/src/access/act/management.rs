//! Whose people are whose to bring in and to look after: each side's are their own side's, and vendors are whoever's the org
//! is. An administrator of the MSP brings in the first owner of an org, and nobody of its side after that.

use dogwatch_model::{OrgId, Side};
use jiff::Timestamp;

use super::{NewPerson, invalid, not_allowed, unseen};
use crate::{
    access::{Person, PersonKey, Principal, Reach, Register, Scope, Verb, Verbs, free_id},
    refusal::{Code, Refusal},
};

/// People and programs of one org, or of the MSP, those kept out included: more is a fault of a script. Each org has its own
/// bound, so that nobody fills another's, nor learns from it how many there are elsewhere.
const MAX_PEOPLE: usize = 5_000;

/// How somebody new comes in.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Entrance {
    /// As the first owner of an org, by the MSP.
    FirstOwner,
    /// By whoever manages such people.
    Managed,
}

impl Register {
    /// Whether somebody new may come in through `by`, and as what.
    pub(super) fn admits(
        &self,
        person: &NewPerson,
        verbs: Verbs,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Entrance, Refusal> {
        free_id(&person.id)?;
        let (side, home) = (person.side, &person.home);
        if side != Side::Msp && *home == Scope::Everywhere {
            return Err(invalid(format!("say which org the {side} side's person belongs to")));
        }
        if by.side == side && self.manages(by, side, home, now) {
            return self.has_room(&person.key()).map(|()| Entrance::Managed);
        }
        let Some(org) = home.org() else { return Err(self.not_your_side(side, home, by, now)) };
        if !self.reach(by, now).sees_org(org) {
            return Err(unseen("org", org));
        }
        if side != Side::Msp && self.may_begin(org, by, now) {
            self.has_room(&person.key())?;
            return self.begins(org, (person, verbs), by, now);
        }
        match side == Side::Vendor && self.manages(by, Side::Internal, home, now) {
            true => self.has_room(&person.key()).map(|()| Entrance::Managed),
            false => Err(self.not_your_side(side, home, by, now)),
        }
    }

    /// Refuses one more of an org, or of the MSP, that has as many as it may. Asked after who asks may let them in.
    fn has_room(&self, newcomer: &PersonKey) -> Result<(), Refusal> {
        let own = self.people.keys().filter(|known| known.org == newcomer.org);
        if own.count() < MAX_PEOPLE {
            return Ok(());
        }
        let whose = newcomer.org.as_ref().map_or("the MSP", OrgId::as_str);
        let what = format!(
            "{whose} has {MAX_PEOPLE} people and programs, the most it may; give one that it has new rights \
             (`dogwatch access grant`), or a token (`dogwatch token create`), instead of letting in another"
        );
        Err(Refusal::new(Code::Conflict, what))
    }

    /// The same where the org has no owner and `by` may let the first one in.
    fn begins(
        &self,
        org: &OrgId,
        (person, verbs): (&NewPerson, Verbs),
        by: &Principal,
        now: Timestamp,
    ) -> Result<Entrance, Refusal> {
        if self.trial(by, &person.home, now).is_some() {
            return Err(not_allowed(format!(
                "the first of {org}'s own side are let in by who administers the MSP for good, not after a broken seal"
            )));
        }
        let owns = verbs.has(Verb::Administer) && person.home.site().is_none() && !person.service;
        if person.side == Side::Internal && !owns {
            return Err(not_allowed(format!(
                "{org} has no owner yet: let its first owner in, a person with the role `admin` for all of {org}; they let \
                 in everybody else of their side"
            )));
        }
        Ok(if person.side == Side::Internal { Entrance::FirstOwner } else { Entrance::Managed })
    }

    /// Whether `by` may let the first owner of an org in: an administrator of the MSP, as long as there is none.
    fn may_begin(&self, org: &OrgId, by: &Principal, now: Timestamp) -> bool {
        let reach = self.reach(by, now);
        by.side == Side::Msp
            && self.owners(org, now).next().is_none()
            && !self.has_left(Side::Msp, org)
            && (reach.everywhere().has(Verb::Administer) || reach.may(Verb::Administer, org, None))
    }

    /// Whether somebody manages people of a side whose home is there: their own side's only, vendors by who owns the org.
    pub(crate) fn manages(&self, by: &Principal, side: Side, home: &Scope, now: Timestamp) -> bool {
        let reach = self.reach(by, now);
        let there = home.org().is_some_and(|org| reach.may(Verb::Administer, org, home.site()));
        match side {
            Side::Msp => by.side == Side::Msp && (there || reach.everywhere().has(Verb::Administer)),
            Side::Internal => by.side == Side::Internal && there,
            Side::Vendor => {
                let begins = home.org().is_some_and(|org| self.may_begin(org, by, now));
                (by.side == Side::Internal && there) || begins
            }
        }
    }

    pub(super) fn not_your_side(&self, side: Side, home: &Scope, by: &Principal, now: Timestamp) -> Refusal {
        let who = match home.org() {
            Some(org) if side != Side::Msp => {
                self.givers(side, (Verbs::of(&[Verb::Administer]), None), org, now)
            }
            // An org that the MSP has left hears no names of it.
            _ if by.key().org.is_some_and(|org| self.has_left(Side::Msp, &org)) => Vec::new(),
            _ => self.msp_administrators(None, now),
        };
        let who = match who.as_slice() {
            [] => format!("an administrator of the {side} side"),
            names => names.join(" or "),
        };
        if by.side == side {
            not_allowed(format!("`administer` on {home} is missing; {who} manages the people there"))
        } else {
            not_allowed(format!(
                "you are of the {} side, and {side}'s people are brought in and managed by their own side: ask {who}",
                by.side
            ))
        }
    }

    /// Whether somebody was a guest of an org that the MSP has left, and goes on elsewhere: their home is nobody's to see any
    /// more, and they are still the MSP's to look after.
    pub(crate) fn is_left_behind(&self, person: &Person, reach: &Reach) -> bool {
        let left = |org| self.has_left(Side::Msp, org);
        let key = person.key();
        let goes_on = || {
            person.disabled_at.is_none()
                || self.grants.values().any(|grant| grant.to == key && grant.ended.is_none())
        };
        (person.side, reach.side()) == (Side::Msp, Side::Msp)
            && person.home.org().is_some_and(left)
            && reach.everywhere().has(Verb::Administer)
            && goes_on()
    }

    /// Somebody whom `by` sees.
    pub(super) fn known_to(&self, by: &Principal, whom: &PersonKey, now: Timestamp) -> Option<&Person> {
        let reach = self.reach(by, now);
        let person = self.people.get(whom)?;
        (reach.sees_place(&person.home) || self.is_left_behind(person, &reach)).then_some(person)
    }

    /// The answer for an id that somebody has already, to who may let people in: no more of them where they are not seen.
    pub(super) fn taken(&self, key: &PersonKey, by: &Principal, now: Timestamp) -> Refusal {
        let what = match self.known_to(by, key, now) {
            Some(_) => self.known_already(key, now),
            None => format!("`{}` is somebody's id already; choose another one", key.id),
        };
        Refusal::new(Code::Conflict, what)
    }

    /// Somebody whom `by` manages.
    pub(super) fn managed(
        &self,
        whom: &PersonKey,
        by: &Principal,
        now: Timestamp,
    ) -> Result<&Person, Refusal> {
        let person = self.known_to(by, whom, now).ok_or_else(|| unseen("person", &whom.id))?;
        match self.manages(by, person.side, &person.home, now) {
            true => Ok(person),
            false => Err(self.not_your_side(person.side, &person.home, by, now)),
        }
    }
}
