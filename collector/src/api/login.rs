//! Coming in and going out: invitations, logins, sessions.
//!
//! Who is unknown and who has the wrong password get the same answer after the same work. A browser's session is a cookie
//! that scripts cannot read; whatever changes something has to show its CSRF token besides, which is worked out from the
//! cookie and needs no keeping. A CLI gets a token for a shift.

use std::net::SocketAddr;

use axum::{
    Extension, Json,
    extract::{ConnectInfo, State},
    response::{IntoResponse, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use dogwatch_model::password;
use http::{HeaderMap, HeaderValue, header};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Shared, caller::Caller, extract::Body, login_tries::Counted, problem::Problem, secret, tokens::NewToken,
    tries::Purpose,
};
use crate::{
    access::{Account, Act, ApiToken, Change, Factor, Hidden, Login, NO_LOGIN, Sha256},
    account,
    refusal::{Code, Refusal},
};

/// The session's cookie: `__Host-` keeps it to this host, this path and TLS.
pub(crate) const COOKIE: &str = "__Host-dogwatch";

/// What a browser sends besides with whatever changes something.
pub(crate) const CSRF_HEADER: &str = "x-dogwatch-csrf";

/// Recovery codes of an account.
const RECOVERY_CODES: usize = 8;

/// People kept out that one answer names; the audit has all.
const KEPT_OUT_NAMED: usize = 5;

/// From where a request came.
pub(super) type From = Option<Extension<ConnectInfo<SocketAddr>>>;

/// Who comes in, and with what.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Wanted {
    pub(super) person: String,
    pub(super) password: Hidden,
    #[serde(default)]
    pub(super) code: Option<Hidden>,
    /// A cookie instead of a token.
    #[serde(default)]
    browser: bool,
}

impl Wanted {
    /// As the page's form has it.
    pub(super) const fn by_form(person: String, password: Hidden, code: Option<Hidden>) -> Self {
        Self { person, password, code, browser: true }
    }
}

/// The answer to a browser.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Opened {
    person: String,
    csrf: String,
    expires_at: Option<Timestamp>,
}

/// A session: a token for a program, a cookie for a browser.
#[derive(Serialize, JsonSchema)]
#[serde(untagged)]
pub(crate) enum LoggedIn {
    /// With the token.
    Program(Box<NewToken>),
    /// With what goes beside the cookie.
    Browser(Opened),
}

/// `POST /api/v1/login`
pub(crate) async fn login(
    State(api): State<Shared>,
    from: From,
    headers: HeaderMap,
    Body(wanted): Body<Wanted>,
) -> Result<Response, Problem> {
    let browser = wanted.browser;
    let (kept, text) = open(&api, &from, wanted, browser.then_some(&headers)).await?;
    if !browser {
        return Ok(Json(LoggedIn::Program(Box::new(NewToken::of(&api, &kept, text)))).into_response());
    }
    let opened = Opened {
        person: kept.principal.person.to_string(),
        csrf: csrf_of(&text),
        expires_at: kept.expires_at,
    };
    Ok(([(header::SET_COOKIE, cookie(&text)?)], Json(LoggedIn::Browser(opened))).into_response())
}

/// Opens a session for whoever shows that they are who they say: with the headers of a browser one for it, in place of the
/// one that it has.
pub(super) async fn open(
    api: &Shared,
    from: &From,
    wanted: Wanted,
    browser: Option<&HeaderMap>,
) -> Result<(ApiToken, String), Problem> {
    let counted = Counted::of(from.as_ref(), &wanted.person);
    let admitted = api.logins.admit(&counted)?;
    let (called, rounds) = api.core.called(&wanted.person, (api.now)());
    let passwords = called.iter().map(|(_, account)| account.password.clone()).collect();
    let fits = api.passwords.fits(passwords, rounds, wanted.password).await?;
    let right = called.iter().zip(fits).filter(|(_, fits)| *fits).map(|(one, _)| one);
    let proved = right.filter_map(|(who, account)| {
        Some((who, account, factor(account, typed(wanted.code.as_ref()), (api.now)())?))
    });
    let Some((who, account, factor)) = proved.into_iter().next() else {
        tracing::warn!(from = ?from.as_ref().map(|from| from.0.0.ip()), "a login failed");
        match called.as_slice() {
            [] => api.core.note_failed_login(None),
            all => all.iter().for_each(|(who, _)| api.core.note_failed_login(Some(who.clone()))),
        }
        return Err(Refusal::new(Code::Unauthenticated, NO_LOGIN).into());
    };
    let made = secret::api_token()?;
    let login = Login {
        who: who.clone(),
        set_at: Some(account.set_at),
        factor,
        hash: made.hash,
        browser: browser.is_some(),
        instead_of: browser.and_then(shown).map(|text| Sha256::of(text.as_bytes())),
    };
    let opened = api.core.log_in(login).await?;
    api.logins.worked(&counted, admitted);
    Ok((opened, made.text))
}

/// A code as it was typed; nothing where the line was left empty.
pub(super) fn typed(code: Option<&Hidden>) -> Option<&str> {
    code.map(|code| code.reveal().trim()).filter(|code| !code.is_empty())
}

