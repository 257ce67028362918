//! Times and spans for people: local time, short ages.

use jiff::{SignedDuration, Timestamp, tz::TimeZone};

/// An instant in local time, to the minute.
pub(crate) fn local(instant: Timestamp, zone: &TimeZone) -> String {
    instant.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// An instant in local time, to the second: what happened within a minute is in order.
pub(crate) fn local_exact(instant: Timestamp, zone: &TimeZone) -> String {
    instant.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
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
}
