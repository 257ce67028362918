//! The pages of coming in: plain forms that work without a script.
//!
//! Every form of somebody logged in ([`own`]) carries their CSRF token; the forms before that are safe by `SameSite` and by a
//! check of where they come from.

use axum::{
    Form,
    extract::{FromRequest, Request, State},
    middleware::Next,
    response::{Html, IntoResponse as _, Redirect, Response},
};
use http::{HeaderMap, StatusCode, Uri, header, uri::Authority};
use schemars::JsonSchema;
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Shared,
    discreet::discreet,
    login::{self, Accepted, From, Wanted, cookie},
    page::escape,
    problem::{InWords, Problem},
    routes, secret,
};
use crate::access::Hidden;

mod own;

pub(crate) use own::{Own, PasswordForm, account, change_password, end};

const FRAME: &str = include_str!("page/frame.html");

fn page(api: &Shared, title: &str, body: &str) -> Html<String> {
    let page = FRAME.replace("{title}", &escape(title)).replace("{name}", &escape(&api.info.name));
    Html(page.replace("{body}", body))
}

fn note(problem: Option<&Problem>) -> String {
    problem.map_or_else(String::new, |problem| {
        format!("<p role=\"alert\" class=\"bad\">{}</p>", escape(problem.detail()))
    })
}

/// Tells a browser on a page what was refused as a page: whoever opens a link reads no JSON.
pub(crate) async fn for_browsers(State(api): State<Shared>, request: Request, next: Next) -> Response {
    let reads = |value: &http::HeaderValue| value.to_str().is_ok_and(|kinds| kinds.contains("text/html"));
    let is_browser = request.headers().get_all(header::ACCEPT).iter().any(reads);
    let path = is_browser.then(|| request.uri().path().to_owned());
    let mut response = next.run(request).await;
    let told = response.extensions_mut().remove::<InWords>();
    let Some((told, _)) = told.zip(path.filter(|path| routes::is_for_browsers(path))) else {
        return response;
    };
    let body = format!("<p role=\"alert\" class=\"bad\">{}</p>", escape(&told.detail));
    let (mut parts, page) = (response.into_parts().0, page(&api, told.title, &body).into_response());
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(page.headers().clone());
    Response::from_parts(parts, page.into_body())
}

fn login_form(api: &Shared, problem: Option<&Problem>) -> Html<String> {
    let body = format!(
        "{}<form method=\"post\" action=\"/login\">\
         <label>Person <input name=\"person\" autocomplete=\"username\" autofocus required></label>\
         <label>Password <input name=\"password\" type=\"password\" autocomplete=\"current-password\" required></label>\
         <label>Code of your second factor <input name=\"code\" inputmode=\"numeric\" autocomplete=\"one-time-code\"></label>\
         <button>Log in</button></form>\
         <p>Where several have your name, write <code>org:name</code>, or <code>msp:name</code>. \
         <a href=\"/invite\">Take up an invitation</a></p>{}",
        note(problem),
        providers(api)
    );
    page(api, "Log in", &body)
}

/// Where else somebody may prove who they are.
fn providers(api: &Shared) -> String {
    let all = api.oidc.providers();
    let link = |one: &std::sync::Arc<crate::identity::Provider>| {
        format!("<p><a href=\"/oidc/start?provider={}\">Log in by {}</a></p>", one.id, escape(&one.name))
    };
    all.shown().map(link).collect()
}

fn invite_form(api: &Shared, problem: Option<&Problem>) -> Html<String> {
    let body = format!(
        "{}<form method=\"post\" action=\"/invite\">\
         <label>Invitation <input name=\"invitation\" autocomplete=\"off\" required></label>\
         <label>New password <input name=\"password\" type=\"password\" autocomplete=\"new-password\" minlength=\"{}\" required></label>\
         <button>Take it up</button></form>\
         <p>The invitation is the link that you got, or what begins with <code>dwi_</code> in it.</p>",
        note(problem),
        dogwatch_model::password::MIN_CHARS
    );
    page(api, "Take up an invitation", &body)
}

/// `GET /login`
pub(crate) async fn show_login(State(api): State<Shared>) -> Html<String> {
    login_form(&api, None)
}

/// `GET /invite`
pub(crate) async fn show_invite(State(api): State<Shared>) -> Html<String> {
    invite_form(&api, None)
}

/// A form as it was filled in; one that cannot be read is refused on a page.
pub(crate) struct Filled<T>(pub(crate) T);

