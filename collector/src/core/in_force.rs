//! The policy in force has become another one: both sides are to be able to see when, and from which version to which; and
//! where others answer for the work now, what was given for it is to be looked at.
//!
//! The files are kept by whoever keeps the collector, so the record says that they changed and no person who did it. Their
//! texts are not in it, but their hashes: whoever has a copy can say whether it is that one.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use dogwatch_model::{OrgId, Side};
use dogwatch_triage::{
    audit::Deed,
    matrix::{
        Directory,
        shift::{Shift, shifts},
    },
};
use jiff::Timestamp;
use serde_json::json;

use super::{Batch, Core, audit::of_version};
use crate::{
    access::{DueKind, Grant, PersonKey},
    ownership::in_force,
    policy::{Policy, Seen},
    state::State,
    storage::Table,
};

/// The key of what the audit was told of last in the meta table.
pub(super) const POLICY_SEEN: &str = "policy-seen";

/// Changes of duties that one reason names; a matrix written anew changes more than anybody reads in a list.
const MOST_SHIFTS: usize = 3;

impl Core {
    /// Writes down what is another policy than the one that was in force at the last look. Costs nothing while it is not.
    pub(super) fn note_policy(
        &mut self,
        state: &mut State,
        policy: &Arc<Policy>,
        now: Timestamp,
        batch: &mut Batch,
    ) {
        if self.noted.as_ref().is_some_and(|noted| Arc::ptr_eq(noted, policy)) {
            return;
        }
        let before = self.noted.replace(Arc::clone(policy));
        let seen = policy.seen(&state.matrices, now);
        if seen == state.policy_seen {
            return;
        }
        let known = std::mem::replace(&mut state.policy_seen, seen);
        batch.put(Table::Meta, POLICY_SEEN, &state.policy_seen);
        // The first look of all has nothing to compare with.
        if known == Seen::default() {
            return;
        }
        batch.ruled.extend(concerned(&known, &state.policy_seen));
        tell_files(&known, &state.policy_seen, now, batch);
        tell_versions(state, &known, now, batch);
        for grant in to_be_looked_at(state, (before.as_deref(), policy), &known, now).into_values() {
            batch.put(Table::Grants, &grant.id, &grant);
            let told = Deed::new("grant.ask-review", &grant.id, grant.scope.org());
            batch.record(now, told.after(json!({ "grant": grant.id, "triggers": grant.triggers })));
        }
    }
}

/// Orgs for which something else is in force or written down; a file that is about no org is about all of them.
pub(super) fn concerned(known: &Seen, seen: &Seen) -> BTreeSet<OrgId> {
    let changed = |name: &&String| known.files.get(*name) != seen.files.get(*name);
    let names = known.files.keys().chain(seen.files.keys()).filter(changed);
    let of: BTreeSet<Option<&OrgId>> = names
        .filter_map(|name| seen.files.get(name).or(known.files.get(name)))
        .map(|file| file.org.as_ref())
        .collect();
    let differs = |org: &&OrgId| {
        of.contains(&None)
            || of.contains(&Some(*org))
            || known.matrices.get(*org) != seen.matrices.get(*org)
            || known.in_force.get(*org) != seen.in_force.get(*org)
    };
    known.matrices.keys().chain(seen.matrices.keys()).filter(differs).cloned().collect()
}

/// Each file that says something else, is new or has gone.
fn tell_files(known: &Seen, seen: &Seen, now: Timestamp, batch: &mut Batch) {
    let names: BTreeSet<&String> = known.files.keys().chain(seen.files.keys()).collect();
    for name in names {
        let (old, new) = (known.files.get(name), seen.files.get(name));
        if old.map(|file| file.sha256) == new.map(|file| file.sha256) {
            continue;
        }
        let org = new.or(old).and_then(|file| file.org.as_ref());
        let draft = org.is_some_and(|org| seen.in_force.contains_key(org) && name.contains("/orgs/"));
        let of = |sha256| match draft {
            true => json!({ "sha256": sha256, "in_force": false }),
            false => json!({ "sha256": sha256 }),
        };
        let deed = Deed::new("policy.change", name, org);
        let deed = old.into_iter().fold(deed, |deed, old| deed.before(of(old.sha256)));
        batch.record(now, new.into_iter().fold(deed, |deed, new| deed.after(of(new.sha256))));
    }
}

