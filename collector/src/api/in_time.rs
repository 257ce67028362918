//! A request's body comes whole within a limit, or it is not waited for.
//!
//! Whoever sends half a body and then nothing holds a connection and a task, before anybody has asked who they are. So every
//! body has a deadline from its request's head on, wherever it is read: an extractor, a form, enrolment. Answers have none,
//! for live streams and downloads take as long as they take.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use http::{Version, header};
use hyper::body::{Frame, SizeHint};
use tokio::time::{Sleep, sleep};

use super::{harden, problem::Problem};

/// How long a body may take in all: the longest that is taken, two mebibytes, at half a megabit a second.
const MAX_BODY_TIME: Duration = Duration::from_secs(30);

/// The same routes; bodies have a deadline.
pub(crate) fn in_time(router: Router) -> Router {
    within(router, MAX_BODY_TIME)
}

fn within(router: Router, limit: Duration) -> Router {
    router.layer(from_fn_with_state(limit, timed))
}

async fn timed(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    if request.body().is_end_stream() {
        return next.run(request).await;
    }
    let (version, late) = (request.version(), Arc::new(AtomicBool::new(false)));
    let request = request
        .map(|body| Body::new(Timed { body, deadline: Box::pin(sleep(limit)), late: Arc::clone(&late) }));
    let response = next.run(request).await;
    let refused = response.status().is_client_error() || response.status().is_server_error();
    if !(refused && late.load(Ordering::Relaxed)) {
        return response;
    }
    let mut response = harden(Problem::late(limit).into_response()).await;
    // In HTTP/2 a stream ends by itself, and a connection has no such header.
    if version < Version::HTTP_2 {
        response.headers_mut().insert(header::CONNECTION, header::HeaderValue::from_static("close"));
    }
    response
}

/// A body with a deadline.
struct Timed {
    body: Body,
    deadline: Pin<Box<Sleep>>,
    /// It was not whole in time.
    late: Arc<AtomicBool>,
}

impl HttpBody for Timed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        // What has come is taken: a handler that looks late is not the sender's fault.
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(context) {
            return Poll::Ready(frame);
        }
        match self.deadline.as_mut().poll(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) => {
                self.late.store(true, Ordering::Relaxed);
                Poll::Ready(Some(Err(axum::Error::new("the body was not whole in time"))))
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use http_body_util::BodyExt as _;
    use serde_json::Value;
    use tokio_stream::StreamExt as _;
    use tower::ServiceExt as _;

    use super::*;
    use crate::api::tests::Collector;

    /// Begins, and never goes on.
    fn half(version: Version, path: &str, kind: &str) -> Request {
        let begun = tokio_stream::once(Ok::<_, std::io::Error>(Bytes::from_static(b"{\"person\"")));
        let body = Body::from_stream(begun.chain(tokio_stream::pending()));
        let request = Request::post(path).version(version).header(header::CONTENT_TYPE, kind);
        request.body(body).unwrap()
    }

    #[tokio::test]
    async fn half_a_body_is_not_waited_for() {
        let router = Collector::over(crate::state::State::default()).router();
        let router = within(router, Duration::from_millis(20));
        let (json, form) = ("application/json", "application/x-www-form-urlencoded");
        for (version, path, kind, close) in [
            (Version::HTTP_11, "/api/v1/login", json, true),
            (Version::HTTP_2, "/api/v1/login", json, false),
            (Version::HTTP_11, "/login", form, true),
            (Version::HTTP_11, "/api/v1/intake/events", json, true),
        ] {
            let answer = router.clone().oneshot(half(version, path, kind)).await.unwrap();
            let (parts, body) = answer.into_parts();
            assert_eq!(parts.status, StatusCode::REQUEST_TIMEOUT, "{path}");
            assert_eq!(parts.headers[header::CONTENT_TYPE], "application/problem+json");
            assert_eq!(parts.headers.contains_key(header::CONNECTION), close, "{path}");
            let told: Value = serde_json::from_slice(&body.collect().await.unwrap().to_bytes()).unwrap();
            assert_eq!(told["type"], "urn:dogwatch:problem:late");
        }
    }

    #[tokio::test]
    async fn an_answer_takes_as_long_as_it_takes() {
        let slow = axum::routing::post(|body: Bytes| async move {
            sleep(Duration::from_millis(40)).await;
            body
        });
        let router = within(Router::new().route("/", slow), Duration::from_millis(20));
        let answer = router.oneshot(Request::post("/").body(Body::from("whole")).unwrap()).await.unwrap();
        assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "whole");
    }
}
