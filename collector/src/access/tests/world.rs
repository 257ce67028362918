//! A small world to try things in: two orgs with two sites, people of every side, and dice.

use std::collections::BTreeMap;

use dogwatch_model::{OrgId, PersonId, Side, SiteId};
use jiff::{SignedDuration, Timestamp};

use crate::access::{
    Account, Act, ApiToken, Factor, Hidden, Login, NewGrant, NewPerson, NewToken, PersonKey, Principal,
    Register, Scope, Sha256, Verb, Verbs,
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
    state: u64,
    next: u64,
}

/// Who acts: by which token, if by one.
pub(super) struct Caller {
    pub(super) by: Principal,
    token: Option<Sha256>,
}

pub(super) fn principal(side: Side, person: &str, scope: &str) -> Principal {
    let scope: Scope = scope.parse().unwrap();
    Principal {
        person: PersonId::new(person).unwrap(),
        side,
        team: None,
        org: scope.org().cloned(),
        site: scope.site().cloned(),
        ceiling: Verbs::EVERYTHING,
        maker: None,
        password_only: false,
        token: None,
    }
}

pub(super) fn set_up(now: Timestamp) -> (Register, Principal) {
    let ann = Principal { ceiling: Verbs::ALL, ..principal(Side::Msp, "ann", "*") };
    let token = ApiToken {
        id: "first".into(),
        hash: Sha256::of(b"first"),
        principal: ann.clone(),
        created_at: now,
        expires_at: None,
        revoked_at: None,
        session: None,
        used_at: None,
    };
    let mut register = Register::default();
    register.enlist(&token, now);
    (register, ann)
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
            state: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bd1,
            next: 0,
        };
        if world.dice(4) != 0 {
            let owner = world.person(Side::Internal, "omar", "acme");
            let verbs = (Verbs::ALL, world.id());
            world.must(
                &Act::Invite { person: owner, verbs, reason: "owns it".into(), invitation: None },
                &ann,
            );
            let omar = principal(Side::Internal, "omar", "acme");
            if world.dice(4) != 0 {
                world.register.accounts.insert(omar.key(), super::rules::account());
            }
            for (side, id, home, by) in [
                (Side::Internal, "sam", "acme/main", &omar),
                (Side::Msp, "kim", "acme", &ann),
                (Side::Msp, "mira", "*", &ann),
            ] {
                let person = world.person(side, id, home);
                let verbs = (world.verbs(), world.id());
                world.must(&Act::Invite { person, verbs, reason: "works".into(), invitation: None }, by);
            }
            for (by, home) in [(&omar, "acme"), (&ann, "*")] {
                if world.dice(2) == 0 {
                    world.program_of(by, home);
                }
            }
        }
        world
    }

    /// Somebody makes a program that may do all that they may.
    fn program_of(&mut self, by: &Principal, home: &str) {
        let person = NewPerson { service: true, ..self.person(by.side, "robot", home) };
        let token = NewToken {
            hash: self.hash(),
            scope: person.home.clone(),
            person,
            verbs: Verbs::ALL,
            expires_at: None,
            endless: false,
            asked_until: None,
        };
        self.must(&Act::MakeToken(Box::new(token)), by);
    }

    /// Somebody takes an invitation up, or comes in, with what they have.
    pub(super) fn come_in(&mut self) {
        let who = self.known();
        let account = Account {
            password: Hidden::new("$argon2id$".into()),
            totp: None,
            pending: Some(Hidden::new("JBSWY3DP".into())),
            recovery: [].into(),
            set_at: self.now,
            set_by: None,
        };
        let waiting: Vec<_> = self.register.invitations.keys().copied().collect();
        if !waiting.is_empty() && self.dice(2) == 0 {
            let invitation = self.pick(&waiting);
            let _ = self.register.accept(&invitation, account.clone(), self.now);
        }
        let set_at = self.register.accounts.entry(who.clone()).or_insert(account).set_at;
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

    /// Does what somebody wants done, and keeps in mind what a token goes back to.
    pub(super) fn act(
        &mut self,
        act: &Act,
        caller: &Caller,
    ) -> Result<Vec<crate::access::Change>, crate::refusal::Refusal> {
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

    fn must(&mut self, act: &Act, by: &Principal) {
        self.register.act(act, by, self.now).unwrap();
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

    fn person(&self, side: Side, id: &str, home: &str) -> NewPerson {
        NewPerson {
            id: PersonId::new(id).unwrap(),
            side,
            home: home.parse().unwrap(),
            team: None,
            service: false,
        }
    }

    fn any_person(&mut self) -> NewPerson {
        let side = self.pick(&[Side::Msp, Side::Internal, Side::Internal, Side::Vendor]);
        let id = self.pick(&["ann", "omar", "sam", "kim", "mira", "eve", "vic"]);
        let home = self.pick(&["*", "acme", "acme", "acme/main", "acme/lab", "globex"]);
        let service = self.dice(5) == 0;
        NewPerson { service, ..self.person(side, id, home) }
    }

    fn known(&mut self) -> PersonKey {
        let keys: Vec<_> = self.register.people.keys().cloned().collect();
        self.pick(&keys)
    }

    fn verbs(&mut self) -> Verbs {
        match self.dice(4) {
            0 => Verbs::ALL,
            1 => Verbs::CREW,
            2 => Verbs::of(&[Verb::Administer]),
            _ => {
                let one = self.pick(Verb::ALL);
                Verbs::of(&[one, Verb::View])
            }
        }
    }

    fn scope(&mut self) -> Scope {
        self.pick(&["*", "acme", "acme", "acme/main", "acme/lab", "globex"]).parse().unwrap()
    }

    fn end(&mut self) -> Option<Timestamp> {
        let hours = 1 + self.dice(200) as i64;
        (self.dice(2) == 0).then(|| self.now + SignedDuration::from_hours(hours))
    }

    /// Somebody who acts: with all of their rights, or through one of their tokens.
    pub(super) fn any_caller(&mut self) -> Caller {
        let tokens: Vec<_> =
            self.register.tokens.values().filter(|token| token.is_valid(self.now)).cloned().collect();
        if !tokens.is_empty() && self.dice(3) == 0 {
            let mut tokens = tokens;
            tokens.sort_by_key(|token| token.hash);
            let token = self.pick(&tokens);
            return Caller { by: token.principal, token: Some(token.hash) };
        }
        let key = self.known();
        let person = self.register.people[&key].clone();
        let home = Scope::of(key.org.clone(), None);
        let by = Principal { person: key.id, ..principal(person.side, "x1", &home.to_string()) };
        Caller { by, token: None }
    }

    /// Anybody; now and then whoever made the token that is shown, or whose it is.
    fn any_holder(&mut self, by: &Principal) -> PersonKey {
        match (self.dice(5), &by.maker) {
            (0, Some(maker)) => maker.clone(),
            (1, _) => by.key(),
            _ => self.known(),
        }
    }

    /// Anybody; now and then whoever asks, for themself.
    fn any_bearer(&mut self, by: &Principal) -> NewPerson {
        let own = self.register.people.get(&by.key()).filter(|own| own.side == by.side).cloned();
        match own {
            Some(own) if self.dice(3) == 0 => {
                NewPerson { id: own.id, side: own.side, home: own.home, team: None, service: own.service }
            }
            _ => self.any_person(),
        }
    }

    fn grant(&mut self) -> String {
        let ids: Vec<_> = self.register.grants.keys().cloned().collect();
        self.pick(&ids)
    }

    fn token(&mut self) -> String {
        let mut ids: Vec<_> = self.register.tokens.values().map(|token| token.id.clone()).collect();
        ids.sort();
        if ids.is_empty() { "none".into() } else { self.pick(&ids) }
    }

    fn org(&mut self) -> OrgId {
        OrgId::new(self.pick(&["acme", "acme", "globex"])).unwrap()
    }

    pub(super) fn any_act(&mut self, by: &Principal) -> Act {
        let hash = self.hash();
        match self.dice(21) {
            0..=2 => {
                let person = self.any_person();
                let invitation = (!person.service).then_some(hash);
                Act::Invite { person, verbs: (self.verbs(), self.id()), reason: "needed".into(), invitation }
            }
            3..=5 => Act::Grant(NewGrant {
                id: self.id(),
                to: self.any_holder(by),
                verbs: self.verbs(),
                scope: self.scope(),
                reason: "needed".into(),
                expires_at: self.end(),
                review_at: None,
            }),
            6..=7 => Act::Approve(self.grant(), self.org()),
            8 => Act::Refuse(self.grant(), self.org()),
            9 => Act::End(self.grant(), "over".into()),
            10 => Act::Disable(self.known()),
            11 => Act::Enable(self.known()),
            12 => Act::Reinvite(self.known(), hash),
            13 => Act::Offboard(self.org(), Side::Msp),
            14 => Act::Review(self.grant(), None),
            15 => Act::RevokeToken(self.token()),
            16 => Act::Seal { id: self.id(), hash, scope: self.scope() },
            18 => Act::Unseal("s1".into()),
            17 => Act::SecondFactor(self.org(), self.dice(2) == 0),
            _ => Act::MakeToken(Box::new(NewToken {
                hash,
                person: self.any_bearer(by),
                scope: self.scope(),
                verbs: self.verbs(),
                expires_at: self.end(),
                endless: false,
                asked_until: None,
            })),
        }
    }

    /// Somebody breaks the seal of the MSP, or of `acme` where it has an owner who made one.
    pub(super) fn break_seal(&mut self) -> Option<Principal> {
        let (code, opened) = (Sha256::of(b"paper"), Sha256::of(b"opened"));
        let (scope, maker) = match self.dice(3) {
            0 => ("*", principal(Side::Msp, "ann", "*")),
            _ => ("acme", principal(Side::Internal, "omar", "acme")),
        };
        let seal = Act::Seal { id: "s1".into(), hash: code, scope: scope.parse().unwrap() };
        self.register.act(&seal, &maker, self.now).ok()?;
        let half = (self.verbs(), "acme");
        self.give_mira(half, &principal(Side::Msp, "ann", "*"));
        self.register.break_seal(&code, opened, self.now).unwrap();
        Some(self.register.tokens[&opened].principal.clone())
    }

    /// Mira may have `administer` in an org where no owner approved it, and now the paper may give her what counts.
    pub(super) fn entrust(&mut self, glass: &Principal) {
        if self.dice(2) == 0 {
            self.give_mira((Verbs::of(&[Verb::Administer]), "*"), glass);
        }
    }

    /// Gives Mira something where she is known and `by` may.
    fn give_mira(&mut self, (verbs, scope): (Verbs, &str), by: &Principal) {
        let grant = NewGrant {
            id: self.id(),
            to: principal(Side::Msp, "mira", "*").key(),
            verbs,
            scope: scope.parse().unwrap(),
            reason: "helps".into(),
            expires_at: None,
            review_at: None,
        };
        let _ = self.register.act(&Act::Grant(grant), by, self.now);
    }

    /// Whoever has the paper takes up every invitation that it made.
    pub(super) fn come_back(&mut self) {
        let waiting: Vec<_> = self.register.invitations.keys().copied().collect();
        for invitation in waiting {
            let account = Account { set_at: self.now, ..super::rules::account() };
            let _ = self.register.accept(&invitation, account, self.now);
        }
    }

    /// Whoever broke it, or somebody who was not `known` before, came back by it, or was given something on trial and
    /// administered nothing before.
    pub(super) fn any_let_in(&mut self, glass: &Principal, known: &Register) -> Principal {
        let administered = |key: &PersonKey| {
            let reach = known.own_reach(key, Verbs::EVERYTHING, Scope::Everywhere, self.now);
            let there = |(org, site): &Place| reach.may(Verb::Administer, org, Some(site));
            reach.everywhere().has(Verb::Administer) || places().iter().any(there)
        };
        let given = |key: &PersonKey| self.register.grants_of(key, self.now).any(|grant| grant.on_trial);
        let new = self.register.people.values().filter(|person| {
            let key = person.key();
            !known.people.contains_key(&key) || person.back.is_some() || (given(&key) && !administered(&key))
        });
        let new: Vec<_> = new.cloned().collect();
        if new.is_empty() || self.dice(3) == 0 {
            return glass.clone();
        }
        let person = self.pick(&new);
        let home = Scope::of(person.key().org, None);
        Principal { person: person.id, ..principal(person.side, "x1", &home.to_string()) }
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
