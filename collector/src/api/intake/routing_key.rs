//! The token of a sender that knows no headers: `PagerDuty`'s shape carries it in the body, as `routing_key`.
//!
//! It is moved to where every other caller has it before anybody looks at the request, so that the guard is the same
//! for all. A header that is there goes first. The handler's own reading of the body skips the key, so that nothing
//! that is kept or logged can hold it.
//!
//! These are the only bodies that are read whole before it is known who sends them. So they are no longer than that shape allows,
//! only so many bytes of them are held at once, in all and for one address, and where those are taken, the address with the most
//! gives way to one with less. With the token in the header none of that counts.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    body::{Body, Bytes, HttpBody as _},
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, Method, header};
use serde::Deserialize;

use crate::{
    api::{Shared, problem::Problem, secret},
    listener::network,
    shares::places::{Place, Places},
};

/// Where such senders call.
const PATHS: [&str; 2] = ["/api/v1/intake/events", "/api/v1/intake/events/v2/enqueue"];

/// The longest event of a sender that nobody knows yet: what `PagerDuty` itself takes.
const MAX_EVENT_BYTES: usize = 512 * 1024;

/// What such events may hold of memory at once: sixteen of the longest, thousands of the usual ones.
const HELD_BYTES: usize = 8 * 1024 * 1024;

/// The same for one address: four of the longest, hundreds of the usual ones.
const HELD_OF_ADDRESS: usize = 2 * 1024 * 1024;

/// What an event counts at least: a request takes memory, too.
const LEAST_BYTES: usize = 1024;

/// When to try again where there is no room: who sends slowly has come to an end by then, or made place.
const AGAIN_SECONDS: u64 = 5;

/// Room for events of senders that nobody knows yet.
pub(crate) struct Unknown(Arc<Places<IpAddr, ()>>);

impl Default for Unknown {
    fn default() -> Self {
        Self(Arc::new(Places::new(HELD_BYTES, HELD_OF_ADDRESS)))
    }
}

impl Unknown {
    /// Room for one event, as long as it is said to be.
    fn room(&self, request: &Request) -> Result<Place<IpAddr, ()>, Problem> {
        let told = request.body().size_hint().upper().map_or(Ok(MAX_EVENT_BYTES), usize::try_from);
        let bytes = told.ok().filter(|bytes| *bytes <= MAX_EVENT_BYTES);
        let bytes = bytes.ok_or_else(|| Problem::too_large(MAX_EVENT_BYTES))?;
        let from = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let from = from.map_or(Ipv4Addr::UNSPECIFIED.into(), |ConnectInfo(address)| address.ip());
        self.0.take(network(from), (), bytes.max(LEAST_BYTES)).map_err(|_| crowded())
    }
}

#[derive(Deserialize)]
struct Keyed {
    #[serde(default)]
    routing_key: String,
}

/// Makes the routing key of an event a bearer token.
pub(crate) async fn as_bearer(State(api): State<Shared>, mut request: Request, next: Next) -> Response {
    let is_event = request.method() == Method::POST && PATHS.contains(&request.uri().path());
    if !is_event || request.headers().contains_key(header::AUTHORIZATION) {
        return next.run(request).await;
    }
    let room = match api.unknown.room(&request) {
        Ok(room) => room,
        Err(problem) => return problem.into_response(),
    };
    let body = std::mem::replace(request.body_mut(), Body::empty());
    let bytes = match whole(body, &room).await {
        Ok(bytes) => bytes,
        Err(problem) => return problem.into_response(),
    };
    let key = serde_json::from_slice::<Keyed>(&bytes).map(|keyed| keyed.routing_key).unwrap_or_default();
    if secret::looks_like_token(&key)
        && let Ok(mut value) = HeaderValue::from_str(&format!("Bearer {key}"))
    {
        value.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, value);
    }
    *request.body_mut() = Body::from(bytes);
    let response = next.run(request).await;
    drop(room);
    response
}

