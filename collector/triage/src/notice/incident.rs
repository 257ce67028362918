//! For ways that keep incidents of their own, such as pagers: which incident begins, is acknowledged or ends.
//!
//! An item is an incident of its own while few come at once. A swarm is folded into one incident, which ends when the
//! last item of it has ended: a pager that rings four hundred times is thrown out of the window.

use std::collections::{BTreeMap, BTreeSet};

use dogwatch_model::{OrgId, text_enum};
use serde::{Deserialize, Serialize};

use super::Reason;
use crate::alert::AlertNumber;

/// New items of one message that become incidents of their own; more are folded into one.
pub const MOST_SINGLE: usize = 3;

text_enum! {
    /// What becomes of an incident.
    pub enum Action {
        /// It begins, or goes on.
        Trigger = "trigger",
        /// Somebody has it.
        Acknowledge = "acknowledge",
        /// It ended.
        Resolve = "resolve",
    }
}

/// What has been told through one way, as far as it is still open.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Ledger {
    /// Items told of and not told to be over.
    #[serde(default)]
    pub open: BTreeSet<AlertNumber>,
    /// Those of them that share an incident, with its key.
    #[serde(default)]
    pub folded: BTreeMap<AlertNumber, String>,
}

/// One thing to say to a pager.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Incident {
    /// What.
    pub action: Action,
    /// Of which incident: the key by which the pager tells it from others.
    pub key: String,
    /// The items that are meant.
    pub alerts: Vec<AlertNumber>,
}

/// The action that a reason stands for.
const fn action(reason: Reason) -> Action {
    match reason {
        Reason::Closed => Action::Resolve,
        Reason::Taken => Action::Acknowledge,
        _ => Action::Trigger,
    }
}

/// What a pager is to be told, given the reasons of one message in the order of time. `id` is the message's own key.
/// Nothing is acknowledged or resolved that was not triggered.
pub fn plan(ledger: &mut Ledger, org: &OrgId, id: &str, reasons: &[(AlertNumber, Reason)]) -> Vec<Incident> {
    let mut last: BTreeMap<AlertNumber, Action> = BTreeMap::new();
    for (alert, reason) in reasons {
        last.insert(*alert, action(*reason));
    }
    let fresh: Vec<AlertNumber> = last
        .iter()
        .filter(|(alert, action)| **action == Action::Trigger && !ledger.open.contains(alert))
        .map(|(alert, _)| *alert)
        .collect();
    let mut said = Vec::new();
    if fresh.len() > MOST_SINGLE {
        let key = format!("dogwatch/{org}/{id}");
        ledger.folded.extend(fresh.iter().map(|alert| (*alert, key.clone())));
        said.push(Incident { action: Action::Trigger, key, alerts: fresh.clone() });
    }
    for (alert, action) in last {
        let known = ledger.open.contains(&alert);
        match action {
            Action::Trigger if !known && fresh.len() > MOST_SINGLE => {}
            Action::Acknowledge | Action::Resolve if !known => continue,
            Action::Trigger | Action::Acknowledge if ledger.folded.contains_key(&alert) => {}
            Action::Resolve => said.extend(ledger.resolve(org, alert)),
            action => said.push(Incident { action, key: key_of(org, alert), alerts: vec![alert] }),
        }
        if action == Action::Resolve {
            ledger.open.remove(&alert);
        } else {
            ledger.open.insert(alert);
        }
    }
    said
}

/// The key of an item's own incident.
pub fn key_of(org: &OrgId, alert: AlertNumber) -> String {
    format!("dogwatch/{org}/{}", alert.0)
}

impl Ledger {
    /// The incident that ends with an item: its own, or the folded one when it was the last of it.
    fn resolve(&mut self, org: &OrgId, alert: AlertNumber) -> Option<Incident> {
        let Some(shared) = self.folded.remove(&alert) else {
            return Some(Incident { action: Action::Resolve, key: key_of(org, alert), alerts: vec![alert] });
        };
        let goes_on = self.folded.values().any(|key| *key == shared);
        (!goes_on).then(|| Incident { action: Action::Resolve, key: shared, alerts: vec![alert] })
    }

    /// Keeps account of what a way without incidents was told.
    pub fn note(&mut self, reasons: &[(AlertNumber, Reason)]) {
        for (alert, reason) in reasons {
            match action(*reason) {
                Action::Resolve => self.open.remove(alert),
                Action::Trigger => self.open.insert(*alert),
                Action::Acknowledge => false,
            };
        }
    }

    /// Forgets items that ended without a word about it.
    pub fn forget(&mut self, ended: impl Fn(AlertNumber) -> bool) {
        self.open.retain(|alert| !ended(*alert));
        self.folded.retain(|alert, _| !ended(*alert));
    }
}
