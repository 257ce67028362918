//! Coming in by an OpenID Connect provider: in a browser, by a program on the same machine, or by one without a browser.
//!
//! All of these routes are public: nobody is known yet. What is decided stands in [`crate::identity`]; here are the
//! requests, the redirects, the cookie that ties a login to its browser, and the few words of the pages.

pub(crate) mod browser;
pub(crate) mod device;
pub(crate) mod loopback;
mod said;

use std::net::IpAddr;

use axum::{
    Extension, Json,
    extract::{ConnectInfo, State},
};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Shared, login::From, problem::Problem, secret, tokens::NewToken};
use crate::{
    access::{ApiToken, Factor, Login, Principal},
    identity::{TooMany, Trouble},
    listener::network,
};

fn network_of(from: From) -> Option<IpAddr> {
    from.map(|Extension(ConnectInfo(address))| network(address.ip()))
}

impl std::convert::From<TooMany> for Problem {
    fn from(_: TooMany) -> Self {
        Self::too_many("too many logins are under way; wait a minute and try again")
    }
}

impl std::convert::From<Trouble> for Problem {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Down(what) => Self::unavailable(what),
            Trouble::Refused(what) => Self::not_allowed(what),
        }
    }
}

/// A provider, for who chooses one.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "IdentityProvider")]
pub(crate) struct ProviderJson {
    id: String,
    name: String,
}

/// The providers that anybody may be told of.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "IdentityProviders")]
pub(crate) struct List {
    providers: Vec<ProviderJson>,
}

/// `GET /api/v1/oidc`
pub(crate) async fn list(State(api): State<Shared>) -> Json<List> {
    let all = api.oidc.providers();
    let json = all.shown().map(|one| ProviderJson { id: one.id.to_string(), name: one.name.clone() });
    Json(List { providers: json.collect() })
}

/// Makes the token that a program speaks by from now on.
async fn token_for(api: &Shared, principal: Principal) -> Result<Json<NewToken>, Problem> {
    let (kept, text) = session_for(api, &principal, false).await?;
    Ok(Json(NewToken::of(api, &kept, text)))
}

/// Opens a session for somebody whom a provider has proved: a browser's, or a program's.
async fn session_for(
    api: &Shared,
    principal: &Principal,
    browser: bool,
) -> Result<(ApiToken, String), Problem> {
    let made = secret::api_token()?;
    let login = Login {
        who: principal.key(),
        set_at: None,
        factor: Factor::Elsewhere,
        hash: made.hash,
        browser,
        // On the way back from another site a browser shows no `Strict` cookie.
        instead_of: None,
    };
    Ok((api.core.log_in(login).await?, made.text))
}
