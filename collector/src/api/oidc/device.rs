//! The way of machines without a browser: a short code there, typed into a browser here by somebody who proves who they
//! are and says yes. Bodies and answers are those of RFC 8628, as JSON.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{network_of, said, token_for};
use crate::{
    access::Principal,
    api::{
        Shared,
        extract::{Body, Params},
        login::From,
        page::escape,
        pages::Filled,
        problem::Problem,
    },
    identity::{Asked, Provider, Waiting},
};

/// How a program wants to wait.
#[derive(Deserialize, JsonSchema)]
#[schemars(rename = "DeviceWanted")]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    /// The provider that its person comes by, where that is one that the page does not show.
    provider: Option<String>,
}

/// RFC 8628, section 3.2. There is no `verification_uri_complete`: the code is to be read and typed.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "DeviceLogin")]
pub(crate) struct Begun {
    device_code: String,
    user_code: String,
    verification_uri: String,
    expires_in: i64,
    interval: i64,
}

/// `POST /api/v1/oidc/device`
pub(crate) async fn begin(
    State(api): State<Shared>,
    from: From,
    Body(wanted): Body<Wanted>,
) -> Result<Json<Begun>, Problem> {
    let choice = api.oidc.providers().shown().nth(1).is_some();
    if wanted.provider.is_some() || !choice {
        api.oidc.provider(wanted.provider.as_deref()).map_err(Problem::not_found)?;
    }
    let Waiting { device_code, user_code, expires_in, interval } =
        api.oidc.wait(network_of(from), (api.now)())?;
    let by = wanted.provider.map_or_else(String::new, |provider| format!("?provider={provider}"));
    let verification_uri = format!("https://{}/device{by}", api.info.people_address);
    Ok(Json(Begun { device_code, user_code, verification_uri, expires_in, interval }))
}

/// What a program shows when it asks.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Ask {
    device_code: String,
}

/// `POST /api/v1/oidc/device/token`
pub(crate) async fn token(State(api): State<Shared>, Body(ask): Body<Ask>) -> Result<Response, Problem> {
    let not_yet = |error: &str, detail: &str| Err(Problem::invalid(detail).with("error", error));
    match api.oidc.ask(&ask.device_code, (api.now)()) {
        Asked::In(who) => token_for(&api, *who).await.map(IntoResponse::into_response),
        Asked::Pending => not_yet("authorization_pending", "nobody has answered yet; ask again"),
        Asked::SlowDown => {
            not_yet("slow_down", "that was too soon; wait five seconds longer between questions")
        }
        Asked::Expired => not_yet("expired_token", "the code has expired or was used; begin anew"),
        Asked::Denied => not_yet("access_denied", "somebody said no to this login"),
    }
}

/// By whom, where that is a provider that the page does not show by itself.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct By {
    provider: Option<String>,
}

/// `GET /device`
pub(crate) async fn page(State(api): State<Shared>, Params(by): Params<By>) -> Response {
    let all = api.oidc.providers();
    let named = by.provider.and_then(|name| api.oidc.provider(Some(&name)).ok());
    let hidden = named.iter().filter(|one| one.hidden);
    let button = |one: &Arc<Provider>| {
        format!("<button name=\"provider\" value=\"{}\">Log in by {}</button>\n", one.id, escape(&one.name))
    };
    let buttons: String = all.shown().chain(hidden).map(button).collect();
    let form = format!(
        "<form method=\"get\" action=\"/oidc/start\">\n<p><label>Code <input name=\"user_code\" required \
         autocomplete=\"off\" autocapitalize=\"characters\" maxlength=\"16\"></label></p>\n<p>{buttons}</p>\n</form>\n"
    );
    let sentence = "Type the code that `dogwatch login --device` shows you on your own screen. If somebody sent you a \
                    code, do not: it would let them in as you.";
    said::with_form(StatusCode::OK, "Let a program in", sentence, &form)
}

/// Asks somebody who has just proved who they are.
pub(super) fn question(
    api: &Shared,
    user_code: String,
    who: Principal,
    from: Option<std::net::IpAddr>,
) -> Result<Response, Problem> {
    let now = (api.now)();
    let whence = api
        .oidc
        .whence(&user_code, now)
        .ok_or_else(|| Problem::not_found("the program with this code does not wait any more; begin anew"))?;
    let whence = whence.map_or_else(|| "an unknown address".to_owned(), |address| address.to_string());
    let sentence = format!(
        "A program with the code {user_code} waits at {whence}. Let it in, it acts as {} ({} side) for twelve hours. Say \
         yes only if you started it yourself just now.",
        who.person, who.side
    );
    let ticket = api.oidc.question(user_code, who, from, now)?;
    let form = format!(
        "<form method=\"post\" action=\"/device/answer\">\n<input type=\"hidden\" name=\"ticket\" value=\"{ticket}\">\n\
         <p><button name=\"answer\" value=\"yes\">Let it in</button> <button name=\"answer\" value=\"no\">No</button></p>\n\
         </form>\n"
    );
    Ok(said::with_form(StatusCode::OK, "Let this program in?", &sentence, &form))
}

/// The form of the question.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Form {
    ticket: String,
    answer: Answer,
}

#[derive(Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "DeviceAnswer")]
enum Answer {
    Yes,
    No,
}

/// `POST /device/answer`
pub(crate) async fn answer(State(api): State<Shared>, Filled(form): Filled<Form>) -> Response {
    let Form { ticket, answer } = form;
    let yes = answer == Answer::Yes;
    match api.oidc.answer(&ticket, yes, (api.now)()) {
        Some(person) if yes => {
            tracing::info!(%person, "a program was let in by its code");
            said::page(StatusCode::OK, "It is in", "Go back to the program; you can close this page.")
        }
        Some(_) => {
            said::page(StatusCode::OK, "It stays out", "The program was told no. You can close this page.")
        }
        None => said::problem(&Problem::not_found(
            "this question was answered already, or the program does not wait any more; begin anew",
        )),
    }
}
