//! An API token or a session as it is kept: never the token itself, only its hash.

use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Principal, Sha256,
    act::{GLASS_ID, SESSION_IDLE},
};

/// One API token as it is kept: never the token itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ApiToken {
    /// Short public id, to list and revoke it by.
    pub id: String,
    /// SHA-256 of the token's text.
    pub hash: Sha256,
    /// Who it speaks for.
    pub principal: Principal,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
    /// When somebody withdrew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
    /// It came of a login: it ends when nobody uses it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
    /// When it was used, roughly: once a day is noted, of a session once in a few minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub used_at: Option<Timestamp>,
}

/// What a login has that a token made by hand has not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// It is a browser's: comes as a cookie, and ends when it is not used.
    pub browser: bool,
}

impl ApiToken {
    /// A token that nobody has used yet, made at `now`, without an end.
    pub fn new(hash: Sha256, principal: Principal, now: Timestamp) -> Self {
        Self {
            id: Self::short_id(&hash),
            hash,
            principal,
            created_at: now,
            expires_at: None,
            revoked_at: None,
            session: None,
            used_at: None,
        }
    }

    /// How often a token's use is noted.
    const NOTED: SignedDuration = SignedDuration::from_hours(24);
    /// How often a session's is: often enough to tell half an hour of nothing.
    const SESSION_NOTED: SignedDuration = SignedDuration::from_mins(5);

    /// Whether it works at `now`.
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.ended_at(now).is_none()
    }

    /// When it ended, if it has by `now`.
    pub fn ended_at(&self, now: Timestamp) -> Option<Timestamp> {
        let used = self.used_at.unwrap_or(self.created_at);
        let idle = self.is_browser().then(|| used.checked_add(SESSION_IDLE).unwrap_or(Timestamp::MAX));
        let ends = [idle, self.expires_at].into_iter().flatten().filter(|end| *end <= now);
        ends.chain(self.revoked_at).min()
    }

    /// How long before its end whoever uses it is told.
    pub const WARNED: SignedDuration = SignedDuration::from_hours(7 * 24);

    /// Its end, when that is near enough to be told. A login ends within a day by its nature, and a
    /// broken seal within the hour: nobody is told to make another.
    pub fn ends_soon(&self, now: Timestamp) -> Option<Timestamp> {
        let renews = self.session.is_none() && self.principal.person.as_str() != GLASS_ID;
        self.expires_at.filter(|end| renews && *end <= now + Self::WARNED)
    }

    /// Whether a browser shows it.
    pub fn is_browser(&self) -> bool {
        self.session.as_ref().is_some_and(|session| session.browser)
    }

    /// Whether its use at `now` is to be noted.
    pub fn is_worth_noting(&self, now: Timestamp) -> bool {
        let pause = if self.is_browser() { Self::SESSION_NOTED } else { Self::NOTED };
        self.used_at.is_none_or(|used| now.duration_since(used) >= pause)
    }

    /// The same, withdrawn.
    #[must_use]
    pub fn revoked(&self, now: Timestamp) -> Self {
        Self { revoked_at: Some(self.revoked_at.unwrap_or(now)), ..self.clone() }
    }

    /// Short public ids: enough to tell tokens apart, too few to be mistaken for a secret.
    pub fn short_id(hash: &Sha256) -> String {
        hash.to_string()[..10].to_owned()
    }
}
