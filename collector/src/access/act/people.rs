//! Bringing people in, keeping them out.

use dogwatch_model::Side;
use jiff::{SignedDuration, Timestamp};

use super::{NewGrant, NewPerson, invalid, not_allowed, unseen};
use crate::{
    access::{
        Change, Invitation, Person, PersonKey, Principal, Reach, Register, Scope, Sha256, Verb, Verbs,
        free_id,
    },
    refusal::{Code, Refusal},
};

/// How long an invitation can be taken up: over a weekend.
const INVITATION: SignedDuration = SignedDuration::from_hours(72);

/// People of one org, or of the MSP: more is a fault of a script.
const MAX_PEOPLE: usize = 20_000;

impl Register {
    pub(super) fn invite(
        &self,
        person: &NewPerson,
        (verbs, grant): &(Verbs, String),
        reason: &str,
        invitation: Option<Sha256>,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        let key = person.key();
        let first = self.admits(person, *verbs, by, now)?;
        if person.service && invitation.is_some() {
            return Err(invalid(format!("{} is a program; make it a token instead", key.id)));
        }
        if self.people.contains_key(&key) {
            let what = format!("{key} is known already; give rights with `dogwatch access grant {}`", key.id);
            return Err(Refusal::new(Code::Conflict, what));
        }
        let trial_until = self.trial(by, &person.home, now);
        let mut changes = vec![Change::Person(Person { trial_until, ..person.enter(by, now) })];
        let beyond = verbs.without(Verbs::EVERYBODY);
        if !beyond.is_empty() {
            let wanted = NewGrant {
                id: grant.clone(),
                to: key.clone(),
                verbs: beyond,
                scope: person.home.clone(),
                reason: reason.to_owned(),
                expires_at: None,
                review_at: None,
            };
            changes.push(Change::Grant(match first {
                true => self.first_owner(&wanted, by, now),
                false => self.grant_of(&wanted, person.side, by, now)?,
            }));
        }
        if let Some(hash) = invitation {
            changes.push(Change::Invitation(hash, Some(invite_until(key, (by, false), now))));
        }
        Ok(changes)
    }

    /// Whether somebody new may come in through `by`; `true` for the first owner of an org, whom the MSP brings in.
    pub(super) fn admits(
        &self,
        person: &NewPerson,
        verbs: Verbs,
        by: &Principal,
        now: Timestamp,
    ) -> Result<bool, Refusal> {
        if self.people.len() >= MAX_PEOPLE {
            return Err(Refusal::new(
                Code::Conflict,
                format!("the register holds {MAX_PEOPLE} people, the most it may"),
            ));
        }
        free_id(&person.id)?;
        match (&person.home, person.side) {
            (Scope::Everywhere, Side::Internal | Side::Vendor) => {
                return Err(invalid(format!("say which org the {} side's person belongs to", person.side)));
            }
            (home, _) if by.side == person.side && self.manages(by, person.side, home, now) => {
                return Ok(false);
            }
            _ => {}
        }
        let Some(org) = person.home.org() else {
            return Err(self.not_your_side(person.side, &person.home, by, now));
        };
        if !self.reach(by, now).sees_org(org) {
            return Err(unseen("org", org));
        }
        if person.side != Side::Msp && self.may_begin(org, by, now) {
            if self.trial(by, &person.home, now).is_some() {
                return Err(not_allowed(format!(
                    "the first of {org}'s own side are let in by who administers the MSP for good, not after a broken seal"
                )));
            }
            let owns = verbs.has(Verb::Administer) && person.home.site().is_none() && !person.service;
            if person.side == Side::Internal && !owns {
                return Err(not_allowed(format!(
                    "{org} has no owner yet: let its first owner in, a person with the role `admin` for all of {org}; \
                     they let in everybody else of their side"
                )));
            }
            return Ok(person.side == Side::Internal);
        }
        if person.side == Side::Vendor && self.manages(by, Side::Internal, &person.home, now) {
            return Ok(false);
        }
        Err(self.not_your_side(person.side, &person.home, by, now))
    }

