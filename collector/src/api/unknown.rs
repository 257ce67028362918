//! What somebody sends of whom nobody knows yet who they are: how much of it is held at once.
//!
//! Few bodies are read before a token has been looked at: logins, set-up, invitations, and events that hold their token. Each
//! waits here until it is whole. Only so many bytes are held meanwhile, in all and for one address. Where an address has its
//! share, its oldest gives way, which is slow by then; where all room is taken, the address with the most gives way to one with
//! less. So whoever begins a thousand bodies and ends none hinders nobody, and the room is never more than it is.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::Arc,
};

use axum::{
    body::{Body, Bytes, HttpBody as _},
    extract::{ConnectInfo, Request, State},
    middleware::Next,
    response::{IntoResponse as _, Response},
};

use super::{Shared, once::whole, problem::Problem};
use crate::{
    listener::network,
    shares::places::{Place, Places},
};

/// What such bodies may hold of memory at once: sixteen of the longest events, thousands of the usual ones.
const HELD_BYTES: usize = 8 * 1024 * 1024;

/// The same for one address: four of the longest events, hundreds of the usual ones.
const HELD_OF_ADDRESS: usize = 2 * 1024 * 1024;

/// What a body counts at least: a request takes memory, too.
const LEAST_BYTES: usize = 1024;

/// When to try again: a body that makes place was under way for longer than good ones are.
const AGAIN_SECONDS: u64 = 5;

/// Room for bodies of nobody.
pub(crate) struct Unknown(Arc<Places<IpAddr, ()>>);

/// Room that a body has, until its request is answered.
pub(crate) type Room = Place<IpAddr, ()>;

impl Default for Unknown {
    fn default() -> Self {
        Self(Arc::new(Places::new(HELD_BYTES, HELD_OF_ADDRESS)))
    }
}

impl Unknown {
    /// Waits until a request's body is whole, which may be so long, and takes it out with the room that it needs.
    pub(crate) async fn hold(&self, request: &mut Request, limit: usize) -> Result<(Bytes, Room), Problem> {
        let room = self.room(request, limit)?;
        let body = std::mem::replace(request.body_mut(), Body::empty());
        let bytes = tokio::select! {
            biased;
            () = room.displaced() => return Err(crowded()),
            read = whole(body, limit) => read?,
        };
        Ok((bytes, room))
    }

    /// Room for as much as a body is said to be.
    fn room(&self, request: &Request, limit: usize) -> Result<Room, Problem> {
        let told = request.body().size_hint().upper().map_or(Ok(limit), usize::try_from);
        let bytes = told.ok().filter(|bytes| *bytes <= limit).ok_or_else(|| Problem::too_large(limit))?;
        let from = request.extensions().get::<ConnectInfo<SocketAddr>>();
        // Behind our own listener everybody has one; others count as one.
        let from = from.map_or(Ipv4Addr::UNSPECIFIED.into(), |ConnectInfo(address)| address.ip());
        self.0.push(&network(from), &(), bytes.max(LEAST_BYTES)).map_err(|_| crowded())
    }
}

/// Stands before the routes that anybody may send something to, each with the longest body that it takes.
pub(crate) async fn held(
    State((api, limit)): State<(Shared, usize)>,
    mut request: Request,
    next: Next,
) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    match api.unknown.hold(&mut request, limit).await {
        Ok((bytes, room)) => {
            *request.body_mut() = Body::from(bytes);
            let response = next.run(request).await;
            drop(room);
            response
        }
        Err(problem) => problem.into_response(),
    }
}

fn crowded() -> Problem {
    let what = "too much is on its way in from senders without a token in the `authorization` header, and this was slow; send it again, in one go, or with a token there";
    Problem::too_many(what).retry_after(AGAIN_SECONDS)
}

#[cfg(test)]
mod tests {
    use core::pin::Pin;
    use std::task::{Context, Poll, Waker};

    use axum::body::HttpBody;
    use http::{StatusCode, header};
    use hyper::body::{Frame, SizeHint};
    use tower::ServiceExt as _;

    use super::*;
    use crate::api::tests::Collector;

    const EVENTS: &str = "/api/v1/intake/events";
    const HALF_MIB: usize = 512 * 1024;

    /// A body that is said to be so long, and never comes.
    struct Announced(usize);

    impl HttpBody for Announced {
        type Data = Bytes;
        type Error = axum::Error;

        fn poll_frame(
            self: Pin<&mut Self>,
            _: &mut Context<'_>,
        ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
            Poll::Pending
        }

        fn size_hint(&self) -> SizeHint {
            SizeHint::with_exact(self.0 as u64)
        }
    }

    fn begun(host: u8, path: &str, bytes: usize) -> Request {
        let address = SocketAddr::from(([192, 0, 2, host], 50_000));
        let request = Request::post(path).extension(ConnectInfo(address));
        request.header(header::CONTENT_TYPE, "application/json").body(Body::new(Announced(bytes))).unwrap()
    }

    /// What an answer has come to, if it is there.
    fn status(
        answer: &mut (impl Future<Output = Result<Response, core::convert::Infallible>> + Unpin),
    ) -> Option<StatusCode> {
        match Pin::new(answer).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => Some(answer.unwrap().status()),
            Poll::Pending => None,
        }
    }

    #[tokio::test]
    async fn bodies_of_nobody_hold_so_much_and_an_address_with_more_gives_way() {
        let router = Collector::over(crate::state::State::default()).router();
        let begin = |host, path, bytes| {
            let mut answer = Box::pin(router.clone().oneshot(begun(host, path, bytes)));
            assert_eq!(status(&mut answer), None, "it is waited for");
            answer
        };
        let mut slow: Vec<_> =
            (1..=4).flat_map(|host| [host; 4]).map(|host| begin(host, EVENTS, HALF_MIB)).collect();
        let fifth = begin(1, EVENTS, HALF_MIB);
        assert_eq!(
            status(&mut slow.remove(0)),
            Some(StatusCode::TOO_MANY_REQUESTS),
            "the oldest of its address"
        );
        let login = begin(9, "/api/v1/login", 100);
        let gone: Vec<_> = slow.iter_mut().filter_map(status).collect();
        assert_eq!(gone, [StatusCode::TOO_MANY_REQUESTS], "one of the others made place");
        drop((slow, fifth, login));
        assert_eq!(status(&mut begin(1, EVENTS, HALF_MIB)), None, "what has ended is forgotten");
    }

    #[tokio::test]
    async fn what_is_no_event_or_too_long_is_not_waited_for() {
        let router = Collector::over(crate::state::State::default()).router();
        for (path, bytes, answer) in [
            ("/api/v1/intake/eventsXYZ", 10, StatusCode::NOT_FOUND),
            ("/api/v1/intake/alertmanager", 10, StatusCode::UNAUTHORIZED),
            (EVENTS, HALF_MIB + 1, StatusCode::PAYLOAD_TOO_LARGE),
            ("/api/v1/intake/events/v2/enqueue", HALF_MIB + 1, StatusCode::PAYLOAD_TOO_LARGE),
            ("/api/v1/login", 64 * 1024 + 1, StatusCode::PAYLOAD_TOO_LARGE),
        ] {
            let mut answered = Box::pin(router.clone().oneshot(begun(1, path, bytes)));
            assert_eq!(status(&mut answered), Some(answer), "{path}");
        }
    }
}
