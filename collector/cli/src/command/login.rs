//! `login`: pins the collector's root, gets a token if there is none yet, proves that it works, and keeps it.

mod device;
mod oidc;

use std::{fs, io, path::Path};

use dogwatch_model::PersonId;
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use serde_json::{Value, json};

use crate::{
    args::Login,
    asking,
    client::Client,
    context::{self, Context, ContextName},
    failure::{Exit, Failure},
    link::{self, Key, Link},
    output::{self, Screen, text_at},
    pin,
};

pub(crate) fn run(login: &Login, screen: &Screen) -> Result<(), Failure> {
    let (url, root, token) = match (&login.token_file, &login.ca_file) {
        _ if login.device.is_some() => by_provider(login, |client| device::token(client, login))?,
        _ if login.oidc.is_some() => by_provider(login, |client| oidc::token(client, login))?,
        (Some(token), Some(ca)) => (link::base_url(&login.link)?, root_of(ca)?, token_of(token)?),
        // An address, with or without the hash of the collector's root; a link has a secret before that.
        (None, _)
            if login.link.starts_with("https://")
                && (!login.link.contains('#') || link::address(&login.link).is_ok()) =>
        {
            by_person(login)?
        }
        _ => by_link(login)?,
    };
    let me = Client::new(url.clone(), &root, Some(&token)).get("whoami", &[])?;
    let (session, rights) = (me["kind"] == "login", super::rights::everywhere(&me));
    let context = Context {
        url,
        person: text_at(&me, "person"),
        collector: text_at(&me, "collector.name"),
        token,
        session,
        rights: if session { String::new() } else { rights.clone() },
        root_certificate: context::to_pem(&root),
    };
    let saved = context.save()?;
    super::show_one(&me, "person", screen, || {
        format!(
            "Logged in at {} ({}) as {}, {} side, {rights}.\nKept in {}. Next: dogwatch fleet\n{}",
            context.collector,
            context.url,
            context.person,
            text_at(&me, "side"),
            saved.path.display(),
            saved.beside.as_ref().map(stays).unwrap_or_default()
        )
    })
}

/// What is said of another login of theirs that is no more in use.
fn stays(other: &ContextName) -> String {
    format!("Your other login there stays, as {other}: dogwatch context use {other}\n")
}

/// What a program answers.
const ANSWERS: &str = "for an invitation the password twice and then a code or nothing, for a login the password and then the code";

fn ask_hidden(what: &str) -> Result<String, Failure> {
    asking::hidden(what, ANSWERS)
}

type Access = (String, CertificateDer<'static>, String);

fn by_link(login: &Login) -> Result<Access, Failure> {
    let link = match login.link.as_str() {
        "-" => Link::parse(&io::read_to_string(io::stdin())?)?,
        text => Link::parse(text)?,
    };
    let root = pin::fetch_root(&link.url, link.root_sha256)?;
    let token = match link.key {
        Key::Token(token) => token,
        Key::Setup(code) => redeem(login, &Client::new(link.url.clone(), &root, None), &code)?,
        Key::Invitation(code) => take_up(&link.url, &root, &code)?,
    };
    Ok((link.url, root, token))
}

/// By another's word: the collector's root is known before anything is said.
fn by_provider(
    login: &Login,
    token: impl FnOnce(&Client) -> Result<String, Failure>,
) -> Result<Access, Failure> {
    let (url, pinned) = link::address(&login.link)?;
    let root = match given_root(login, &url, pinned)? {
        Some(root) => root,
        None => context::root_at(&url)?.ok_or_else(|| {
            Failure::usage(format!(
                "nothing says yet which collector {url} is: put `#` and the hash of its root behind the address, or \
                 give its root certificate with --ca-file; whoever runs it knows both"
            ))
        })?,
    };
    let token = token(&Client::new(url.clone(), &root, None))?;
    Ok((url, root, token))
}

/// With a password, or with the code from the sealed envelope: at a collector that we know, or whose root we are given.
fn by_person(login: &Login) -> Result<Access, Failure> {
    let (url, pinned) = link::address(&login.link)?;
    let root = match given_root(login, &url, pinned)? {
        Some(root) => root,
        None => known_root(&url)?,
    };
    let client = Client::new(url.clone(), &root, None);
    let token = if login.break_glass {
        let code = ask_hidden("Code from the envelope: ")?;
        client.post("break-glass", &json!({ "code": code }))?
    } else {
        let person = match &login.person {
            Some(person) => person.clone(),
            None => user_name()?.to_string(),
        };
        let password = ask_hidden(&format!("Password of {person}: "))?;
        open(&client, &person, &password)?
    };
    Ok((url, root, token_in(&token)?))
}

fn open(client: &Client, person: &str, password: &str) -> Result<Value, Failure> {
    let code = asking::ask(asking::CODE)?;
    let code = code.filter(|code| !code.is_empty());
    client.post("login", &json!({ "person": person, "password": password, "code": code }))
}

/// Sets the password that an invitation asks for, shows the second factor, and logs in with both.
///
/// The invitation is used up by its first step. Which collector it was for is kept before anything else, so that whoever is
/// cut off behind it logs in with their password.
fn take_up(url: &str, root: &CertificateDer<'_>, invitation: &str) -> Result<String, Failure> {
    let client = &Client::new(url.to_owned(), root, None);
    let password = asking::chosen(ask_hidden, "the invitation still stands: log in with it again")?;
    let welcome =
        client.post("invitations/accept", &json!({ "invitation": invitation, "password": password }))?;
    if context::root_at(url)?.is_none() {
        begun(url, root, &text_at(&welcome, "person")).save()?;
    }
    let codes = welcome["recovery_codes"].as_array().into_iter().flatten().filter_map(Value::as_str);
    output::note(&format!(
        "You are {}. This is shown once.\n\nSecond factor, for your authenticator: {}\n  as one address: {}\n\nRecovery \
         codes, each in place of your authenticator once, after your first login with it:\n  {}\n",
        text_at(&welcome, "person"),
        text_at(&welcome, "secret"),
        text_at(&welcome, "otpauth"),
        codes.collect::<Vec<_>>().join("\n  ")
    ));
    if let Some(kept_out) = welcome["kept_out"].as_str() {
        output::note(&format!("{kept_out}\n"));
    }
    let person = text_at(&welcome, "person");
    token_in(&open(client, &person, &password).map_err(|failure| once_more(failure, url, &person))?)
}

/// What to do where the first login after an invitation did not work: the invitation is used up, and nobody needs another.
fn once_more(failure: Failure, url: &str, person: &str) -> Failure {
    match failure {
        Failure::Told { exit: exit @ Exit::NotAllowed, .. } => Failure::new(
            exit,
            format!(
                "your password is set; the code is missing, was wrong or was used already: put the secret into your \
                 authenticator, wait for the next code, then `dogwatch login {url} --person {person}`"
            ),
        ),
        other => other,
    }
}

/// A login without a token yet.
fn begun(url: &str, root: &CertificateDer<'_>, person: &str) -> Context {
    Context {
        url: url.to_owned(),
        person: person.to_owned(),
        collector: context::unnamed(url).to_owned(),
        token: String::new(),
        session: false,
        rights: String::new(),
        root_certificate: context::to_pem(root),
    }
}

/// The collector's root where it was given: as a file, or by its hash in the address.
fn given_root(
    login: &Login,
    url: &str,
    pinned: Option<[u8; 32]>,
) -> Result<Option<CertificateDer<'static>>, Failure> {
    match (&login.ca_file, pinned) {
        (Some(ca), _) => root_of(ca).map(Some),
        (None, Some(hash)) => pin::fetch_root(url, hash).map(Some),
        (None, None) => Ok(None),
    }
}

