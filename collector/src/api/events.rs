//! What changes, as it happens: server-sent events, scoped to what the caller may see at that moment.
//!
//! The stream begins with `hello`, goes on from `Last-Event-ID` (or `after`) where that is still known, says `missed` where
//! it is not, and `bye` before it ends by itself. What is told is in [`crate::feed`].

use std::{
    collections::BTreeSet,
    future::Future,
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::State,
    response::{IntoResponse, Response},
};
use dogwatch_model::OrgId;
use http::{HeaderMap, header};
use hyper::body::Frame;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Shared, caller::Caller, extract::Params, problem::Problem};
use crate::feed::{Full, Kind, Listener, Since};

mod ear;

use ear::Ear;

/// Query of the stream.
#[derive(Deserialize, JsonSchema)]
pub(crate) struct Query {
    /// Which kinds, joined by commas; all when absent.
    kinds: Option<String>,
    org: Option<OrgId>,
    /// The id of the last event that was heard; the header goes first.
    after: Option<String>,
}

/// `GET /api/v1/events`
pub(crate) async fn stream(
    State(api): State<Shared>,
    caller: Caller,
    Params(query): Params<Query>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let kinds = kinds(query.kinds.as_deref())?;
    let after = headers.get("last-event-id").and_then(|id| id.to_str().ok()).or(query.after.as_deref());
    let since = after.map_or(Since::Now, Since::After);
    let place = api.core.feed().place(caller.principal().key()).map_err(full)?;
    let ear = Ear::new(Shared::clone(&api), &caller, kinds, query.org)?;
    let listener = api.core.feed().listen(Box::new(ear), since, place);
    let headers = [(header::CONTENT_TYPE, "text/event-stream"), (header::CACHE_CONTROL, "no-cache")];
    Ok((headers, Body::new(Stream::of(listener))).into_response())
}

/// Which kinds are meant.
fn kinds(text: Option<&str>) -> Result<BTreeSet<Kind>, Problem> {
    let Some(text) = text else { return Ok(Kind::ALL.iter().copied().collect()) };
    let kind = |name: &str| {
        name.trim().parse::<Kind>().map_err(|error| Problem::invalid(format!("`kinds`: {error}")))
    };
    text.split(',').map(kind).collect()
}

fn full(full: Full) -> Problem {
    Problem::too_many(match full {
        Full::InAll => {
            "as many listen to events as the collector serves at once, and none of others' people more than yours; end some of your own streams, or try again later"
        }
        Full::OfMember => {
            "you listen to events as often at once as one person may; end one of your other streams"
        }
    })
}

/// What is handed out next, and who hands it out after that.
type Turn = Pin<Box<dyn Future<Output = Option<(Bytes, Listener)>> + Send>>;

/// A listener as the body of an answer: it is asked only when the connection takes more.
struct Stream(Turn);

impl Stream {
    fn of(mut listener: Listener) -> Self {
        Self(Box::pin(async move { listener.next().await.map(|bytes| (bytes, listener)) }))
    }
}

impl HttpBody for Stream {
    type Data = Bytes;
    type Error = core::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.as_mut().poll(context).map(|told| {
            told.map(|(bytes, listener)| {
                *self = Self::of(listener);
                Ok(Frame::data(bytes))
            })
        })
    }
}
