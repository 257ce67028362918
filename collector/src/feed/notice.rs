//! What of a commit is told: read off its rows, so that nothing that changes can forget to say so.
//!
//! An endpoint is told when what a list shows of it changes ([`Glance`]), an alert with each version, the rest whenever
//! its row is written; policy is files, and told where the audit notes that they changed. A health report alone is not
//! even looked at: a thousand come in a second.

use std::{
    collections::{BTreeMap, BTreeSet},
    hash::{DefaultHasher, Hasher as _},
    sync::Arc,
};

use dogwatch_model::{EndpointId, OrgId, SiteId};
use dogwatch_triage::{
    alert::AlertNumber,
    filter::{Glance, Row},
};
use jiff::Timestamp;

use super::{
    brief::{Access, AlertBrief, EndpointGone, MatrixBrief, PolicyBrief, WindowBrief},
    change::{Change, Group, Kind},
};
use crate::{
    access::{ApiToken, Bond, Grant, JoinTokenRecord, Person, Seal},
    ownership::Version,
    state::{Item, State},
    storage::{self, ChangeSet, Entry, Table},
};

/// What was last told of an endpoint.
struct Known {
    /// Hash of its text: eight bytes for each of a hundred thousand, not three hundred.
    text: u64,
    /// Where it was.
    group: Arc<Group>,
}

/// What a commit is told as.
#[derive(Default)]
pub(crate) struct News {
    /// In the order in which they happened.
    pub(super) changes: Vec<Change>,
    /// Who may see what may be different now.
    pub(super) access: bool,
}

#[cfg(test)]
impl News {
    /// A change in each of these groups, which says where it is.
    pub(crate) fn made_up(groups: Vec<Group>) -> Self {
        let change = |group| Change::new(Arc::new(group), serde_json::json!({ "made_up": true }));
        Self { changes: groups.into_iter().map(change).collect(), access: false }
    }
}

/// Reads commits.
#[derive(Default)]
pub(crate) struct Notices {
    known: BTreeMap<EndpointId, Known>,
    groups: BTreeSet<Arc<Group>>,
}

impl Notices {
    /// The changes of one commit, with the state as it is then. A report is no row: the endpoints of those that may show
    /// are `seen`. Policy is files: the orgs for which it changed are `ruled`.
    pub(crate) fn of(
        &mut self,
        commit: &ChangeSet,
        (seen, ruled): (BTreeSet<EndpointId>, BTreeSet<OrgId>),
        state: &State,
        now: Timestamp,
    ) -> News {
        let (mut changes, mut access) = (Vec::new(), false);
        let (mut alerts, mut endpoints) = (BTreeSet::new(), seen);
        for entry in &commit.entries {
            match entry {
                Entry::Report(_) => {}
                Entry::Row(row) => match row.table {
                    table if is_busy(table) => {}
                    Table::Alerts => alerts.extend(row.key.parse().ok().map(AlertNumber)),
                    Table::Endpoints | Table::Links => endpoints.extend(row.key.parse::<EndpointId>().ok()),
                    _ => {
                        access = true;
                        changes.extend(self.other(row, state));
                    }
                },
            }
        }
        for item in alerts.iter().filter_map(|number| state.alerts.get(number)) {
            endpoints.extend(item.alert.endpoint);
            changes.push(self.alert(item));
        }
        endpoints.into_iter().for_each(|id| self.endpoint(id, state, now, &mut changes));
        changes.extend(ruled.into_iter().map(|org| self.policy(org, state)));
        News { changes, access }
    }

    fn group(&mut self, org: Option<OrgId>, site: Option<SiteId>, kind: Kind) -> Arc<Group> {
        let group = Group { org, site, kind };
        if let Some(known) = self.groups.get(&group) {
            return Arc::clone(known);
        }
        let group = Arc::new(group);
        self.groups.insert(Arc::clone(&group));
        group
    }

    fn alert(&mut self, item: &Item) -> Change {
        let (org, site) = (item.alert.org.clone(), item.alert.site.clone());
        Change::new(self.group(Some(org), Some(site), Kind::Alert), AlertBrief::of(item))
    }

