//! A caller is heard out before it is refused.
//!
//! Most clients send a body whole before they look at the answer. When the answer comes first and the rest is not read,
//! HTTP/1.1 ends with a reset and HTTP/2 with a stream error, and the refusal, which says how to mend it, is lost. So what a
//! refused request has not been read of is read and thrown away: within bounds, because it is for nobody. Who waits with
//! the body until it is asked for (`expect: 100-continue`) hears the refusal at once.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use http::{StatusCode, header};
use http_body_util::BodyExt as _;
use hyper::body::{Frame, SizeHint};

/// The most that is read for nobody: twice the longest body that any route takes, so that one that is merely too long is
/// told so, and whoever sends for ever is cut off.
const MAX_UNREAD_BYTES: usize = 4 * 1024 * 1024;

/// The longest that it is read for: as long as that takes over a slow line (7 Mbit/s).
const MAX_UNREAD_TIME: Duration = Duration::from_secs(5);

/// The same routes; whom they refuse is heard out.
pub(super) fn heard_out(router: Router) -> Router {
    router.layer(from_fn(hear_out))
}

async fn hear_out(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let waits = parts.headers.contains_key(header::EXPECT);
    let shared = Arc::new(Mutex::new(Incoming { body, begun: false }));
    let lent = Body::new(Lent(Arc::clone(&shared)));
    let response = next.run(Request::from_parts(parts, lent)).await;
    let refused = response.status().is_client_error() || response.status().is_server_error();
    // Who was too slow was heard for long enough.
    if !refused || response.status() == StatusCode::REQUEST_TIMEOUT {
        return response;
    }
    let rest = std::mem::take(&mut *shared.lock().unwrap_or_else(PoisonError::into_inner));
    if !rest.body.is_end_stream() && (rest.begun || !waits) {
        // That there was more than we wait for changes nothing about the answer.
        drop(tokio::time::timeout(MAX_UNREAD_TIME, throw_away(rest.body)).await);
    }
    response
}

/// Reads until the end, the bound or a fault.
async fn throw_away(mut body: Body) {
    let mut left = MAX_UNREAD_BYTES;
    while let Some(Ok(frame)) = body.frame().await {
        let bytes = frame.data_ref().map_or(0, Bytes::len);
        let Some(less) = left.checked_sub(bytes) else { return };
        left = less;
    }
}

/// A body on its way in.
#[derive(Default)]
struct Incoming {
    body: Body,
    /// Somebody has asked for it.
    begun: bool,
}

/// A body that is given away and can be taken back.
struct Lent(Arc<Mutex<Incoming>>);

impl HttpBody for Lent {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let mut incoming = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        incoming.begun = true;
        Pin::new(&mut incoming.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).body.size_hint()
    }
}
