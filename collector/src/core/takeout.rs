//! An org's data, all of it, as JSON Lines: what is in memory from the state, the rest from the disk.
//!
//! The first line is a manifest: how many rows of each kind follow, and the SHA-256 of every byte after it. Who reads the
//! file needs nothing of Dogwatch to check that it is whole.

use std::collections::BTreeMap;

use dogwatch_model::OrgId;
use jiff::Timestamp;
use serde::Serialize;

use super::Core;
use crate::{
    access::{ApiToken, Grant, JoinTokenRecord, Person, Scope, Sha256},
    policy::Policy,
    refusal::{Code, Refusal},
    state::{Item, State},
    storage::Table,
};

/// What the format is called; a later one gets another number.
const FORMAT: &str = "dogwatch-org-export/1";

/// The largest export that is made in memory.
const MAX_BYTES: usize = 512 * 1024 * 1024;

/// Rows of the archive and of the audit that are read at once.
const MAX_ROWS: usize = 2_000_000;

/// The first line.
#[derive(Debug, Serialize)]
struct Manifest<'a> {
    format: &'static str,
    org: &'a OrgId,
    made_at: Timestamp,
    counts: BTreeMap<&'static str, u64>,
    sha256: Sha256,
}

/// Lines in the making.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    counts: BTreeMap<&'static str, u64>,
    full: bool,
}

#[derive(Serialize)]
struct Line<'a, T> {
    kind: &'static str,
    row: &'a T,
}

impl Lines {
    fn add<T: Serialize>(&mut self, kind: &'static str, row: &T) {
        if self.bytes.len() > MAX_BYTES {
            self.full = true;
            return;
        }
        if serde_json::to_writer(&mut self.bytes, &Line { kind, row }).is_ok() {
            self.bytes.push(b'\n');
            *self.counts.entry(kind).or_default() += 1;
        }
    }

    fn add_all<'r, T: Serialize + 'r>(&mut self, kind: &'static str, rows: impl Iterator<Item = &'r T>) {
        rows.for_each(|row| self.add(kind, row));
    }
}

/// A grant, a token as it concerns one org: nothing of others.
fn concerned(grant: &Grant, org: &OrgId) -> Option<Grant> {
    let own = grant.scope.touches(org);
    own.then(|| {
        let mut grant = grant.clone();
        grant.approvals.retain(|other, _| other == org);
        grant
    })
}

/// A token without its hash.
#[derive(Serialize)]
struct TokenLine<'a> {
    id: &'a str,
    principal: &'a crate::access::Principal,
    created_at: Timestamp,
    expires_at: Option<Timestamp>,
    revoked_at: Option<Timestamp>,
}

#[derive(Serialize)]
struct JoinLine<'a> {
    id: &'a str,
    site: &'a dogwatch_model::SiteId,
    created_by: &'a dogwatch_model::PersonId,
    created_at: Timestamp,
    expires_at: Timestamp,
    uses: u32,
    used: u32,
    revoked_at: Option<Timestamp>,
}

impl Core {
    /// Everything of an org.
    pub(super) fn take_out(
        &self,
        state: &State,
        policy: &Policy,
        org: &OrgId,
        now: Timestamp,
    ) -> Result<Vec<u8>, Refusal> {
        let mut lines = Lines::default();
        let own = state.members.values().filter(|member| member.endpoint.org == *org);
        lines.add_all("endpoint", own.map(|member| &member.endpoint));
        lines.add_all("alert", state.alerts.values().filter(|item| item.alert.org == *org));
        self.add_archive(&mut lines, org)?;
        lines.add_all("matrix_version", state.matrices.get(org).into_iter().flatten());
        if let Some(draft) = policy.drafts.get(org) {
            lines.add("matrix_file", &draft.text);
        }
        lines.add_all("window", state.windows.values().filter(|window| window.plan.org == *org));
        self.add_people(&mut lines, state, org);
        if lines.full {
            let what = format!(
                "the data of {org} is larger than {MAX_BYTES} bytes; ask for `dogwatch-collector export`"
            );
            return Err(Refusal::new(Code::Unavailable, what));
        }
        let manifest = Manifest {
            format: FORMAT,
            org,
            made_at: now,
            counts: lines.counts,
            sha256: Sha256::of(&lines.bytes),
        };
        let mut whole = serde_json::to_vec(&manifest)
            .map_err(|_| Refusal::new(Code::Unavailable, "the export's manifest could not be written"))?;
        whole.push(b'\n');
        whole.append(&mut lines.bytes);
        Ok(whole)
    }

    fn add_archive(&self, lines: &mut Lines, org: &OrgId) -> Result<(), Refusal> {
        let unreadable = |error| {
            tracing::error!(%error, "the archive cannot be read for an export");
            Refusal::new(Code::Unavailable, "the archive cannot be read now; the collector's log says why")
        };
        let rows = self.storage.read(Table::Archive, "", MAX_ROWS).map_err(unreadable)?;
        for row in rows {
            let item = row.value.as_deref().and_then(|value| serde_json::from_slice::<Item>(value).ok());
            if let Some(item) = item.filter(|item| item.alert.org == *org) {
                lines.add("alert", &item);
            }
        }
        Ok(())
    }

    fn add_people(&self, lines: &mut Lines, state: &State, org: &OrgId) {
        let access = &state.access;
        let here = |person: &&Person| person.home.touches(org);
        lines.add_all("person", access.people.values().filter(here));
        for grant in access.grants.values().filter_map(|grant| concerned(grant, org)) {
            lines.add("grant", &grant);
        }
        let own = |token: &&ApiToken| {
            Scope::touches(&token.principal.scope(), org) && token.principal.org.is_some()
        };
        let mut tokens: Vec<_> = access.tokens.values().filter(own).collect();
        tokens.sort_by(|a, b| (a.created_at, &a.id).cmp(&(b.created_at, &b.id)));
        for token in tokens {
            let ApiToken { id, principal, created_at, expires_at, revoked_at, .. } = token;
            let (created_at, expires_at, revoked_at) = (*created_at, *expires_at, *revoked_at);
            lines.add("token", &TokenLine { id, principal, created_at, expires_at, revoked_at });
        }
        for join in state.join_tokens.values().filter(|join| join.org == *org) {
            let JoinTokenRecord {
                id, site, created_by, created_at, expires_at, uses, used, revoked_at, ..
            } = join;
            lines.add(
                "join_token",
                &JoinLine {
                    id,
                    site,
                    created_by,
                    created_at: *created_at,
                    expires_at: *expires_at,
                    uses: *uses,
                    used: *used,
                    revoked_at: *revoked_at,
                },
            );
        }
    }
}
