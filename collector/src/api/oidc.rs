//! Coming in by an OpenID Connect provider: in a browser, by a program on the same machine, or by one without a browser.
//!
//! All of these routes are public: nobody is known yet. What is decided stands in [`crate::identity`]; here are the
//! requests, the redirects, the cookie that ties a login to its browser, and the few words of the pages.

pub(crate) mod browser;
pub(crate) mod device;
pub(crate) mod loopback;
mod said;

use std::net::{IpAddr, SocketAddr};

use axum::{
    Extension, Json,
    extract::{ConnectInfo, State},
};
use jiff::SignedDuration;
use serde::Serialize;

use super::{Shared, problem::Problem, secret, tokens::NewToken};
use crate::{
    access::Principal,
    core::NewApiToken,
    identity::{TooMany, Trouble},
    listener::network,
};

/// Where a request comes from.
type From = Option<Extension<ConnectInfo<SocketAddr>>>;

/// For how long the token works that a program gets for a login: a long shift. Its rights are the person's at use.
const TOKEN_LIFE: SignedDuration = SignedDuration::from_hours(12);

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
#[derive(Serialize)]
pub(crate) struct ProviderJson {
    id: String,
    name: String,
}

/// The providers there are.
#[derive(Serialize)]
pub(crate) struct List {
    providers: Vec<ProviderJson>,
}

/// `GET /api/v1/oidc`
pub(crate) async fn list(State(api): State<Shared>) -> Json<List> {
    let all = api.oidc.providers();
    let json =
        all.providers.values().map(|one| ProviderJson { id: one.id.to_string(), name: one.name.clone() });
    Json(List { providers: json.collect() })
}

/// Makes the token that a program speaks by from now on.
async fn token_for(api: &Shared, principal: Principal) -> Result<Json<NewToken>, Problem> {
    let made = secret::api_token()?;
    let by = principal.clone();
    let token = NewApiToken { hash: made.hash, principal, lifetime: Some(TOKEN_LIFE) };
    let kept = api.core.create_token(token, by).await?;
    Ok(Json(NewToken::of(&kept, made.text)))
}
