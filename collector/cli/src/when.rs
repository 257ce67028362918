//! Times and spans for people: local time, short ages.

use dogwatch_triage::who::{MomentError, parse_at};
use jiff::{SignedDuration, Timestamp, tz::TimeZone};

use crate::failure::Failure;

/// An instant in local time, to the minute.
pub(crate) fn local(instant: Timestamp, zone: &TimeZone) -> String {
    instant.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// An instant in local time, to the second: what happened within a minute is in order.
pub(crate) fn local_exact(instant: Timestamp, zone: &TimeZone) -> String {
    instant.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// An instant in a sentence: local time with its zone, for what is read on its own and elsewhere.
pub(crate) fn in_full(instant: Timestamp, zone: &TimeZone) -> String {
    instant.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %Z").to_string()
}

/// A span in one unit, the largest that fits: `41s`, `12m`, `5h`, `3d`.
pub(crate) fn short(span: SignedDuration) -> String {
    let seconds = span.as_secs().max(0);
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3600 => format!("{}m", seconds / 60),
        3600..172_800 => format!("{}h", seconds / 3600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// How far an instant is from another: `in 12m`, `3h ago`.
pub(crate) fn distance(at: Timestamp, from: Timestamp) -> String {
    let ahead = at.duration_since(from);
    if ahead.is_negative() { format!("{} ago", short(-ahead)) } else { format!("in {}", short(ahead)) }
}

/// A span as people type it: `90s`, `60m`, `12h`, `30d`.
pub(crate) fn parse_seconds(text: &str) -> Result<u32, String> {
    let wrong =
        || format!("`{text}` is not a span of time; write a number and s, m, h or d, such as 60m or 7d");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let each: u32 = match unit {
        's' => 1,
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let number: u32 = text[..text.len() - 1].parse().map_err(|_| wrong())?;
    number.checked_mul(each).filter(|&seconds| seconds > 0).ok_or_else(wrong)
}

/// How far a grant, a review or a token may lie ahead: as far as collectors take it.
const MAX_DAYS: u32 = 3660;

/// The same for a join token: whoever finds one enrols machines with it.
const MAX_JOIN_DAYS: u32 = 30;

/// A span for which rights and tokens are good: ten years at most.
pub(crate) fn parse_lifetime(text: &str) -> Result<u32, String> {
    within(text, MAX_DAYS)
}

/// A span for which a join token is good.
pub(crate) fn parse_join_lifetime(text: &str) -> Result<u32, String> {
    within(text, MAX_JOIN_DAYS)
}

fn within(text: &str, days: u32) -> Result<u32, String> {
    let far = || format!("`{text}` is too long; {days}d is the most");
    parse_seconds(text).and_then(|seconds| if seconds > days * 86_400 { Err(far()) } else { Ok(seconds) })
}

/// An instant ahead as people type it: a span from now (`4h`, `2d`), an instant, or a local time with or without a zone.
/// Tells with it what must be said about how it was read.
pub(crate) fn parse_ahead(
    text: &str,
    now: Timestamp,
    zone: &TimeZone,
) -> Result<(Timestamp, Option<String>), Failure> {
    if let Ok(seconds) = parse_seconds(text) {
        let span = SignedDuration::from_secs(seconds.into());
        let far = || Failure::usage(format!("`{text}` from now is out of range"));
        return now.checked_add(span).map(|at| (at, None)).map_err(|_| far());
    }
    let moment = parse_at(text, zone).map_err(|error| match error {
        MomentError::Form(text) => Failure::usage(format!(
            "`{text}` is not a time; write a span such as 4h or 2d, or 2026-11-01T01:30:00Z, or \"2026-11-01 01:30\" with or without a zone such as America/Toronto"
        )),
        error => Failure::usage(error.to_string()),
    })?;
    Ok((moment.at, moment.note))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_are_short() {
        let of = |seconds| short(SignedDuration::from_secs(seconds));
        assert_eq!(
            [0, 59, 60, 3599, 3600, 172_799, 172_800, -5].map(of),
            ["0s", "59s", "1m", "59m", "1h", "47h", "2d", "0s"]
        );
    }

    #[test]
    fn spans_are_read_with_their_unit() {
        assert_eq!(parse_seconds("60m"), Ok(3600));
        assert_eq!(parse_seconds("7d"), Ok(604_800));
        for wrong in ["", "60", "m", "1w", "-1m", "0s", "99999d9", "9999999d", "5é"] {
            assert!(parse_seconds(wrong).unwrap_err().contains("such as 60m"), "{wrong}");
        }
    }

    #[test]
    fn spans_that_no_collector_takes_are_refused_before_it_is_asked() {
        assert_eq!(parse_lifetime("3660d"), Ok(316_224_000));
        assert_eq!(parse_lifetime("9999d").unwrap_err(), "`9999d` is too long; 3660d is the most");
        assert_eq!(parse_join_lifetime("31d").unwrap_err(), "`31d` is too long; 30d is the most");
    }

    #[test]
    fn an_instant_in_a_sentence_has_seconds_and_its_zone() {
        let at: Timestamp = "2026-11-23T15:09:45.171227811Z".parse().unwrap();
        assert_eq!(in_full(at, &TimeZone::UTC), "2026-11-23 15:09:45 UTC");
    }

    #[test]
    fn an_instant_ahead_is_a_span_or_a_time() {
        let now: Timestamp = "2026-11-22T12:00:00Z".parse().unwrap();
        let read = |text| parse_ahead(text, now, &TimeZone::UTC).map(|(at, _)| at.to_string());
        assert_eq!(read("4h").unwrap(), "2026-11-22T16:00:00Z");
        assert_eq!(read("2026-12-07 08:00 America/Toronto").unwrap(), "2026-12-07T13:00:00Z");
        assert!(read("soon").unwrap_err().to_string().contains("such as 4h or 2d"));
        assert!(read("2026-12-07 08:00 Mars/Base").unwrap_err().to_string().contains("no time zone"));
    }
}
