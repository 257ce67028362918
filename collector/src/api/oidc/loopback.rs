//! The command line's way: it listens on its own machine, the browser brings it a one-time code, and it trades the code
//! for a token, proving by its verifier that it is the one that began.

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{network_of, token_for};
use crate::{
    api::{Shared, extract::Body, login::From, problem::Problem, tokens::NewToken},
    identity::Loopback,
};

/// How a program wants to log in.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    provider: Option<String>,
    port: u16,
    code_challenge: String,
}

/// Where the browser has to go.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "LoopbackLogin")]
pub(crate) struct Begun {
    provider: String,
    url: String,
}

/// `POST /api/v1/oidc/loopback`
pub(crate) async fn begin(
    State(api): State<Shared>,
    from: From,
    Body(wanted): Body<Wanted>,
) -> Result<Json<Begun>, Problem> {
    /// Below are the ports of services, where no program of a person's listens.
    const FIRST_FREE_PORT: u16 = 1024;
    /// SHA-256 in base64 without padding.
    const CHALLENGE_CHARS: usize = 43;
    let Wanted { provider, port, code_challenge: challenge } = wanted;
    let shaped = challenge.len() == CHALLENGE_CHARS
        && challenge.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if port < FIRST_FREE_PORT || !shaped {
        return Err(Problem::invalid(
            "`port` must be 1024 or above, and `code_challenge` one of PKCE's S256",
        ));
    }
    let provider = api.oidc.provider(provider.as_deref()).map_err(Problem::not_found)?;
    // A provider that is down is told now, to the terminal, and not later in a browser.
    provider.is_there().await?;
    let begun = (provider.id.clone(), Loopback { port, challenge });
    let ticket = api.oidc.expect(begun, network_of(from), (api.now)())?;
    let url = format!("https://{}/oidc/start?ticket={ticket}", api.info.people_address);
    Ok(Json(Begun { provider: provider.id.to_string(), url }))
}

/// A one-time code and the verifier of who began.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Trade {
    code: String,
    code_verifier: String,
}

/// `POST /api/v1/oidc/loopback/token`
pub(crate) async fn token(
    State(api): State<Shared>,
    Body(trade): Body<Trade>,
) -> Result<Json<NewToken>, Problem> {
    let who = api.oidc.trade(&trade.code, &trade.code_verifier, (api.now)()).map_err(Problem::not_allowed)?;
    token_for(&api, who).await
}