fn known_root(url: &str) -> Result<CertificateDer<'static>, Failure> {
    context::root_at(url)?.ok_or_else(|| {
        Failure::usage(format!(
            "you were never logged in at {url}: add --ca-file with its root certificate, or use the link of your invitation"
        ))
    })
}

/// Trades the setup code for a token.
fn redeem(login: &Login, client: &Client, code: &str) -> Result<String, Failure> {
    let person = match &login.person {
        Some(person) => {
            PersonId::new(person).map_err(|error| Failure::usage(format!("--person: {error}")))?
        }
        None => user_name()?,
    };
    let mut wanted = json!({ "code": code, "person": person, "side": login.side });
    if let Some(team) = &login.team {
        wanted["team"] = json!(team);
    }
    let made = client.post("setup", &wanted)?;
    token_in(&made)
}

/// The token of an answer.
fn token_in(made: &Value) -> Result<String, Failure> {
    made["token"]
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Failure::new(Exit::Unreachable, "the collector gave no token; see its log"))
}

fn user_name() -> Result<PersonId, Failure> {
    let name =
        std::env::var("USER").or_else(|_| std::env::var("USERNAME")).unwrap_or_default().to_lowercase();
    PersonId::new(&name)
        .map_err(|_| Failure::usage("say who you are: add --person NAME, such as --person kim"))
}

fn token_of(path: &Path) -> Result<String, Failure> {
    let text = fs::read_to_string(path).map_err(|error| Failure::file("read", path, &error))?;
    let token = text.trim();
    if token.is_empty() || token.contains(char::is_whitespace) {
        return Err(Failure::usage(format!("{} should hold a token and nothing else", path.display())));
    }
    Ok(token.to_owned())
}

fn root_of(path: &Path) -> Result<CertificateDer<'static>, Failure> {
    let text = fs::read(path).map_err(|error| Failure::file("read", path, &error))?;
    CertificateDer::from_pem_slice(&text)
        .map_err(|_| Failure::usage(format!("{} holds no PEM certificate", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wrong_code_after_an_invitation_asks_for_the_next_one_and_for_no_new_invitation() {
        let wrong = Failure::new(Exit::NotAllowed, "person, password and code do not go together");
        let told = once_more(wrong, "https://dw.example", "home:omar").to_string();
        assert!(told.ends_with(
            "wait for the next code, then `dogwatch login https://dw.example --person home:omar`"
        ));
        let down = Failure::new(Exit::Unreachable, "it does not answer");
        assert_eq!(once_more(down, "https://dw.example", "home:omar").to_string(), "it does not answer");
    }
}
