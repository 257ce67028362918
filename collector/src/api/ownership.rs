//! Whose is what, as a document: the version in force, its history, proposals and signatures.

mod change;
mod lint;
mod meant;
mod replay;

use axum::{
    Json,
    extract::{Path, State},
    response::Response,
};
use dogwatch_model::{OrgId, PersonId, Side};
use dogwatch_triage::matrix::Standing;
use http::{HeaderMap, StatusCode};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use change::{Asked as Compared, Changes, Named, diff, diff_of_texts};
pub(crate) use lint::{Asked as ToLint, Linted, lint};
pub(crate) use replay::{Asked as ToReplay, Replayed, replay};

use super::{
    Shared,
    caller::Caller,
    extract::{Body, Params},
    paging::page,
    problem::Problem,
    tagged::{tagged, tagged_by},
    who::org_meant,
};
use crate::{
    core::{Proposal, Sight},
    ownership::{Signature, Version, in_force},
};

/// Versions that a refusal names; more are counted. It is to be read in a line or two.
const MAX_WAITING_NAMED: usize = 5;

/// Which org; may be left out where there is only one.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Query {
    org: Option<OrgId>,
}

/// Whose is what, at an instant.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Ownership")]
pub(crate) struct Shown {
    as_of: Timestamp,
    org: OrgId,
    /// What alerts record: hash of the document and the directory.
    matrix_version: String,
    standing: Standing,
    /// The signed version in force; absent while the file decides.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_force: Option<VersionJson>,
    /// The org's file in the policy folder.
    file: String,
    /// The file says something else than what is in force: it is a draft that nobody has proposed.
    file_differs: bool,
    /// The document in force.
    text: String,
    /// What the file says, where that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    draft: Option<String>,
}

/// A version as it is listed: without its text.
#[derive(Serialize, JsonSchema)]
pub(crate) struct VersionJson {
    org: OrgId,
    hash: String,
    /// `waiting`, `agreed` (its date lies ahead), `in_force`, `past` or `withdrawn`.
    state: &'static str,
    proposed_by: PersonId,
    proposed_side: Side,
    proposed_at: Timestamp,
    effective_at: Timestamp,
    #[serde(skip_serializing_if = "String::is_empty")]
    note: String,
    signatures: Vec<Signature>,
    /// Which sides have not signed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    missing: Vec<Side>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_force_from: Option<Timestamp>,
    /// The document; in the answer about one version.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
}

impl VersionJson {
    fn of(version: &Version, all: &[Version], now: Timestamp) -> Self {
        let current = in_force(all, now).is_some_and(|current| current.hash == version.hash);
        let from = version.in_force_from();
        let state = match from {
            _ if version.withdrawn_at.is_some() => "withdrawn",
            None => "waiting",
            Some(from) if from > now => "agreed",
            Some(_) if current => "in_force",
            Some(_) => "past",
        };
        let signed = |side: &Side| version.signatures.iter().any(|signature| signature.side == *side);
        let missing = match state {
            "waiting" => [Side::Msp, Side::Internal].into_iter().filter(|side| !signed(side)).collect(),
            _ => Vec::new(),
        };
        Self {
            org: version.org.clone(),
            hash: version.hash.clone(),
            state,
            proposed_by: version.proposed_by.clone(),
            proposed_side: version.proposed_side,
            proposed_at: version.proposed_at,
            effective_at: version.effective_at,
            note: version.note.clone(),
            signatures: version.signatures.clone(),
            missing,
            in_force_from: from,
            text: None,
        }
    }
}

/// `GET /api/v1/ownership`
pub(crate) async fn show(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let policy = api.core.policy();
    let org = org_meant(&policy, &caller, query.org)?;
    let draft =
        policy.drafts.get(&org).ok_or_else(|| Problem::not_found(format!("there is no org `{org}`")))?;
    let (matrix, file_differs) = (policy.matrix(&org), policy.file_differs(&org));
    let mut shown = caller.see(&api, |sight| {
        let all = sight.versions(&org);
        // A signed version decides only when it goes with the directory: the policy knows whether it does.
        let current = in_force(all, caller.now).filter(|_| matrix.standing() == Standing::Signed);
        Shown {
            as_of: caller.now,
            org: org.clone(),
            matrix_version: matrix.version().to_owned(),
            standing: matrix.standing(),
            in_force: current.map(|version| VersionJson::of(version, all, caller.now)),
            file: draft.file.clone(),
            file_differs,
            text: current.map_or_else(|| draft.text.clone(), |version| version.text.clone()),
            draft: file_differs.then(|| draft.text.clone()),
        }
    });
    let body = written(&shown)?;
    // What it tells is the same from one second to the next.
    shown.as_of = Timestamp::UNIX_EPOCH;
    Ok(tagged_by(&headers, "application/json", body.into(), &written(&shown)?))
}

fn written(shown: &impl Serialize) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(shown).map_err(|_| Problem::internal("a matrix cannot be written"))
}

/// An org's versions, the newest first.
#[derive(Serialize, JsonSchema)]
pub(crate) struct History {
    as_of: Timestamp,
    org: OrgId,
    versions: Vec<VersionJson>,
    /// Where to go on, as `cursor`.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Whose versions, and which page of them.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct HistoryQuery {
    org: Option<OrgId>,
    #[schemars(range(min = 1, max = 1000))]
    limit: Option<usize>,
    /// The `next` of the page before.
    cursor: Option<String>,
}

