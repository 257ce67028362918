//! Who speaks through a token: for whom, how far and how much at most.

use dogwatch_model::{OrgId, PersonId, Side, SiteId, TeamId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PersonKey, Scope, Verbs};

/// Who speaks, and how much of their rights they use: the ceiling of a token. What comes of it is worked out at use, by
/// [`Register::reach`](super::Register::reach).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Principal {
    /// The person.
    pub person: PersonId,
    /// The side they are on.
    pub side: Side,
    /// The team they work in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// The one org it reaches; absent for every one that the person reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// The one site of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// What it lets through at most.
    #[serde(rename = "verbs")]
    pub ceiling: Verbs,
    /// Who made it, where that was somebody else: it never reaches further than they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maker: Option<PersonKey>,
    /// It goes back to a login by password alone: nothing comes of it while whoever logged in needs a second factor.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub password_only: bool,
    /// The short id of the token that was shown, for the audit. Not kept with a token: it has one already.
    #[serde(skip)]
    pub token: Option<String>,
}

impl Principal {
    /// Somebody who speaks for themself, with no more than `ceiling` and no further than `within`.
    pub fn new(person: PersonId, side: Side, within: &Scope, ceiling: Verbs) -> Self {
        Self {
            person,
            side,
            team: None,
            org: within.org().cloned(),
            site: within.site().cloned(),
            ceiling,
            maker: None,
            password_only: false,
            token: None,
        }
    }

    /// Whose rights it uses.
    pub fn key(&self) -> PersonKey {
        PersonKey::of(self.side, &self.scope(), self.person.clone())
    }

    /// Where it reaches at most.
    pub fn scope(&self) -> Scope {
        Scope::of(self.org.clone(), self.site.clone())
    }

    /// This principal as the actor of an alert's timeline.
    pub fn actor(&self) -> dogwatch_triage::alert::Actor {
        dogwatch_triage::alert::Actor::person(self.person.clone(), self.side, self.team.clone())
    }
}
