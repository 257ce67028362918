//! The first login: the one-time setup code becomes the first administrator's token.

use std::net::SocketAddr;

use axum::{
    Extension, Json,
    extract::{ConnectInfo, State},
};
use dogwatch_model::{PersonId, Side, TeamId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Shared, extract::Body, problem::Problem, secret, tokens::NewToken, tries::Purpose};
use crate::{
    access::{DEFAULT_LIFETIME, Principal, Scope, Sha256, Verbs},
    core::NewApiToken,
};

/// What the first person says.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Setup {
    code: String,
    person: PersonId,
    #[serde(default = "msp")]
    side: Side,
    team: Option<TeamId>,
}

const fn msp() -> Side {
    Side::Msp
}

/// `POST /api/v1/setup`
pub(crate) async fn redeem(
    State(api): State<Shared>,
    caller: Option<Extension<ConnectInfo<SocketAddr>>>,
    Body(setup): Body<Setup>,
) -> Result<Json<NewToken>, Problem> {
    let tried = api.tries.admit(Purpose::SetupCode, caller.as_ref())?;
    let Setup { code, person, side, team } = setup;
    if side != Side::Msp {
        return Err(Problem::invalid(
            "the first administrator is the MSP's; they let the first owner of each org in: `dogwatch access invite PERSON \
             --side internal --org ORG --role admin`",
        ));
    }
    let made = secret::api_token()?;
    let principal = Principal { team, ..Principal::new(person, side, &Scope::Everywhere, Verbs::ALL) };
    let token = NewApiToken { hash: made.hash, principal, lifetime: Some(DEFAULT_LIFETIME) };
    let kept = api.core.redeem_setup(Sha256::of(code.as_bytes()), token).await?;
    tried.worked();
    Ok(Json(NewToken::of(&api, &kept, made.text)))
}
