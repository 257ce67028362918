//! Saved views of the fleet or the queue: a filter under a name, a view of the fleet with its order and columns, for those
//! it was saved for.
//!
//! A view belongs to one org or to all of them, and to one side or to both; whoever is of that side and sees that org sees
//! it. It keeps what was typed: the short form stays the short form.

use dogwatch_model::{OrgId, PersonId, Side};
use dogwatch_triage::filter::{Fields, Filter, FilterError, ItemFilter, Order, Vocabulary};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::Reach;

/// The longest name, in characters: it is typed behind an `@`.
const MAX_NAME: usize = 63;

/// The most views of one org and side: a list that nobody reads to the end helps nobody.
pub(crate) const MAX_VIEWS: usize = 100;

/// What a view is of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Of {
    /// Endpoints.
    #[default]
    Fleet,
    /// Items.
    Queue,
}

/// A view to save.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NewView {
    /// What it is called: letters, digits, `-` and `_`.
    pub name: String,
    /// What it is of.
    #[serde(default)]
    pub of: Of,
    /// The filter as it was typed; empty for everything.
    #[serde(default)]
    pub filter: String,
    /// The order.
    #[serde(default)]
    pub sort: Option<String>,
    /// The columns.
    #[serde(default)]
    pub columns: Vec<String>,
    /// The org it is for; absent for whoever sees every org.
    #[serde(default)]
    pub org: Option<OrgId>,
    /// For both sides, not only for one's own.
    #[serde(default)]
    pub shared: bool,
}

impl NewView {
    /// Checks name, filter, order and columns; gives the parameter that is wrong, and why.
    ///
    /// # Errors
    /// The first of them that does not hold.
    pub fn check(&self) -> Result<(), (&'static str, FilterError)> {
        let is_name = !self.name.is_empty()
            && self.name.len() <= MAX_NAME
            && self.name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        if !is_name {
            let what = format!("`{}` is not a name for a view", self.name);
            let mend = Some(format!("use up to {MAX_NAME} letters, digits, - and _"));
            return Err(("name", FilterError { line: 1, column: 1, what, mend }));
        }
        if !self.filter.trim().is_empty() {
            let compiled = match self.of {
                Of::Fleet => Filter::typed(&self.filter).map(drop),
                Of::Queue => ItemFilter::typed(&self.filter).map(drop),
            };
            compiled.map_err(|error| ("filter", error))?;
        }
        self.check_look()
    }

    /// Makes sure that the tools and teams of its filter are among those.
    ///
    /// # Errors
    /// The first that is not.
    pub fn known_to<'m>(
        &self,
        vocabulary: impl FnOnce() -> Vocabulary<'m>,
    ) -> Result<(), (&'static str, FilterError)> {
        let text = &self.filter;
        let known = match self.of {
            _ if text.trim().is_empty() => Ok(()),
            Of::Fleet => Filter::typed(text).and_then(|filter| filter.known_to(vocabulary)),
            Of::Queue => ItemFilter::typed(text).and_then(|filter| filter.known_to(vocabulary)),
        };
        known.map_err(|error| ("filter", error))
    }

    /// Order and columns: those of endpoints. The queue has its own.
    fn check_look(&self) -> Result<(), (&'static str, FilterError)> {
        let of_fleet = |part: &'static str| {
            let what = "the queue has an order and columns of its own".to_owned();
            let mend = Some(format!("leave `{part}` out of a view of the queue"));
            (part, FilterError { line: 1, column: 1, what, mend })
        };
        match self.of {
            Of::Queue if self.sort.is_some() => return Err(of_fleet("sort")),
            Of::Queue if !self.columns.is_empty() => return Err(of_fleet("columns")),
            Of::Queue | Of::Fleet => {}
        }
        if let Some(sort) = &self.sort {
            Order::compile(sort).map_err(|error| ("sort", error))?;
        }
        if !self.columns.is_empty() {
            Fields::compile(&self.columns.join(",")).map_err(|error| ("columns", error))?;
        }
        Ok(())
    }
}

/// A saved view.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct View {
    /// What it is called.
    pub name: String,
    /// What it is of.
    #[serde(default)]
    pub of: Of,
    /// The org it is for; absent for whoever sees every org.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<OrgId>,
    /// The side it is for; absent for both.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub side: Option<Side>,
    /// The filter as it was typed.
    pub filter: String,
    /// The order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sort: Option<String>,
    /// The columns.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
    /// Who saved it last.
    pub saved_by: PersonId,
    /// Of which side they are: both may have somebody with that id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved_side: Option<Side>,
    /// When.
    pub saved_at: Timestamp,
}

impl View {
    /// What its row is called: one name may be used once for each org and side.
    pub fn key(&self) -> String {
        format!("{}:{}", self.shelf(), self.name)
    }

    /// Where it stands among others, for the limit: `acme:msp`, `*:both`.
    pub(crate) fn shelf(&self) -> String {
        let org = self.org.as_ref().map_or("*", OrgId::as_str);
        format!("{org}:{}", self.side.map_or("both", |side| side.as_str()))
    }

    /// Whether somebody means it by this name, and by this org if they say one.
    pub(crate) fn is_meant(&self, name: &str, org: Option<&OrgId>) -> bool {
        self.name == name && org.is_none_or(|org| self.org.as_ref() == Some(org))
    }

    /// Whether somebody of a side saved it.
    pub(crate) fn is_saved_by(&self, person: &PersonId, side: Side) -> bool {
        self.saved_by == *person && self.saved_side.or(self.side).is_none_or(|saved| saved == side)
    }

    /// Whether it is for somebody.
    pub fn is_for(&self, reach: &Reach) -> bool {
        let seen = match &self.org {
            Some(org) => reach.sees_org(org),
            None => reach.sees_everything(),
        };
        seen && self.side.is_none_or(|side| side == reach.side())
    }
}
