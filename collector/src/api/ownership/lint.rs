//! `lint`: what is not good about a document, with what only the collector knows: endpoints, channels, signatures, and how
//! much the catch-all takes.

use std::collections::BTreeSet;

use axum::{Json, extract::State};
use dogwatch_model::{ChannelId, Endpoint, OrgId};
use dogwatch_triage::{
    filter::{AlertCounts, Row},
    lint::{self, Finding, LintContext, Severity, Signature, Source},
};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::meant::Document;
use crate::{
    api::{Shared, caller::Caller, extract::Body, problem::Problem, who::org_meant},
    core::Sight,
    ownership::{Version, in_force},
    policy::Policy,
};

/// The most endpoints that a document is held against: each is copied, with some kilobytes of what it told, and each
/// filter is asked about each of them.
const MAX_ENDPOINTS: usize = 5_000;

/// How far back the share of the catch-all is counted.
const CATCH_ALL_DAYS: i64 = 30;

/// Which document: a text, a version, or what is in force.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Asked {
    org: Option<OrgId>,
    text: Option<String>,
    version: Option<String>,
}

/// What is not good about it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Linted {
    as_of: Timestamp,
    org: OrgId,
    file: String,
    errors: usize,
    warnings: usize,
    findings: Vec<Finding>,
    /// What could not be looked at, and why.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_judged: Vec<String>,
}

/// `POST /api/v1/ownership/lint`
pub(crate) async fn lint(
    State(api): State<Shared>,
    caller: Caller,
    Body(asked): Body<Asked>,
) -> Result<Json<Linted>, Problem> {
    let policy = api.core.policy();
    let org = org_meant(&policy, &caller, asked.org)?;
    let document = Document::meant(&api, (&caller, &policy), &org, (asked.version.as_deref(), asked.text))?;
    let known = caller.see(&api, |sight| Known::of(sight, &policy, (&org, &document.text), caller.now));
    let now = caller.now;
    // A year of calendars against hundreds of rows takes a while; others are answered meanwhile.
    let work = tokio::task::spawn_blocking(move || known.linted(&document, &policy, org, now));
    work.await.map(Json).map_err(|_| Problem::internal("the lint of a matrix stopped half way"))
}

/// What the collector knows besides the document, taken under its lock.
struct Known {
    /// `None` when there are too many.
    endpoints: Option<Vec<(Endpoint, AlertCounts)>>,
    channels: Option<BTreeSet<ChannelId>>,
    catch_all_percent: Option<f64>,
    signature: Option<Signature>,
}

impl Known {
    fn of(sight: &Sight<'_>, policy: &Policy, (org, text): (&OrgId, &str), now: Timestamp) -> Self {
        let mine = || sight.members().filter(|member| member.endpoint.org == *org);
        let few = mine().count() <= MAX_ENDPOINTS;
        let versions = sight.versions(org);
        Self {
            endpoints: few.then(|| mine().map(|member| (member.endpoint.clone(), member.counts)).collect()),
            channels: Some(sight.channels_of(org)),
            catch_all_percent: catch_all_percent(sight, policy, org, now),
            signature: signature(versions, text, now),
        }
    }

    fn linted(self, document: &Document, policy: &Policy, org: OrgId, now: Timestamp) -> Linted {
        let Document { name, text } = document;
        let findings = match policy.understand(text, name) {
            Err(error) => lint::faults(&error),
            Ok(matrix) => {
                let rows: Option<Vec<Row<'_>>> = self.endpoints.as_ref().map(|endpoints| {
                    let rows = endpoints.iter();
                    rows.map(|(endpoint, alerts)| Row { endpoint, as_of: now, alerts: *alerts, owners: None })
                        .collect()
                });
                let context = LintContext {
                    today: now.to_zoned(TimeZone::UTC).date(),
                    endpoints: rows.as_deref(),
                    channels: self.channels.as_ref(),
                    catch_all_percent: self.catch_all_percent,
                    signature: self.signature,
                };
                lint::lint(&matrix, &[Source { file: name, text }], &context)
            }
        };
        let errors = findings.iter().filter(|finding| finding.severity == Severity::Error).count();
        let many = format!("more than {MAX_ENDPOINTS} endpoints: rows were not held against them");
        Linted {
            as_of: now,
            org,
            file: name.clone(),
            errors,
            warnings: findings.len() - errors,
            not_judged: self.endpoints.is_none().then_some(many).into_iter().collect(),
            findings,
        }
    }
}

/// The share of the catch-all in what came lately and is still in the working set; absent when nothing came.
fn catch_all_percent(sight: &Sight<'_>, policy: &Policy, org: &OrgId, now: Timestamp) -> Option<f64> {
    let since = now.checked_sub(SignedDuration::from_hours(24 * CATCH_ALL_DAYS)).ok()?;
    let mine = sight.alerts().map(|item| &item.alert);
    let mine = mine.filter(|alert| alert.org == *org && alert.first_seen >= since);
    let catch_all = policy.matrix(org).catch_all().map(|row| &row.id);
    let (mut all, mut taken) = (0_u32, 0_u32);
    for alert in mine {
        all += 1;
        taken += u32::from(alert.owner.row.is_none() || alert.owner.row.as_ref() == catch_all);
    }
    (all > 0).then(|| f64::from(taken) * 100.0 / f64::from(all))
}

/// How a text stands to the versions. Of a draft that nobody has proposed nothing is said while a signed one is in force.
fn signature(versions: &[Version], text: &str, now: Timestamp) -> Option<Signature> {
    let hash = Version::hash_of(text);
    match versions.iter().find(|version| version.hash == hash) {
        Some(version) if version.in_force_from().is_some() => Some(Signature::Signed),
        Some(_) => Some(Signature::Unsigned),
        None => in_force(versions, now).is_none().then_some(Signature::Unsigned),
    }
}
