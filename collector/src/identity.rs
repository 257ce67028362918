//! People who come by another's word: OpenID Connect providers, as a relying party.
//!
//! `identity.toml` names the providers. Each belongs to one side (and, but for the MSP's own, to one org): whatever it
//! says, it can only ever bring people of that side, there. It says who somebody is (issuer and subject, never a name
//! or a mail address) and which groups they are in; what a group may do stands in our file, and the access register's
//! rules hold for it as for every grant.
//!
//! Authorisation code with PKCE, state, nonce and an exact redirect address; discovery with an exact issuer; tokens
//! signed by the provider's published keys with one of four algorithms. Whatever does not fit is refused with a reason,
//! and nothing else of the collector depends on a provider: local accounts go on when one is down.
//!
//! Not here: routes and pages ([`crate::api`]), and what a login changes ([`crate::core`]).

mod claims;
mod client;
mod desk;
mod device;
mod discovery;
mod file;
mod group;
mod provider;
mod ticket;
mod token;
mod told;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

pub(crate) use client::Trouble;
pub(crate) use desk::{Arrival, Came, Departure, Desk, Loopback, Next, TooMany};
pub(crate) use device::{Asked, Waiting};
pub(crate) use file::File;
pub use group::GroupGrant;
pub use provider::{Provider, ProviderId};

use crate::{access::Principal, config::ConfigError, core::Input, reload::Reload};

/// The file's name, beside `collector.toml`.
pub const FILE_NAME: &str = "identity.toml";

/// What `identity.toml` says, validated.
#[derive(Debug, Clone, Default)]
pub struct Providers {
    /// By id.
    pub providers: BTreeMap<ProviderId, Arc<Provider>>,
}

impl Providers {
    /// Reads the file; without one there is no provider.
    ///
    /// # Errors
    /// It cannot be read, others may read it, or it is not valid.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        file::read(path)
    }

    /// Those that anybody may be told of.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.providers.values().filter(|provider| !provider.hidden)
    }

    /// Where the file of a data directory is.
    pub fn path(data: &Path) -> PathBuf {
        data.join(FILE_NAME)
    }
}

impl Reload for Providers {
    const NAME: &'static str = FILE_NAME;

    fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::read(path)
    }

    fn news(&self) -> Option<Input> {
        None
    }
}

/// Somebody whom a provider has proved, and what they are given for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proved {
    /// By which provider.
    pub provider: ProviderId,
    /// Its issuer, which with the subject is who they are.
    pub issuer: String,
    /// Who they are there, for ever.
    pub subject: String,
    /// The side, home and id that they get or have here.
    pub principal: Principal,
    /// Whether a person of that id who never came this way may become theirs.
    pub adopts: bool,
    /// What their groups are given, by group.
    pub grants: Vec<GroupGrant>,
    /// For how long that holds without another login.
    pub lasts: jiff::SignedDuration,
}
