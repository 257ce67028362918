//! Services and checks that policy names.

use serde::{Deserialize, Serialize};

/// One service of the operating system's service manager.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// Unit, service or job name.
    pub name: String,
    /// What the service manager says: `running`, `stopped`, `failed` …
    pub state: String,
    /// What policy expects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
}

text_enum! {
    /// What a check came to.
    pub enum CheckState {
        /// As expected.
        Ok = "ok",
        /// Not as expected.
        Failed = "failed",
        /// Could not be judged.
        Unknown = "unknown",
    }
}

/// One check on the endpoint itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Check {
    /// The policy's name for it.
    pub name: String,
    /// `process`, `tcp`, `http`, `file`, `log`.
    pub kind: String,
    /// What it came to.
    pub state: CheckState,
    /// What was seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}
