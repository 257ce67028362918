//! Requests' parts, taken strictly: what is not understood is refused by name, never skipped.

mod field;
mod written;

use axum::{
    body::Bytes,
    extract::{FromRequest, FromRequestParts, Path, Query, Request},
};
use http::{header, request::Parts};
use serde::de::DeserializeOwned;

use super::{BodyLimit, MAX_BODY_BYTES, discreet::discreet, problem::Problem};

/// A JSON body that people, or programs of theirs, wrote. An empty one counts as `{}`.
pub(crate) struct Body<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Body<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let bytes = whole(request, state).await?;
        written::check(&bytes)?;
        read(&bytes).map(Self)
    }
}

/// A JSON body that another tool sends of its own accord: what in it must not be shown is replaced by who takes it, for nobody
/// sits there to mend it.
pub(crate) struct Told<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Told<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        read(&whole(request, state).await?).map(Self)
    }
}

/// All of a body, if it says that it is JSON.
async fn whole<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, Problem> {
    let says_json = request
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|value| {
            value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
        });
    let limit = request.extensions().get::<BodyLimit>().map_or(MAX_BODY_BYTES, |limit| limit.0);
    let bytes = Bytes::from_request(request, state).await.map_err(|rejection| {
        match rejection.into_response_status() {
            413 => Problem::too_large(limit),
            _ => Problem::invalid("the body ended before it was whole; send it again"),
        }
    })?;
    match bytes.is_empty() {
        true => Ok(Bytes::from_static(b"{}")),
        false if says_json => Ok(bytes),
        false => Err(Problem::not_json()),
    }
}

fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // A list would be taken for the members in the order of our own code.
    if bytes.iter().find(|byte| !byte.is_ascii_whitespace()) != Some(&b'{') {
        return Err(Problem::invalid("the body is not a JSON object: it begins with `{`"));
    }
    let mut body = serde_json::Deserializer::from_slice(bytes);
    let read = serde_path_to_error::deserialize(&mut body);
    let read = read.map_err(|error| (field::of(error.path()), error.into_inner()));
    read.and_then(|read| body.end().map(|()| read).map_err(|error| (None, error)))
        .map_err(|(field, error)| misread(field, &error))
}

/// What is wrong with a body: where it is no JSON, by line and column; where it is not what is wanted, by the field.
fn misread(field: Option<String>, error: &serde_json::Error) -> Problem {
    let (line, column) = (error.line(), error.column());
    let said = error.to_string();
    let place = format!(" at line {line} column {column}");
    let what = match error.classify() {
        serde_json::error::Category::Data => discreet(said.strip_suffix(&place).unwrap_or(&said)),
        _ => {
            return Problem::invalid(format!("the body is not JSON: {}", discreet(&said)))
                .with("line", line)
                .with("column", column);
        }
    };
    let problem = match &field {
        Some(field) => Problem::invalid(format!("the body is not what this route takes: `{field}`: {what}")),
        None => Problem::invalid(format!("the body is not what this route takes: {what}")),
    };
    let problem = match field {
        Some(field) => problem.with("field", field),
        None => problem,
    };
    if line > 0 { problem.with("line", line).with("column", column) } else { problem }
}

trait RejectionStatus {
    fn into_response_status(self) -> u16;
}

impl<R: axum::response::IntoResponse> RejectionStatus for R {
    fn into_response_status(self) -> u16 {
        self.into_response().status().as_u16()
    }
}

/// Query parameters. Which names a route takes is in the table of routes, checked before any handler runs.
pub(crate) struct Params<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Params<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(params)) => Ok(Self(params)),
            Err(rejection) => Err(Problem::invalid(format!(
                "the query parameters are not valid: {}",
                discreet(&rejection.body_text())
            ))),
        }
    }
}

/// A part of the path, as a noun; one that cannot be one is refused as every other mistake is.
pub(crate) struct Named<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Named<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let found = Path::<T>::from_request_parts(parts, state).await;
        found.map(|Path(name)| Self(name)).map_err(|rejection| {
            let why = discreet(&rejection.body_text());
            Problem::invalid(format!("the path is not one of this route's: {why}"))
        })
    }
}

/// Refuses a path that is no text: bytes that are not UTF-8, and control characters, which no name here has.
pub(crate) fn check_path(path: &str) -> Result<(), Problem> {
    let bytes = decoded(path.as_bytes());
    match core::str::from_utf8(&bytes) {
        Ok(text) if !text.contains(|c: char| c.is_control()) => Ok(()),
        Ok(_) => Err(Problem::invalid("the path has a control character in it; no name here has one")),
        Err(_) => Err(Problem::invalid("the path is not UTF-8; percent-encode the bytes of UTF-8 text")),
    }
}

/// Bytes without percent-encoding. A `%` without two digits behind it stays one.
fn decoded(mut encoded: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(encoded.len());
    while let [first, rest @ ..] = encoded {
        let digit = |at: usize| rest.get(at).and_then(|byte| char::from(*byte).to_digit(16));
        let pair = digit(0).zip(digit(1)).filter(|_| *first == b'%');
        match pair.and_then(|(high, low)| u8::try_from(high * 16 + low).ok()) {
            Some(byte) => {
                bytes.push(byte);
                encoded = &rest[2..];
            }
            None => {
                bytes.push(*first);
                encoded = rest;
            }
        }
    }
    bytes
}

/// In a route's parameters: others are let through and not looked at. For answers in a form that others may extend.
pub(crate) const ANY: &str = "*";

/// Refuses a query parameter that the route does not take, and one given twice.
pub(crate) fn check_names(parts: &http::Uri, known: &[&str]) -> Result<(), Problem> {
    let Ok(Query(given)) = Query::<Vec<(String, String)>>::try_from_uri(parts) else {
        return Err(Problem::invalid("the query parameters cannot be read; percent-encode their values"));
    };
    for (index, (name, _)) in given.iter().enumerate() {
        if !known.contains(&name.as_str()) {
            if known.contains(&ANY) {
                continue;
            }
            let takes = match known {
                [] => "this route takes none".to_owned(),
                known => format!("this route takes {}", known.join(", ")),
            };
            return Err(Problem::invalid(format!("no query parameter `{name}`; {takes}")));
        }
        if given.iter().take(index).any(|(earlier, _)| earlier == name) {
            return Err(Problem::invalid(format!("query parameter `{name}` is given twice; give it once")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_text() {
        for fine in ["/api/v1/alerts/%231", "/a/%C3%A9", "/a/100%", "/a/%zz", "/a%2fb"] {
            assert!(check_path(fine).is_ok(), "{fine}");
        }
        for wrong in ["/a/%00", "/a/%0a", "/a/%ff", "/a/%C3"] {
            assert!(check_path(wrong).is_err(), "{wrong}");
        }
    }
}
