//! Tokens by honest keys and by all the others.

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jsonwebtoken::{EncodingKey, Header, encode};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PKCS_ECDSA_P384_SHA384};
use serde_json::json;

use super::*;

/// A key, and as its owner publishes it.
fn pair(algorithm: Algorithm, kid: &str) -> (EncodingKey, Jwk) {
    let kind = if algorithm == Algorithm::ES384 { &PKCS_ECDSA_P384_SHA384 } else { &PKCS_ECDSA_P256_SHA256 };
    let pair = KeyPair::generate_for(kind).unwrap();
    let secret = EncodingKey::from_ec_der(&pair.serialize_der());
    let mut public = Jwk::from_encoding_key(&secret, algorithm).unwrap();
    public.common.key_id = Some(kid.to_owned());
    (secret, public)
}

fn part(value: &serde_json::Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// An Ed25519 key as its owner publishes it, and a token by it.
fn by_ed25519(kid: &str) -> (String, Jwk) {
    let pair = Ed25519KeyPair::generate().unwrap();
    let x = URL_SAFE_NO_PAD.encode(pair.public_key().as_ref());
    let public = json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x });
    let text = format!("{}.{}", part(&json!({ "alg": "EdDSA", "kid": kid })), part(&json!({ "sub": "u-1" })));
    let signature = URL_SAFE_NO_PAD.encode(pair.sign(text.as_bytes()).as_ref());
    (format!("{text}.{signature}"), serde_json::from_value(public).unwrap())
}

fn signed(algorithm: Algorithm, kid: Option<&str>, key: &EncodingKey) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    encode(&header, &json!({ "sub": "u-1" }), key).unwrap()
}

fn wrong(token: &str, keys: &[Jwk]) -> bool {
    matches!(verify(token, keys), Err(Fault::Wrong(_)))
}

fn keyless(token: &str, keys: &[Jwk]) -> bool {
    matches!(verify(token, keys), Err(Fault::Keys(_)))
}

#[test]
fn what_a_published_key_has_signed_is_taken() {
    let ((key, public), (_, other)) = (pair(Algorithm::ES256, "a"), pair(Algorithm::ES256, "b"));
    let (by_ed, ed) = by_ed25519("e");
    let keys = [other, public, ed];
    for token in [signed(Algorithm::ES256, Some("a"), &key), by_ed] {
        assert_eq!(verify(&token, &keys).unwrap()["sub"], "u-1", "{token}");
    }
}

#[test]
fn a_token_without_a_keys_name_is_taken_where_it_is_clear_which_is_meant() {
    let ((key, public), (_, other)) = (pair(Algorithm::ES256, "a"), pair(Algorithm::ES256, "b"));
    let (_, different) = by_ed25519("c");
    let token = signed(Algorithm::ES256, None, &key);
    assert!(verify(&token, &[public.clone(), different]).is_ok());
    assert!(keyless(&token, &[public, other]));
}

#[test]
fn other_peoples_keys_and_keys_for_something_else_do_not_count() {
    let (key, public) = pair(Algorithm::ES256, "a");
    let (stranger, _) = pair(Algorithm::ES256, "a");
    let token = signed(Algorithm::ES256, Some("a"), &key);
    assert!(keyless(&signed(Algorithm::ES256, Some("a"), &stranger), std::slice::from_ref(&public)));
    assert!(keyless(&signed(Algorithm::ES256, Some("z"), &key), std::slice::from_ref(&public)));
    assert!(keyless(&token, &[]));
    let changed = |change: serde_json::Value| -> Jwk {
        let mut text = serde_json::to_value(&public).unwrap();
        for (name, value) in change.as_object().unwrap() {
            text[name] = value.clone();
        }
        serde_json::from_value(text).unwrap()
    };
    for other in [json!({ "use": "enc" }), json!({ "key_ops": ["encrypt"] }), json!({ "alg": "ES384" })] {
        assert!(keyless(&token, &[changed(other.clone())]), "{other}");
    }
    assert!(verify(&token, &[changed(json!({ "use": "sig", "key_ops": ["verify"] }))]).is_ok());
    let mut broken = token.into_bytes();
    let last = broken.len() - 10;
    broken[last] = if broken[last] == b'A' { b'B' } else { b'A' };
    assert!(keyless(&String::from_utf8(broken).unwrap(), &[public]));
}

#[test]
fn no_algorithm_beside_the_four_is_taken_whatever_the_keys_are() {
    let (_, public) = pair(Algorithm::ES256, "a");
    let (key, larger) = pair(Algorithm::ES384, "a");
    assert!(wrong(&signed(Algorithm::ES384, Some("a"), &key), &[larger]));
    // A shared secret made of the public key: the oldest trick.
    let secret = serde_json::to_vec(&public).unwrap();
    for algorithm in [Algorithm::HS256, Algorithm::HS512] {
        let token = signed(algorithm, Some("a"), &EncodingKey::from_secret(&secret));
        let shared: Jwk = serde_json::from_value(json!({ "kty": "oct", "k": "AAAA", "kid": "a" })).unwrap();
        assert!(wrong(&token, &[public.clone(), shared]), "{algorithm:?}");
    }
    for none in ["none", "None", "nOnE", ""] {
        let token = format!("{}.{}.", part(&json!({ "alg": none })), part(&json!({ "sub": "u-1" })));
        assert!(wrong(&token, std::slice::from_ref(&public)), "{none}");
    }
}

#[test]
fn what_is_no_token_or_asks_for_more_is_refused() {
    let (key, public) = pair(Algorithm::ES256, "a");
    for text in ["", ".", "..", "a.b.c", "x", "{}", "e30.e30.e30"] {
        assert!(wrong(text, std::slice::from_ref(&public)), "{text}");
    }
    assert!(wrong(&"x".repeat(MAX_TOKEN_BYTES + 1), std::slice::from_ref(&public)));
    let header = Header { crit: Some(vec!["b64".into()]), ..Header::new(Algorithm::ES256) };
    assert!(wrong(&encode(&header, &json!({ "sub": "u" }), &key).unwrap(), &[public]));
}