/// `GET /api/v1/ownership/versions`
pub(crate) async fn history(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<HistoryQuery>,
) -> Result<Json<History>, Problem> {
    let org = org_meant(&api.core.policy(), &caller, query.org)?;
    let versions = caller.see(&api, |sight| {
        let all = sight.versions(&org);
        let numbered = all.iter().enumerate().rev();
        numbered.map(|(at, version)| (at, VersionJson::of(version, all, caller.now))).collect()
    });
    // They are only ever added at the end: its place there names a version for good, and the newest comes first.
    let key = |(at, _): &(usize, VersionJson)| core::cmp::Reverse(*at);
    let (versions, next) = page(versions, key, (query.limit, query.cursor.as_deref()))?;
    let versions = versions.into_iter().map(|(_, version)| version).collect();
    Ok(Json(History { as_of: caller.now, org, versions, next }))
}

/// `GET /api/v1/ownership/versions/{version}`
pub(crate) async fn version(
    State(api): State<Shared>,
    caller: Caller,
    Path(hash): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let shown = caller.see(&api, |sight| {
        let (version, all) = find(sight, &hash)?;
        let text = Some(version.text.clone());
        Ok::<_, Problem>(VersionJson { text, ..VersionJson::of(version, all, caller.now) })
    })?;
    Ok(tagged(&headers, "application/json", written(&shown)?.into()))
}

/// The one version whose hash begins so, among those the caller may see.
fn find<'s>(sight: &Sight<'s>, hash: &str) -> Result<(&'s Version, &'s [Version]), Problem> {
    let all = sight.all_versions().flat_map(|all| all.iter().map(move |version| (version, all)));
    let mut found: Vec<_> = all.filter(|(version, _)| version.hash.starts_with(hash)).collect();
    match (found.pop(), found.is_empty()) {
        (Some(found), true) => Ok(found),
        (Some(_), false) => {
            Err(Problem::invalid(format!("several versions begin with `{hash}`; write more of it")))
        }
        (None, _) => Err(Problem::not_found(format!(
            "there is no version `{hash}` that you may see; {}`dogwatch ownership history` lists all",
            waiting(sight)
        ))),
    }
}

/// The versions that somebody may still sign, in words, where there are any.
fn waiting(sight: &Sight<'_>) -> String {
    let open = sight.all_versions().flatten().filter(|version| version.is_waiting());
    let mut named: Vec<String> = open.map(|version| format!("{} ({})", version.hash, version.org)).collect();
    let more = named.len().saturating_sub(MAX_WAITING_NAMED);
    named.truncate(MAX_WAITING_NAMED);
    match more {
        _ if named.is_empty() => "none waits for a signature; ".to_owned(),
        0 => format!("waiting for signatures: {}; ", named.join(", ")),
        more => format!("waiting for signatures: {} and {more} more; ", named.join(", ")),
    }
}

/// A document to agree on.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Proposed {
    org: Option<OrgId>,
    text: String,
    effective_at: Option<Timestamp>,
    #[serde(default)]
    note: String,
}

/// `POST /api/v1/ownership/versions`
pub(crate) async fn propose(
    State(api): State<Shared>,
    caller: Caller,
    Body(proposed): Body<Proposed>,
) -> Result<(StatusCode, Json<VersionJson>), Problem> {
    let org = org_meant(&api.core.policy(), &caller, proposed.org)?;
    let proposal =
        Proposal { org, text: proposed.text, effective_at: proposed.effective_at, note: proposed.note };
    let version = api.core.propose_matrix(proposal, caller.principal().clone()).await?;
    Ok((StatusCode::CREATED, Json(VersionJson::of(&version, core::slice::from_ref(&version), caller.now))))
}

/// `POST /api/v1/ownership/versions/{version}/sign`
pub(crate) async fn sign(
    State(api): State<Shared>,
    caller: Caller,
    Path(hash): Path<String>,
) -> Result<Json<VersionJson>, Problem> {
    let (org, hash) = caller.see(&api, |sight| {
        find(sight, &hash).map(|(version, _)| (version.org.clone(), version.hash.clone()))
    })?;
    let version = api.core.sign_matrix(org, hash, caller.principal().clone()).await?;
    // It was signed a moment after the request came in, and may be in force from then.
    let signed = version.signatures.iter().map(|signature| signature.at);
    let now = signed.fold(caller.now, Timestamp::max);
    Ok(Json(VersionJson::of(&version, core::slice::from_ref(&version), now)))
}

/// `DELETE /api/v1/ownership/versions/{version}`
pub(crate) async fn withdraw(
    State(api): State<Shared>,
    caller: Caller,
    Path(hash): Path<String>,
) -> Result<Json<VersionJson>, Problem> {
    let (org, hash) = caller.see(&api, |sight| {
        find(sight, &hash).map(|(version, _)| (version.org.clone(), version.hash.clone()))
    })?;
    let version = api.core.withdraw_matrix(org, hash, caller.principal().clone()).await?;
    Ok(Json(VersionJson::of(&version, core::slice::from_ref(&version), caller.now)))
}
