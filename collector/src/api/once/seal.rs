//! Answers that only who asked can read again: sealed with a key made of their credential and of their idempotency key, neither
//! of which the store holds.

use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    hmac,
};
use axum::{body::Body, extract::Request, response::Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderName, StatusCode, header, response::Parts};
use serde::{Deserialize, Serialize};

use crate::access::Sha256;

/// Headers that belong to what was answered; all others are made anew for each answer.
const KEPT_HEADERS: [HeaderName; 3] = [header::CONTENT_TYPE, header::LOCATION, header::ETAG];

/// What a caller showed: a secret of 256 bits that the store has only the hash of.
pub(super) struct Credential(hmac::Key);

impl Credential {
    /// The credential of a request; none where nobody had to show one.
    pub(super) fn of(request: &Request) -> Option<Self> {
        request.extensions().get::<super::Caller>()?;
        let headers = request.headers();
        let shown = headers.get(header::AUTHORIZATION).or_else(|| headers.get(header::COOKIE))?;
        Some(Self(hmac::Key::new(hmac::HMAC_SHA256, shown.as_bytes())))
    }

    /// An HMAC of parts, for one purpose.
    pub(super) fn mac(&self, purpose: &str, parts: &[&[u8]]) -> Sha256 {
        let mut context = hmac::Context::with_key(&self.0);
        for part in core::iter::once(purpose.as_bytes()).chain(parts.iter().copied()) {
            // With their lengths, so that no two lists of parts are the same bytes.
            context.update(&(part.len() as u64).to_le_bytes());
            context.update(part);
        }
        let mut mac = [0; 32];
        mac.copy_from_slice(context.sign().as_ref());
        Sha256(mac)
    }

    fn sealing(&self, key: &str) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, &self.mac("seal", &[key.as_bytes()]).0).ok().map(LessSafeKey::new)
    }

    /// Seals an answer.
    pub(super) fn seal(&self, key: &str, id: &Sha256, answer: &Answer) -> Option<String> {
        let mut nonce = [0; NONCE_LEN];
        getrandom::fill(&mut nonce).ok()?;
        let mut bytes = serde_json::to_vec(answer).ok()?;
        let sealing = self.sealing(key)?;
        sealing
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(id.0), &mut bytes)
            .ok()?;
        Some(STANDARD.encode([&nonce[..], &bytes].concat()))
    }

    /// Opens a sealed answer.
    pub(super) fn open(&self, key: &str, id: &Sha256, sealed: &str) -> Option<Answer> {
        let bytes = STANDARD.decode(sealed).ok()?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = sealed.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let plain = self.sealing(key)?.open_in_place(nonce, Aad::from(id.0), &mut sealed).ok()?;
        serde_json::from_slice(plain).ok()
    }
}

/// An answer as it was given.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Answer {
    status: u16,
    headers: Vec<(String, String)>,
    /// In base64.
    body: String,
}

impl Answer {
    pub(super) fn of(parts: &Parts, body: &[u8]) -> Self {
        let kept = |name: &HeaderName| {
            let value = parts.headers.get(name)?.to_str().ok()?;
            Some((name.to_string(), value.to_owned()))
        };
        let headers = KEPT_HEADERS.iter().filter_map(kept).collect();
        Self { status: parts.status.as_u16(), headers, body: STANDARD.encode(body) }
    }

    pub(super) fn into_response(self) -> Option<Response> {
        let mut response = Response::builder().status(StatusCode::from_u16(self.status).ok()?);
        for (name, value) in &self.headers {
            response = response.header(name, value);
        }
        response.body(Body::from(STANDARD.decode(self.body).ok()?)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credential(text: &str) -> Credential {
        Credential(hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes()))
    }

    #[test]
    fn only_who_asked_under_that_key_reads_the_answer_again() {
        let (one, other) = (credential("Bearer one"), credential("Bearer other"));
        let id = one.mac("id", &[b"k"]);
        let answer = Answer { status: 201, headers: Vec::new(), body: STANDARD.encode("dwt_secret") };
        let sealed = one.seal("k", &id, &answer).unwrap();
        assert!(!sealed.contains("dwt_") && !sealed.contains(&STANDARD.encode("dwt_secret")));
        assert_eq!(one.open("k", &id, &sealed), Some(answer));
        assert_eq!(one.open("l", &id, &sealed), None);
        assert_eq!(other.open("k", &id, &sealed), None);
        assert_eq!(one.open("k", &Sha256::of(b"another row"), &sealed), None);
        assert_ne!(one.mac("id", &[b"ab", b"c"]), one.mac("id", &[b"a", b"bc"]));
    }
}
