//! What the dice choose: who acts, what they do, and to whom.

use dogwatch_model::{OrgId, Side};
use jiff::{SignedDuration, Timestamp};

use super::{Caller, World};
use crate::access::{
    Act, NewGrant, NewPerson, NewToken, PersonKey, Principal, Scope, Verb, Verbs,
    tests::cast::{newcomer, principal},
};

impl World {
    fn any_person(&mut self) -> NewPerson {
        let side = self.pick(&[Side::Msp, Side::Internal, Side::Internal, Side::Vendor]);
        let id = self.pick(&["ann", "omar", "sam", "kim", "mira", "eve", "vic"]);
        let home = self.pick(&["*", "acme", "acme", "acme/main", "acme/lab", "globex"]);
        let service = self.dice(5) == 0;
        NewPerson { service, ..newcomer(side, id, home) }
    }

    pub(super) fn known(&mut self) -> PersonKey {
        let keys: Vec<_> = self.register.people.keys().cloned().collect();
        self.pick(&keys)
    }

    pub(super) fn verbs(&mut self) -> Verbs {
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
    pub(in crate::access::tests) fn any_caller(&mut self) -> Caller {
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

    pub(in crate::access::tests) fn any_act(&mut self, by: &Principal) -> Act {
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
}
