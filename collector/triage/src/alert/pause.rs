//! Why nobody works on an item although somebody has it: it waits for others, or it sleeps until an instant.

use dogwatch_model::text_enum;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::Actor;

/// The longest snooze: a week. What may sleep longer is closed with a reason, or has a window.
pub const MAX_SNOOZE: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The longest wait that ends by itself: what waits longer is looked at again.
pub const MAX_WAIT: SignedDuration = SignedDuration::from_hours(30 * 24);

text_enum! {
    /// Whom or what an item waits for.
    pub enum WaitOn {
        /// The vendor: its clock runs, those of the sides stand.
        Vendor = "vendor",
        /// Somebody who uses the endpoint.
        User = "user",
        /// A reboot that has to happen first.
        Reboot = "reboot",
        /// A maintenance window.
        Window = "window",
    }
}

/// An item that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Waiting {
    /// For whom or what.
    pub on: WaitOn,
    /// Since when.
    pub since: Timestamp,
    /// When to look at it again; at the latest [`MAX_WAIT`] after it began.
    pub until: Timestamp,
    /// Why, in a sentence.
    pub reason: String,
}

/// An item that sleeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Snooze {
    /// Until when; at most [`MAX_SNOOZE`] ahead.
    pub until: Timestamp,
    /// By whom.
    pub by: Actor,
    /// Why, in a sentence.
    pub reason: String,
}