    fn endpoint(&mut self, id: EndpointId, state: &State, now: Timestamp, changes: &mut Vec<Change>) {
        let gone =
            |group| Change { endpoint: Some(id), ..Change::new(group, EndpointGone { id, gone: true }) };
        let Some(member) = state.members.get(&id) else {
            return changes.extend(self.known.remove(&id).map(|known| gone(known.group)));
        };
        let endpoint = &member.endpoint;
        let group = self.group(Some(endpoint.org.clone()), Some(endpoint.site.clone()), Kind::Endpoint);
        let row = Row { endpoint, as_of: now, alerts: member.counts, owners: None };
        let change = Change { endpoint: Some(id), ..Change::new(Arc::clone(&group), Glance(row)) };
        let mut hasher = DefaultHasher::new();
        hasher.write(&change.data);
        let text = hasher.finish();
        match self.known.insert(id, Known { text, group: Arc::clone(&group) }) {
            Some(known) if known.text == text => {}
            Some(known) if known.group != group => changes.extend([gone(known.group), change]),
            _ => changes.push(change),
        }
    }

    fn other(&mut self, row: &storage::Row, state: &State) -> Option<Change> {
        match row.table {
            Table::Windows => {
                let window = state.windows.get(&row.key.parse().ok()?)?;
                let group = self.group(Some(window.plan.org.clone()), window.plan.site.clone(), Kind::Window);
                Some(Change::new(group, WindowBrief { id: &window.id, ended_at: window.ended_at }))
            }
            Table::Matrices => {
                let version: Version = read(row)?;
                let group = self.group(Some(version.org.clone()), None, Kind::Ownership);
                Some(Change::new(group, MatrixBrief::of(&version)))
            }
            Table::Tokens => {
                let token: ApiToken = read(row)?;
                let group = self.group(token.principal.org, None, Kind::Access);
                Some(Change::new(group, Access { what: "token", id: &token.id }))
            }
            Table::People => {
                let person: Person = read(row)?;
                let (org, site) = (person.home.org().cloned(), person.home.site().cloned());
                let group = self.group(org, site, Kind::Access);
                Some(Change::new(group, Access { what: "person", id: person.id.as_str() }))
            }
            Table::Grants => {
                let grant: Grant = read(row)?;
                let (org, site) = (grant.scope.org().cloned(), grant.scope.site().cloned());
                let group = self.group(org, site, Kind::Access);
                Some(Change::new(group, Access { what: "grant", id: &grant.id }))
            }
            Table::JoinTokens => {
                let token: JoinTokenRecord = read(row)?;
                let group = self.group(Some(token.org), Some(token.site), Kind::Access);
                Some(Change::new(group, Access { what: "join_token", id: &token.id }))
            }
            Table::Orgs => {
                let org: OrgId = row.key.parse().ok()?;
                let group = self.group(Some(org.clone()), None, Kind::Access);
                Some(Change::new(group, Access { what: "org", id: org.as_str() }))
            }
            Table::Views => {
                // By its shelf, not its name: the other side hears of the org, and not of what this side calls its own.
                let (org, rest) = row.key.split_once(':')?;
                let (side, _) = rest.split_once(':')?;
                let group = self.group(org.parse().ok(), None, Kind::Access);
                Some(Change::new(group, Access { what: "views", id: side }))
            }
            Table::Seals => {
                let seal: Seal = read(row)?;
                let group = self.group(seal.scope.org().cloned(), seal.scope.site().cloned(), Kind::Access);
                Some(Change::new(group, Access { what: "seal", id: &seal.id }))
            }
            Table::Bonds => {
                let bond: Bond = read(row)?;
                let home = &state.access.people.get(&bond.person)?.home;
                let group = self.group(home.org().cloned(), home.site().cloned(), Kind::Access);
                Some(Change::new(group, Access { what: "bond", id: bond.person.id.as_str() }))
            }
            _ => None,
        }
    }

    /// Other duties, rules or checks are in force in an org than before.
    fn policy(&mut self, org: OrgId, state: &State) -> Change {
        let version = state.policy_seen.matrices.get(&org).cloned();
        let group = self.group(Some(org), None, Kind::Ownership);
        Change::new(group, PolicyBrief { policy: "changed", matrix: version })
    }
}

/// Tables that are written all the time and say nothing that lists show or that decides who sees what.
const fn is_busy(table: Table) -> bool {
    matches!(
        table,
        Table::Timeline | Table::Standings | Table::Meta | Table::Audit | Table::Poisoned | Table::Software
    ) || matches!(table, Table::Notices | Table::Outbox | Table::NoticeGroups | Table::Archive | Table::Keys)
}

fn read<T: serde::de::DeserializeOwned>(row: &storage::Row) -> Option<T> {
    serde_json::from_slice(row.value.as_deref()?).ok()
}
