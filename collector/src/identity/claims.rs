//! What an ID token claims, judged: pure, time is an argument.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::provider::LEEWAY;

/// The longest subject: the standard's own limit.
const MAX_SUBJECT: usize = 255;

/// The most groups that are looked at: providers send a link in place of a list long before.
const MAX_GROUPS: usize = 1_000;

/// Claims that were found good.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Claims {
    /// Who it is, at that issuer.
    pub(super) subject: String,
    all: Map<String, Value>,
}

/// What they must say.
#[derive(Debug, Clone)]
pub(super) struct Expected<'e> {
    pub(super) issuer: &'e str,
    pub(super) client_id: &'e str,
    pub(super) nonce: &'e str,
    /// When the login began: no token for it is older.
    pub(super) since: Timestamp,
    /// Since when the person must have proved themself.
    pub(super) proved_since: Option<Timestamp>,
}

impl Claims {
    /// Takes an ID token's claims, or says what is wrong with them.
    pub(super) fn check(
        all: Map<String, Value>,
        want: &Expected<'_>,
        now: Timestamp,
    ) -> Result<Self, String> {
        let text = |name: &str| all.get(name).and_then(Value::as_str);
        if text("iss") != Some(want.issuer) {
            return Err("its ID token is another issuer's (`iss`)".to_owned());
        }
        check_audience(&all, want.client_id)?;
        check_times(&all, want, now)?;
        if text("nonce") != Some(want.nonce) {
            return Err("its ID token was not made for this login (`nonce`)".to_owned());
        }
        let subject = text("sub").filter(|sub| (1..=MAX_SUBJECT).contains(&sub.len()) && sub.is_ascii());
        let subject = subject.ok_or("its ID token does not say who you are (`sub`)")?.to_owned();
        Ok(Self { subject, all })
    }

    /// A claim that is a text and not empty.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.all.get(name).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A claim that is `true`; some providers write it as text.
    pub(super) fn is_true(&self, name: &str) -> bool {
        self.all.get(name).is_some_and(|value| *value == true || *value == "true")
    }

    /// The groups; nothing when the claim is absent.
    pub(super) fn groups(&self, claim: &str) -> Option<Vec<String>> {
        match self.all.get(claim)? {
            Value::String(one) => Some(vec![one.clone()]),
            Value::Array(many) => {
                let texts = many.iter().take(MAX_GROUPS).filter_map(Value::as_str);
                Some(texts.map(str::to_owned).collect())
            }
            _ => None,
        }
    }

    /// Adds what userinfo told, which must be about the same subject. What the signed token says comes first.
    pub(super) fn complete(&mut self, told: Map<String, Value>) -> Result<(), String> {
        if told.get("sub").and_then(Value::as_str) != Some(&self.subject) {
            return Err("its userinfo is about somebody else (`sub`)".to_owned());
        }
        for (name, value) in told {
            self.all.entry(name).or_insert(value);
        }
        Ok(())
    }
}

fn check_audience(all: &Map<String, Value>, client_id: &str) -> Result<(), String> {
    let wrong = || Err("its ID token is for somebody else (`aud`)".to_owned());
    let several = match all.get("aud") {
        Some(Value::String(one)) if one == client_id => false,
        Some(Value::Array(many)) if many.iter().any(|one| *one == client_id) => many.len() > 1,
        _ => return wrong(),
    };
    match all.get("azp") {
        Some(party) if *party == client_id => Ok(()),
        None if !several => Ok(()),
        _ => Err("its ID token was given to somebody else (`azp`)".to_owned()),
    }
}

fn check_times(all: &Map<String, Value>, want: &Expected<'_>, now: Timestamp) -> Result<(), String> {
    let instant = |name: &str| {
        let seconds = all.get(name).map(|value| value.as_i64().or_else(|| whole(value.as_f64()?)));
        match seconds {
            None => Ok(None),
            Some(seconds) => seconds
                .and_then(|seconds| Timestamp::from_second(seconds).ok())
                .map(Some)
                .ok_or_else(|| format!("its ID token has no instant in `{name}`")),
        }
    };
    let missing = |name: &str| format!("its ID token lacks `{name}`");
    let expires = instant("exp")?.ok_or_else(|| missing("exp"))?;
    if later(expires, LEEWAY) <= now {
        return Err("its ID token has expired (`exp`); is a clock wrong?".to_owned());
    }
    let issued = instant("iat")?.ok_or_else(|| missing("iat"))?;
    if issued > later(now, LEEWAY) || later(issued, LEEWAY) < want.since {
        return Err("its ID token was not made during this login (`iat`); is a clock wrong?".to_owned());
    }
    if instant("nbf")?.is_some_and(|from| from > later(now, LEEWAY)) {
        return Err("its ID token is not valid yet (`nbf`); is a clock wrong?".to_owned());
    }
    if let Some(since) = want.proved_since {
        let proved = instant("auth_time")?.ok_or_else(|| missing("auth_time"))?;
        if later(proved, LEEWAY) < since {
            return Err("it did not ask you to prove yourself again, as `max_age` wants".to_owned());
        }
    }
    Ok(())
}

/// The largest whole seconds that a JSON number holds exactly.
const MAX_EXACT: f64 = 9_007_199_254_740_992.0;

#[expect(clippy::cast_possible_truncation, reason = "bounded just before; parts of a second do not count")]
fn whole(seconds: f64) -> Option<i64> {
    (seconds.abs() < MAX_EXACT).then_some(seconds as i64)
}

fn later(at: Timestamp, by: SignedDuration) -> Timestamp {
    at.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests;
