//! Asking a provider: its description and keys, which are remembered for a while, and the tokens of a login.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use form_urlencoded::Serializer;
use http::{HeaderName, header};
use jsonwebtoken::jwk::Jwk;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{
    discovery::{self, Described, Shows},
    provider::{FRESH, Provider},
    token::{self, Fault},
    told::Told,
};
use crate::notify::http::{self as outside, Target};

/// Keys that are not known are asked for this often at most: a token with an invented key must not make us knock.
const KEYS_AGAIN: Duration = Duration::from_secs(60);

/// A provider that was away is asked again after this: a crowd at the door must not wait for its time-out one by one.
const AWAY_AGAIN: Duration = Duration::from_secs(5);

/// The most keys that are looked at; providers publish two or three.
const MOST_KEYS: usize = 50;

/// Why a login came to nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The provider does not answer, or not as one should.
    Down(String),
    /// What came does not prove who it is, or they may not come in.
    Refused(String),
}

impl Trouble {
    /// What is told.
    pub(crate) fn what(&self) -> &str {
        match self {
            Self::Down(what) | Self::Refused(what) => what,
        }
    }
}

/// What a provider has told.
#[derive(Default)]
pub(super) struct Memory {
    described: Told<Described>,
    keys: Told<Vec<Jwk>>,
    /// When keys were asked for because of a token that none of the known ones had signed.
    asked_again: Mutex<Option<Instant>>,
}

impl Memory {
    /// Whether keys may be asked for because of such a token; they are, then.
    fn asks_again(&self) -> bool {
        let mut asked = self.asked_again.lock().unwrap_or_else(PoisonError::into_inner);
        let may = asked.is_none_or(|at| at.elapsed() >= KEYS_AGAIN);
        if may {
            *asked = Some(Instant::now());
        }
        may
    }
}

impl fmt::Debug for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memory")
    }
}

/// An authorisation code, and what proves that it was given to us.
#[derive(Clone, Copy)]
pub(super) struct Code<'c> {
    pub(super) code: &'c str,
    pub(super) verifier: &'c str,
    pub(super) redirect: &'c str,
}

/// What the token endpoint gave.
#[derive(Deserialize)]
pub(super) struct Tokens {
    id_token: String,
    access_token: Option<String>,
}

/// A token endpoint's or a callback's refusal.
#[derive(Deserialize)]
struct Refused {
    error: String,
}

impl Provider {
    fn down(&self, what: impl fmt::Display) -> Trouble {
        Trouble::Down(format!(
            "{} cannot be used to log in now: {what}; local accounts still work",
            self.name
        ))
    }

    pub(super) fn refused(&self, what: impl fmt::Display) -> Trouble {
        Trouble::Refused(format!("{} did not prove who you are: {what}", self.name))
    }

    /// Whether it can be used now.
    pub(crate) async fn is_there(&self) -> Result<(), Trouble> {
        self.described().await.map(drop)
    }

    /// Its description, from memory where that is fresh.
    pub(super) async fn described(&self) -> Result<Arc<Described>, Trouble> {
        let told = &self.memory.described;
        if let Some(described) = told.within(FRESH) {
            return Ok(described);
        }
        if let Some(what) = told.failed_within(AWAY_AGAIN) {
            return Err(self.down(what));
        }
        let asked = told.ask(async {
            let told = document(&self.discovery).await.and_then(|body| discovery::read(self, &body));
            told.inspect_err(|what| {
                tracing::warn!(provider = %self.id, what, "a provider cannot be used");
            })
        });
        asked.await.map_err(|what| self.down(what))
    }

    /// Trades an authorisation code for tokens.
    pub(super) async fn redeem(&self, described: &Described, code: Code<'_>) -> Result<Tokens, Trouble> {
        let (headers, form) = self.request(described, code);
        let answer = outside::post_form(&described.token, &headers, form)
            .await
            .map_err(|fault| self.down(fault.what))?;
        let body = answer.body.unwrap_or_default();
        if answer.status.is_success() {
            return serde_json::from_slice(&body)
                .map_err(|_| self.refused("what its token endpoint gave has no ID token"));
        }
        match serde_json::from_slice::<Refused>(&body) {
            Ok(refused) => Err(self.refused(format!("it answered `{}`", word(&refused.error)))),
            Err(_) => Err(self.down(format!("its token endpoint answered {}", answer.status))),
        }
    }

