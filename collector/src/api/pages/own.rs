//! `/account`: where somebody is logged in, ended one by one, and another password.
//!
//! Whatever is changed here carries the session's CSRF token, and is done by what the API does it with.

use axum::{
    extract::State,
    response::{Html, IntoResponse as _, Redirect, Response},
};
use http::{HeaderMap, StatusCode, header};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Filled, note, page};
use crate::{
    access::{Act, Hidden},
    api::{
        Shared, account as own_account, auth,
        caller::Caller,
        login::{From, csrf_of, no_cookie, shown},
        page::escape,
        problem::Problem,
    },
};

/// `GET /account`
pub(crate) async fn account(State(api): State<Shared>, headers: HeaderMap) -> Response {
    match session(&api, &headers) {
        Some((text, caller)) => show(&api, &caller, &csrf_of(&text), "").into_response(),
        None => Redirect::to("/login").into_response(),
    }
}

/// The session of a browser, if it is valid.
fn session(api: &Shared, headers: &HeaderMap) -> Option<(String, Caller)> {
    let text = shown(headers)?;
    let caller = auth::session_of(api, text)?;
    Some((text.to_owned(), caller))
}

/// The page, with word of what was just done or refused.
fn show(api: &Shared, caller: &Caller, csrf: &str, word: &str) -> Html<String> {
    let (csrf, me) = (escape(csrf), caller.principal());
    let body = format!(
        "{word}<p>You are <b>{}</b>, {} side.</p><h2>Where you are logged in</h2><table><tr><th>What</th><th>Since</th>\
         <th>Last used</th><th></th></tr>{}</table>{}<form method=\"post\" action=\"/logout\"><input type=\"hidden\" \
         name=\"csrf\" value=\"{csrf}\"><button>Log out</button></form>",
        escape(&me.key().to_string()),
        me.side,
        rows(api, caller, &csrf),
        password_form(api, caller, &csrf),
    );
    page(api, "Your account", &body)
}

fn rows(api: &Shared, caller: &Caller, csrf: &str) -> String {
    let own = api.core.tokens_of(caller.principal(), (api.now)());
    let row = |one: &crate::access::ApiToken| {
        let what = if one.session.is_some() { "login" } else { "token" };
        let here = if one.id == caller.token.id { " (this one)" } else { "" };
        let used = api.used.of(one).map_or_else(|| "never".to_owned(), |used| format!("{used:.0}"));
        format!(
            "<tr><td>{what}{here}</td><td>{:.0}</td><td>{used}</td><td><form method=\"post\" action=\"/account/end\">\
             <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\"><input type=\"hidden\" name=\"id\" value=\"{}\">\
             <button>End</button></form></td></tr>",
            one.created_at,
            escape(&one.id)
        )
    };
    own.iter().map(row).collect()
}

/// Nothing for who comes in by another's word alone: they have no password here.
fn password_form(api: &Shared, caller: &Caller, csrf: &str) -> String {
    let (called, _) = api.core.called(&caller.principal().key().to_string(), caller.now);
    if called.is_empty() {
        return String::new();
    }
    let least = dogwatch_model::password::MIN_CHARS;
    let hidden = |words: &str, name: &str, kind: &str, least: &str| {
        format!(
            "<label>{words} <input name=\"{name}\" type=\"password\" autocomplete=\"{kind}\"{least} required></label>"
        )
    };
    let least = format!(" minlength=\"{least}\"");
    format!(
        "<h2>Another password</h2><form method=\"post\" action=\"/account/password\">\
         <input type=\"hidden\" name=\"csrf\" value=\"{csrf}\">{}{}{}\
         <label>Code of your second factor, if you have one in use \
         <input name=\"code\" inputmode=\"numeric\" autocomplete=\"one-time-code\"></label>\
         <button>Change it</button></form><p>Your other logins end with it. Tokens are no logins, and go on.</p>",
        hidden("The password that you have", "password", "current-password", ""),
        hidden("New password", "new_password", "new-password", &least),
        hidden("New password, once more", "again", "new-password", &least),
    )
}

/// The form of another password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PasswordForm {
    csrf: String,
    password: Hidden,
    new_password: Hidden,
    again: Hidden,
    #[serde(default)]
    code: Option<Hidden>,
}

/// `POST /account/password`
pub(crate) async fn change_password(
    State(api): State<Shared>,
    from: From,
    headers: HeaderMap,
    Filled(form): Filled<PasswordForm>,
) -> Response {
    let Some((text, caller)) = session(&api, &headers) else { return Redirect::to("/login").into_response() };
    let csrf = csrf_of(&text);
    if !auth::same(&form.csrf, &csrf) {
        return too_old(&api);
    }
    let changed = if form.again == form.new_password {
        let wanted = own_account::WantedPassword::by_form(form.password, form.code, form.new_password);
        own_account::change(&api, &caller, &from, wanted).await
    } else {
        Err(Problem::invalid("the new password was typed in two ways; nothing is changed, type it again"))
    };
    match changed {
        Ok(changed) => {
            let word = format!("<p role=\"status\" class=\"good\">{}</p>", escape(&changed.in_words()));
            show(&api, &caller, &csrf, &word).into_response()
        }
        Err(problem) => (problem.code(), show(&api, &caller, &csrf, &note(Some(&problem)))).into_response(),
    }
}

fn too_old(api: &Shared) -> Response {
    let body = "<p>The form is too old; <a href=\"/account\">open it again</a>.</p>";
    (StatusCode::FORBIDDEN, page(api, "Not done", body)).into_response()
}

/// The form of what somebody logged in does.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Own {
    csrf: String,
    #[serde(default)]
    id: Option<String>,
}

/// `POST /logout` and `POST /account/end`
pub(crate) async fn end(
    State(api): State<Shared>,
    headers: HeaderMap,
    Filled(form): Filled<Own>,
) -> Response {
    let Some((text, caller)) = session(&api, &headers) else { return Redirect::to("/login").into_response() };
    if !auth::same(&form.csrf, &csrf_of(&text)) {
        return too_old(&api);
    }
    let token = &caller.token;
    let own = form.id.is_none() || form.id.as_deref() == Some(token.id.as_str());
    let act = Act::RevokeToken(form.id.unwrap_or_else(|| token.id.clone()));
    match api.core.access(act, token.principal.clone()).await {
        Ok(_) if own => ([(header::SET_COOKIE, no_cookie())], Redirect::to("/login")).into_response(),
        Ok(_) => Redirect::to("/account").into_response(),
        Err(refusal) => {
            let problem = Problem::from(refusal);
            (problem.code(), page(&api, "Not done", &note(Some(&problem)))).into_response()
        }
    }
}
