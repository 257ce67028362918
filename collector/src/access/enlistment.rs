//! Somebody new with their first token: by set-up, where nobody is there yet who could let them in.

use dogwatch_model::Side;
use jiff::Timestamp;

use super::{ApiToken, Approval, Change, Grant, Person, Principal, Register, Verbs};

impl Register {
    /// Makes the person of a new token known, with the rights that it asks for, if nobody knows them yet.
    pub fn enlist(&mut self, token: &ApiToken, now: Timestamp) -> Vec<Change> {
        let who = &token.principal;
        if self.people.contains_key(&who.key()) {
            return Vec::new();
        }
        let person = Person {
            team: who.team.clone(),
            created_by: who.maker.clone(),
            ..Person::new(who.person.clone(), who.side, who.scope(), now)
        };
        let mut changes = vec![Change::Person(person)];
        changes.extend(first_grant(&token.id, who, now).map(Change::Grant));
        self.apply(&changes);
        changes
    }
}

/// What somebody gets with their first token, beyond what everybody may.
fn first_grant(id: &str, who: &Principal, now: Timestamp) -> Option<Grant> {
    let verbs = who.ceiling.without(Verbs::EVERYBODY);
    let (key, given_by) = (who.key(), who.maker.clone());
    // Whoever an org's own side begins with owns it.
    let first = who.org.clone().filter(|_| who.side == Side::Internal);
    let approval = Approval { by: given_by.clone().unwrap_or_else(|| key.clone()), at: now };
    (!verbs.is_empty()).then(|| Grant {
        given_by,
        review_at: Some(now + Grant::review_after(verbs)),
        approvals: first.map(|org| (org, approval)).into_iter().collect(),
        ..Grant::new(id, key, (verbs, who.scope()), "came with their first token", now)
    })
}
