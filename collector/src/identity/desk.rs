//! Logins under way: from the door to the provider and back, each step once.
//!
//! A login is known by its `state`, which the provider carries through, and belongs to the browser that has its cookie:
//! nobody finishes another's login, and nobody is made to finish somebody else's. Everything is kept here and bounded;
//! the addresses hold secrets that are good once.

use std::{
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use dogwatch_model::PersonId;
use form_urlencoded::Serializer;
use jiff::Timestamp;
use tokio::sync::watch;

use super::{
    Proved, Provider, ProviderId, Providers,
    claims::{Claims, Expected},
    client::{Code, Trouble, word},
    device::{Asked, Devices, Waiting},
    ticket::{Tickets, challenge, random},
};
use crate::access::{Principal, Sha256};

/// Where a finished login leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Next {
    /// Into the browser it was made in.
    Browser,
    /// To a program that listens on this machine of the person's.
    Loopback(Loopback),
    /// To the question whether the program with this code may come in.
    Device(String),
}

/// A program that waits on its own machine for a one-time code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Loopback {
    /// Its port on 127.0.0.1.
    pub(crate) port: u16,
    /// The PKCE challenge (S256) whose verifier it will show.
    pub(crate) challenge: String,
}

/// A login that waits for the provider's word.
#[derive(Debug)]
struct Pending {
    provider: Arc<Provider>,
    nonce: String,
    verifier: String,
    cookie: Sha256,
    since: Timestamp,
    next: Next,
}

/// What the provider sends back by way of the browser.
#[derive(Debug, Default)]
pub(crate) struct Arrival {
    pub(crate) state: String,
    pub(crate) code: Option<String>,
    pub(crate) error: Option<String>,
    pub(crate) issuer: Option<String>,
}

/// Who came back from a provider, and where that leads.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) next: Next,
    pub(crate) proved: Result<Box<Proved>, Trouble>,
}

/// The way to the provider, and the cookie that the browser is to have.
pub(crate) struct Departure {
    pub(crate) location: String,
    pub(crate) cookie: String,
}

/// What a loopback program gets for its code: who it speaks for, or why not.
type Outcome = Result<Principal, String>;

#[derive(Debug, Default)]
struct Books {
    pending: Tickets<Pending>,
    starts: Tickets<(ProviderId, Loopback)>,
    codes: Tickets<(String, Outcome)>,
    approvals: Tickets<(String, Principal)>,
    devices: Devices,
}

/// The desk for people who come by another's word.
pub(crate) struct Desk {
    providers: watch::Receiver<Arc<Providers>>,
    redirect: String,
    books: Mutex<Books>,
}

/// What is said where no provider is shown, whether there are hidden ones or not.
const NONE_SHOWN: &str = "this collector shows no OpenID Connect provider (identity.toml); name the one that you were told of, or \
                          log in by a link or with a local account";

/// Too many logins are under way.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooMany;

impl Desk {
    /// A desk at `people_address` for the providers as they are and will be.
    pub(crate) fn new(providers: watch::Receiver<Arc<Providers>>, people_address: &str) -> Self {
        let redirect = format!("https://{people_address}/oidc/callback");
        Self { providers, redirect, books: Mutex::default() }
    }

    fn books(&self) -> MutexGuard<'_, Books> {
        self.books.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The providers there are.
    pub(crate) fn providers(&self) -> Arc<Providers> {
        Arc::clone(&self.providers.borrow())
    }

    /// The provider of this name; the only one when none is named. Words name none that is hidden, and are the same
    /// whether there are hidden ones or not.
    pub(crate) fn provider(&self, name: Option<&str>) -> Result<Arc<Provider>, String> {
        let all = self.providers();
        let named = name.and_then(ProviderId::parse).and_then(|id| all.providers.get(&id));
        if let Some(named) = named {
            return Ok(Arc::clone(named));
        }
        let shown: Vec<&Arc<Provider>> = all.shown().collect();
        let names = || shown.iter().map(|one| one.id.as_str()).collect::<Vec<_>>().join(", ");
        match (name, &shown[..]) {
            (None, [only]) => Ok(Arc::clone(only)),
            (None, []) => Err(NONE_SHOWN.to_owned()),
            (None, _) => Err(format!("say by which provider you come: {}", names())),
            (Some(name), []) => Err(format!("there is no provider `{name}`; {NONE_SHOWN}")),
            (Some(name), _) => Err(format!("there is no provider `{name}`; there are: {}", names())),
        }
    }

