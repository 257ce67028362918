//! Signed webhooks, as Standard Webhooks says (standardwebhooks.com, spec 1.0): the id is the same on every try, the
//! signature covers id, instant and body.

use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderName;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::super::{Line, Message, Subject, channels::Secret, http::Fault, template::plain};

/// What secrets of the standard begin with; the rest is base64.
const PREFIX: &str = "whsec_";

/// How long a secret's bytes may be, by the standard: 24 to 64.
const KEY_BYTES: std::ops::RangeInclusive<usize> = 24..=64;

/// The signing key of a secret.
///
/// # Errors
/// It is not what the standard asks for.
pub(in crate::notify) fn key(secret: &Secret) -> Result<hmac::Key, String> {
    let shape = || {
        format!(
            "`secret` must be {PREFIX} and the base64 of {} to {} random bytes",
            KEY_BYTES.start(),
            KEY_BYTES.end()
        )
    };
    let text = secret.reveal().strip_prefix(PREFIX).ok_or_else(shape)?;
    let bytes = STANDARD.decode(text).map_err(|_| shape())?;
    if !KEY_BYTES.contains(&bytes.len()) {
        return Err(shape());
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, &bytes))
}

/// The headers that sign a body, and the body.
type Signed = (Vec<(HeaderName, String)>, Vec<u8>);

/// Headers and body of one try at `now`.
pub(super) fn request(message: &Message, secret: &Secret, now: Timestamp) -> Result<Signed, Fault> {
    let body = body(message).to_string().into_bytes();
    let at = now.as_second().to_string();
    let key = key(secret).map_err(Fault::never)?;
    let mut signed = format!("{}.{at}.", message.id).into_bytes();
    signed.extend(&body);
    let signature = format!("v1,{}", STANDARD.encode(hmac::sign(&key, &signed)));
    let headers = vec![
        (HeaderName::from_static("webhook-id"), message.id.clone()),
        (HeaderName::from_static("webhook-timestamp"), at),
        (HeaderName::from_static("webhook-signature"), signature),
    ];
    Ok((headers, body))
}

fn body(message: &Message) -> Value {
    let (kind, data) = match &message.subject {
        Subject::Items { org, org_name, lines, more, .. } => {
            let alerts: Vec<Value> = lines.iter().map(|line| alert(org.as_str(), line)).collect();
            (
                "alerts.notify",
                json!({ "org": org, "org_name": plain(org_name), "alerts": alerts, "more": more }),
            )
        }
        Subject::Summary { notices, items, orgs } => {
            ("alerts.summary", json!({ "notices": notices, "alerts": items, "orgs": orgs }))
        }
    };
    json!({ "type": kind, "timestamp": message.sealed_at, "data": data })
}

/// `external_id` is what a ticket system keeps, so that the same item finds the same ticket.
fn alert(org: &str, line: &Line) -> Value {
    json!({
        "external_id": format!("{org}/{}", line.number.0),
        "number": line.number.0,
        "reason": line.reason,
        "at": line.at,
        "title": plain(&line.title),
        "priority": line.priority,
        "severity": line.severity,
        "category": line.category,
        "rule": line.rule,
        "endpoint": plain(&line.endpoint),
        "site": line.site,
        "condition": line.condition,
        "work": line.work,
        "owner": { "team": line.owner, "side": line.side },
        "holder": line.holder,
        "resolution": line.resolution,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of the standard's own libraries: the same secret, id, instant and body give the same signature.
    #[test]
    fn the_signature_is_that_of_the_standards_example() {
        let secret = Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
        let signed = "msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330.{\"test\": 2432232314}";
        let signature = STANDARD.encode(hmac::sign(&key(&secret).unwrap(), signed.as_bytes()));
        assert_eq!(signature, "g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
    }

    #[test]
    fn a_ticket_is_given_no_sign_that_steers_or_hides() {
        let mut message = super::super::super::template::specimen();
        if let Subject::Items { lines, .. } = &mut message.subject {
            lines[0].title = "a\u{1b}[2J\u{202e}b\u{200b}".to_owned();
            lines[0].endpoint = "srv\u{200b}-01".to_owned();
        }
        let body = body(&message);
        let told = &body["data"]["alerts"][0];
        assert_eq!((&told["title"], &told["endpoint"]), (&json!("a [2Jb"), &json!("srv-01")));
    }

    #[test]
    fn every_try_has_the_same_id_and_its_own_instant() {
        let message = super::super::super::template::specimen();
        let secret = Secret::new(format!("whsec_{}", STANDARD.encode([7; 32])));
        let (first, body) = request(&message, &secret, Timestamp::from_second(1_000).unwrap()).unwrap();
        let (second, same) = request(&message, &secret, Timestamp::from_second(2_000).unwrap()).unwrap();
        assert_eq!((&first[0], &body), (&second[0], &same));
        assert_ne!((&first[1], &first[2]), (&second[1], &second[2]));
    }

    #[test]
    fn a_secret_that_is_none_of_the_standard_is_refused_without_being_shown() {
        for text in ["hunter2", "whsec_short", "whsec_!!!"] {
            let why = key(&Secret::new(text)).unwrap_err();
            assert!(why.contains("whsec_") && !why.contains(text), "{why}");
        }
    }
}
