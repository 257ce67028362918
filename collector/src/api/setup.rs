//! The first login: the one-time setup code becomes the first administrator's token.

use std::{net::SocketAddr, time::Instant};

use axum::{
    Extension, Json,
    extract::{ConnectInfo, State},
};
use dogwatch_model::{PersonId, Side, TeamId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Shared, extract::Body, problem::Problem, secret, tokens::NewToken};
use crate::{
    access::{Principal, Sha256, Verbs},
    core::NewApiToken,
    listener::network,
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
    let from = caller.map(|Extension(ConnectInfo(address))| network(address.ip()));
    if !api.tries.allow(from, Instant::now()) {
        return Err(Problem::too_many(
            "five setup codes were tried within a minute; wait a minute and try again",
        ));
    }
    let Setup { code, person, side, team } = setup;
    let made = secret::api_token()?;
    let principal = Principal { person, side, team, org: None, site: None, ceiling: Verbs::ALL, maker: None };
    let token = NewApiToken { hash: made.hash, principal, lifetime: None };
    let kept = api.core.redeem_setup(Sha256::of(code.as_bytes()), token).await?;
    Ok(Json(NewToken::of(&kept, made.text)))
}
