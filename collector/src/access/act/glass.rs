//! Break-glass: a sealed code on paper for the day on which nobody can come in any other way.
//!
//! An owner seals one for their org, an administrator of the MSP one for the MSP's own people. Whoever breaks it comes in
//! as the side's `break-glass` person, for an hour, with `administer` and nothing else, and both sides are told at once. What
//! that hour gives is on trial (`trial.rs`).
//!
//! Who sealed stands behind what the broken seal does. So sealing takes something that its person opened themself, and of a
//! scope's broken seals only the last one opens: nobody who comes in by an older one then passes for another's.

use dogwatch_model::{PersonId, Side};
use jiff::{SignedDuration, Timestamp};

use super::{not_allowed, unseen};
use crate::{
    access::{
        ApiToken, Approval, Change, Grant, Person, PersonKey, Principal, Register, Scope, Seal, SealState,
        Sha256, Verb, Verbs,
    },
    refusal::{Code, Refusal},
};

/// For how long a broken seal opens.
pub const GLASS_OPEN: SignedDuration = SignedDuration::from_hours(1);

/// Their id.
pub(in crate::access) const GLASS_ID: &str = "break-glass";

/// Who comes in with a sealed code.
pub fn glass_person(side: Side, scope: &Scope) -> Result<PersonKey, dogwatch_model::IdError> {
    Ok(PersonKey::of(side, scope, PersonId::new(GLASS_ID)?))
}

impl Register {
    /// Whether somebody may seal codes for a scope, and so may see which there are and put them out of use: an owner for
    /// their org, an administrator of the MSP for the MSP's own people.
    fn keeps_seals(&self, scope: &Scope, by: &Principal, now: Timestamp) -> bool {
        match (scope, by.side) {
            (Scope::Everywhere, Side::Msp) => self.manages(by, Side::Msp, scope, now),
            (Scope::Org(org), Side::Internal) => self.is_owner(by, org, now),
            _ => false,
        }
    }

    /// The sealed codes that are somebody's to know of, oldest first.
    pub fn seals_of(&self, by: &Principal, now: Timestamp) -> Vec<&Seal> {
        let mut seals: Vec<_> =
            self.seals.values().filter(|seal| self.keeps_seals(&seal.scope, by, now)).collect();
        seals.sort_unstable_by_key(|seal| (seal.made_at, &seal.id));
        seals
    }

    /// What a seal comes to.
    pub fn seal_state(&self, seal: &Seal, now: Timestamp) -> SealState {
        match seal.broken_at {
            Some(_) if self.opened_by(seal, now).is_some() => SealState::Open,
            Some(_) => SealState::Over,
            None if self.holds(seal, now) => SealState::Sealed,
            None => SealState::Void,
        }
    }

    /// The token of whoever broke a seal, while its hour runs.
    fn opened_by(&self, seal: &Seal, now: Timestamp) -> Option<&ApiToken> {
        let key = glass_person(seal.side, &seal.scope).ok()?;
        let of_hour = |token: &&ApiToken| token.is_valid(now) && Some(token.created_at) == seal.broken_at;
        self.tokens.of(&key).find(of_hour)
    }

    /// Puts a sealed code out of use; who came in by it goes out with it.
    pub(super) fn unseal(&self, id: &str, by: &Principal, now: Timestamp) -> Result<Vec<Change>, Refusal> {
        let seals = self.seals_of(by, now);
        let seal = seals.iter().find(|seal| seal.id == id).ok_or_else(|| unseen("sealed code", id))?;
        let broken_at = Some(seal.broken_at.unwrap_or(now));
        let over = Change::Seal(Seal { broken_at, ..(*seal).clone() });
        let hour = self.opened_by(seal, now).map(|token| Change::Token(token.revoked(now)));
        Ok([over].into_iter().chain(hour).collect())
    }

    pub(super) fn seal(
        &self,
        id: &str,
        hash: Sha256,
        scope: &Scope,
        by: &Principal,
        now: Timestamp,
    ) -> Result<Vec<Change>, Refusal> {
        self.may_seal(scope, by, now)?;
        let old = self.seals.values().filter(|seal| seal.scope == *scope && seal.broken_at.is_none());
        let mut changes: Vec<_> =
            old.map(|seal| Change::Seal(Seal { broken_at: Some(now), ..seal.clone() })).collect();
        changes.push(Change::Seal(Seal {
            id: id.to_owned(),
            hash,
            side: by.side,
            scope: scope.clone(),
            made_by: by.key(),
            made_at: now,
            broken_at: None,
        }));
        Ok(changes)
    }

