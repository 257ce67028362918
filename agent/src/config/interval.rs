//! Intervals as people type them: `24h`, `90m`, `7d`, `1d 12h`.

use jiff::{Span, SpanRelativeTo, Unit};

/// Seconds of an interval; a day has 24 hours.
pub fn seconds(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not an interval such as 24h, 90m or 7d");
    let span: Span = text.parse().map_err(|_| wrong())?;
    let total = span.total((Unit::Second, SpanRelativeTo::days_are_24_hours())).map_err(|_| wrong())?;
    if total < 1.0 {
        return Err(wrong());
    }
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "positive, and capped by the cast"
    )]
    Ok(total as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hours_days_and_both_are_understood() {
        assert_eq!(seconds("24h"), Ok(86_400));
        assert_eq!(seconds("7d"), Ok(7 * 86_400));
        assert_eq!(seconds("1d 12h"), Ok(36 * 3_600));
        assert_eq!(seconds("90 minutes"), Ok(5_400));
    }

    #[test]
    fn nothing_and_nonsense_are_refused() {
        for text in ["", "soon", "0s", "-1h", "1 fortnight"] {
            assert!(
                seconds(text).unwrap_err().starts_with(&format!("`{text}` is not an interval")),
                "{text}"
            );
        }
    }
}
