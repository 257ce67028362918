//! What an alert is on, as far as it makes a difference to the alert: what people call it, and how much hangs on it.

use dogwatch_model::{Criticality, Endpoint};

/// What an alert is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Spot<'a> {
    /// The endpoint's name; empty without an endpoint.
    pub name: &'a str,
    /// How much hangs on it.
    pub criticality: Criticality,
}

impl Spot<'_> {
    /// A site as a whole: as critical as the most critical of what stands there, so it counts as high.
    pub const A_SITE: Self = Self { name: "", criticality: Criticality::High };

    /// Something that nobody here knows: nobody has said how critical it is.
    pub const UNKNOWN: Self = Self { name: "", criticality: Criticality::Normal };
}

impl<'a> From<&'a Endpoint> for Spot<'a> {
    fn from(endpoint: &'a Endpoint) -> Self {
        Self { name: &endpoint.name, criticality: endpoint.criticality }
    }
}
