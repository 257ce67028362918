//! `logout`: ends the session at the collector, and forgets what opened it.
//!
//! A session is forgotten here even where its collector is away: logging in opens another. A token that somebody made is more:
//! others may use it, and no login brings it back. It ends only for who says so, and is kept until it has ended.

use serde_json::{Value, json};

use crate::{
    args::Logout,
    client::Client,
    context::{Context, ContextName, Contexts},
    failure::{Exit, Failure},
    output::Screen,
};

pub(crate) fn run(asked: &Logout, screen: &Screen) -> Result<(), Failure> {
    let contexts = Contexts::ours()?;
    let name = contexts.meant()?;
    let login = contexts.read(&name)?;
    let ended = end(asked, &name, &login);
    match &ended {
        Ok(_) => contexts.log_out(&name)?,
        Err(failure) if login.session && failure.exit() == Some(Exit::Unreachable) => {
            contexts.log_out(&name)?
        }
        Err(_) => {}
    }
    let ended = ended.map_err(|failure| away(failure, &login))?;
    let Context { url, person, collector, .. } = &login;
    let told = json!({ "context": name.as_str(), "url": url, "person": person, "collector": collector, "ended": ended });
    super::show_one(&told, "context", screen, || {
        let how = if ended.is_null() { "was over already" } else { "is ended" };
        let first = if login.session { "" } else { "with a new link or invitation, or with a password: " };
        format!(
            "{person}'s login at {collector} {how}, and this computer has forgotten it.\nNext time: {first}dogwatch login {url} \
             --person {person}\n"
        )
    })
}

/// Ends it at the collector; tells its id, or nothing where it was over already.
fn end(asked: &Logout, name: &ContextName, login: &Context) -> Result<Value, Failure> {
    let client = Client::with(login.clone())?;
    let over = |failure: Failure| match failure.exit() {
        Some(Exit::NotAllowed) => Ok(Value::Null),
        _ => Err(failure),
    };
    if !login.session && !asked.revoke {
        let me = match client.get("whoami", &[]) {
            Ok(me) => me,
            Err(failure) => return over(failure),
        };
        if me["kind"] == "token" {
            return Err(is_a_token(name));
        }
    }
    client.post("logout", &json!({})).map(|mut done| done["ended"].take()).or_else(over)
}

fn is_a_token(name: &ContextName) -> Failure {
    let what = format!(
        "this login is a token that somebody made: others may use it, and no login brings it back\nto revoke it for all: \
         dogwatch logout --revoke; to forget it on this computer alone: dogwatch context remove {name}"
    );
    Failure::new(Exit::NotMet, what)
}

/// What is said where the collector could not be asked.
fn away(failure: Failure, login: &Context) -> Failure {
    if failure.exit() != Some(Exit::Unreachable) {
        return failure;
    }
    let what = if login.session {
        format!(
            "{failure}\nthis computer has forgotten the login; the session itself ends within 12 hours of its beginning, or at {}/account",
            login.url
        )
    } else {
        format!(
            "{failure}\nnothing is ended and nothing forgotten: a token that somebody made is kept until it can be revoked"
        )
    };
    Failure::new(Exit::Unreachable, what)
}
