//! Bringing people in, keeping them out.

use jiff::{SignedDuration, Timestamp};

use super::{NewGrant, NewPerson, invalid, management::Entrance, not_allowed};
use crate::{
    access::{Change, Grant, Invitation, Person, PersonKey, Principal, Reach, Register, Sha256, Verb, Verbs},
    refusal::{Code, Refusal},
};

/// How long an invitation can be taken up: over a weekend.
const INVITATION: SignedDuration = SignedDuration::from_hours(72);

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
        let entrance = self.admits(person, *verbs, by, now)?;
        if person.service && invitation.is_some() {
            return Err(invalid(format!("{} is a program; make it a token instead", key.id)));
        }
        if self.people.contains_key(&key) {
            return Err(self.taken(&key, by, now));
        }
        let mut changes = self.enters(person, *verbs, (grant, reason), entrance, by, now)?;
        if let Some(hash) = invitation {
            changes.push(Change::Invitation(hash, Some(invite_until(key, (by, false), now))));
        }
        Ok(changes)
    }

    /// What whoever invites somebody once more may have meant: a new link, or more rights.
    pub(super) fn known_already(&self, key: &PersonKey, now: Timestamp) -> String {
        let rights = format!("give rights with `dogwatch access grant {}`", key.id);
        let mut open = self.invitations.values().filter(|invitation| now < invitation.expires_at);
        if open.any(|invitation| invitation.to == *key) {
            return format!(
                "{key} was invited and has not come in yet; a new link in place of the old one: `dogwatch access invite {} \
                 --again`; or {rights}",
                key.id
            );
        }
        format!("{key} is known already; {rights}")
    }

    /// Somebody new, with what they are given beyond what everybody may.
    pub(super) fn enters(
        &self,
        person: &NewPerson,
        verbs: Verbs,
        (grant, reason): (&str, &str),
        entrance: Entrance,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        let trial_until = self.trial(by, &person.home, now);
        let mut changes = vec![Change::Person(Person { trial_until, ..person.enter(by, now) })];
        let beyond = verbs.without(Verbs::EVERYBODY);
        if !beyond.is_empty() {
            let wanted = NewGrant::new(grant, person.key(), (beyond, person.home.clone()), reason);
            changes.push(Change::Grant(match entrance {
                Entrance::FirstOwner => self.first_owner(&wanted, by, now),
                Entrance::Managed => self.grant_of(&wanted, person.side, by, now)?,
            }));
        }
        Ok(changes)
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
        self.outranks(whom, by, now)?;
        if person.service {
            return Err(invalid(format!("{} is a program; make it a token instead", whom.id)));
        }
        may_come_in(person, now)?;
        Ok(self.invited_anew(person, invitation, by, now))
    }

    /// Refuses to decide about the way in of who has what `by` cannot give: whoever sets a password may come in by it, and
    /// who administers a site keeps out, or lets in again, nobody who administers all of the org.
    fn outranks(&self, whom: &PersonKey, by: &Principal, now: Timestamp) -> Result<(), Refusal> {
        let reach = self.reach(by, now);
        let Some(grant) = self.beyond(whom, &reach, now) else { return Ok(()) };
        let what = match reach.sees_place(&grant.scope) {
            true => format!("{} on {}", grant.verbs, grant.scope),
            false => "rights elsewhere".to_owned(),
        };
        Err(not_allowed(format!(
            "{} has {what}, which you cannot give; ask an administrator who can",
            whom.id
        )))
    }

    /// A grant of somebody that whoever reaches so far could not give.
    pub(super) fn beyond<'r>(
        &'r self,
        whom: &'r PersonKey,
        reach: &Reach,
        now: Timestamp,
    ) -> Option<&'r Grant> {
        self.grants_of(whom, now).find(|grant| !grant.verbs.without(reach.gives(&grant.scope)).is_empty())
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
        if *whom != by.key() {
            self.outranks(whom, by, now)?;
        }
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
