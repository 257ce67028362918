//! The people's side from outside: requests in, answers out, over a state made by hand.

mod acts;
mod audit;
mod coming_in;
mod conforms;
mod described;
mod documents;
mod fleet;
mod intake;
mod left;
mod legible;
mod live;
mod once;
mod own_account;
mod people;
mod permissions;
mod running;
mod strictness;
mod unchanged;
mod walk;
mod work;

use std::sync::{Arc, RwLock};

use axum::{Router, body::Body};
use dogwatch_model::{Endpoint, OrgId, PersonId, Side, SiteId};
use http::{Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use jiff::Timestamp;
use serde_json::Value;
use tokio_stream::StreamExt as _;
use tower::ServiceExt as _;

use super::{ApiInfo, with_clock};
use crate::policy::Standing;
use crate::{
    access::{ApiToken, JoinTokenRecord, Principal, Role, Scope, Sha256},
    core::CoreHandle,
    identity::Providers,
    state::{Health, Member, State},
};

pub(crate) fn noon() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

pub(crate) fn text_of_token(letter: char) -> String {
    format!("dwt_{}", String::from(letter).repeat(43))
}

pub(crate) fn org(name: &str) -> OrgId {
    OrgId::new(name).unwrap()
}

pub(crate) fn token(letter: char, role: Role, org: Option<OrgId>) -> (Sha256, ApiToken) {
    let hash = Sha256::of(text_of_token(letter).as_bytes());
    let person = PersonId::new(&format!("pat-{letter}")).unwrap();
    let principal = Principal::new(person, Side::Msp, &Scope::of(org, None), role.verbs());
    (hash, ApiToken { id: format!("t{letter}"), ..ApiToken::new(hash, principal, noon()) })
}

/// A join token that may still be used, to whom nobody has come.
pub(crate) fn join_token(id: &str, org: OrgId, site: SiteId) -> JoinTokenRecord {
    JoinTokenRecord {
        id: id.into(),
        hash: Sha256::of(id.as_bytes()),
        org,
        site,
        created_by: PersonId::new("pat").unwrap(),
        created_side: None,
        created_for: None,
        created_at: noon(),
        expires_at: "2026-11-23T00:00:00Z".parse().unwrap(),
        uses: 1,
        used: 0,
        approval: false,
        revoked_at: None,
    }
}

/// Lets tokens in, with the people they speak for.
pub(crate) fn admit(state: &mut State, tokens: impl IntoIterator<Item = (Sha256, ApiToken)>) {
    for (hash, token) in tokens {
        state.access.enlist(&token, noon());
        state.access.tokens.insert(hash, token);
    }
}

pub(crate) fn member(id: &str, name: &str, org: &str) -> Member {
    let endpoint: Endpoint = serde_json::from_value(serde_json::json!({
        "id": id, "org": org, "site": "main", "name": name, "class": "server", "criticality": "normal",
        "enrolled_at": "2026-11-01T00:00:00Z", "state": "active",
        "presence": { "online": true, "since": "2026-11-22T00:00:00Z" },
    }))
    .unwrap();
    assert_eq!(endpoint.site, SiteId::new("main").unwrap());
    Member::new(endpoint, dogwatch_model::MachineEvidence::default())
}

/// A collector whose core never answers: enough for everything that is decided before the core is asked.
pub(crate) struct Collector {
    router: Router,
    inputs: Option<tokio::sync::mpsc::Receiver<crate::core::Input>>,
    health: tokio::sync::watch::Sender<Health>,
}

impl Collector {
    pub(crate) fn over(state: State) -> Self {
        let (inputs, kept) = tokio::sync::mpsc::channel(1);
        let (health, watched) = tokio::sync::watch::channel(Health::Ready);
        let core = CoreHandle {
            commands: crate::core::Commands { inputs, meters: Arc::default() },
            shared: Arc::new(RwLock::new(state)),
            health: watched,
            policy_files: Arc::new(arc_swap::ArcSwap::from_pointee(crate::policy::Standing::InForce {
                since: noon(),
            })),
            feed: crate::feed::Feed::default(),
            policy: Arc::new(arc_swap::ArcSwap::from_pointee(crate::policy::Policy::of_a_new(
                &"acme".parse().unwrap(),
            ))),
        };
        // Streams end at once, with all that there is to say.
        core.feed.close();
        Self { health, ..Self::on(core, Some(kept), Arc::default(), noon) }
    }

    /// A collector over a core.
    pub(crate) fn on(
        core: CoreHandle,
        inputs: Option<tokio::sync::mpsc::Receiver<crate::core::Input>>,
        providers: Arc<Providers>,
        now: fn() -> Timestamp,
    ) -> Self {
        let info = ApiInfo {
            name: "Acme <MSP>".into(),
            version: "0.1.0",
            people_address: "collector.example:7443".into(),
            agents_address: "collector.example:7444".into(),
            root_sha256: Sha256::of(b"root"),
            providers: tokio::sync::watch::Sender::new(providers).subscribe(),
            identity_file: tokio::sync::watch::Sender::new(Standing::InForce { since: noon() }).subscribe(),
            orgs: crate::policy::OrgFiles::nowhere(),
            notify_file: tokio::sync::watch::Sender::new(Standing::InForce { since: noon() }).subscribe(),
        };
        let health = tokio::sync::watch::Sender::new(Health::Ready);
        Self { router: with_clock(core, info, now), inputs, health }
    }

    /// Its routes.
    pub(crate) fn router(&self) -> Router {
        self.router.clone()
    }

    /// The same after its core has ended: whatever would change something is refused at once.
    pub(crate) fn without_core(mut self) -> Self {
        self.inputs = None;
        self
    }

    pub(crate) async fn ask(&self, method: Method, path: &str, token: Option<&str>, body: &str) -> Answer {
        let mut request = Request::builder().method(method).uri(path);
        if let Some(token) = token {
            request = request.header(header::AUTHORIZATION, format!("Bearer {token}"));
        }
        if !body.is_empty() {
            request = request.header(header::CONTENT_TYPE, "application/json");
        }
        let request = request.body(Body::from(body.to_owned())).unwrap();
        self.send(request).await
    }

    /// Begins to listen: what is told comes with the body, whenever somebody reads it.
    pub(crate) async fn listen(&self, path: &str, token: &str) -> axum::response::Response {
        let request = Request::get(path).header(header::AUTHORIZATION, format!("Bearer {token}"));
        self.router.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        // A stream has no end: what it begins with is taken.
        let stream = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind == "text/event-stream");
        let bytes = match stream {
            true => body.into_data_stream().next().await.unwrap().unwrap(),
            false => body.collect().await.unwrap().to_bytes(),
        };
        let kind = parts.headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        conforms::check(&method, &path, parts.status, kind, &text);
        Answer {
            status: parts.status,
            problem: kind == "application/problem+json",
            json: serde_json::from_str(&text).unwrap_or_default(),
            text,
            headers: parts.headers,
        }
    }

    pub(crate) async fn get(&self, path: &str, token: Option<&str>) -> Answer {
        self.ask(Method::GET, path, token, "").await
    }
}

pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) problem: bool,
    pub(crate) json: Value,
    pub(crate) text: String,
    pub(crate) headers: http::HeaderMap,
}

impl Answer {
    pub(crate) fn detail(&self) -> &str {
        self.json["detail"].as_str().unwrap_or_default()
    }
}
