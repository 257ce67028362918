//! The head of a request: how large it may be, and that its body is as it says.
//!
//! The HTTP library reads heads before any code of ours, and what it cannot read it refuses by itself, with a status and no
//! body: a line that is no HTTP, bytes that no address may have, a length that is no number (400), heads over the listener's
//! limit and more than a hundred headers (431). A head that does not come in time is hung up on. It has no place where such an
//! answer could be written. So the listener's limit is four times ours, and whoever is over ours by less than that is told in
//! the usual way: by 414 where the address alone is too long, by 431 else.

use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, Method, Uri, header};

use super::problem::Problem;

/// The largest head, in bytes: the largest real ones are under 2 KiB.
const MAX_BYTES: usize = 16 * 1024;

/// What HTTP writes around a header besides its name and value.
const AROUND: usize = ": \r\n".len();

/// Refuses a head that is too large.
pub(crate) async fn bounded(request: Request, next: Next) -> Response {
    let of_uri = bytes_of_uri(request.uri());
    match of_uri + bytes(request.headers()) {
        _ if of_uri > MAX_BYTES => Problem::address_too_long(MAX_BYTES).into_response(),
        many if many > MAX_BYTES => Problem::head_too_large(MAX_BYTES).into_response(),
        _ => next.run(request).await,
    }
}

fn bytes_of_uri(uri: &Uri) -> usize {
    uri.path().len() + uri.query().map_or(0, str::len)
}

fn bytes(headers: &HeaderMap) -> usize {
    headers.iter().map(|(name, value)| name.as_str().len() + value.len() + AROUND).sum()
}

/// Refuses a body by what the head says of it: one that will be too long, before any of it has come; one in a coding, for nothing
/// here unpacks one, and a small one may become a large one.
pub(crate) fn check_body(method: &Method, headers: &HeaderMap, longest: usize) -> Result<(), Problem> {
    if method.is_safe() {
        return Ok(());
    }
    let told = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if told.is_some_and(|told| usize::try_from(told).map_or(true, |told| told > longest)) {
        return Err(Problem::too_large(longest));
    }
    let plain = |value: &http::HeaderValue| value.as_bytes().eq_ignore_ascii_case(b"identity");
    match headers.get_all(header::CONTENT_ENCODING).iter().all(plain) {
        true => Ok(()),
        false => Err(Problem::packed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_names_and_values_count() {
        let mut headers = HeaderMap::new();
        headers.append("a", "12".parse().unwrap());
        headers.append("a", "345".parse().unwrap());
        assert_eq!(bytes(&headers), 7 + 8);
        assert_eq!(bytes_of_uri(&"/four?and=8".parse().unwrap()), 5 + 5);
    }

    #[test]
    fn a_packed_body_is_refused_where_a_body_is_read() {
        let coded = |name: &'static str| {
            let mut headers = HeaderMap::new();
            headers.append(header::CONTENT_ENCODING, name.parse().unwrap());
            headers
        };
        let taken = |method: Method, headers: &HeaderMap| check_body(&method, headers, 10).is_ok();
        assert!(taken(Method::POST, &HeaderMap::new()));
        assert!(taken(Method::POST, &coded("Identity")));
        assert!(taken(Method::GET, &coded("gzip")));
        assert!(!taken(Method::POST, &coded("gzip")));
    }

    #[test]
    fn a_body_that_will_be_too_long_is_refused_before_it_comes() {
        for (told, fits) in [("0", true), ("10", true), ("11", false), ("18446744073709551615", false)] {
            let mut headers = HeaderMap::new();
            headers.append(header::CONTENT_LENGTH, told.parse().unwrap());
            assert_eq!(check_body(&Method::POST, &headers, 10).is_ok(), fits, "{told}");
        }
    }
}
