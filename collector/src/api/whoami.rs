//! `whoami`: who the token speaks for, and with which collector.

use axum::{Json, extract::State};
use dogwatch_model::text_enum;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use super::{Shared, audit, caller::Caller, tokens::TokenJson};
use crate::access::{ApiToken, Role, Scope, Verbs};

/// Who asks, and whom.
#[derive(Serialize, JsonSchema)]
pub(crate) struct WhoAmI {
    #[serde(flatten)]
    token: TokenJson,
    /// What they may really do, and where: at most what the token lets through, their grants give and owners approved.
    rights: Vec<Right>,
    /// What of theirs ends within a week: the token that they show, and grants.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ending: Vec<Ending>,
    collector: CollectorJson,
}

/// What may be done at some places; `*` is every org that is not named elsewhere.
#[derive(Serialize, JsonSchema)]
struct Right {
    scopes: Vec<Scope>,
    verbs: Verbs,
    /// The name of the verbs, when they have one.
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
}

/// Something that ends soon.
#[derive(Serialize, JsonSchema)]
struct Ending {
    what: What,
    /// Its short id.
    id: String,
    /// When.
    at: Timestamp,
    /// What it lets through.
    verbs: Verbs,
    /// Where.
    scope: Scope,
}

text_enum! {
    /// What ends.
    enum What {
        /// The token that was shown.
        Token = "token",
        /// A grant.
        Grant = "grant",
    }
}

/// The collector itself.
#[derive(Serialize, JsonSchema)]
struct CollectorJson {
    name: String,
    version: &'static str,
    people_address: String,
    agents_address: String,
    root_sha256: crate::access::Sha256,
    /// What the audit's checkpoints are signed with.
    #[serde(skip_serializing_if = "Option::is_none")]
    audit_key: Option<audit::Key>,
}

/// `GET /api/v1/whoami`
pub(crate) async fn whoami(State(api): State<Shared>, caller: Caller) -> Json<WhoAmI> {
    let info = api.info.clone();
    Json(WhoAmI {
        token: TokenJson::of(&api, &caller.token, &caller.reach, caller.now),
        rights: rights(&api, &caller),
        ending: ending(&api, &caller),
        collector: CollectorJson {
            name: info.name,
            version: info.version,
            people_address: info.people_address,
            agents_address: info.agents_address,
            root_sha256: info.root_sha256,
            audit_key: audit::Key::of(&api),
        },
    })
}

fn rights(api: &Shared, caller: &Caller) -> Vec<Right> {
    let policy = api.core.policy();
    let rights = caller.see(api, |sight| caller.reach.rights(sight.orgs(&policy).map(|(org, _)| org)));
    let right = |(verbs, scopes)| Right { scopes, verbs, role: Role::named(verbs) };
    rights.into_iter().map(right).collect()
}

fn ending(api: &Shared, caller: &Caller) -> Vec<Ending> {
    let (who, now) = (caller.principal(), caller.now);
    let token = caller.token.ends_soon(now).map(|at| Ending {
        what: What::Token,
        id: caller.token.id.clone(),
        at,
        verbs: who.ceiling,
        scope: who.scope(),
    });
    let key = who.key();
    let mut grants: Vec<Ending> = caller.see(api, |sight| {
        let theirs = sight.register_grants().filter(|grant| grant.to == key && grant.is_in_force(now));
        let ends = theirs.filter_map(|grant| {
            let at = grant.expires_at.filter(|end| *end <= now + ApiToken::WARNED)?;
            Some(Ending { what: What::Grant, id: grant.id, at, verbs: grant.verbs, scope: grant.scope })
        });
        ends.collect()
    });
    grants.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    token.into_iter().chain(grants).collect()
}
