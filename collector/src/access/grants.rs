//! The grants by their id, by whoever has them, and those that may make somebody an owner.
//!
//! What somebody may do is asked at every request, so nobody else's grants are looked at for it. Whose a grant is, its rights
//! and its place stay as they were given; what changes is how long it lasts and who approved it.

use core::ops::Deref;
use std::collections::{BTreeMap, BTreeSet, btree_map};

use super::{Grant, PersonKey, Scope, Verb};

/// Grants by their short id, ended ones included until they are let go of.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Grants {
    by_id: BTreeMap<String, Grant>,
    by_person: BTreeMap<PersonKey, BTreeSet<String>>,
    /// Those that let somebody administer a whole org.
    of_orgs: BTreeSet<String>,
}

impl Deref for Grants {
    type Target = BTreeMap<String, Grant>;

    fn deref(&self) -> &Self::Target {
        &self.by_id
    }
}

impl Grants {
    /// Takes one in, in the place of the one with the same id.
    pub fn insert(&mut self, id: String, grant: Grant) {
        self.remove(&id);
        self.by_person.entry(grant.to.clone()).or_default().insert(id.clone());
        if grant.verbs.has(Verb::Administer) && matches!(grant.scope, Scope::Org(_)) {
            self.of_orgs.insert(id.clone());
        }
        self.by_id.insert(id, grant);
    }

    /// One, to change when it was used, ends or was approved. Whose it is and what it gives stays.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Grant> {
        self.by_id.get_mut(id)
    }

    /// All, to change the same.
    pub fn values_mut(&mut self) -> btree_map::ValuesMut<'_, String, Grant> {
        self.by_id.values_mut()
    }

    /// Lets one go.
    pub fn remove(&mut self, id: &str) {
        let Some(grant) = self.by_id.remove(id) else { return };
        self.of_orgs.remove(id);
        if let Some(own) = self.by_person.get_mut(&grant.to) {
            own.remove(id);
            if own.is_empty() {
                self.by_person.remove(&grant.to);
            }
        }
    }

    /// Those of one person.
    pub fn of<'g>(&'g self, whose: &PersonKey) -> impl Iterator<Item = &'g Grant> + use<'g> {
        self.by_person.get(whose).into_iter().flatten().filter_map(|id| self.by_id.get(id))
    }

    /// Everybody who has or had any.
    pub(super) fn holders(&self) -> impl Iterator<Item = &PersonKey> {
        self.by_person.keys()
    }

    /// Those that let somebody administer a whole org.
    pub(super) fn of_orgs(&self) -> impl Iterator<Item = &Grant> {
        self.of_orgs.iter().filter_map(|id| self.by_id.get(id))
    }
}

impl Extend<(String, Grant)> for Grants {
    fn extend<I: IntoIterator<Item = (String, Grant)>>(&mut self, grants: I) {
        grants.into_iter().for_each(|(id, grant)| self.insert(id, grant));
    }
}
