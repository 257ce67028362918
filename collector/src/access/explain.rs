//! Why somebody may do something, or may not: every step from the person to the right.

use jiff::Timestamp;
use schemars::JsonSchema;

use super::{PersonKey, Reach, Register, Scope, Verb, Verbs};

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
        let mut because = Vec::new();
        let Some(person) = self.people.get(key) else {
            return Explained {
                allowed,
                because: vec![format!("{} is not known", key.id)],
                givers: Vec::new(),
            };
        };
        because.push(format!("{} is of the {} side, at home in {}", key.id, person.side, person.home));
        if let Some(since) = person.disabled_at.filter(|_| person.is_kept_out(now)) {
            because.push(format!("kept out since {since:.0}"));
        }
        if scope.org().is_some_and(|org| self.left.get(&person.side).is_some_and(|left| left.contains(org))) {
            because.push(format!("the {} side has left {scope}", person.side));
        }
        if Verbs::EVERYBODY.has(verb) && person.home.contains(scope) {
            because.push(format!("everybody at home in {} has `{verb}` there, always", person.home));
        }
        because.extend(self.explain_grants(key, verb, scope, (asker, now)));
        if !allowed && because.len() == 1 {
            because.push(format!("no grant gives `{verb}` on {scope}"));
        }
        if allowed && verb.is_risky() && scope.org().is_none() {
            because
                .push("in an org that has an owner it counts once an owner has approved it there".to_owned());
        }
        let waits = scope.org().filter(|org| self.waits(key, verb, (org, scope.site()), now).is_some());
        let givers = match (allowed, scope.org()) {
            (true, _) => Vec::new(),
            // It was given, and is an owner's to approve.
            (false, Some(org)) if waits.is_some() => self.approvers(key, org, now),
            (false, Some(org)) => self.givers(person.side, (Verbs::of(&[verb]), Some(key)), org, now),
            (false, None) => self.msp_administrators(Some(key), now),
        };
        Explained { allowed, because, givers }
    }

    fn explain_grants(
        &self,
        key: &PersonKey,
        verb: Verb,
        scope: &Scope,
        (asker, now): (&Reach, Timestamp),
    ) -> Vec<String> {
        let mut because = Vec::new();
        let concerned = self.grants.of(key).filter(|grant| grant.verbs.has(verb));
        for grant in concerned.filter(|grant| asker.sees_place(&grant.scope)) {
            let id = &grant.id;
            because.push(if !grant.scope.contains(scope) {
                format!("grant {id} gives it on {} only", grant.scope)
            } else if let Some(ended) = &grant.ended {
                format!("grant {id} was ended by {} at {:.0}", ended.by, ended.at)
            } else if let Some(end) = grant.expires_at.filter(|end| *end <= now) {
                format!("grant {id} expired at {end:.0}")
            } else {
                let approval = scope.org().filter(|_| verb.is_risky()).map(|org| match grant.approvals.get(org) {
                    Some(approval) => format!(", approved by {} at {:.0}", approval.by, approval.at),
                    None if key.org.is_none() && !self.owned(now).contains(org) => {
                        format!(", and {org} has no owner yet who would approve it")
                    }
                    None => format!(", but nobody has approved it in {org}: `dogwatch access approve {id} --org {org}`"),
                });
                let by = grant.given_by.as_ref().map_or_else(|| "set-up".to_owned(), ToString::to_string);
                format!(
                    "grant {id} gives it on {}: by {by} at {:.0}, \"{}\"{}",
                    grant.scope,
                    grant.given_at,
                    grant.reason,
                    approval.unwrap_or_default()
                )
            });
        }
        because
    }
}
