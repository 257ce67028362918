//! How far the machine has gone with an item: which steps, warnings and reminders were decided.
//!
//! Each is decided exactly once, in the same commit as its timeline entry; a restart goes on from here. All instants
//! that are still to come are computed from this and the matrix, never stored: a changed calendar moves them.

use dogwatch_model::TeamId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What the machine has decided about an item in its present life.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Progress {
    /// When this life began: what escalation and service levels count from.
    pub began: Timestamp,
    /// How many calls of the escalation chain were made since it was last free, the last resort among them.
    #[serde(default)]
    pub steps: u8,
    /// The highest warning of the response clock that was given, in percent; 100 is the breach.
    #[serde(default)]
    pub response_warned: u8,
    /// The same of the resolve clock.
    #[serde(default)]
    pub resolve_warned: u8,
    /// The same of the vendor's clock.
    #[serde(default)]
    pub vendor_warned: u8,
    /// The first-responder window ended without a claim and it was handed over.
    #[serde(default)]
    pub handed_over: bool,
    /// Somebody took it since it was routed: the end of the first-responder window hands nothing over any more.
    #[serde(default)]
    pub answered: bool,
    /// A person set its priority: what the rules find does not change it any more.
    #[serde(default)]
    pub prioritised: bool,
    /// Whom the matrix named, when a hand-over or a hand-off made another team the owner. As long as the matrix goes on
    /// naming them by the same row, it stays with the other team.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instead_of: Option<TeamId>,
    /// Since when nobody has had it: what [`steps`](Self::steps) count from. That of [`began`](Self::began) when
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub free_since: Option<Timestamp>,
    /// Since when its timers stand still, while they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stands_since: Option<Timestamp>,
    /// When a person last did something with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worked_at: Option<Timestamp>,
    /// When its holder was last reminded, since they last did something.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reminded_at: Option<Timestamp>,
}

impl Progress {
    /// That of an alert written before this was kept: everything that could have been decided long ago was.
    pub(super) fn of_before() -> Self {
        Self {
            handed_over: true,
            steps: u8::MAX,
            vendor_warned: 100,
            response_warned: 100,
            resolve_warned: 100,
            ..Self::begin(Timestamp::UNIX_EPOCH)
        }
    }

    /// At the beginning of a life.
    pub const fn begin(began: Timestamp) -> Self {
        Self {
            began,
            steps: 0,
            response_warned: 0,
            resolve_warned: 0,
            vendor_warned: 0,
            handed_over: false,
            answered: false,
            prioritised: false,
            instead_of: None,
            free_since: None,
            stands_since: None,
            worked_at: None,
            reminded_at: None,
        }
    }
}
