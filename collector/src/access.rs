//! People: who they are, which side they are on, what they were given, and the opaque tokens that speak for them.
//!
//! A token is random text; only its SHA-256 is kept, so a copy of the store opens nothing. It speaks for one
//! [`Principal`] on exactly one side and reaches no further than its person, and its maker, do at the moment of use:
//! the [`Register`] says how far that is, as a [`Reach`].

mod account;
mod act;
mod bond;
mod change;
mod due;
mod explain;
mod grant;
mod grants;
mod handed;
mod login;
mod namesake;
mod outgrown;
mod past;
mod person;
mod reach;
mod register;
mod renewal;
mod scope;
mod signing;
mod tokens;
mod trial;
mod trigger;
mod verb;
mod word;

pub use account::{Account, Hidden, Invitation, OrgStanding, Seal, Totp};
pub use act::{
    Act, DEFAULT_LIFETIME, GLASS_OPEN, NewGrant, NewPerson, NewToken, SESSION_IDLE, SESSION_LIFETIME,
    glass_person,
};
pub use bond::{Bond, SignedIn};
pub use change::Change;
pub use due::{Due, DueKind};
pub use explain::Explained;
pub use grant::{Approval, Ended, Grant};
pub use grants::Grants;
pub use login::{Factor, Login, NO_LOGIN, second_factor_wanted};
pub use namesake::NAMESAKES;
pub use past::{MAX_PAST, PAST_KEPT, Past};
pub use person::{Back, Person, PersonKey, free_id};
pub use reach::Reach;
pub use register::Register;
pub use renewal::{NOT_SHOWN, Renewal, Renewed};
pub use scope::Scope;
pub use tokens::{ENDED_KEPT, MAX_ENDED, MAX_SESSIONS, Tokens};
pub use trigger::Trigger;
pub use verb::{Role, Verb, Verbs, VerbsIter};

use core::fmt;

use dogwatch_model::{OrgId, PersonId, Side, SiteId, TeamId};
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// SHA-256 of a secret or of a public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Sha256(pub [u8; 32]);

impl Sha256 {
    /// Hashes bytes.
    pub fn of(bytes: &[u8]) -> Self {
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, bytes);
        let mut hash = [0; 32];
        hash.copy_from_slice(digest.as_ref());
        Self(hash)
    }
}

impl fmt::Display for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Sha256 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sha256({self})")
    }
}

impl core::str::FromStr for Sha256 {
    type Err = dogwatch_model::IdError;

    fn from_str(hex: &str) -> Result<Self, Self::Err> {
        let wrong = || dogwatch_model::IdError::NotOneOf {
            text: hex.to_owned(),
            choices: "64 hex digits".to_owned(),
        };
        if hex.len() != 64 || !hex.is_ascii() {
            return Err(wrong());
        }
        let mut hash = [0; 32];
        for (byte, pair) in hash.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
            let digits = core::str::from_utf8(pair).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(hash))
    }
}

impl JsonSchema for Sha256 {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Sha256".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "pattern": "^[0-9a-f]{64}$" })
    }
}

impl Serialize for Sha256 {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sha256 {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// Who speaks, and how much of their rights they use: the ceiling of a token. What comes of it is worked out at use, by
/// [`Register::reach`].
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
        let renews = self.session.is_none() && self.principal.person.as_str() != act::GLASS_ID;
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

/// A join token as it is kept: never its secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JoinTokenRecord {
    /// Short public id, to list and revoke it by.
    pub id: String,
    /// SHA-256 of the secret's text.
    pub hash: Sha256,
    /// The org that endpoints enrol into.
    pub org: OrgId,
    /// The site that endpoints enrol into.
    pub site: SiteId,
    /// Who made it.
    pub created_by: PersonId,
    /// Of which side they are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_side: Option<Side>,
    /// Who made the API token that it was made with, where that was somebody else: a service account's administrator.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_for: Option<PersonKey>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it stops working.
    pub expires_at: Timestamp,
    /// How many endpoints it may enrol.
    pub uses: u32,
    /// How many it has enrolled.
    #[serde(default)]
    pub used: u32,
    /// Endpoints wait for `dogwatch endpoint approve`.
    #[serde(default)]
    pub approval: bool,
    /// When somebody withdrew it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

#[cfg(test)]
mod tests;
