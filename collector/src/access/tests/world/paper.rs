//! Somebody has the paper of a sealed code, and all whom it lets in.

use dogwatch_model::Side;

use super::{Place, World, places};
use crate::access::{
    Account, Act, PersonKey, Principal, Register, Scope, Sha256, Verb, Verbs,
    tests::cast::{account, principal, seal, wanted},
};

impl World {
    /// Somebody breaks the seal of the MSP, or of `acme` where it has an owner who made one.
    pub(in crate::access::tests) fn break_seal(&mut self) -> Option<Principal> {
        let (code, opened) = (Sha256::of(b"s1"), Sha256::of(b"opened"));
        let (scope, maker) = match self.dice(3) {
            0 => ("*", principal(Side::Msp, "ann", "*")),
            _ => ("acme", principal(Side::Internal, "omar", "acme")),
        };
        self.register.act(&seal("s1", scope), &maker, self.now).ok()?;
        let half = (self.verbs(), "acme");
        self.give_mira(half, &principal(Side::Msp, "ann", "*"));
        self.register.break_seal(&code, opened, self.now).unwrap();
        Some(self.register.tokens[&opened].principal.clone())
    }

    /// Mira may have `administer` in an org where no owner approved it, and now the paper may give her what counts.
    pub(in crate::access::tests) fn entrust(&mut self, glass: &Principal) {
        if self.dice(2) == 0 {
            self.give_mira((Verbs::of(&[Verb::Administer]), "*"), glass);
        }
    }

    /// Gives Mira something where she is known and `by` may.
    fn give_mira(&mut self, (verbs, scope): (Verbs, &str), by: &Principal) {
        let grant = wanted(&self.id(), &principal(Side::Msp, "mira", "*"), verbs, scope);
        let _ = self.register.act(&Act::Grant(grant), by, self.now);
    }

    /// Whoever has the paper takes up every invitation that it made.
    pub(in crate::access::tests) fn come_back(&mut self) {
        let waiting: Vec<_> = self.register.invitations.keys().copied().collect();
        for invitation in waiting {
            let account = Account { set_at: self.now, ..account() };
            self.take_up(&invitation, account);
        }
    }

    /// Whoever broke it, or somebody who was not `known` before, came back by it, or was given something on trial and
    /// administered nothing before.
    pub(in crate::access::tests) fn any_let_in(&mut self, glass: &Principal, known: &Register) -> Principal {
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
}
