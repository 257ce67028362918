//! The matrix that a new org begins with: valid, covering every hour, and open about being provisional.

use dogwatch_model::OrgId;

const STARTER: &str = include_str!("starter.toml");

/// The text of a matrix for a new org. It parses without a directory.
pub fn starter(org: &OrgId) -> String {
    STARTER.replace("@ORG@", org.as_str())
}
