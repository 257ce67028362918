//! What an act changes: whole rows, so that the same code takes them in when they happen and when they are read back.

use dogwatch_model::OrgId;

use super::{
    Account, ApiToken, Bond, Grant, Invitation, OrgStanding, Person, PersonKey, Register, Seal, Sha256,
};

/// One row of the register as it is from now on.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// A person came or changed.
    Person(Person),
    /// A grant was given or changed.
    Grant(Grant),
    /// A token was made, used or revoked.
    Token(ApiToken),
    /// How a person proves who they are; absent when that was taken away.
    Account(PersonKey, Option<Box<Account>>),
    /// An invitation; absent once it was taken up or has ended.
    Invitation(Sha256, Option<Invitation>),
    /// Somebody came by a provider.
    Bond(Bond),
    /// A sealed code was made or broken.
    Seal(Seal),
    /// What holds for an org as a whole.
    Org(OrgId, OrgStanding),
}

impl Change {
    /// Whose it is, where it is somebody's.
    pub(crate) fn whose(&self) -> Option<PersonKey> {
        match self {
            Self::Token(token) => Some(token.principal.key()),
            other => other.of_rights(),
        }
    }

    /// What the end of a row is called in the audit, and what ended.
    pub(crate) fn end(&self) -> Option<(&'static str, String)> {
        match self {
            Self::Person(person) => Some(("person.disable", person.key().to_string())),
            Self::Grant(grant) if grant.ended.is_none() => Some(("grant.refuse", grant.id.clone())),
            Self::Grant(grant) => Some(("grant.end", grant.id.clone())),
            Self::Token(token) => Some(("token.revoke", token.id.clone())),
            _ => None,
        }
    }

    /// Whose rights, or way in, it may change.
    pub(super) fn of_rights(&self) -> Option<PersonKey> {
        match self {
            Self::Person(person) => Some(person.key()),
            Self::Account(key, _) => Some(key.clone()),
            Self::Bond(bond) => Some(bond.person.clone()),
            Self::Grant(grant) => Some(grant.to.clone()),
            Self::Token(_) | Self::Invitation(..) | Self::Seal(_) | Self::Org(..) => None,
        }
    }
}

impl Register {
    /// What a change of a person, a grant or a token takes the place of.
    pub fn was(&self, change: &Change) -> Option<Change> {
        match change {
            Change::Person(person) => self.people.get(&person.key()).cloned().map(Change::Person),
            Change::Grant(grant) => self.grants.get(&grant.id).cloned().map(Change::Grant),
            Change::Token(token) => self.tokens.get(&token.hash).cloned().map(Change::Token),
            _ => None,
        }
    }

    /// Takes changes in.
    pub fn apply(&mut self, changes: &[Change]) {
        changes.iter().cloned().for_each(|change| self.apply_one(change));
    }

    /// Takes one change in.
    pub fn apply_one(&mut self, change: Change) {
        match change {
            Change::Person(person) => drop(self.people.insert(person.key(), person)),
            Change::Grant(grant) => self.grants.insert(grant.id.clone(), grant),
            Change::Token(token) => self.tokens.insert(token.hash, token),
            Change::Account(key, Some(account)) => drop(self.accounts.insert(key, *account)),
            Change::Account(key, None) => drop(self.accounts.remove(&key)),
            Change::Invitation(hash, Some(invitation)) => drop(self.invitations.insert(hash, invitation)),
            Change::Invitation(hash, None) => drop(self.invitations.remove(&hash)),
            Change::Bond(bond) => drop(self.bonds.insert(bond.person.clone(), bond)),
            Change::Seal(seal) => drop(self.seals.insert(seal.hash, seal)),
            Change::Org(org, standing) => {
                for side in standing.left.keys() {
                    self.left.entry(*side).or_default().insert(org.clone());
                }
                self.orgs.insert(org, standing);
            }
        }
    }
}