    /// Refuses to seal for who may not, or not by what they show.
    fn may_seal(&self, scope: &Scope, by: &Principal, now: Timestamp) -> Result<(), Refusal> {
        self.not_a_program(by, "seals")?;
        if let Some(maker) = by.maker.as_ref().filter(|maker| **maker != by.key()) {
            return Err(not_allowed(format!(
                "{} made this token for {}, and who seals stands behind what the code opens; log in yourself (`dogwatch login`)",
                maker.id, by.person
            )));
        }
        match (scope, by.side) {
            _ if self.keeps_seals(scope, by, now) => Ok(()),
            (Scope::Org(org), Side::Internal) if !self.reach(by, now).sees_org(org) => {
                Err(unseen("org", org))
            }
            (Scope::Everywhere, Side::Msp) => Err(self.not_your_side(Side::Msp, scope, by, now)),
            _ => Err(not_allowed(
                "an owner seals a code for their org (`--scope ORG`), an administrator of the MSP one for the MSP's own \
                 people (`--scope '*'`)",
            )),
        }
    }

    /// Whether a seal opens: not used, and made by somebody who still may. Paper outlives people's jobs.
    pub fn holds(&self, seal: &Seal, now: Timestamp) -> bool {
        let maker = self.own_reach(&seal.made_by, Verbs::ALL, Scope::Everywhere, now);
        let may = match seal.scope.org() {
            Some(org) => maker.may(Verb::Administer, org, None),
            None => maker.everywhere().has(Verb::Administer),
        };
        may && seal.broken_at.is_none()
    }

    /// Breaks a seal: an hour of `administer` through a token with this hash.
    ///
    /// # Errors
    /// `NotAllowed` for a code that is none, or was used.
    pub fn break_seal(
        &mut self,
        code: &Sha256,
        token: Sha256,
        now: Timestamp,
    ) -> Result<(Seal, Vec<Change>), Refusal> {
        let refused = || {
            Refusal::new(
                Code::NotAllowed,
                "the sealed code is wrong, was used already, or a newer one took its place",
            )
        };
        let seal = self.seals.get(code).filter(|seal| self.holds(seal, now)).ok_or_else(refused)?.clone();
        let key = glass_person(seal.side, &seal.scope).map_err(|_| refused())?;
        let mut changes = seal.opens(&key, token, now);
        // The person who breaks seals is one for all of a scope, and who stands behind them is told by the last seal.
        let older = self.tokens.of(&key).filter(|older| older.is_valid(now));
        changes.extend(older.map(|older| Change::Token(older.revoked(now))));
        self.apply(&changes);
        Ok((seal, changes))
    }
}

impl Seal {
    /// What comes of breaking it: whoever does comes in as the person of its scope, by a token and with rights that end alike.
    fn opens(&self, key: &PersonKey, token: Sha256, now: Timestamp) -> Vec<Change> {
        let end = Some(now + GLASS_OPEN);
        let person = Person {
            created_by: Some(self.made_by.clone()),
            ..Person::new(key.id.clone(), self.side, self.scope.clone(), now)
        };
        let approval = Approval { by: self.made_by.clone(), at: self.made_at };
        let rights = (Verbs::of(&[Verb::Administer]), self.scope.clone());
        let reason = format!("break-glass code {}", self.id);
        let grant = Grant {
            given_by: Some(self.made_by.clone()),
            expires_at: end,
            approvals: self.scope.org().map(|org| (org.clone(), approval)).into_iter().collect(),
            ..Grant::new(ApiToken::short_id(&token), key.clone(), rights, reason, now)
        };
        let principal = Principal::new(key.id.clone(), self.side, &self.scope, Verbs::EVERYTHING);
        vec![
            Change::Seal(Seal { broken_at: Some(now), ..self.clone() }),
            Change::Person(person),
            Change::Grant(grant),
            Change::Token(ApiToken { expires_at: end, ..ApiToken::new(token, principal, now) }),
        ]
    }
}