    /// Whether `by` may let the first owner of an org in: an administrator of the MSP, as long as there is none.
    fn may_begin(&self, org: &dogwatch_model::OrgId, by: &Principal, now: Timestamp) -> bool {
        let reach = self.reach(by, now);
        by.side == Side::Msp
            && self.owners(org, now).next().is_none()
            && !self.left.get(&Side::Msp).is_some_and(|left| left.contains(org))
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

    pub(super) fn reinvite(
        &self,
        whom: &PersonKey,
        invitation: Sha256,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        Self::not_glass(whom)?;
        if let Some(person) = self.people.get(whom).filter(|person| self.is_awaited(person, by, now)) {
            may_come_in(person, now)?;
            return Ok(self.invited_anew(person, invitation, by, now));
        }
        let person = self.managed(whom, by, now)?;
        // Who sets a password may come in by it.
        let reach = self.reach(by, now);
        let beyond = self
            .grants_of(whom, now)
            .find(|grant| !grant.verbs.without(reach.gives(&grant.scope)).is_empty());
        if let Some(grant) = beyond {
            let what = match reach.sees_place(&grant.scope) {
                true => format!("{} on {}", grant.verbs, grant.scope),
                false => "rights elsewhere".to_owned(),
            };
            return Err(not_allowed(format!(
                "{} has {what}, which you cannot give; ask an administrator who can",
                whom.id
            )));
        }
        if person.service {
            return Err(invalid(format!("{} is a program; make it a token instead", whom.id)));
        }
        may_come_in(person, now)?;
        Ok(self.invited_anew(person, invitation, by, now))
    }

    /// Somebody of another side whom `by` let in, and who has not come yet: a first owner whose invitation went astray would
    /// lock everybody out. Once they have come in their side looks after them.
    fn is_awaited(&self, person: &Person, by: &Principal, now: Timestamp) -> bool {
        let key = person.key();
        person.side != by.side
            && !person.service
            && person.created_by.as_ref() == Some(&by.key())
            && self.reach(by, now).everywhere().has(Verb::Administer)
            && !self.accounts.contains_key(&key)
            && self.tokens.of(&key).next().is_none()
    }

    fn invited_anew(
        &self,
        person: &Person,
        invitation: Sha256,
        by: &Principal,
        now: Timestamp,
    ) -> Vec<Change> {
        let whom = person.key();
        let old = self.invitations.iter().filter(|(_, known)| known.to == whom);
        let mut changes: Vec<_> = old.map(|(hash, _)| Change::Invitation(*hash, None)).collect();
        // Whoever else is in their place is out at once; oneself only with the invitation taken up, lest it gets lost.
        if whom != by.key() {
            changes.extend(self.shut_out(&whom, now));
        }
        let sealed = self.trial(by, &person.home, now).is_some();
        changes.push(Change::Invitation(invitation, Some(invite_until(whom, (by, sealed), now))));
        changes
    }

    pub(super) fn set_disabled(
        &self,
        whom: &PersonKey,
        disabled: bool,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        let known = self.managed(whom, by, now)?;
        let trial = self.trial(by, &known.home, now);
        let kept = if disabled || trial.is_some() { Vec::new() } else { self.kept(whom, by, now) };
        let confirmed = kept.into_iter().find_map(|change| match change {
            Change::Person(person) => Some(person),
            _ => None,
        });
        let mut person = confirmed.unwrap_or_else(|| known.clone());
        // What somebody keeps out on trial never takes the place of what was said for good.
        if known.is_kept_out(now) != disabled || (disabled && trial.is_none()) {
            person.disabled_at =
                disabled.then(|| known.disabled_at.filter(|_| known.is_kept_out(now)).unwrap_or(now));
            person.disabled_until = trial.filter(|_| disabled);
        }
        if person == *known {
            return Ok(Vec::new());
        }
        let mut changes = vec![Change::Person(person)];
        if disabled {
            changes.extend(self.shut_out(whom, now));
            let waiting = self.invitations.iter().filter(|(_, known)| known.to == *whom);
            changes.extend(waiting.map(|(hash, _)| Change::Invitation(*hash, None)));
        }
        Ok(changes)
    }

    /// Whether somebody was a guest of an org that the MSP has left, and goes on elsewhere: their home is nobody's to see any
    /// more, and they are still the MSP's to look after.
    pub(crate) fn is_left_behind(&self, person: &Person, reach: &Reach) -> bool {
        let left = |org| self.left.get(&Side::Msp).is_some_and(|left| left.contains(org));
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

    /// Somebody whom `by` manages.
    pub(super) fn managed(
        &self,
        whom: &PersonKey,
        by: &Principal,
        now: Timestamp,
    ) -> Result<&Person, Refusal> {
        let reach = self.reach(by, now);
        let visible =
            |person: &&Person| reach.sees_place(&person.home) || self.is_left_behind(person, &reach);
        let person = self.people.get(whom).filter(visible).ok_or_else(|| unseen("person", &whom.id))?;
        match self.manages(by, person.side, &person.home, now) {
            true => Ok(person),
            false => Err(self.not_your_side(person.side, &person.home, by, now)),
        }
    }
}

/// Refuses a way in for somebody whom it would let in nowhere.
pub(super) fn may_come_in(person: &Person, now: Timestamp) -> Result<(), Refusal> {
    if person.may_come_in(now) {
        return Ok(());
    }
    let key = person.key();
    let why = match person.is_kept_out(now) {
        true => "is disabled",
        false => "was let in after a seal was broken, and their week is over",
    };
    Err(Refusal::new(Code::Conflict, format!("{key} {why}: `dogwatch access enable {key}` first")))
}

fn invite_until(to: PersonKey, (by, through_seal): (&Principal, bool), now: Timestamp) -> Invitation {
    Invitation { to, by: by.key(), maker: by.maker.clone(), expires_at: now + INVITATION, through_seal }
}

impl NewPerson {
    /// Their key.
    pub fn key(&self) -> PersonKey {
        PersonKey::of(self.side, &self.home, self.id.clone())
    }

    pub(super) fn enter(&self, by: &Principal, now: Timestamp) -> Person {
        Person {
            team: self.team.clone(),
            service: self.service,
            created_by: Some(by.key()),
            ..Person::new(self.id.clone(), self.side, self.home.clone(), now)
        }
    }
}
