//! `duration("26h")`: a sequence of numbers with units.

/// The units and their seconds. CEL stops at hours; days and weeks are ours.
const UNITS: [(&str, f64); 8] = [
    ("w", 604_800.0),
    ("d", 86_400.0),
    ("h", 3600.0),
    ("ms", 0.001),
    ("us", 0.000_001),
    ("ns", 0.000_000_001),
    ("m", 60.0),
    ("s", 1.0),
];

/// The seconds of `1h30m`, `7d`, `-1.5s`; `None` when the text is no duration.
pub(crate) fn parse_seconds(text: &str) -> Option<f64> {
    let (sign, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (-1.0, rest),
        None => (1.0, text),
    };
    if rest == "0" {
        return Some(0.0);
    }
    let mut seconds = 0.0;
    loop {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let (unit, factor) = UNITS.iter().find(|(unit, _)| rest.starts_with(unit))?;
        seconds += number * factor;
        rest = &rest[unit.len()..];
        if rest.is_empty() {
            return Some(sign * seconds);
        }
    }
}
