//! Entity tags: an answer that has not changed is not sent again.
//!
//! The tag is a hash of the body, so equal bodies have equal tags on every collector and after every restart. Only what is
//! made of little and asked for often carries one; an item of the queue has its version instead.

use axum::{
    body::{Body, Bytes},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};

use crate::access::Sha256;

/// Hex digits of a tag: 64 bits tell the texts of one route apart.
const DIGITS: usize = 16;

/// Answers with a body and its tag; with `304` and no body to whoever has it.
pub(crate) fn tagged(asked: &HeaderMap, media: &'static str, body: Bytes) -> Response {
    let tag = tag_of(&body);
    answer(asked, media, body, &tag, "")
}

/// The same where the body also says of which hour it is: the tag is that of `what` it tells, and weak.
pub(crate) fn tagged_by(asked: &HeaderMap, media: &'static str, body: Bytes, what: &[u8]) -> Response {
    answer(asked, media, body, &tag_of(what), "W/")
}

fn tag_of(bytes: &[u8]) -> String {
    format!("\"{}\"", &Sha256::of(bytes).to_string()[..DIGITS])
}

fn answer(asked: &HeaderMap, media: &'static str, body: Bytes, tag: &str, weak: &str) -> Response {
    let fresh = asked.get_all(header::IF_NONE_MATCH).iter().any(|given| names(given, tag));
    let mut response = match fresh {
        true => (StatusCode::NOT_MODIFIED, Body::empty()).into_response(),
        false => ([(header::CONTENT_TYPE, media)], body).into_response(),
    };
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(&format!("{weak}{tag}")) {
        headers.insert(header::ETAG, tag);
    }
    // Kept by whoever asked, for nobody else, and asked about before it is used.
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
    response
}

/// Whether a list of tags has this one, weak or not.
fn names(given: &HeaderValue, tag: &str) -> bool {
    let Ok(text) = given.to_str() else { return false };
    text.split(',').map(str::trim).any(|one| one == "*" || one.strip_prefix("W/").unwrap_or(one) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(value: Option<&'static str>) -> Response {
        let mut headers = HeaderMap::new();
        if let Some(value) = value {
            headers.insert(header::IF_NONE_MATCH, HeaderValue::from_static(value));
        }
        tagged(&headers, "text/plain", Bytes::from_static(b"watch"))
    }

    #[test]
    fn whoever_has_it_is_told_so_and_nobody_else_is() {
        let first = asked(None);
        assert_eq!(first.status(), StatusCode::OK);
        let tag = first.headers()[header::ETAG].to_str().unwrap().to_owned();
        assert_eq!(tag, format!("\"{}\"", &Sha256::of(b"watch").to_string()[..DIGITS]));
        for (given, status) in [
            (tag.clone(), 304),
            (format!("W/{tag}"), 304),
            (format!("\"x\", {tag}"), 304),
            ("*".into(), 304),
            ("\"x\"".into(), 200),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::IF_NONE_MATCH, given.parse().unwrap());
            let answer = tagged(&headers, "text/plain", Bytes::from_static(b"watch"));
            assert_eq!(answer.status().as_u16(), status, "{given}");
        }
    }
}
