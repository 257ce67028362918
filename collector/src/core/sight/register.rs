//! What somebody sees of the access register: people of the orgs they see and the MSP's own, and what those may do there.

use dogwatch_model::{OrgId, Side};
use jiff::Timestamp;

use super::Sight;
use crate::access::{
    ApiToken, Due, DueKind, Explained, Grant, GrantState, OrgStanding, Person, PersonKey, Scope, Verb,
};

impl<'s> Sight<'s> {
    /// People.
    pub fn people(&self) -> impl Iterator<Item = &'s Person> + use<'s, '_> {
        self.state.access.people.values().filter(|person| self.knows(person))
    }

    /// One person.
    pub fn person(&self, key: &PersonKey) -> Option<&'s Person> {
        self.state.access.people.get(key).filter(|person| self.knows(person))
    }

    /// Grants, without word of orgs that are not theirs to see.
    pub fn register_grants(&self) -> impl Iterator<Item = Grant> + use<'s, '_> {
        let seen = self.state.access.grants.values().filter(|grant| self.sees_home(&grant.scope));
        seen.map(|grant| {
            let mut grant = grant.clone();
            grant.approvals.retain(|org, _| self.reach.sees_org(org));
            // When it was used says that its holder did something, somewhere that it counts.
            grant.used_at = grant.used_at.filter(|_| self.sees_all_of(&grant.scope));
            grant
        })
    }

    /// What of it is to be looked at.
    pub fn due(&self, now: Timestamp) -> Vec<Due> {
        let mut due = self.state.access.due(now);
        due.retain(|due| match due.kind {
            DueKind::GrantUnused => self.sees_all_of(&due.scope),
            _ => self.sees_home(&due.scope),
        });
        due
    }

    /// Why somebody may do something, or not.
    pub fn explain(&self, key: &PersonKey, verb: Verb, scope: &Scope, now: Timestamp) -> Option<Explained> {
        let known = self.person(key).is_some() && self.sees_home(scope);
        known.then(|| self.state.access.explain(key, verb, scope, (self.reach, now)))
    }

    /// Whom somebody means by `omar` or `acme:omar`, among those they see.
    pub fn named(&self, text: &str) -> Option<PersonKey> {
        if text.contains(':') {
            return text.parse().ok().filter(|key| self.person(key).is_some());
        }
        let [only] = <[_; 1]>::try_from(self.namesakes(text)).ok()?;
        Some(only)
    }

    /// Everybody of that id among those they see.
    pub fn namesakes(&self, id: &str) -> Vec<PersonKey> {
        self.people().filter(|person| person.id.as_str() == id).map(Person::key).collect()
    }

    /// The owners of an org.
    pub fn owners<'a>(&'a self, org: &'a OrgId, now: Timestamp) -> Vec<&'a Person> {
        if self.reach.sees_org(org) { self.state.access.owners(org, now).collect() } else { Vec::new() }
    }

    /// What holds for an org as a whole.
    pub fn org_standing(&self, org: &OrgId) -> OrgStanding {
        let seen = self.state.access.orgs.get(org).filter(|_| self.reach.sees_org(org));
        seen.cloned().unwrap_or_default()
    }

    /// When somebody was last there, to where it is seen; `used` knows when a token was.
    pub fn last_seen(
        &self,
        key: &PersonKey,
        used: impl Fn(&ApiToken) -> Option<Timestamp>,
    ) -> Option<Timestamp> {
        self.person(key)?;
        let seen = self.state.access.tokens.of(key).filter(|token| self.sees_home(&token.principal.scope()));
        seen.filter_map(used).max()
    }

    /// What a grant comes to.
    pub fn grant_state(&self, grant: &Grant, now: Timestamp) -> GrantState {
        self.state.access.grant_state(grant, now)
    }

    /// Whether somebody has set a password, and has a second factor.
    pub fn account(&self, key: &PersonKey) -> Option<bool> {
        self.person(key)?;
        self.state.access.accounts.get(key).map(|account| account.totp.is_some())
    }

    /// Whether nothing at a place is kept from them.
    fn sees_all_of(&self, scope: &Scope) -> bool {
        match scope.org() {
            Some(org) => self.reach.sees(org, scope.site()),
            None => self.reach.sees_everything(),
        }
    }

    fn knows(&self, person: &Person) -> bool {
        self.sees_home(&person.home) || self.state.access.is_left_behind(person, self.reach)
    }

    fn sees_home(&self, scope: &Scope) -> bool {
        self.reach.sees_place(scope) && (*scope != Scope::Everywhere || self.is_looked_after())
    }

    /// Whether the MSP is theirs to hear of: it is once more a stranger to people of an org that it has left.
    fn is_looked_after(&self) -> bool {
        let home = self.reach.home().and_then(Scope::org).filter(|_| self.reach.side() != Side::Msp);
        let left = self.state.access.left.get(&Side::Msp);
        home.is_none_or(|org| left.is_none_or(|left| !left.contains(org)))
    }
}
