//! What asks for a look at a grant before its date: its holder does something else now, or others answer for the work.

use dogwatch_model::{OrgId, TeamId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{DueKind, Grant, Person, PersonKey, Register};

/// Something that happened, of each kind the latest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Trigger {
    /// What sort of thing.
    pub kind: DueKind,
    /// When.
    pub at: Timestamp,
    /// What exactly, in words.
    pub why: String,
}

impl Grant {
    /// Asks for a look at it.
    pub(super) fn ask(&mut self, trigger: Trigger) {
        self.triggers.retain(|known| known.kind != trigger.kind);
        self.triggers.push(trigger);
    }
}

impl Register {
    /// Somebody works in another team now: all that they were given is to be looked at; with an org, what they were given
    /// there alone. Gives the grants as they are then.
    pub(crate) fn changed_team(
        &mut self,
        key: &PersonKey,
        (from, to): (&TeamId, Option<&TeamId>),
        org: Option<&OrgId>,
        now: Timestamp,
    ) -> Vec<Grant> {
        let why = match to {
            Some(to) => format!("{} moved from team {from} to {to}", key.id),
            None => format!("{} is not in team {from} any more", key.id),
        };
        let theirs = |_: Option<&Person>, grant: &Grant| {
            grant.to == *key && org.is_none_or(|org| grant.scope.org() == Some(org))
        };
        self.ask_where(DueKind::TeamChanged, now, |person, grant| theirs(person, grant).then(|| why.clone()))
    }

    /// Asks for a look at every grant in force for which `why` finds a reason.
    pub(crate) fn ask_where(
        &mut self,
        kind: DueKind,
        now: Timestamp,
        why: impl Fn(Option<&Person>, &Grant) -> Option<String>,
    ) -> Vec<Grant> {
        let people = &self.people;
        let asked = self.grants.values_mut().filter(|grant| grant.is_in_force(now)).filter_map(|grant| {
            let why = why(people.get(&grant.to), grant)?;
            grant.ask(Trigger { kind, at: now, why });
            Some(grant.clone())
        });
        asked.collect()
    }
}
