//! People: who there is, letting somebody in, keeping somebody out.

use axum::{
    Json,
    extract::{Path, State},
};
use dogwatch_model::{OrgId, PersonId, Side, SiteId, TeamId};
use http::StatusCode;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    access::known,
    caller::Caller,
    extract::{Body, Params},
    place::known_org,
    problem::Problem,
    secret,
};
use crate::{
    access::{Act, Change, NewPerson, Person, PersonKey, Role, Scope, Verbs},
    core::Sight,
};

/// A person as they are shown.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PersonJson {
    #[serde(flatten)]
    person: Person,
    key: String,
    owner: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_seen: Option<Timestamp>,
    /// `none`, `password` or `second_factor`.
    account: &'static str,
}

impl PersonJson {
    fn of(person: &Person, sight: &Sight<'_>, (api, now): (&Shared, Timestamp)) -> Self {
        let key = person.key();
        let owner =
            person.home.org().is_some_and(|org| sight.owners(org, now).iter().any(|own| own.key() == key));
        let account = match sight.account(&key) {
            None => "none",
            Some(false) => "password",
            Some(true) => "second_factor",
        };
        Self {
            person: person.at(now),
            key: key.to_string(),
            owner,
            last_seen: sight.last_seen(&key, |token| api.used.of(token)),
            account,
        }
    }
}

/// People, by side and id.
#[derive(Serialize, JsonSchema)]
pub(crate) struct People {
    people: Vec<PersonJson>,
}

/// Whose.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Which {
    org: Option<OrgId>,
}

/// `GET /api/v1/people`
pub(crate) async fn list(
    State(api): State<Shared>,
    caller: Caller,
    Params(which): Params<Which>,
) -> Result<Json<People>, Problem> {
    known_org(&api, &caller, which.org.as_ref())?;
    let people = caller.see(&api, |sight| {
        let wanted = |person: &&Person| which.org.as_ref().is_none_or(|org| person.home.touches(org));
        sight
            .people()
            .filter(wanted)
            .map(|person| PersonJson::of(person, sight, (&api, caller.now)))
            .collect()
    });
    Ok(Json(People { people }))
}

/// Somebody to let in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    person: PersonId,
    side: Option<Side>,
    team: Option<TeamId>,
    org: Option<OrgId>,
    site: Option<SiteId>,
    role: Option<Role>,
    verbs: Option<Verbs>,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    service: bool,
}

/// Somebody let in: the one time that their invitation is shown.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Invited {
    person: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<Timestamp>,
    /// They are let in after a broken seal, until then unless somebody confirms them.
    #[serde(skip_serializing_if = "Option::is_none")]
    trial_until: Option<Timestamp>,
    /// Logins and tokens of theirs that the new invitation has ended.
    #[serde(skip_serializing_if = "is_zero")]
    tokens_ended: usize,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands it over so")]
const fn is_zero(count: &usize) -> bool {
    *count == 0
}

fn invited(key: &PersonKey, text: Option<String>, changes: &[Change]) -> Invited {
    let expires_at = changes.iter().find_map(|change| match change {
        Change::Invitation(_, Some(invitation)) => Some(invitation.expires_at),
        _ => None,
    });
    let trial_until = changes.iter().find_map(|change| match change {
        Change::Person(person) => person.trial_until,
        _ => None,
    });
    let tokens_ended = changes.iter().filter(|change| matches!(change, Change::Token(_))).count();
    Invited { person: key.to_string(), invitation: text, expires_at, trial_until, tokens_ended }
}

/// `POST /api/v1/people`
pub(crate) async fn invite(
    State(api): State<Shared>,
    caller: Caller,
    Body(wanted): Body<Wanted>,
) -> Result<(StatusCode, Json<Invited>), Problem> {
    let by = caller.principal();
    let side = wanted.side.unwrap_or(by.side);
    let org = wanted.org.or_else(|| by.org.clone());
    if let Some(org) = &org
        && !(api.core.policy().orgs.contains_key(org) && caller.sees(org))
    {
        return Err(Problem::not_found(format!("there is no org `{org}` that you may see")));
    }
    let home = Scope::of(org, wanted.site);
    let person = NewPerson { id: wanted.person, side, home, team: wanted.team, service: wanted.service };
    super::tokens::same_side(&api.core.policy(), &person, |org| caller.sees(org))?;
    super::teams::of_person(&api.core.policy(), &person, |org| caller.sees(org))?;
    let made = (!wanted.service).then(secret::invitation).transpose()?;
    let verbs = wanted.verbs.unwrap_or_else(|| wanted.role.unwrap_or(Role::Member).verbs());
    let reason =
        if wanted.reason.is_empty() { "came with their invitation".to_owned() } else { wanted.reason };
    let key = person.key();
    let act = Act::Invite {
        person,
        verbs: (verbs, secret::short()?),
        reason,
        invitation: made.as_ref().map(|made| made.hash),
    };
    let changes = api.core.access(act, by.clone()).await?;
    Ok((StatusCode::CREATED, Json(invited(&key, made.map(|made| made.text), &changes))))
}

/// `POST /api/v1/people/{person}/invite`
pub(crate) async fn reinvite(
    State(api): State<Shared>,
    caller: Caller,
    Path(person): Path<String>,
) -> Result<Json<Invited>, Problem> {
    let key = known(&api, &caller, &person)?;
    let made = secret::invitation()?;
    let act = Act::Reinvite(key.clone(), made.hash);
    let changes = api.core.access(act, caller.principal().clone()).await?;
    Ok(Json(invited(&key, Some(made.text), &changes)))
}

/// `POST /api/v1/people/{person}/disable` and `/enable`
pub(crate) async fn set(
    State(api): State<Shared>,
    caller: Caller,
    Path(person): Path<String>,
    uri: http::Uri,
) -> Result<Json<PersonJson>, Problem> {
    let key = known(&api, &caller, &person)?;
    let act = match uri.path().ends_with("/disable") {
        true => Act::Disable(key.clone()),
        false => Act::Enable(key.clone()),
    };
    api.core.access(act, caller.principal().clone()).await?;
    let shown = caller.see(&api, |sight| {
        sight.person(&key).map(|person| PersonJson::of(person, sight, (&api, caller.now)))
    });
    shown
        .map(Json)
        .ok_or_else(|| Problem::not_found(format!("there is no person `{}` that you may see", key.id)))
}
