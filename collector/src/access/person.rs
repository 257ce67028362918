//! A person as the collector knows them: which side, where, and whether they may come in at all.

use core::fmt;

use dogwatch_model::{OrgId, PersonId, Side, TeamId};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Approval, Scope, act::GLASS_ID};
use crate::refusal::{Code, Refusal};

/// Names a person: ids are unique among the MSP's own people and among the people of each org.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct PersonKey {
    /// The org they belong to; absent for the MSP's own people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// Their id there.
    pub id: PersonId,
}

impl PersonKey {
    /// The key of a person of a side with that home.
    pub fn of(side: Side, home: &Scope, id: PersonId) -> Self {
        let org = home.org().filter(|_| side != Side::Msp).cloned();
        Self { org, id }
    }
}

/// As rows are keyed and people read it: `msp:kim`, `acme:sam`. No id has a colon.
impl fmt::Display for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.org {
            None => write!(f, "msp:{}", self.id),
            Some(org) => write!(f, "{org}:{}", self.id),
        }
    }
}

impl core::str::FromStr for PersonKey {
    type Err = dogwatch_model::IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (place, id) = text.split_once(':').unwrap_or(("msp", text));
        let org = if place == "msp" { None } else { Some(place.parse()?) };
        Ok(Self { org, id: id.parse()? })
    }
}

/// Ids that nobody can have: what timelines, the audit and lists call Dogwatch itself, set-up, whoever breaks a seal, or no
/// one. A person of such a name would be taken for that.
const RESERVED: [&str; 10] = [
    GLASS_ID,
    "collector",
    "dogwatch",
    "dogwatch-agent",
    "dogwatch-collector",
    "everybody",
    "nobody",
    "set-up",
    "setup",
    "system",
];

/// Refuses an id that nobody can have.
///
/// # Errors
/// `Invalid`, for one that Dogwatch uses itself.
pub fn free_id(id: &PersonId) -> Result<(), Refusal> {
    if !RESERVED.contains(&id.as_str()) {
        return Ok(());
    }
    let what = format!(
        "`{id}` is nobody's name here: timelines and audit call Dogwatch itself so; choose another id"
    );
    Err(Refusal::new(Code::Invalid, what))
}

/// One person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Person {
    /// Their id.
    pub id: PersonId,
    /// The side they are on, for good.
    pub side: Side,
    /// What they see and comment on without anybody's grant.
    pub home: Scope,
    /// The team they work in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<TeamId>,
    /// It is a program.
    #[serde(default, skip_serializing_if = "core::ops::Not::not")]
    pub service: bool,
    /// When they came.
    pub created_at: Timestamp,
    /// Who brought them in; absent for the first of all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<PersonKey>,
    /// They were let in after a seal was broken: until when they may come in, unless somebody confirms them who administers
    /// for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trial_until: Option<Timestamp>,
    /// Since when they may not come in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_at: Option<Timestamp>,
    /// Until when they may not, where a broken seal keeps them out; absent where that is for good.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_until: Option<Timestamp>,
    /// They came back by an invitation that goes back to a broken seal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub back: Option<Back>,
}

/// How somebody came back whom a broken seal let in again: nobody knows yet whether it is them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "BackBySeal")]
pub struct Back {
    /// When they set a new password by it.
    pub since: Timestamp,
    /// Who objected, and when: from then on only somebody's word ends the trial, not time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub objection: Option<Approval>,
}

impl Person {
    /// Somebody who comes at `now`: in no team, brought in by nobody, and free to come in.
    pub const fn new(id: PersonId, side: Side, home: Scope, now: Timestamp) -> Self {
        Self {
            id,
            side,
            home,
            team: None,
            service: false,
            created_at: now,
            created_by: None,
            trial_until: None,
            disabled_at: None,
            disabled_until: None,
            back: None,
        }
    }

    /// Their key.
    pub fn key(&self) -> PersonKey {
        PersonKey::of(self.side, &self.home, self.id.clone())
    }

    /// Whether somebody keeps them out for good.
    pub const fn is_out_for_good(&self) -> bool {
        self.disabled_at.is_some() && self.disabled_until.is_none()
    }

    /// Whether somebody keeps them out at `now`.
    pub fn is_kept_out(&self, now: Timestamp) -> bool {
        self.disabled_at.is_some() && self.disabled_until.is_none_or(|end| now < end)
    }

    /// How they stand at `now`: a time for which they were kept out and that is over is not told any more.
    pub fn at(&self, now: Timestamp) -> Self {
        let out = self.is_kept_out(now);
        Self {
            disabled_at: self.disabled_at.filter(|_| out),
            disabled_until: self.disabled_until.filter(|_| out),
            ..self.clone()
        }
    }

    /// Whether they may come in at `now`.
    pub fn may_come_in(&self, now: Timestamp) -> bool {
        !self.is_kept_out(now) && self.trial_until.is_none_or(|end| now < end)
    }
}
