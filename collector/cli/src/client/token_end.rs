//! A token that ends soon is told of once, while it still works.

use std::sync::Once;

use jiff::Timestamp;
use ureq::{Body, http::Response};

use crate::output;

/// When the token in use ends, in the last week before that.
const TOKEN_ENDS: &str = "dogwatch-token-ends";

/// Says once that the token in use ends soon, if the collector says so.
pub(super) fn warn_of_end(response: &Response<Body>) {
    static SAID: Once = Once::new();
    let ends = response.headers().get(TOKEN_ENDS).and_then(|ends| ends.to_str().ok());
    if let Some(text) = ends.and_then(|ends| ends_in_words(ends, Timestamp::now())) {
        SAID.call_once(|| output::note(&text));
    }
}

fn ends_in_words(ends: &str, now: Timestamp) -> Option<String> {
    let end: Timestamp = ends.parse().ok()?;
    let hours = end.duration_since(now).as_hours();
    let left = match hours {
        ..1 => "within the hour".to_owned(),
        1 => "in 1 hour".to_owned(),
        2..48 => format!("in {hours} hours"),
        _ => format!("in {} days", hours / 24),
    };
    Some(format!("your token ends {left}, at {end:.0}; make a new one while it works: dogwatch token create"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_long_a_token_works_still_is_told_in_words_that_need_no_arithmetic() {
        let now = "2026-11-22T12:00:00Z".parse().unwrap();
        let said = |ends: &str| ends_in_words(ends, now).unwrap_or_default();
        assert_eq!(
            said("2026-11-25T13:00:00Z"),
            "your token ends in 3 days, at 2026-11-25T13:00:00Z; make a new one while it works: dogwatch token create"
        );
        for (ends, left) in [
            ("2026-11-22T12:20:00Z", "within the hour"),
            ("2026-11-22T13:20:00Z", "in 1 hour"),
            ("2026-11-23T13:20:00Z", "in 25 hours"),
            ("2026-11-24T12:00:00Z", "in 2 days"),
        ] {
            assert!(said(ends).contains(left), "{ends}: {}", said(ends));
        }
        assert_eq!(said("soon"), "");
    }
}