impl<T: DeserializeOwned> FromRequest<Shared> for Filled<T> {
    type Rejection = Response;

    async fn from_request(request: Request, api: &Shared) -> Result<Self, Response> {
        Form::from_request(request, api).await.map(|Form(form)| Self(form)).map_err(|rejection| {
            let status = match rejection.status() {
                status @ (StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNSUPPORTED_MEDIA_TYPE) => status,
                _ => StatusCode::BAD_REQUEST,
            };
            let body =
                format!("<p role=\"alert\" class=\"bad\">{}</p>", escape(&discreet(&rejection.body_text())));
            (status, page(api, "Not understood", &body)).into_response()
        })
    }
}

/// The form of `/login`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LoginForm {
    person: String,
    password: Hidden,
    #[serde(default)]
    code: Option<Hidden>,
}

/// Forms of other sites are not taken: a browser says where one comes from, an older one by its `Origin` alone.
fn own_form(uri: &Uri, headers: &HeaderMap) -> Result<(), Problem> {
    let told = |name: &str| headers.get(name).map(|value| value.to_str().unwrap_or_default());
    let own = match (told("sec-fetch-site"), told("origin")) {
        (Some(site), _) => matches!(site, "same-origin" | "none"),
        (None, Some(origin)) => {
            let here = uri.authority().map(Authority::as_str).or_else(|| told("host"));
            let there = origin.split_once("://").map(|(_, authority)| authority);
            here.zip(there).is_some_and(|(here, there)| here.eq_ignore_ascii_case(there))
        }
        (None, None) => true,
    };
    match own {
        true => Ok(()),
        false => Err(Problem::not_allowed("this form was sent by another site; open /login yourself")),
    }
}

/// `POST /login`
pub(crate) async fn log_in(
    State(api): State<Shared>,
    from: From,
    uri: Uri,
    headers: HeaderMap,
    Filled(form): Filled<LoginForm>,
) -> Response {
    let wanted = Wanted::by_form(form.person, form.password, form.code);
    let opened = match own_form(&uri, &headers) {
        Ok(()) => login::open(&api, &from, wanted, Some(&headers)).await,
        Err(problem) => Err(problem),
    };
    match opened.and_then(|(_, text)| cookie(&text)) {
        Ok(cookie) => ([(header::SET_COOKIE, cookie)], Redirect::to("/account")).into_response(),
        Err(problem) => (problem.code(), login_form(&api, Some(&problem))).into_response(),
    }
}

/// The form of `/invite`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InviteForm {
    invitation: Hidden,
    password: Hidden,
}

/// `POST /invite`
pub(crate) async fn accept(
    State(api): State<Shared>,
    from: From,
    uri: Uri,
    headers: HeaderMap,
    Filled(form): Filled<InviteForm>,
) -> Response {
    let invitation = secret::invitation_in(form.invitation.reveal()).to_owned();
    let accepted = Accepted { invitation: Hidden::new(invitation), password: form.password };
    let taken = match own_form(&uri, &headers) {
        Ok(()) => login::take_up(&api, &from, accepted).await,
        Err(problem) => Err(problem),
    };
    match taken {
        Ok(welcome) => page(&api, "Welcome", &welcomed(&welcome)).into_response(),
        Err(problem) => (problem.code(), invite_form(&api, Some(&problem))).into_response(),
    }
}

/// What whoever has taken an invitation up is shown once.
fn welcomed(welcome: &login::Welcome) -> String {
    let codes = welcome.recovery_codes.iter().map(|code| format!("<li><code>{}</code></li>", escape(code)));
    let codes: String = codes.collect();
    let kept_out = welcome.kept_out.iter().map(|told| format!("<p>{}</p>", escape(told)));
    let kept_out: String = kept_out.collect();
    format!(
        "<p>You are <b>{}</b>. This is shown once.</p><h2>Second factor</h2><p>Give this to your authenticator:</p>\
         <pre><code>{}</code></pre><p>or, as one address: <code>{}</code></p><h2>Recovery codes</h2>\
         <p>Each stands in for your authenticator once, after your first login with it. Keep them on paper.</p><ul>{codes}</ul>\
         {kept_out}<p><a href=\"/login\">Log in</a> with your password and the code that it shows.</p>",
        escape(&welcome.person),
        escape(&welcome.secret),
        escape(&welcome.otpauth),
    )
}
