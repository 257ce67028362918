//! An ID token's signature: by one of the issuer's published keys, with one of four algorithms.
//!
//! The algorithm is never the token's choice alone: it must be on our list, and the key must be one for it. No shared
//! secret is a key here and `none` is no algorithm, so neither can be talked into being one.

use jsonwebtoken::{
    Algorithm, DecodingKey, Validation, decode_header,
    jwk::{AlgorithmParameters, EllipticCurve, Jwk, KeyOperations, PublicKeyUse},
};
use serde_json::{Map, Value};

/// The longest token: one with a thousand groups is half of it.
const MAX_TOKEN_BYTES: usize = 32 * 1024;

/// What providers may sign with.
pub(super) const ALLOWED: [(Algorithm, &str); 4] = [
    (Algorithm::RS256, "RS256"),
    (Algorithm::PS256, "PS256"),
    (Algorithm::ES256, "ES256"),
    (Algorithm::EdDSA, "EdDSA"),
];

/// Why a token was not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// It is none, or not for us to read, whatever the keys are.
    Wrong(&'static str),
    /// No key fits: the provider may have new ones.
    Keys(&'static str),
}

/// The claims of a token that one of the keys has signed.
pub(super) fn verify(token: &str, keys: &[Jwk]) -> Result<Map<String, Value>, Fault> {
    if token.len() > MAX_TOKEN_BYTES {
        return Err(Fault::Wrong("its ID token is too long"));
    }
    let header = decode_header(token).map_err(|_| {
        Fault::Wrong("its ID token cannot be read, or is signed in a way that is not accepted (`alg`)")
    })?;
    if !ALLOWED.iter().any(|(algorithm, _)| *algorithm == header.alg) {
        return Err(Fault::Wrong("its ID token is signed in a way that is not accepted (`alg`)"));
    }
    if header.crit.is_some() || header.enc.is_some() {
        return Err(Fault::Wrong("its ID token asks for something that is not understood (`crit`)"));
    }
    let fitting = keys.iter().filter(|key| fits(key, header.alg));
    let named: Vec<&Jwk> = match &header.kid {
        Some(kid) => fitting.filter(|key| key.common.key_id.as_ref() == Some(kid)).collect(),
        None => fitting.collect(),
    };
    // Without a name it must be clear which key is meant.
    let [key] = named[..] else {
        return Err(Fault::Keys("its ID token is signed by a key that it does not publish (`kid`)"));
    };
    let key = DecodingKey::from_jwk(key).map_err(|_| Fault::Keys("the key it publishes cannot be used"))?;
    let mut validation = Validation::new(header.alg);
    // Times, audience and the rest are judged in `claims`, by our clock and in our words.
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    jsonwebtoken::decode(token, &key, &validation)
        .map(|token| token.claims)
        .map_err(|_| Fault::Keys("the signature of its ID token is wrong"))
}

/// Whether a key is one for signing with this algorithm.
fn fits(key: &Jwk, algorithm: Algorithm) -> bool {
    let common = &key.common;
    let kind = match &key.algorithm {
        AlgorithmParameters::RSA(_) => matches!(algorithm, Algorithm::RS256 | Algorithm::PS256),
        AlgorithmParameters::EllipticCurve(curve) => {
            algorithm == Algorithm::ES256 && curve.curve == EllipticCurve::P256
        }
        AlgorithmParameters::OctetKeyPair(pair) => {
            algorithm == Algorithm::EdDSA && pair.curve == EllipticCurve::Ed25519
        }
        _ => false,
    };
    let signs = common.public_key_use.as_ref().is_none_or(|used| *used == PublicKeyUse::Signature);
    let verifies =
        common.key_operations.as_ref().is_none_or(|operations| operations.contains(&KeyOperations::Verify));
    let name = ALLOWED.iter().find(|(known, _)| *known == algorithm).map(|(_, name)| *name);
    let named = common.key_algorithm.is_none_or(|own| Some(own.to_string().as_str()) == name);
    kind && signs && verifies && named
}

#[cfg(test)]
mod tests;
