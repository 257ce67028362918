//! Which chain a record belongs to.

use core::{fmt, str::FromStr};

use dogwatch_model::OrgId;
use serde::{Deserialize, Serialize};

/// A chain of records.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Chain {
    /// What concerns the collector as such, or all orgs: written `*`, which is no org's name.
    Collector,
    /// What concerns one org.
    Org(OrgId),
}

/// The collector's own chain as text.
const COLLECTOR: &str = "*";

impl Chain {
    /// The chain of an org, or the collector's own where there is none.
    pub fn of(org: Option<&OrgId>) -> Self {
        org.map_or(Self::Collector, |org| Self::Org(org.clone()))
    }

    /// The org.
    pub const fn org(&self) -> Option<&OrgId> {
        match self {
            Self::Collector => None,
            Self::Org(org) => Some(org),
        }
    }
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Collector => f.write_str(COLLECTOR),
            Self::Org(org) => fmt::Display::fmt(org, f),
        }
    }
}

impl FromStr for Chain {
    type Err = dogwatch_model::IdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text == COLLECTOR { Ok(Self::Collector) } else { OrgId::new(text).map(Self::Org) }
    }
}

impl Serialize for Chain {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Chain {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(feature = "schema")]
impl schemars::JsonSchema for Chain {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Chain".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "An org, or `*` for the collector's own.",
            "pattern": r"^(\*|[a-z0-9][a-z0-9._-]{0,62})$",
        })
    }
}
