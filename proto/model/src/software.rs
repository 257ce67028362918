//! Installed software.

use serde::{Deserialize, Serialize};

/// One installed product or package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Software {
    /// Where it was found: `dpkg`, `rpm`, `snap`, `registry`, `applications` …
    pub source: String,
    /// Name.
    pub name: String,
    /// Version, as its source writes it.
    pub version: String,
}