/// What a code proves; nothing for one that is wrong.
pub(super) fn factor(account: &Account, code: Option<&str>, now: Timestamp) -> Option<Factor> {
    let Some(code) = code else { return Some(Factor::None) };
    let key = account.totp.as_ref().map(|totp| &totp.key).or(account.pending.as_ref());
    if code.len() == 6 {
        return account::step_of(key?, code, now).map(Factor::Totp);
    }
    let hash = Sha256::of(secret::plain(code).as_bytes());
    account.recovery.contains(&hash).then_some(Factor::Recovery(hash))
}

/// What a browser has to show besides its cookie.
pub(super) fn csrf_of(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::of(format!("csrf:{text}").as_bytes()).0)
}

/// The cookie of a session.
pub(super) fn cookie(text: &str) -> Result<HeaderValue, Problem> {
    HeaderValue::from_str(&format!("{COOKIE}={text}; Path=/; Secure; HttpOnly; SameSite=Strict"))
        .map_err(|_| Problem::internal("a session has no cookie"))
}

/// The word that there is no session any more.
pub(super) fn no_cookie() -> HeaderValue {
    HeaderValue::from_static("__Host-dogwatch=; Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0")
}

/// The session that a browser shows.
pub(super) fn shown(headers: &HeaderMap) -> Option<&str> {
    let cookies = headers.get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|all| all.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs
        .find(|(name, _)| *name == COOKIE)
        .map(|(_, text)| text)
        .filter(|text| secret::looks_like_token(text))
}

/// It is over.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Over {
    ended: String,
}

/// `POST /api/v1/logout`: ends the session, or the token, that asks.
pub(crate) async fn logout(State(api): State<Shared>, caller: Caller) -> Result<Response, Problem> {
    let id = caller.token.id.clone();
    api.core.access(Act::RevokeToken(id.clone()), caller.principal().clone()).await?;
    Ok(([(header::SET_COOKIE, no_cookie())], Json(Over { ended: id })).into_response())
}

/// An invitation, and the password that the person chose.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Accepted {
    pub(super) invitation: Hidden,
    pub(super) password: Hidden,
}

/// What is shown once: the second factor and the codes that stand in for it.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Welcome {
    pub(super) person: String,
    pub(super) secret: String,
    pub(super) otpauth: String,
    pub(super) recovery_codes: Vec<String>,
    pub(super) next: String,
    /// Who is kept out from now on because the MSP may have let them in with the token that it made for them, and what to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) kept_out: Option<String>,
}

/// `POST /api/v1/invitations/accept`
pub(crate) async fn accept(
    State(api): State<Shared>,
    from: From,
    Body(accepted): Body<Accepted>,
) -> Result<Json<Welcome>, Problem> {
    take_up(&api, &from, accepted).await.map(Json)
}

/// Takes an invitation up.
pub(super) async fn take_up(api: &Shared, from: &From, accepted: Accepted) -> Result<Welcome, Problem> {
    // No invitation is looked at before the password will do, so one that will not is no guess.
    if let Some(fault) = password::fault(accepted.password.reveal()) {
        return Err(Refusal::new(Code::Invalid, fault).into());
    }
    let tried = api.tries.admit(Purpose::Invitation, from.as_ref())?;
    let password = api.passwords.hash(accepted.password).await?;
    let (key, codes) = (account::new_key()?, recovery_codes()?);
    let account = Account {
        password,
        totp: None,
        pending: Some(key.clone()),
        recovery: codes.iter().map(|code| code.hash).collect(),
        set_at: (api.now)(),
        set_by: None,
    };
    let hash = Sha256::of(accepted.invitation.reveal().trim().as_bytes());
    let (who, changes) = api.core.accept(hash, account).await?;
    tried.worked();
    Ok(Welcome {
        otpauth: account::otpauth(&api.info.name, who.id.as_str(), &key),
        secret: key.reveal().to_owned(),
        recovery_codes: codes.into_iter().map(|code| code.text).collect(),
        next: format!(
            "give the secret to your authenticator, then log in as {who} with your password and the code that it shows"
        ),
        kept_out: kept_out(&changes),
        person: who.to_string(),
    })
}

/// Whom the token that the MSP made for an org's first owner may have let in, and how those come in again who should.
fn kept_out(changes: &[Change]) -> Option<String> {
    let out: Vec<String> = changes
        .iter()
        .filter_map(|change| match change {
            Change::Person(person) if person.is_out_for_good() => Some(person.key().to_string()),
            _ => None,
        })
        .collect();
    let first = out.first()?;
    let more = if out.len() > KEPT_OUT_NAMED { ", …" } else { "" };
    let named = out.iter().take(KEPT_OUT_NAMED).map(String::as_str).collect::<Vec<_>>().join(", ");
    Some(format!(
        "Kept out from now on, with the rights that they gave, because the MSP may hold the token by which they were let in: \
         {named}{more} (all of it in `dogwatch audit`). Let those in again whom you meant: `dogwatch access enable {first}`, \
         `dogwatch access grant`, `dogwatch access invite {first} --again`"
    ))
}

/// Fresh codes that stand in for a second factor.
pub(super) fn recovery_codes() -> Result<Vec<secret::Secret>, Problem> {
    (0..RECOVERY_CODES).map(|_| secret::recovery_code()).collect()
}
