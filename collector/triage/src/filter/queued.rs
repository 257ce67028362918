//! Filters over the queue: an item's own names, and those of the endpoint that it is about.
//!
//! The same language and the same program: `priority == "P1" && os.family == "linux"`. An item's name goes before an
//! endpoint's of the same name (`org`, `site`), which say the same.
//!
//! An item may concern a site as a whole. Then all that endpoints have is missing: what only the item decides is decided,
//! the rest is unknown and counted. For that the filter is lowered twice, the second time against a table in which an
//! endpoint's fields are known to be missing; no program asks at run time whether there is an endpoint.

use std::collections::BTreeMap;

use dogwatch_model::{Criticality, Endpoint, EndpointId, EndpointState, Facts, Presence};
use jiff::Timestamp;
use uuid::Uuid;

use super::{About, AlertCounts, Filter, FilterError, Row, Scope, Verdict, Vocabulary, short, value::Item};
use crate::{alert::Alert, sla::NextBreach};

/// An item of the queue, as filters see it.
#[derive(Debug, Clone, Copy)]
pub struct Queued<'a> {
    /// The item.
    pub alert: &'a Alert,
    /// The clock that runs out next, or ran out first.
    pub next_breach: Option<&'a NextBreach>,
}

/// A compiled filter over items of the queue.
#[derive(Debug, Clone)]
pub struct ItemFilter {
    filter: Filter,
    /// The same for items without an endpoint.
    alone: Filter,
}

impl ItemFilter {
    /// Compiles what a person typed: the short form, or an expression.
    ///
    /// # Errors
    /// [`FilterError`], with line and column in what was typed.
    pub fn typed(text: &str) -> Result<Self, FilterError> {
        let filter = short::typed(About::Item, text)?;
        let alone = Filter::compile_about(About::ItemAlone, filter.source())?;
        Ok(Self { filter, alone })
    }

    /// Makes sure that every tool and team that it mentions is one of those, as [`Filter::known_to`] does.
    ///
    /// # Errors
    /// [`FilterError`] at the first that is not.
    pub fn known_to<'m>(&self, vocabulary: impl FnOnce() -> Vocabulary<'m>) -> Result<(), FilterError> {
        self.filter.known_to(vocabulary)
    }

    /// The filter as an expression.
    pub fn source(&self) -> &str {
        self.filter.source()
    }

    /// Judges one item; `of` is the endpoint that it is about, as far as whoever asks sees it.
    pub fn judge(&self, item: Queued<'_>, of: Option<&Row<'_>>, as_of: Timestamp) -> Verdict {
        match of {
            Some(row) => judge(&self.filter, item, row),
            None => {
                let nobody = nobody(item.alert);
                let row = Row { endpoint: &nobody, as_of, alerts: AlertCounts::default(), owners: None };
                judge(&self.alone, item, &row)
            }
        }
    }
}

fn judge(filter: &Filter, item: Queued<'_>, row: &Row<'_>) -> Verdict {
    let mut scope = Scope::new(row);
    scope.bind(0, Item::Queued(item));
    filter.judge_in(&mut scope)
}

/// Stands where a row wants an endpoint; the table for items alone reads nothing of it.
fn nobody(alert: &Alert) -> Endpoint {
    Endpoint {
        id: EndpointId(Uuid::nil()),
        org: alert.org.clone(),
        site: alert.site.clone(),
        name: String::new(),
        class: None,
        class_fixed: false,
        criticality: Criticality::Normal,
        tags: Vec::new(),
        labels: BTreeMap::new(),
        enrolled_at: alert.first_seen,
        state: EndpointState::Active,
        presence: Presence::away_since(alert.first_seen),
        facts: Facts::default(),
    }
}

#[cfg(test)]
mod tests;
