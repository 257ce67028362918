//! What hides an item without any person having put it to sleep.

use dogwatch_model::WindowId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::AlertNumber;

/// What hides an item. The first of several is shown; all of them must end before it is seen again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case")]
pub enum Hider {
    /// A maintenance window.
    Window {
        /// Which.
        window: WindowId,
        /// Until when it lasts.
        until: Timestamp,
    },
    /// Another item explains it: the endpoint is offline, the site is unreachable.
    Alert {
        /// Which.
        number: AlertNumber,
        /// In words: `srv-01 is offline`.
        why: String,
    },
    /// The collector itself was away or flooded: what it found is not news yet.
    Storm {
        /// Until when it waits for the dust to settle.
        until: Timestamp,
    },
}
