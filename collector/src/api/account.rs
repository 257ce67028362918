//! What people change of their own account: the password, and the codes for the day on which the authenticator is lost.
//!
//! Who asks is logged in and shows their password and code all the same, which are tried as slowly as a login's and counted
//! with them: this is no second place to guess at.

use axum::{Json, extract::State};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Shared,
    caller::Caller,
    extract::Body,
    login::{self, From},
    login_tries::Counted,
    problem::Problem,
};
use crate::{
    access::{Change, Hidden, NOT_SHOWN, Renewal, Renewed},
    refusal::{Code, Refusal},
};

/// Another password.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewPassword")]
pub(crate) struct WantedPassword {
    /// The one that holds.
    password: Hidden,
    /// Of the second factor, or a recovery code; who has no second factor in use leaves it out.
    #[serde(default)]
    code: Option<Hidden>,
    new_password: Hidden,
}

impl WantedPassword {
    /// As the page's form has it.
    pub(super) const fn by_form(password: Hidden, code: Option<Hidden>, new_password: Hidden) -> Self {
        Self { password, code, new_password }
    }
}

/// Other recovery codes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "NewRecoveryCodes")]
pub(crate) struct WantedCodes {
    password: Hidden,
    /// The six digits that the authenticator shows now.
    code: Hidden,
}

/// A password was changed.
#[derive(Serialize, JsonSchema)]
pub(crate) struct PasswordChanged {
    person: String,
    /// Other logins of this person, which are over.
    sessions_ended: usize,
    /// Tokens that were made for this person, which work still.
    tokens: usize,
    next: String,
}

impl PasswordChanged {
    /// The same for a page.
    pub(super) fn in_words(&self) -> String {
        let ended = match self.sessions_ended {
            0 => "no other login was open".to_owned(),
            1 => "1 other login has ended".to_owned(),
            ended => format!("{ended} other logins have ended"),
        };
        format!("The password of {} is changed; {ended}.", self.person)
    }
}

/// Recovery codes, shown this once; those before them are over.
#[derive(Serialize, JsonSchema)]
pub(crate) struct RecoveryCodes {
    person: String,
    recovery_codes: Vec<String>,
    next: String,
}

/// `POST /api/v1/account/password`
pub(crate) async fn password(
    State(api): State<Shared>,
    caller: Caller,
    from: From,
    Body(wanted): Body<WantedPassword>,
) -> Result<Json<PasswordChanged>, Problem> {
    change(&api, &caller, &from, wanted).await.map(Json)
}

/// The same for whoever asks by a page.
pub(super) async fn change(
    api: &Shared,
    caller: &Caller,
    from: &From,
    wanted: WantedPassword,
) -> Result<PasswordChanged, Problem> {
    if wanted.new_password == wanted.password {
        return Err(Problem::invalid("the new password is the one that you have; choose another"));
    }
    if let Some(fault) = dogwatch_model::password::fault(wanted.new_password.reveal()) {
        return Err(Problem::invalid(fault));
    }
    let shown = Shown { password: wanted.password, code: wanted.code };
    let making = async { Ok(Renewed::Password(api.passwords.hash(wanted.new_password).await?)) };
    let changes = renew(api, caller, from, shown, making).await?;
    let sessions_ended = changes.iter().filter(|change| matches!(change, Change::Token(_))).count();
    let left = api.core.tokens_of(caller.principal(), (api.now)());
    Ok(PasswordChanged {
        person: caller.principal().key().to_string(),
        sessions_ended,
        tokens: left.iter().filter(|token| token.session.is_none()).count(),
        next: "tokens made with `dogwatch token create` are no logins and work still: `dogwatch token list` shows them, `dogwatch token \
               revoke ID` ends one"
            .to_owned(),
    })
}

/// `POST /api/v1/account/recovery-codes`
pub(crate) async fn recovery_codes(
    State(api): State<Shared>,
    caller: Caller,
    from: From,
    Body(wanted): Body<WantedCodes>,
) -> Result<Json<RecoveryCodes>, Problem> {
    let codes = login::recovery_codes()?;
    let hashes = codes.iter().map(|code| code.hash).collect();
    let shown = Shown { password: wanted.password, code: Some(wanted.code) };
    renew(&api, &caller, &from, shown, async { Ok(Renewed::RecoveryCodes(hashes)) }).await?;
    Ok(Json(RecoveryCodes {
        person: caller.principal().key().to_string(),
        recovery_codes: codes.into_iter().map(|code| code.text).collect(),
        next: "keep them on paper, apart from your authenticator; each stands in for it once, and those before them are over"
            .to_owned(),
    }))
}

/// What somebody shows of themself.
struct Shown {
    password: Hidden,
    code: Option<Hidden>,
}

/// Does what is wanted for whoever shows what a login asks for; what is to be another is made once that is right.
async fn renew(
    api: &Shared,
    caller: &Caller,
    from: &From,
    shown: Shown,
    making: impl Future<Output = Result<Renewed, Problem>>,
) -> Result<Vec<Change>, Problem> {
    let (who, by) = (caller.principal().key(), caller.principal());
    // As a login may name them, so that tries here and there are the same.
    let name = who.to_string();
    let (mut called, _) = api.core.called(&name, (api.now)());
    let Some((_, account)) = called.pop() else {
        return Err(Problem::conflict(
            "you have no password here: you come in by an identity provider, or by a token that somebody made; an \
             administrator of your side makes an invitation that sets one: `dogwatch access invite --again PERSON`",
        ));
    };
    let counted = Counted::of(from.as_ref(), &name);
    let admitted = api.logins.admit(&counted)?;
    let failed = |refusal: Refusal| {
        tracing::warn!(from = ?from.as_ref().map(|from| from.0.0.ip()), "an account was not changed");
        api.core.note_failed_login(Some(who.clone()));
        Problem::from(refusal)
    };
    let wrong = || Refusal::new(Code::Unauthenticated, NOT_SHOWN);
    let right = api.passwords.fits(vec![account.password.clone()], 1, shown.password).await? == [true];
    let factor = login::factor(&account, login::typed(shown.code.as_ref()), (api.now)());
    let (true, Some(factor)) = (right, factor) else { return Err(failed(wrong())) };
    let what = making.await?;
    let renewal = Renewal { who: who.clone(), set_at: account.set_at, factor, what, by: caller.token.hash };
    let changes = api.core.renew(renewal, by.clone()).await.map_err(|refusal| match refusal.code {
        Code::Unauthenticated => failed(refusal),
        _ => refusal.into(),
    })?;
    api.logins.worked(&counted, admitted);
    Ok(changes)
}