/// Each agreed version that came into force.
fn tell_versions(state: &State, known: &Seen, now: Timestamp, batch: &mut Batch) {
    for (org, hash) in &state.policy_seen.in_force {
        let before = known.in_force.get(org);
        let version = state.matrices.get(org).and_then(|versions| in_force(versions, now));
        let (Some(version), true) = (version, before != Some(hash)) else { continue };
        let old = match before {
            Some(hash) => json!({ "hash": hash }),
            None => json!({ "matrix": known.matrices.get(org) }),
        };
        let deed = Deed::new("ownership.in-force", version.key(), Some(org));
        batch.record(now, deed.before(old).after(of_version(version)));
    }
}

/// Grants that were given for other duties than there are now, each once. What was exchanged while nobody watched cannot be
/// compared, so all of that org are.
fn to_be_looked_at(
    state: &mut State,
    (before, after): (Option<&Policy>, &Policy),
    known: &Seen,
    now: Timestamp,
) -> BTreeMap<String, Grant> {
    let Some(before) = before else { return exchanged_unseen(state, known, now) };
    let seen = &state.policy_seen.matrices;
    let changed =
        seen.iter().filter(|(org, version)| known.matrices.get(*org).is_some_and(|was| was != *version));
    let changed: Vec<OrgId> = changed.map(|(org, _)| org.clone()).collect();
    let mut asked = Vec::new();
    for org in changed {
        let (old, new) = (before.matrix(&org), after.matrix(&org));
        let shifts = shifts(old, new);
        asked.extend(state.access.ask_where(DueKind::DutiesChanged, now, |person, grant| {
            let person = person.filter(|_| grant.scope.org() == Some(&org))?;
            let concerned = |shift: &&Shift| shift.concerns(&person.id, person.side, person.team.as_ref());
            reason(&shifts.iter().filter(concerned).collect::<Vec<_>>())
        }));
        asked.extend(moved(state, (old.directory(), new.directory()), Some(&org), now));
    }
    asked.extend(moved(state, (before.directory(), after.directory()), None, now));
    asked.into_iter().map(|grant| (grant.id.clone(), grant)).collect()
}

/// All grants of orgs whose own matrix is another one than when the collector stopped.
fn exchanged_unseen(state: &mut State, known: &Seen, now: Timestamp) -> BTreeMap<String, Grant> {
    let seen = state.policy_seen.clone();
    let other =
        |org: &&OrgId| known.matrices.contains_key(*org) && known.decides_in(org) != seen.decides_in(org);
    let orgs: BTreeSet<&OrgId> = seen.matrices.keys().filter(other).collect();
    let asked = state.access.ask_where(DueKind::DutiesChanged, now, |_, grant| {
        let org = grant.scope.org().filter(|org| orgs.contains(org))?;
        Some(format!("the matrix of {org} was changed while the collector was stopped"))
    });
    asked.into_iter().map(|grant| (grant.id.clone(), grant)).collect()
}

fn reason(shifts: &[&Shift]) -> Option<String> {
    let told: Vec<&str> = shifts.iter().take(MOST_SHIFTS).map(|shift| shift.what.as_str()).collect();
    let more = shifts.len().saturating_sub(MOST_SHIFTS);
    match (told.is_empty(), more) {
        (true, _) => None,
        (false, 0) => Some(told.join("; ")),
        (false, more) => Some(format!("{} and {more} more", told.join("; "))),
    }
}

/// Grants of people who work in another team by a directory: the MSP's own, or with an org that of its document.
fn moved(
    state: &mut State,
    (before, after): (&Directory, &Directory),
    org: Option<&OrgId>,
    now: Timestamp,
) -> Vec<Grant> {
    let mut asked = Vec::new();
    for person in before.people() {
        let team = after.person(&person.id).map(|now| &now.team);
        if team == Some(&person.team) || person.disabled {
            continue;
        }
        let own = org.filter(|_| person.side != Side::Msp).cloned();
        let key = PersonKey { org: own, id: person.id.clone() };
        if state.access.people.get(&key).is_none_or(|known| known.side != person.side) {
            continue;
        }
        asked.extend(state.access.changed_team(&key, (&person.team, team), org, now));
    }
    asked
}
