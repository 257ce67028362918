//! One good token, and every way in which it can be bad.

use serde_json::json;

use super::*;

fn now() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn seconds(after: i64) -> i64 {
    now().as_second() + after
}

fn good() -> Value {
    json!({
        "iss": "https://id.example", "aud": "dogwatch", "sub": "u-1", "nonce": "n", "exp": seconds(300),
        "iat": seconds(-1), "preferred_username": "kim", "groups": ["noc", 7, "all"], "email_verified": true,
    })
}

fn judged(change: &Value) -> Result<Claims, String> {
    let mut claims = good();
    for (name, value) in change.as_object().unwrap() {
        match value {
            Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
            value => claims[name] = value.clone(),
        }
    }
    let Value::Object(all) = claims else { unreachable!() };
    let expected = Expected {
        issuer: "https://id.example",
        client_id: "dogwatch",
        nonce: "n",
        since: Timestamp::from_second(seconds(-120)).unwrap(),
        proved_since: Some(Timestamp::from_second(seconds(-600)).unwrap()),
    };
    let expected = match change.get("auth_time") {
        Some(_) => expected,
        None => Expected { proved_since: None, ..expected },
    };
    Claims::check(all, &expected, now())
}

#[test]
fn a_good_token_says_who_it_is_and_in_which_groups() {
    let claims = judged(&json!({})).unwrap();
    assert_eq!((claims.subject.as_str(), claims.text("preferred_username")), ("u-1", Some("kim")));
    assert_eq!(claims.groups("groups"), Some(vec!["noc".to_owned(), "all".to_owned()]));
    assert_eq!(claims.groups("roles"), None);
    assert!(claims.is_true("email_verified") && !claims.is_true("admin"));
}

#[test]
fn what_is_allowed_at_the_edges_is_taken() {
    for fine in [
        json!({ "aud": ["dogwatch"] }),
        json!({ "aud": ["dogwatch", "other"], "azp": "dogwatch" }),
        json!({ "azp": "dogwatch" }),
        json!({ "exp": seconds(-59) }),
        json!({ "iat": seconds(59) }),
        json!({ "iat": seconds(-179) }),
        json!({ "exp": 1e10 }),
        json!({ "nbf": seconds(59) }),
        json!({ "auth_time": seconds(-659) }),
    ] {
        assert!(judged(&fine).is_ok(), "{fine}: {:?}", judged(&fine));
    }
}

#[test]
fn whatever_does_not_fit_is_refused_by_name() {
    for (change, about) in [
        (json!({ "iss": "https://id.example/" }), "iss"),
        (json!({ "iss": "https://evil.example" }), "iss"),
        (json!({ "iss": null }), "iss"),
        (json!({ "iss": ["https://id.example"] }), "iss"),
        (json!({ "aud": "other" }), "aud"),
        (json!({ "aud": null }), "aud"),
        (json!({ "aud": [] }), "aud"),
        (json!({ "aud": ["Dogwatch"] }), "aud"),
        (json!({ "aud": ["dogwatch", "other"] }), "azp"),
        (json!({ "aud": ["dogwatch", "other"], "azp": "other" }), "azp"),
        (json!({ "azp": "other" }), "azp"),
        (json!({ "azp": 1 }), "azp"),
        (json!({ "exp": seconds(-60) }), "exp"),
        (json!({ "exp": null }), "exp"),
        (json!({ "exp": "soon" }), "exp"),
        (json!({ "exp": 1e300 }), "exp"),
        (json!({ "iat": seconds(61) }), "iat"),
        (json!({ "iat": seconds(-181) }), "iat"),
        (json!({ "iat": null }), "iat"),
        (json!({ "nbf": seconds(61) }), "nbf"),
        (json!({ "nbf": "x" }), "nbf"),
        (json!({ "nonce": "m" }), "nonce"),
        (json!({ "nonce": null }), "nonce"),
        (json!({ "nonce": "" }), "nonce"),
        (json!({ "sub": null }), "sub"),
        (json!({ "sub": "" }), "sub"),
        (json!({ "sub": "ü" }), "sub"),
        (json!({ "sub": "x".repeat(256) }), "sub"),
        (json!({ "auth_time": seconds(-661) }), "max_age"),
        (json!({ "auth_time": "x" }), "auth_time"),
    ] {
        let told = judged(&change).unwrap_err();
        assert!(told.contains(&format!("`{about}`")), "{change}: {told}");
    }
}

#[test]
fn userinfo_adds_what_is_missing_about_the_same_person_alone() {
    let told = |text: Value| text.as_object().unwrap().clone();
    let mut claims = judged(&json!({ "groups": null })).unwrap();
    assert!(claims.complete(told(json!({ "sub": "u-2", "groups": ["admins"] }))).is_err());
    assert!(claims.complete(told(json!({ "groups": ["admins"] }))).is_err());
    claims.complete(told(json!({ "sub": "u-1", "groups": "noc", "preferred_username": "eve" }))).unwrap();
    assert_eq!(claims.groups("groups"), Some(vec!["noc".to_owned()]));
    assert_eq!(claims.text("preferred_username"), Some("kim"), "what is signed comes first");
}