    /// The headers and the form of that trade.
    fn request(&self, described: &Described, code: Code<'_>) -> (Vec<(HeaderName, String)>, String) {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code.code)
            .append_pair("redirect_uri", code.redirect)
            .append_pair("code_verifier", code.verifier);
        let mut headers = Vec::new();
        match (&self.client_secret, described.shows) {
            (Some(secret), Shows::Basic) => headers.push(basic(&self.client_id, secret.reveal())),
            (Some(secret), Shows::Post) => {
                form.append_pair("client_id", &self.client_id).append_pair("client_secret", secret.reveal());
            }
            (None, _) => drop(form.append_pair("client_id", &self.client_id)),
        }
        (headers, form.finish())
    }

    /// The claims of an ID token that one of its published keys has signed. Keys that are not known are asked for.
    pub(super) async fn verified(
        &self,
        described: &Described,
        tokens: &Tokens,
    ) -> Result<Map<String, Value>, Trouble> {
        let known = &self.memory.keys;
        let question = keys(&described.keys);
        let asked = match known.within(FRESH).map(|keys| token::verify(&tokens.id_token, &keys)) {
            Some(Ok(claims)) => return Ok(claims),
            Some(Err(Fault::Wrong(what))) => return Err(self.refused(what)),
            Some(Err(Fault::Keys(what))) => {
                let asked = known.ask_if(|| self.memory.asks_again(), question).await;
                asked.ok_or_else(|| self.refused(what))?
            }
            None => known.ask(question).await,
        };
        let keys = asked.map_err(|what| self.down(what))?;
        token::verify(&tokens.id_token, &keys)
            .map_err(|(Fault::Wrong(what) | Fault::Keys(what))| self.refused(what))
    }

    /// What its userinfo endpoint tells, where it has one.
    pub(super) async fn userinfo(
        &self,
        described: &Described,
        tokens: &Tokens,
    ) -> Result<Option<Map<String, Value>>, Trouble> {
        let (Some(target), Some(access)) = (&described.userinfo, &tokens.access_token) else {
            return Ok(None);
        };
        let headers = [(header::AUTHORIZATION, format!("Bearer {access}"))];
        let answer = outside::get(target, &headers).await.map_err(|fault| self.down(fault.what))?;
        if !answer.status.is_success() {
            return Err(self.down(format!("its userinfo endpoint answered {}", answer.status)));
        }
        serde_json::from_slice(&answer.body.unwrap_or_default())
            .map(Some)
            .map_err(|_| self.down("its userinfo is not JSON"))
    }
}

/// Of an answer's error word what may be repeated.
pub(super) fn word(text: &str) -> String {
    /// The standard's longest is half of it.
    const MAX_CHARS: usize = 60;
    text.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'))
        .take(MAX_CHARS)
        .collect()
}

/// The standard encodes both as a form would before they are joined.
fn basic(id: &str, secret: &str) -> (HeaderName, String) {
    let encode = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let both = format!("{}:{}", encode(id), encode(secret));
    (header::AUTHORIZATION, format!("Basic {}", STANDARD.encode(both)))
}

async fn document(target: &Target) -> Result<Vec<u8>, String> {
    let answer = outside::get(target, &[]).await.map_err(|fault| fault.what)?;
    if !answer.status.is_success() {
        return Err(format!("{target:?} answered {}", answer.status));
    }
    let body = answer.body.ok_or_else(|| format!("what {target:?} answered broke off or is too long"))?;
    Ok(body.to_vec())
}

/// The keys of a set that are of a kind we know; the others are somebody else's.
async fn keys(target: &Target) -> Result<Vec<Jwk>, String> {
    #[derive(Deserialize)]
    struct Set {
        keys: Vec<Value>,
    }
    let set: Set = serde_json::from_slice(&document(target).await?)
        .map_err(|_| "what it publishes as its keys is no set of keys".to_owned())?;
    let known = set.keys.into_iter().take(MOST_KEYS);
    Ok(known.filter_map(|key| serde_json::from_value(key).ok()).collect())
}
