//! Why somebody may do something, or may not: every step from the person to the right.

use dogwatch_model::Side;
use jiff::Timestamp;
use schemars::JsonSchema;

use super::{Grant, Person, PersonKey, Reach, Register, Scope, Verb, Verbs};

/// An answer with its reasons.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, JsonSchema)]
#[schemars(rename = "AccessExplained")]
pub struct Explained {
    /// Whether they may.
    pub allowed: bool,
    /// Why, or why not, step by step.
    pub because: Vec<String>,
    /// Who can give it, a few of them, where it is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub givers: Vec<String>,
}

impl Register {
    /// Whether a person may do something, apart from what their token lets through; told to who reaches that far at `now`,
    /// without word of places that they do not see.
    pub fn explain(
        &self,
        key: &PersonKey,
        verb: Verb,
        scope: &Scope,
        (asker, now): (&Reach, Timestamp),
    ) -> Explained {
        let reach = self.own_reach(key, Verbs::EVERYTHING, Scope::Everywhere, now);
        let allowed = match scope.org() {
            Some(org) => reach.may(verb, org, scope.site()),
            None => reach.everywhere().has(verb),
        };
        let Some(person) = self.people.get(key) else {
            let because = vec![format!("{} is not known", key.id)];
            return Explained { allowed, because, givers: Vec::new() };
        };
        let mut because = self.explain_person(person, verb, scope, now);
        because.extend(self.explain_grants(key, verb, scope, (asker, now)));
        if !allowed && because.len() == 1 {
            because.push(format!("no grant gives `{verb}` on {scope}"));
        }
        if allowed && verb.is_risky() && scope.org().is_none() {
            because
                .push("in an org that has an owner it counts once an owner has approved it there".to_owned());
        }
        let givers = if allowed { Vec::new() } else { self.givers_to(key, person.side, (verb, scope), now) };
        Explained { allowed, because, givers }
    }

    /// Who can give somebody of a side what is missing; where it was given, who can approve it.
    fn givers_to(
        &self,
        key: &PersonKey,
        side: Side,
        (verb, scope): (Verb, &Scope),
        now: Timestamp,
    ) -> Vec<String> {
        let Some(org) = scope.org() else { return self.msp_administrators(Some(key), now) };
        match self.waits(key, verb, (org, scope.site()), now) {
            Some(_) => self.approvers(key, org, now),
            None => self.givers(side, (Verbs::of(&[verb]), Some(key)), org, now),
        }
    }

    /// What comes of who they are, whatever they were given.
    fn explain_person(&self, person: &Person, verb: Verb, scope: &Scope, now: Timestamp) -> Vec<String> {
        let mut because =
            vec![format!("{} is of the {} side, at home in {}", person.id, person.side, person.home)];
        if let Some(since) = person.disabled_at.filter(|_| person.is_kept_out(now)) {
            because.push(format!("kept out since {since:.0}"));
        }
        if scope.org().is_some_and(|org| self.has_left(person.side, org)) {
            because.push(format!("the {} side has left {scope}", person.side));
        }
        if Verbs::EVERYBODY.has(verb) && person.home.contains(scope) {
            because.push(format!("everybody at home in {} has `{verb}` there, always", person.home));
        }
        because
    }

    fn explain_grants(
        &self,
        key: &PersonKey,
        verb: Verb,
        scope: &Scope,
        (asker, now): (&Reach, Timestamp),
    ) -> Vec<String> {
        let concerned = self.grants.of(key).filter(|grant| grant.verbs.has(verb));
        let seen = concerned.filter(|grant| asker.sees_place(&grant.scope));
        seen.map(|grant| self.explain_grant(grant, verb, scope, now)).collect()
    }

    fn explain_grant(&self, grant: &Grant, verb: Verb, scope: &Scope, now: Timestamp) -> String {
        let id = &grant.id;
        if !grant.scope.contains(scope) {
            return format!("grant {id} gives it on {} only", grant.scope);
        }
        if let Some(ended) = &grant.ended {
            return format!("grant {id} was ended by {} at {:.0}", ended.by, ended.at);
        }
        if let Some(end) = grant.expires_at.filter(|end| *end <= now) {
            return format!("grant {id} expired at {end:.0}");
        }
        let approval = scope.org().filter(|_| verb.is_risky()).map(|org| match grant.approvals.get(org) {
            Some(approval) => format!(", approved by {} at {:.0}", approval.by, approval.at),
            None if grant.to.org.is_none() && !self.owned(now).contains(org) => {
                format!(", and {org} has no owner yet who would approve it")
            }
            None => {
                format!(", but nobody has approved it in {org}: `dogwatch access approve {id} --org {org}`")
            }
        });
        let by = grant.given_by.as_ref().map_or_else(|| "set-up".to_owned(), ToString::to_string);
        let (scope, given_at, reason) = (&grant.scope, grant.given_at, &grant.reason);
        let approval = approval.unwrap_or_default();
        format!("grant {id} gives it on {scope}: by {by} at {given_at:.0}, \"{reason}\"{approval}")
    }
}
