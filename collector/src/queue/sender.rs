//! Whose the alerts of another tool are: a person's whole key, for the sides name their people apart.
//!
//! An item's subject is `acme:grafana/KEY`: the org's `grafana` and the MSP's are two senders, and neither can end what the other
//! told. Items from before that were stored as `grafana/KEY`. They are still known again by whoever is the only one of that
//! name; where there are several, nobody can say whose they were, and such an item waits for a person or a new telling.

use dogwatch_model::{OrgId, SiteId};
use jiff::Timestamp;

use crate::{
    access::{Principal, Reach, Register, Verb},
    core::UNPLACED,
};

/// Somebody who feeds the queue, with the token that they use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sender {
    /// How its subjects begin.
    pub(crate) name: String,
    /// How they began before, where that can only have been this one.
    former: Option<String>,
    reach: Reach,
}

impl Sender {
    pub(crate) fn of(access: &Register, by: &Principal, now: Timestamp) -> Self {
        let key = by.key();
        let is_alone = !access.people.keys().any(|other| other.id == key.id && *other != key);
        let former = is_alone.then(|| key.id.to_string());
        Self { name: key.to_string(), former, reach: access.reach(by, now) }
    }

    /// Whether it may feed a place; what has none is the whole org's.
    pub(super) fn feeds(&self, org: &OrgId, site: &SiteId) -> bool {
        self.reach.may(Verb::Intake, org, Some(site).filter(|site| site.as_str() != UNPLACED))
    }

    /// What one of its subjects was called before.
    pub(crate) fn former(&self, subject: &str) -> Option<String> {
        let rest = subject.strip_prefix(&self.name)?;
        Some(format!("{}{rest}", self.former.as_ref()?))
    }

    /// How the subjects of its alerts begin, now and before.
    pub(super) fn prefixes(&self) -> impl Iterator<Item = String> {
        [Some(&self.name), self.former.as_ref()].into_iter().flatten().map(|name| format!("{name}/"))
    }
}
