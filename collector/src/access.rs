//! People: who they are, which side they are on, what they were given, and the opaque tokens that speak for them.
//!
//! A token is random text; only its SHA-256 is kept, so a copy of the store opens nothing. It speaks for one
//! [`Principal`] on exactly one side and reaches no further than its person, and its maker, do at the moment of use:
//! the [`Register`] says how far that is, as a [`Reach`].

mod account;
mod act;
mod api_token;
mod beginning;
mod bond;
mod change;
mod due;
mod enlistment;
mod explain;
mod grant;
mod grants;
mod handed;
mod join_token;
mod login;
mod namesake;
mod outgrown;
mod owner;
mod past;
mod person;
mod principal;
mod reach;
mod register;
mod remedy;
mod renewal;
mod scope;
mod sha256;
mod sign_in;
mod signing;
mod tokens;
mod trial;
mod trigger;
mod verb;
mod word;

pub use account::{Account, Hidden, Invitation, OrgStanding, Seal, SealState, Totp};
pub use act::{
    Act, DEFAULT_LIFETIME, GLASS_OPEN, NewGrant, NewPerson, NewToken, SESSION_IDLE, SESSION_LIFETIME,
    glass_person,
};
pub use api_token::{ApiToken, Session};
pub use bond::Bond;
pub use change::Change;
pub use due::{Due, DueKind};
pub use explain::Explained;
pub use grant::{Approval, Ended, Grant, GrantState};
pub use grants::Grants;
pub use join_token::JoinTokenRecord;
pub use login::{Factor, Login, NO_LOGIN, second_factor_wanted};
pub use namesake::NAMESAKES;
pub use past::{MAX_PAST, PAST_KEPT, Past};
pub use person::{Back, Person, PersonKey, free_id};
pub use principal::Principal;
pub use reach::Reach;
pub use register::Register;
pub use renewal::{NOT_SHOWN, Renewal, Renewed};
pub use scope::Scope;
pub use sha256::Sha256;
pub use sign_in::SignedIn;
pub use tokens::{ENDED_KEPT, MAX_ENDED, MAX_SESSIONS, Tokens};
pub use trigger::Trigger;
pub use verb::{Role, Verb, Verbs, VerbsIter};

#[cfg(test)]
mod tests;
