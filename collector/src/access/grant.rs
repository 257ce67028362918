//! A grant: rights beyond seeing and commenting, for a reason and until a day.

use std::collections::BTreeMap;

use dogwatch_model::{OrgId, text_enum};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{PersonKey, Register, Scope, Trigger, Verbs};

/// Rights that somebody was given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Grant {
    /// Short id, to end it by.
    pub id: String,
    /// Who has it.
    pub to: PersonKey,
    /// What they may do.
    pub verbs: Verbs,
    /// Where.
    pub scope: Scope,
    /// What for.
    pub reason: String,
    /// When it was given.
    pub given_at: Timestamp,
    /// By whom; absent for the one that set-up gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub given_by: Option<PersonKey>,
    /// From when on it counts no more, to the second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// It was given after a seal was broken, and ends unless somebody confirms it who administers for good.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub on_trial: bool,
    /// The end that its giver asked for, where a trial ends it before: it is kept when it is confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub own_end: Option<Timestamp>,
    /// When somebody is to look at it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub review_at: Option<Timestamp>,
    /// When somebody last said that it is still right.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reviewed_at: Option<Timestamp>,
    /// When it last let something through that nobody may without one; once a day is noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
    /// What has happened since then that asks for a look.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub triggers: Vec<Trigger>,
    /// In which orgs its risky verbs were approved, and by whom.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub approvals: BTreeMap<OrgId, Approval>,
    /// Who ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

/// Somebody's word that the risky verbs of a grant may be used in their org.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Approval {
    /// Whose.
    pub by: PersonKey,
    /// Since when.
    pub at: Timestamp,
}

/// The end of a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Ended {
    /// By whom.
    pub by: PersonKey,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub why: String,
}

text_enum! {
    /// What a grant comes to at an instant.
    pub enum GrantState {
        /// All of it counts.
        InForce = "in_force",
        /// Its risky verbs count once an owner of its org has approved them; the others do.
        InPart = "in_part",
        /// Nothing of it counts before an owner of its org has approved it.
        Waiting = "waiting",
        /// It came to its end.
        Expired = "expired",
        /// Somebody ended it.
        Ended = "ended",
    }
}

impl Register {
    /// What a grant comes to. Where an org has no owner, nobody is asked.
    pub fn grant_state(&self, grant: &Grant, now: Timestamp) -> GrantState {
        let asked =
            |org: &&OrgId| !grant.approvals.contains_key(*org) && self.owners(org, now).next().is_some();
        let risky = grant.verbs.risky();
        match grant.scope.org().filter(asked) {
            _ if grant.ended.is_some() => GrantState::Ended,
            _ if !grant.is_in_force(now) => GrantState::Expired,
            Some(_) if !grant.verbs.is_empty() && risky == grant.verbs => GrantState::Waiting,
            Some(_) if !risky.is_empty() => GrantState::InPart,
            _ => GrantState::InForce,
        }
    }
}

impl Grant {
    /// Rights that count from `now` on, without an end, a day of review or anybody's approval.
    pub fn new(
        id: impl Into<String>,
        to: PersonKey,
        (verbs, scope): (Verbs, Scope),
        reason: impl Into<String>,
        now: Timestamp,
    ) -> Self {
        Self {
            id: id.into(),
            to,
            verbs,
            scope,
            reason: reason.into(),
            given_at: now,
            given_by: None,
            expires_at: None,
            review_at: None,
            reviewed_at: None,
            used_at: None,
            on_trial: false,
            own_end: None,
            triggers: Vec::new(),
            approvals: BTreeMap::new(),
            ended: None,
        }
    }

    /// How often its use is noted.
    const NOTED: SignedDuration = SignedDuration::from_hours(24);

    /// When it is looked at again, where nobody says.
    const REVIEW: SignedDuration = SignedDuration::from_hours(180 * 24);
    /// The same for one with risky verbs.
    const RISKY_REVIEW: SignedDuration = SignedDuration::from_hours(90 * 24);

    /// How long after it was given one with these verbs is looked at again.
    pub(super) fn review_after(verbs: Verbs) -> SignedDuration {
        if verbs.risky().is_empty() { Self::REVIEW } else { Self::RISKY_REVIEW }
    }

    /// Whether its use at `now` is to be noted.
    pub fn is_worth_noting(&self, now: Timestamp) -> bool {
        self.used_at.is_none_or(|used| now.duration_since(used) >= Self::NOTED)
    }

    /// Since when nobody has used it, nor said that it is right all the same.
    pub fn idle_since(&self) -> Timestamp {
        self.given_at
            .max(self.used_at.unwrap_or(self.given_at))
            .max(self.reviewed_at.unwrap_or(self.given_at))
    }

    /// Whether it counts at `now`.
    pub fn is_in_force(&self, now: Timestamp) -> bool {
        self.ended.is_none() && self.expires_at.is_none_or(|end| now < end)
    }
}
