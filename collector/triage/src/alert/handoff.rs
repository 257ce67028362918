//! The hand-off packet: what a team must know to go on where another stopped.

use dogwatch_model::{Side, TeamId};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Actor;

/// The most links of one packet: whoever needs more writes a page and links to that.
pub const MAX_LINKS: usize = 20;

/// The furthest deadline of a hand-off: a year and some weeks, for what is due by next year's audit. What is further ahead
/// is a year mistyped.
pub const MAX_DEADLINE: SignedDuration = SignedDuration::from_hours(400 * 24);

/// What goes with a hand-off. Without it an offer or a return is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct Packet {
    /// What was tried, and what came of it.
    pub tried: String,
    /// How things stand now.
    pub state: String,
    /// Why it is for the other team.
    pub why_you: String,
    /// What is blocked meanwhile; absent when nothing is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<String>,
    /// When it must be done, where that is known better than by the clocks; at most [`MAX_DEADLINE`] ahead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deadline: Option<Timestamp>,
    /// Screens, logs, tickets: as links, at most [`MAX_LINKS`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<String>,
}

/// A hand-off that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Offer {
    /// To which team.
    pub to: TeamId,
    /// Its side.
    pub side: Side,
    /// By whom. The item is theirs until the offer is accepted.
    pub by: Actor,
    /// Since when.
    pub at: Timestamp,
    /// Until when it should be answered; then the escalation takes a step.
    pub until: Timestamp,
    /// What goes with it.
    pub packet: Packet,
    /// Handed over because it never belonged here: counted as a misroute.
    #[serde(default)]
    pub not_ours: bool,
}
