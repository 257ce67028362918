//! A small world to try things in: two orgs with two sites, people of every side, and dice.

mod chance;
mod paper;

use std::collections::BTreeMap;

use dogwatch_model::{OrgId, Side, SiteId};
use jiff::{SignedDuration, Timestamp};

use super::cast::{account, newcomer, principal, program, set_up};
use crate::{
    access::{
        Account, Act, Change, Factor, Invitation, Login, NewPerson, NewToken, PersonKey, Principal, Register,
        Scope, Sha256, Verbs,
    },
    refusal::Refusal,
};

/// A site of an org.
pub(super) type Place = (OrgId, SiteId);

pub(super) fn places() -> Vec<Place> {
    let pairs = [("acme", "main"), ("acme", "lab"), ("globex", "main")];
    pairs.iter().map(|(org, site)| (OrgId::new(org).unwrap(), SiteId::new(site).unwrap())).collect()
}

pub(super) struct World {
    pub(super) register: Register,
    pub(super) now: Timestamp,
    /// Tokens that go back to a login by password alone, and whose login that was.
    pub(super) bare: BTreeMap<Sha256, PersonKey>,
    /// When owners came in by themself for the first time.
    pub(super) came: BTreeMap<PersonKey, Timestamp>,
    state: u64,
    next: u64,
}

/// Who acts: by which token, if by one.
pub(super) struct Caller {
    pub(super) by: Principal,
    token: Option<Sha256>,
}

impl World {
    /// Half of the worlds have an owner in `acme` already, and people who can do something.
    pub(super) fn new(seed: u64) -> Self {
        let now = "2026-11-23T00:00:00Z".parse().unwrap();
        let (register, ann) = set_up(now);
        let mut world = Self {
            register,
            now,
            bare: BTreeMap::new(),
            came: BTreeMap::new(),
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1,
            next: 0,
        };
        if world.dice(4) != 0 {
            world.settle(&ann);
        }
        world
    }

    /// An owner in `acme`, and people of both sides who can do something.
    fn settle(&mut self, ann: &Principal) {
        let omar = principal(Side::Internal, "omar", "acme");
        let owns = (Verbs::ALL, self.id());
        self.let_in(newcomer(Side::Internal, "omar", "acme"), owns, ann);
        if self.dice(4) != 0 {
            self.register.accounts.insert(omar.key(), account());
        }
        for (side, id, home, by) in [
            (Side::Internal, "sam", "acme/main", &omar),
            (Side::Msp, "kim", "acme", ann),
            (Side::Msp, "mira", "*", ann),
        ] {
            let verbs = (self.verbs(), self.id());
            self.let_in(newcomer(side, id, home), verbs, by);
        }
        for (by, home) in [(&omar, "acme"), (ann, "*")] {
            if self.dice(2) == 0 {
                self.program_of(by, home);
            }
        }
    }

    fn let_in(&mut self, person: NewPerson, verbs: (Verbs, String), by: &Principal) {
        let act = Act::Invite { person, verbs, reason: "works".into(), invitation: None };
        self.register.act(&act, by, self.now).unwrap();
    }

    /// Somebody makes a program that may do all that they may.
    fn program_of(&mut self, by: &Principal, home: &str) {
        let person = program(by.side, "robot", home);
        let token = NewToken {
            hash: self.hash(),
            scope: person.home.clone(),
            person,
            verbs: Verbs::ALL,
            expires_at: None,
            endless: false,
            asked_until: None,
        };
        self.register.act(&Act::MakeToken(Box::new(token)), by, self.now).unwrap();
    }

    /// Somebody takes an invitation up, or comes in, with what they have.
    pub(super) fn come_in(&mut self) {
        let who = self.known();
        let account = Account { recovery: [].into(), set_at: self.now, ..account() };
        let waiting: Vec<_> = self.register.invitations.keys().copied().collect();
        if !waiting.is_empty() && self.dice(2) == 0 {
            let invitation = self.pick(&waiting);
            self.take_up(&invitation, account.clone());
        }
        if !self.register.accounts.contains_key(&who) {
            let letter = self.letter(&who);
            self.take_up(&letter, account);
        }
        let Some(set_at) = self.register.accounts.get(&who).map(|account| account.set_at) else { return };
        let step = self.now.as_second().unsigned_abs();
        let factor = if self.dice(3) == 0 { Factor::Totp(step) } else { Factor::None };
        let (hash, bare) = (self.hash(), factor == Factor::None);
        let login = Login {
            who: who.clone(),
            set_at: Some(set_at),
            factor,
            hash,
            browser: self.dice(2) == 0,
            instead_of: None,
        };
        if self.register.log_in(&login, self.now).is_ok() && bare {
            self.bare.insert(hash, who);
        }
    }

    /// An invitation for somebody that they had themself, and nobody else has seen.
    fn letter(&mut self, who: &PersonKey) -> Sha256 {
        let (letter, expires_at) = (self.hash(), self.now + SignedDuration::from_hours(1));
        let invitation =
            Invitation { to: who.clone(), by: who.clone(), maker: None, expires_at, through_seal: false };
        self.register.apply(&[Change::Invitation(letter, Some(invitation))]);
        letter
    }

    /// Somebody sets a password by an invitation, if they may.
    pub(super) fn take_up(&mut self, letter: &Sha256, account: Account) {
        let Some(who) = self.register.invitations.get(letter).map(|waiting| waiting.to.clone()) else {
            return;
        };
        let register = &self.register;
        let owns = |org| register.owners(org, self.now).any(|owner| owner.key() == who);
        let first = !register.accounts.contains_key(&who) && who.org.as_ref().is_some_and(owns);
        if self.register.accept(letter, account, self.now).is_ok() && first {
            self.came.insert(who, self.now);
        }
    }

    /// Does what somebody wants done, and keeps in mind what a token goes back to.
    pub(super) fn act(&mut self, act: &Act, caller: &Caller) -> Result<Vec<Change>, Refusal> {
        let changes = self.register.act(act, &caller.by, self.now)?;
        if let (Act::MakeToken(made), Some(token)) = (act, caller.token)
            && let Some(who) = self.bare.get(&token).cloned()
        {
            self.bare.insert(made.hash, who);
        }
        Ok(changes)
    }

    fn hash(&mut self) -> Sha256 {
        Sha256::of(&self.dice(u64::MAX).to_be_bytes())
    }

    /// A number below `n`.
    pub(super) fn dice(&mut self, n: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }

    fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        of[usize::try_from(self.dice(of.len() as u64)).unwrap()].clone()
    }

    fn id(&mut self) -> String {
        self.next += 1;
        format!("g{}", self.next)
    }

    /// What everybody may do everywhere.
    pub(super) fn rights(&self) -> BTreeMap<(PersonKey, Place), Verbs> {
        let mut rights = BTreeMap::new();
        for key in self.register.people.keys() {
            let reach = self.register.own_reach(key, Verbs::EVERYTHING, Scope::Everywhere, self.now);
            for (org, site) in places() {
                let verbs = reach.verbs(&org, Some(&site));
                rights.insert((key.clone(), (org, site)), verbs);
            }
        }
        rights
    }
}
