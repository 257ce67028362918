//! The browser's way: to the provider, and back.

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{network_of, said, session_for};
use crate::{
    access::Principal,
    api::{
        Shared,
        extract::Params,
        login::{self, From},
        problem::Problem,
        tries::Purpose,
    },
    identity::{Arrival, Came, Departure, Loopback, Next},
};

/// The cookie that ties a login to the browser it began in. The way back is a step from another site, on which a
/// browser sends no `Strict` cookie; what it is good for ends with the login.
const COOKIE: &str = "__Host-dogwatch-login";

/// How a login is to begin.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Start {
    provider: Option<String>,
    ticket: Option<String>,
    user_code: Option<String>,
}

/// `GET /oidc/start`
pub(crate) async fn start(
    State(api): State<Shared>,
    from: From,
    Params(start): Params<Start>,
) -> Result<Response, Response> {
    let (now, from) = ((api.now)(), network_of(from));
    let (provider, next) = whither(&api, start, from).map_err(|problem| said::problem(&problem))?;
    let provider = api.oidc.provider(provider.as_deref());
    let provider = provider.map_err(|what| said::problem(&Problem::not_found(what)))?;
    let departure = api.oidc.depart(provider, next, from, now).await;
    let departure = departure.map_err(|trouble| said::trouble(&trouble))?;
    let Departure { location, cookie } = departure.map_err(|many| said::problem(&Problem::from(many)))?;
    let cookie = format!("{COOKIE}={cookie}; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=600");
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location), (header::SET_COOKIE, cookie)]).into_response())
}

/// By which provider, and where the login is to lead.
fn whither(
    api: &Shared,
    start: Start,
    from: Option<std::net::IpAddr>,
) -> Result<(Option<String>, Next), Problem> {
    let now = (api.now)();
    match start {
        Start { ticket: Some(ticket), provider: None, user_code: None } => {
            let expected = api.oidc.expected(&ticket, now).ok_or_else(|| {
                Problem::not_found("this link was opened already, or is older than ten minutes; log in again")
            })?;
            Ok((Some(expected.0.to_string()), Next::Loopback(expected.1)))
        }
        Start { user_code: Some(code), provider, ticket: None } => {
            // Codes are short: who tries many is stopped here.
            let tried = api.tries.admit_from(Purpose::DeviceCode, from)?;
            api.oidc.whence(&code, now).ok_or_else(|| {
                Problem::not_found("no program waits with this code; look at it again, or begin anew")
            })?;
            tried.worked();
            Ok((provider, Next::Device(code)))
        }
        Start { provider, ticket: None, .. } => Ok((provider, Next::Browser)),
        Start { .. } => {
            Err(Problem::invalid("a login begins with `ticket`, or with `provider`, not with both"))
        }
    }
}

/// What comes back.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Back {
    #[serde(default)]
    state: String,
    code: Option<String>,
    iss: Option<String>,
    error: Option<String>,
}

/// `GET /oidc/callback`
pub(crate) async fn callback(
    State(api): State<Shared>,
    from: From,
    headers: HeaderMap,
    Params(back): Params<Back>,
) -> Response {
    let (now, from) = ((api.now)(), network_of(from));
    let arrival = Arrival { state: back.state, code: back.code, error: back.error, issuer: back.iss };
    let cookie = cookie(&headers).unwrap_or_default();
    let Some(Came { next, proved }) = api.oidc.arrive(&arrival, cookie, now).await else {
        return said::page(
            StatusCode::BAD_REQUEST,
            "Not logged in",
            "This is the end of a login that did not begin in this browser, was finished already, or took longer than \
             ten minutes. Begin again.",
        );
    };
    let outcome = match proved {
        Ok(proved) => api.core.sign_in(proved).await.map_err(Problem::from),
        Err(trouble) => Err(Problem::from(trouble)),
    };
    let response = match next {
        Next::Loopback(loopback) => to_loopback(&api, &loopback, outcome, from),
        Next::Browser => match outcome {
            Ok(who) => signed_in(&api, &who).await,
            Err(problem) => Err(problem),
        },
        Next::Device(code) => outcome.and_then(|who| super::device::question(&api, code, who, from)),
    };
    let mut response = response.unwrap_or_else(|problem| said::problem(&problem));
    let gone = format!("{COOKIE}=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0");
    if let Ok(gone) = gone.parse() {
        response.headers_mut().append(header::SET_COOKIE, gone);
    }
    response
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = all.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(name, _)| *name == COOKIE).map(|(_, value)| value)
}

/// Hands the one-time code to the program that waits on the person's own machine; what went wrong it hears for the code.
fn to_loopback(
    api: &Shared,
    loopback: &Loopback,
    outcome: Result<Principal, Problem>,
    from: Option<std::net::IpAddr>,
) -> Result<Response, Problem> {
    let outcome = outcome.map_err(|problem| problem.detail().to_owned());
    let code = api.oidc.keep(loopback, outcome, from, (api.now)())?;
    let location = format!("http://127.0.0.1:{}/?code={code}", loopback.port);
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response())
}

/// Opens a session. Its cookie is `Strict`: a browser that comes from another site sends it from the next step of the
/// person's own on, so this ends on a page with a link.
async fn signed_in(api: &Shared, who: &Principal) -> Result<Response, Problem> {
    let (_, text) = session_for(api, who, true).await?;
    let sentence = format!("You are {} on the {} side.", who.person, who.side);
    let onward = "<p><a href=\"/account\">Your account</a></p>\n";
    let mut page = said::with_form(StatusCode::OK, "Logged in", &sentence, onward);
    page.headers_mut().append(header::SET_COOKIE, login::cookie(&text)?);
    Ok(page)
}
