//! What one evaluation looks at: an endpoint, an instant, and what the collector adds to it.

use core::fmt;

use dogwatch_model::Endpoint;
use jiff::Timestamp;

/// How many alerts are open on an endpoint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct AlertCounts {
    /// In all.
    pub open: u32,
    /// Critical ones.
    pub critical: u32,
    /// Warnings.
    pub warning: u32,
    /// Informational ones.
    pub info: u32,
}

/// Tells who owns a tool on an endpoint: `owner("backup")`.
pub trait Owners {
    /// The team, if it is known.
    fn team_of(&self, tool: &str, row: &Row<'_>) -> Option<&str>;
}

/// One endpoint as filters and rules see it.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// The endpoint and its facts.
    pub endpoint: &'a Endpoint,
    /// The instant that ages are counted to. There is no other notion of now.
    pub as_of: Timestamp,
    /// Its open alerts.
    pub alerts: AlertCounts,
    /// Who owns what; without it `owner(…)` is unknown. Only what routes goes without: the rows of a matrix cannot ask.
    pub owners: Option<&'a dyn Owners>,
}

impl fmt::Debug for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Row")
            .field("endpoint", &self.endpoint.name)
            .field("as_of", &self.as_of)
            .field("alerts", &self.alerts)
            .finish_non_exhaustive()
    }
}