    /// A program on the person's machine begins: gives the ticket that its browser starts with.
    pub(crate) fn expect(
        &self,
        (provider, loopback): (ProviderId, Loopback),
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<String, TooMany> {
        self.books().starts.give((provider, loopback), from, now).ok_or(TooMany)
    }

    /// What a start's ticket stands for.
    pub(crate) fn expected(&self, ticket: &str, now: Timestamp) -> Option<(ProviderId, Loopback)> {
        self.books().starts.take(ticket, now)
    }

    /// Sends somebody to a provider.
    pub(crate) async fn depart(
        &self,
        provider: Arc<Provider>,
        next: Next,
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<Result<Departure, TooMany>, Trouble> {
        let described = provider.described().await?;
        let (Some(nonce), Some(verifier), Some(cookie)) = (random(), random(), random()) else {
            return Ok(Err(TooMany));
        };
        let pending = Pending {
            provider: Arc::clone(&provider),
            nonce: nonce.clone(),
            verifier: verifier.clone(),
            cookie: Sha256::of(cookie.as_bytes()),
            since: now,
            next,
        };
        let Some(state) = self.books().pending.give(pending, from, now) else { return Ok(Err(TooMany)) };
        let mut query = Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &provider.client_id)
            .append_pair("redirect_uri", &self.redirect)
            .append_pair("scope", &provider.scopes.join(" "))
            .append_pair("state", &state)
            .append_pair("nonce", &nonce)
            .append_pair("code_challenge", &challenge(&verifier))
            .append_pair("code_challenge_method", "S256");
        if let Some(age) = provider.max_age {
            query.append_pair("max_age", &age.as_secs().to_string());
        }
        let joint = if described.authorize.contains('?') { '&' } else { '?' };
        Ok(Ok(Departure { location: format!("{}{joint}{}", described.authorize, query.finish()), cookie }))
    }

    /// Somebody comes back; nothing when that is no login of this browser's, or one that has ended.
    pub(crate) async fn arrive(&self, arrival: &Arrival, cookie: &str, now: Timestamp) -> Option<Came> {
        let pending = self.books().pending.take(&arrival.state, now)?;
        if pending.cookie != Sha256::of(cookie.as_bytes()) {
            return None;
        }
        let proved = self.prove(&pending, arrival, now).await;
        if let Err(trouble) = &proved {
            tracing::info!(provider = %pending.provider.id, why = trouble.what(), "login refused");
        }
        Some(Came { next: pending.next, proved: proved.map(Box::new) })
    }

    async fn prove(&self, pending: &Pending, arrival: &Arrival, now: Timestamp) -> Result<Proved, Trouble> {
        let provider = &pending.provider;
        // The file may have changed meanwhile: what it does not say any more does not count.
        let current = self.provider(Some(provider.id.as_str())).map_err(Trouble::Refused)?;
        if (&current.issuer, &current.client_id) != (&provider.issuer, &provider.client_id) {
            return Err(provider.refused("it was changed in identity.toml meanwhile; try again"));
        }
        let described = provider.described().await?;
        let named = arrival.issuer.as_deref();
        if named.is_some_and(|named| named != provider.issuer) || (described.names_issuer && named.is_none())
        {
            return Err(provider.refused("the answer is another issuer's (`iss`)"));
        }
        if let Some(error) = &arrival.error {
            return Err(provider.refused(format!("it answered `{}`", word(error))));
        }
        let code = arrival.code.as_deref().ok_or_else(|| provider.refused("it sent no code"))?;
        let code = Code { code, verifier: &pending.verifier, redirect: &self.redirect };
        let tokens = provider.redeem(&described, code).await?;
        let signed = provider.verified(&described, &tokens).await?;
        let expected = Expected {
            issuer: &provider.issuer,
            client_id: &provider.client_id,
            nonce: &pending.nonce,
            since: pending.since,
            proved_since: provider.proved_since(pending.since),
        };
        let mut claims = Claims::check(signed, &expected, now).map_err(|what| provider.refused(what))?;
        if claims.groups(&current.groups_claim).is_none()
            && let Some(told) = provider.userinfo(&described, &tokens).await?
        {
            claims.complete(told).map_err(|what| provider.refused(what))?;
        }
        let groups = claims.groups(&current.groups_claim).unwrap_or_default();
        current.admit(&claims, &groups).map_err(Trouble::Refused)
    }

    /// Keeps what came of a loopback program's login; gives the one-time code that it gets it for.
    pub(crate) fn keep(
        &self,
        loopback: &Loopback,
        outcome: Outcome,
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<String, TooMany> {
        self.books().codes.give((loopback.challenge.clone(), outcome), from, now).ok_or(TooMany)
    }

    /// Trades a one-time code; the verifier proves that it was this program that began.
    pub(crate) fn trade(&self, code: &str, verifier: &str, now: Timestamp) -> Outcome {
        let gone = || "this code is not known, was used already, or is older than ten minutes; log in again";
        let (wanted, outcome) = self.books().codes.take(code, now).ok_or_else(gone)?;
        if challenge(verifier) != wanted {
            return Err("this code is another program's; log in again".to_owned());
        }
        outcome
    }

    /// A program without a browser begins to wait.
    pub(crate) fn wait(&self, from: Option<IpAddr>, now: Timestamp) -> Result<Waiting, TooMany> {
        self.books().devices.wait(from, now).ok_or(TooMany)
    }

    /// Where the program with this code calls from, if it waits.
    pub(crate) fn whence(&self, user_code: &str, now: Timestamp) -> Option<Option<IpAddr>> {
        self.books().devices.whence(user_code, now)
    }

    /// A program that waits asks.
    pub(crate) fn ask(&self, device_code: &str, now: Timestamp) -> Asked {
        self.books().devices.ask(device_code, now)
    }

    /// The ticket by which somebody who has just proved who they are says yes or no to a waiting program.
    pub(crate) fn question(
        &self,
        user_code: String,
        who: Principal,
        from: Option<IpAddr>,
        now: Timestamp,
    ) -> Result<String, TooMany> {
        self.books().approvals.give((user_code, who), from, now).ok_or(TooMany)
    }

    /// Their answer: who answered; nothing when the ticket is none or nobody waits any more.
    pub(crate) fn answer(&self, ticket: &str, yes: bool, now: Timestamp) -> Option<PersonId> {
        let mut books = self.books();
        let (user_code, who) = books.approvals.take(ticket, now)?;
        let person = who.person.clone();
        books.devices.answer(&user_code, if yes { Ok(who) } else { Err(()) }, now).then_some(person)
    }
}
