//! One number of a report, and where it comes from.

use dogwatch_model::{Class, EndpointId, OrgId, SiteId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What a figure is of: an org, or one class of machines at one of its sites.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Place {
    /// The org.
    pub org: OrgId,
    /// The site; absent for the org's sum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub site: Option<SiteId>,
    /// The class; absent for the org's sum, and for the machines of a site whose class is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub class: Option<Class>,
}

impl Place {
    /// The filter of what stands here, belongs to a report, and is so.
    pub(super) fn filter(&self, report: Option<&str>, and: &str) -> String {
        let mut parts = vec![format!("org == \"{}\"", self.org)];
        parts.extend(self.site.as_ref().map(|site| format!("site == \"{site}\"")));
        let unknown = || self.site.as_ref().map(|_| "!has(class)".to_owned());
        parts.extend(self.class.map(|class| format!("class == \"{class}\"")).or_else(unknown));
        parts.extend(report.map(|report| format!("({report})")));
        parts.push(and.to_owned());
        parts.join(" && ")
    }
}

/// The endpoint that has not been well for longest.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Oldest {
    /// Since when.
    pub at: Timestamp,
    /// Which.
    pub id: EndpointId,
    /// What it is called.
    pub name: String,
}

/// One number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Figure {
    /// Of what.
    #[serde(flatten)]
    pub place: Place,
    /// Which measure, by its stable name.
    pub measure: String,
    /// What the share says.
    pub says: String,
    /// Endpoints that are well.
    pub numerator: u64,
    /// Endpoints that could be judged.
    pub denominator: u64,
    /// The one of the other, 0 to 1; absent when none could be judged.
    pub share: Option<f64>,
    /// Endpoints that could not be judged for want of a fact: in neither.
    pub unjudged: u64,
    /// The one that has not been well for longest, where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub oldest: Option<Oldest>,
    /// The filter that lists those that are not well: denominator less numerator.
    pub rows_not: String,
}
