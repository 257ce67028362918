//! `notify.toml`: the mail server, the channels that teams and people name, and the heartbeat.
//!
//! The file holds secrets, or the names of files and variables that do; it is refused when others may read it. It is
//! parsed and then validated into [`Channels`], whole or not at all; unknown keys are refused with their line.

mod file;
mod secret;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    time::Duration,
};

use dogwatch_model::{ChannelId, OrgId, text_enum};
use dogwatch_triage::notice::group::Timing;
use lettre::message::Mailbox;

pub(crate) use file::File;
pub(crate) use secret::Places;
pub use secret::Secret;

use super::{Facts, News, backoff::Backoff, http::Target, template::Templates};
use crate::{config::ConfigError, core::Input, reload::Reload};

/// The file's name, beside `collector.toml`.
pub const FILE_NAME: &str = "notify.toml";

/// What timelines call the way to a mailbox that the matrix names; no channel may have this id.
pub const MAIL_CHANNEL: &str = "email";

/// The most channels: each has a queue of its own.
pub const MOST_CHANNELS: usize = 500;

text_enum! {
    /// What a channel speaks.
    pub enum Kind {
        /// Mail to fixed mailboxes.
        Email = "email",
        /// JSON, signed as Standard Webhooks says.
        Webhook = "webhook",
        /// What Slack's incoming webhooks take, and Mattermost's and others'.
        Slack = "slack",
        /// What a Teams workflow takes: an Adaptive Card.
        Teams = "teams",
        /// PagerDuty's Events API v2.
        Pagerduty = "pagerduty",
    }
}

impl Kind {
    /// Whether the other end follows an item through its life, and so wants to hear of claims and ends.
    pub const fn keeps_a_state(self) -> bool {
        matches!(self, Self::Webhook | Self::Pagerduty)
    }
}

text_enum! {
    /// How a connection to the mail server is secured.
    pub enum Security {
        /// Plain at first, then TLS before anything is said; never without.
        Starttls = "starttls",
        /// TLS from the first byte.
        Implicit = "implicit",
        /// Not at all: to this machine alone.
        None = "none",
    }
}

/// The mail server.
#[derive(Debug, Clone)]
pub struct Smtp {
    /// Its name, as in its certificate.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// How the connection is secured.
    pub security: Security,
    /// Whom it knows us as.
    pub login: Option<(String, Secret)>,
    /// Who our mails are from.
    pub from: Mailbox,
    /// Roots to trust beside the system's, PEM.
    pub roots: Option<Vec<u8>>,
}

/// A channel.
#[derive(Debug, Clone)]
pub struct Channel {
    /// Its id.
    pub id: ChannelId,
    /// The org whose items alone go through it; every org's when absent.
    pub org: Option<OrgId>,
    /// Where to, and in which shape.
    pub way: Way,
}

/// Where a channel leads.
#[derive(Debug, Clone)]
pub enum Way {
    /// To mailboxes.
    Email(Vec<Mailbox>),
    /// To a signed webhook.
    Webhook(Target, Secret),
    /// To a chat of Slack's kind.
    Slack(Target),
    /// To a Teams workflow.
    Teams(Target),
    /// To PagerDuty, with the routing key.
    Pagerduty(Target, Secret),
}

impl Way {
    /// What it speaks.
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Email(_) => Kind::Email,
            Self::Webhook(..) => Kind::Webhook,
            Self::Slack(_) => Kind::Slack,
            Self::Teams(_) => Kind::Teams,
            Self::Pagerduty(..) => Kind::Pagerduty,
        }
    }
}

/// Who is told that the watch itself is awake.
#[derive(Debug, Clone)]
pub struct Heartbeat {
    /// The dead man's switch.
    pub target: Target,
    /// How often.
    pub every: Duration,
}

/// Everything that `notify.toml` says, validated.
#[derive(Debug, Clone, Default)]
pub struct Channels {
    /// The mail server.
    pub smtp: Option<Smtp>,
    /// The channels.
    pub channels: BTreeMap<ChannelId, Channel>,
    /// The heartbeat.
    pub heartbeat: Option<Heartbeat>,
    /// How groups wait.
    pub timing: Timing,
    /// How failed tries are repeated.
    pub backoff: Backoff,
    /// Our words, or those of who runs this.
    pub templates: Templates,
}

impl Channels {
    /// Reads the file; without one there is no channel.
    ///
    /// # Errors
    /// It cannot be read, others may read it, or it is not valid.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        file::read(path)
    }

    /// Where the file of a data directory is.
    pub fn path(data: &Path) -> PathBuf {
        data.join(FILE_NAME)
    }

    /// What the core is to know of it.
    pub(crate) fn facts(&self) -> Facts {
        let channels = self.channels.values();
        Facts {
            channels: channels.map(|one| (one.id.clone(), (one.way.kind(), one.org.clone()))).collect(),
            mail: self.smtp.is_some(),
            timing: self.timing,
        }
    }
}

impl Reload for Channels {
    const NAME: &'static str = FILE_NAME;

    fn load(path: &Path) -> Result<Self, ConfigError> {
        Self::read(path)
    }

    fn news(&self) -> Option<Input> {
        Some(Input::Notify(Box::new(News::Channels(Box::new(self.facts())))))
    }
}

#[cfg(test)]
mod tests;