/// The whole body, while its room is its own.
async fn whole(body: Body, room: &Place<IpAddr, ()>) -> Result<Bytes, Problem> {
    tokio::select! {
        biased;
        () = room.displaced() => Err(crowded()),
        read = axum::body::to_bytes(body, MAX_EVENT_BYTES) => {
            read.map_err(|_| Problem::too_large(MAX_EVENT_BYTES))
        }
    }
}

fn crowded() -> Problem {
    let what = "too many events with their token in the body are on their way in; send it as the header `authorization: Bearer TOKEN`, or try again in some seconds";
    Problem::too_many(what).retry_after(AGAIN_SECONDS)
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use tokio_stream::StreamExt as _;
    use tower::ServiceExt as _;

    use super::*;
    use crate::api::tests::Collector;

    /// An event of an address that begins and never goes on, said to be so long.
    fn begun(host: u8, path: &str, bytes: usize) -> Request {
        let first = tokio_stream::once(Ok::<_, std::io::Error>(Bytes::from_static(b"{")));
        let body = Body::from_stream(first.chain(tokio_stream::pending()));
        let address = SocketAddr::from(([192, 0, 2, host], 50_000));
        let request = Request::post(path).extension(ConnectInfo(address));
        request.header(header::CONTENT_TYPE, "application/json").body(Body::new(Told(body, bytes))).unwrap()
    }

    /// A body that says how long it is.
    struct Told(Body, usize);

    impl axum::body::HttpBody for Told {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(
            mut self: std::pin::Pin<&mut Self>,
            context: &mut std::task::Context<'_>,
        ) -> std::task::Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
            std::pin::Pin::new(&mut self.0).poll_frame(context)
        }

        fn size_hint(&self) -> hyper::body::SizeHint {
            hyper::body::SizeHint::with_exact(self.1 as u64)
        }
    }

    #[tokio::test]
    async fn events_of_nobody_hold_so_much_and_an_address_with_more_gives_way() {
        let router = Collector::over(crate::state::State::default()).router();
        let send = |host, bytes| Box::pin(router.clone().oneshot(begun(host, PATHS[0], bytes)));
        let under_way = |host| {
            let mut sent = send(host, MAX_EVENT_BYTES);
            assert!(come_to(&mut sent).is_none(), "it is read");
            sent
        };
        let mut hogs: Vec<_> = (1..=4).flat_map(|host| [host; 4]).map(under_way).collect();
        let more = send(1, MAX_EVENT_BYTES).await.unwrap();
        assert_eq!(more.status(), StatusCode::TOO_MANY_REQUESTS, "its address has its share");
        assert!(more.headers().contains_key(header::RETRY_AFTER));
        let mut other = send(9, 4_000);
        assert!(come_to(&mut other).is_none(), "it is read");
        let gone = hogs.iter_mut().filter_map(come_to).map(|answer| answer.unwrap().status());
        assert_eq!(gone.collect::<Vec<_>>(), [StatusCode::TOO_MANY_REQUESTS], "one made place");
    }

    #[tokio::test]
    async fn what_is_no_event_or_too_long_is_not_read() {
        let router = Collector::over(crate::state::State::default()).router();
        let ask = async |path: &str, bytes| {
            let answer = tokio::time::timeout(
                std::time::Duration::from_secs(20),
                router.clone().oneshot(begun(1, path, bytes)),
            );
            answer.await.unwrap().unwrap().status()
        };
        assert_eq!(ask("/api/v1/intake/eventsXYZ", 10).await, StatusCode::NOT_FOUND);
        assert_eq!(ask("/api/v1/intake/alertmanager", 10).await, StatusCode::UNAUTHORIZED);
        for path in PATHS {
            assert_eq!(ask(path, MAX_EVENT_BYTES + 1).await, StatusCode::PAYLOAD_TOO_LARGE);
        }
    }

    /// What a future has come to, if it has.
    fn come_to<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match std::pin::Pin::new(future).poll(&mut context) {
            std::task::Poll::Ready(done) => Some(done),
            std::task::Poll::Pending => None,
        }
    }
}
