//! Values in the words of people: `4.2 GiB`, `93 %`, `3 d 4 h`.

use core::fmt::{self, Write};

use jiff::{SignedDuration, Timestamp, Unit};

use crate::filter::{Type, Value};

/// What stands for a fact that is not known.
const UNKNOWN: &str = "unknown";

/// Writes a value by its type.
pub(super) fn write(out: &mut impl Write, value: Value<'_>, ty: Type) -> fmt::Result {
    match (value, ty) {
        (Value::Missing, _) => out.write_str(UNKNOWN),
        (Value::Bool(value), _) => out.write_str(if value { "yes" } else { "no" }),
        (Value::Text(value), _) => out.write_str(value),
        (Value::Id(value), _) => write!(out, "{value}"),
        (Value::Instant(at), _) => write!(out, "{}", whole_seconds(at)),
        (Value::Num(value), Type::Bytes) => bytes(out, value),
        (Value::Num(value), Type::Percent) => {
            number(out, value, 1)?;
            out.write_str(" %")
        }
        (Value::Num(value), Type::Duration) => duration(out, value),
        (Value::Num(value), _) => number(out, value, 2),
    }
}

/// A number with at most so many decimals, and none that say nothing.
fn number(out: &mut impl Write, value: f64, decimals: usize) -> fmt::Result {
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    out.write_str(if text == "-0" { "0" } else { text })
}

fn bytes(out: &mut impl Write, value: f64) -> fmt::Result {
    const UNITS: [&str; 6] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let (mut value, mut unit) = (value, 0);
    while value.abs() >= 1024.0 && unit + 1 < UNITS.len() {
        value /= 1024.0;
        unit += 1;
    }
    number(out, value, 1)?;
    write!(out, " {}", UNITS[unit])
}

/// The two largest units that say something.
fn duration(out: &mut impl Write, seconds: f64) -> fmt::Result {
    const UNITS: [(f64, &str); 4] = [(86_400.0, "d"), (3600.0, "h"), (60.0, "min"), (1.0, "s")];
    if seconds < 0.0 {
        out.write_str("-")?;
    }
    let seconds = seconds.abs();
    if seconds < 1.0 {
        number(out, seconds * 1000.0, 0)?;
        return out.write_str(" ms");
    }
    let first = UNITS.iter().position(|(unit, _)| seconds >= *unit).unwrap_or(UNITS.len() - 1);
    let mut rest = seconds;
    for (at, (unit, name)) in UNITS.iter().enumerate().skip(first).take(2) {
        let count = (rest / unit).floor();
        if count > 0.0 || at == first {
            let gap = if at == first { "" } else { " " };
            write!(out, "{gap}{count} {name}")?;
        }
        rest -= count * unit;
    }
    Ok(())
}

/// Nobody reads the nanoseconds of a finding.
fn whole_seconds(at: Timestamp) -> Timestamp {
    at.round(Unit::Second).ok().filter(|rounded| *rounded <= at).unwrap_or_else(|| {
        let fraction = SignedDuration::from_nanos(i64::from(at.subsec_nanosecond()));
        at.checked_sub(fraction).unwrap_or(at)
    })
}
