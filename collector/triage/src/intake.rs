//! What other tools tell: their messages, turned into what the queue understands.
//!
//! Two published shapes are read: the webhook of Prometheus Alertmanager ([`alertmanager`]) and the events of `PagerDuty`
//! ([`events`]). Each alert of a message becomes one [`Told`]; who owns it is not decided here, and no state is known.
//!
//! Invariants:
//! * Nothing is trusted: a label is text for people, never markup, a path or something to fetch. Control characters
//!   and those that turn the direction of writing around are taken out ([`bounds`]).
//! * Everything has a limit, and what a limit took away is counted and said in the item itself.
//! * Unknown members are skipped, because other people's programs grow; what cannot be done without is asked for by name.
//! * The sender's clock is data: an instant of the future counts as now.

pub mod alertmanager;
pub mod bounds;
pub mod events;
pub mod place;
pub mod severity;

#[cfg(test)]
mod tests;

use dogwatch_model::{SiteId, ToolId};
use jiff::Timestamp;

use crate::finding::{Category, Evidence, Severity};

pub use bounds::LeftOff;

/// The most alerts that are taken from one message. Alertmanager sends a group as one message; a group of more than this
/// is one cause with a thousand names.
pub const MAX_ALERTS: usize = 1_000;

/// The longest key by which a sender knows an alert again, in characters: `PagerDuty` allows as many.
pub const MAX_KEY_CHARS: usize = 255;

/// What a sender says of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Says {
    /// It holds.
    Fires,
    /// Somebody has seen it, over there.
    Seen,
    /// It is over: the episode that is named, or whichever goes on where the sender names none.
    Ends(Option<Episode>),
}

/// One time that an alert held, by the account of a sender that tells one from the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Episode {
    /// When it began.
    pub began: Timestamp,
    /// When it was over, if that is said.
    pub ended: Option<Timestamp>,
}

impl Episode {
    /// Whether its end is the end of what is known to hold since `since`: it began no earlier, or went on beyond that
    /// instant. Alertmanager joins episodes that overlap and keeps the earliest beginning of them, so an earlier
    /// beginning alone does not make another one.
    pub fn is_of(&self, since: Timestamp) -> bool {
        self.began >= since || self.ended.is_some_and(|ended| ended > since)
    }
}

/// What one message says of one alert.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// By what the sender knows it again.
    pub key: String,
    /// What it says.
    pub says: Says,
    /// One line for people.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// That is said, by the message or for all of them; else it is a guess, and says nothing of an alert that is known.
    pub severity_is_said: bool,
    /// The tool whose owner it concerns, if the message says.
    pub tool: Option<ToolId>,
    /// What it is about, if the message says.
    pub category: Option<Category>,
    /// The site, if the message says.
    pub site: Option<SiteId>,
    /// What may name an endpoint, the most exact first.
    pub names: Vec<String>,
    /// What it rests on, for people.
    pub evidence: Vec<Evidence>,
    /// Since when it holds, by the sender's account.
    pub since: Timestamp,
}

/// What holds where the message itself says nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Defaults {
    /// The tool.
    pub tool: Option<ToolId>,
    /// What it is about.
    pub category: Option<Category>,
    /// How bad it is.
    pub severity: Option<Severity>,
    /// The site.
    pub site: Option<SiteId>,
}

/// A message, read.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// What it says, an alert each.
    pub told: Vec<Told>,
    /// What the sender calls the group of them; empty when it has none.
    pub group: String,
    /// Alerts that are not in it: the sender's limit or [`MAX_ALERTS`] took them away.
    pub left_off: u64,
}

/// Why a message cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Another version of the shape.
    #[error("`version` is `{version}`; this route takes version 4 of Alertmanager's webhook")]
    Version {
        /// What it says.
        version: String,
    },
    /// Something is missing.
    #[error("`{what}` is missing; {why}")]
    Missing {
        /// The member.
        what: &'static str,
        /// What it is for.
        why: &'static str,
    },
    /// A word for how bad it is that nobody knows.
    #[error("`payload.severity` is `{word}`; it is one of {}{}", severity::EVENTS.join(", "), severity::meant(word))]
    Severity {
        /// What it says.
        word: String,
    },
    /// A key is too long.
    #[error("`{what}` has {chars} characters; at most {MAX_KEY_CHARS} are taken")]
    KeyTooLong {
        /// The member.
        what: &'static str,
        /// How long it is.
        chars: usize,
    },
}

/// A key as it is kept: short enough, and without characters that nobody could read aloud.
fn key(what: &'static str, text: &str) -> Result<String, Fault> {
    let chars = text.chars().count();
    if chars > MAX_KEY_CHARS {
        return Err(Fault::KeyTooLong { what, chars });
    }
    Ok(bounds::plain(text))
}
