//! Where a right counts: everywhere, in one org, or at one site of it.

use core::{fmt, str::FromStr};

use dogwatch_model::{IdError, OrgId, SiteId};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// `*`, `acme` or `acme/main`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Every org of this collector. Only the MSP's own people reach that far.
    Everywhere,
    /// One org with all its sites.
    Org(OrgId),
    /// One site.
    Site(OrgId, SiteId),
}

impl Scope {
    /// The scope of these two, as rows have them.
    pub fn of(org: Option<OrgId>, site: Option<SiteId>) -> Self {
        match (org, site) {
            (None, _) => Self::Everywhere,
            (Some(org), None) => Self::Org(org),
            (Some(org), Some(site)) => Self::Site(org, site),
        }
    }

    /// Whether a right with this scope counts at a place; `site` is absent for what concerns the whole org.
    pub fn covers(&self, org: &OrgId, site: Option<&SiteId>) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Org(own) => own == org,
            Self::Site(own, one) => own == org && site == Some(one),
        }
    }

    /// Whether any place of the org is in it.
    pub fn touches(&self, org: &OrgId) -> bool {
        self.org().is_none_or(|own| own == org)
    }

    /// Whether all of `other` is in it.
    pub fn contains(&self, other: &Self) -> bool {
        match other {
            Self::Everywhere => *self == Self::Everywhere,
            Self::Org(org) => self.covers(org, None),
            Self::Site(org, site) => self.covers(org, Some(site)),
        }
    }

    /// The one org it is limited to.
    pub const fn org(&self) -> Option<&OrgId> {
        match self {
            Self::Everywhere => None,
            Self::Org(org) | Self::Site(org, _) => Some(org),
        }
    }

    /// The one site it is limited to.
    pub const fn site(&self) -> Option<&SiteId> {
        match self {
            Self::Site(_, site) => Some(site),
            Self::Everywhere | Self::Org(_) => None,
        }
    }
}

impl Scope {
    /// As it is typed at a shell, which would make file names of a bare star.
    pub fn typed(&self) -> String {
        match self {
            Self::Everywhere => "'*'".to_owned(),
            place => place.to_string(),
        }
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Everywhere => f.write_str("*"),
            Self::Org(org) => write!(f, "{org}"),
            Self::Site(org, site) => write!(f, "{org}/{site}"),
        }
    }
}

impl FromStr for Scope {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Ok(match text.split_once('/') {
            None if text == "*" => Self::Everywhere,
            None => Self::Org(text.parse()?),
            Some((org, site)) => Self::Site(org.parse()?, site.parse()?),
        })
    }
}

impl JsonSchema for Scope {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Scope".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "`*`, an org, or a site of an org as `org/site`.",
            "pattern": r"^(\*|[a-z0-9][a-z0-9._-]{0,62}(/[a-z0-9][a-z0-9._-]{0,62})?)$",
        })
    }
}

impl Serialize for Scope {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Scope {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        text.parse().unwrap()
    }

    #[test]
    fn wider_contains_narrower_and_nothing_else() {
        let wide = ["*", "acme", "acme/main"].map(scope);
        for (at, outer) in wide.iter().enumerate() {
            for (other, inner) in wide.iter().enumerate() {
                assert_eq!(outer.contains(inner), at <= other, "{outer} {inner}");
            }
            assert_eq!(outer.contains(&scope("globex/main")), at == 0);
            assert_eq!(scope(&outer.to_string()), *outer);
        }
        assert!(!scope("acme/main").covers(&"acme".parse().unwrap(), None), "a site is not its org");
        assert!(scope("acme/main").touches(&"acme".parse().unwrap()));
    }
}
