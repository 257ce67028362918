//! One value as people read it, and how to find it.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::Screen;
use crate::when;

/// What stands where nothing is known.
pub(crate) const ABSENT: &str = "–";

/// How to show a value.
#[derive(Clone, Copy)]
pub(crate) enum Show {
    /// As it is; several joined by commas.
    Text,
    /// An instant as its age.
    Age,
    /// An instant in local time.
    Instant,
    /// The same to the second.
    Second,
    /// The same with its zone, for a sentence.
    InFull,
    /// A share; of several the greatest.
    Percent,
    /// `yes` or `no`.
    YesNo,
    /// Seconds as a short span.
    Span,
    /// By its type in the schema of endpoints; several joined by commas.
    Typed(&'static str),
    /// Made from the whole row.
    Made(fn(&Value) -> String),
    /// The same, at an instant and for a screen.
    MadeFor(fn(&Value, Timestamp, &Screen) -> String),
    /// An instant as how far ahead or ago it is.
    Distance,
}

/// Every value at a path such as `health.disks.used_percent`; lists on the way are walked.
pub(crate) fn values_at<'v>(row: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut found = Vec::new();
    walk(row, Some(path), &mut found);
    found
}

/// Goes down a path, or takes what is at its end. A table asks this of every cell: nothing is gathered on the way.
fn walk<'v>(value: &'v Value, path: Option<&str>, found: &mut Vec<&'v Value>) {
    match (value, path) {
        // One list deep: a list in a list is no place to go through.
        (Value::Array(list), Some(path)) => list.iter().for_each(|inner| step(inner, path, found)),
        (Value::Array(list), None) => found.extend(list.iter().filter(|inner| !inner.is_null())),
        (inner, Some(path)) => step(inner, path, found),
        (Value::Null, None) => {}
        (inner, None) => found.push(inner),
    }
}

fn step<'v>(value: &'v Value, path: &str, found: &mut Vec<&'v Value>) {
    let (name, rest) = path.split_once('.').map_or((path, None), |(name, rest)| (name, Some(rest)));
    if let Some(inner) = value.get(name.trim_end_matches("[]")) {
        walk(inner, rest, found);
    }
}

/// A plain value as text: strings without quotes, the rest as JSON.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The text at a path as it came, for programs; empty when there is none.
pub(crate) fn raw_at(row: &Value, path: &str) -> String {
    joined(&values_at(row, path))
}

fn joined(values: &[&Value]) -> String {
    match values {
        [] => String::new(),
        [one] => plain(one),
        many => many.iter().map(|value| plain(value)).collect::<Vec<_>>().join(","),
    }
}

/// The text at a path, fit for a terminal; empty when there is none.
pub(crate) fn text_at(row: &Value, path: &str) -> String {
    tame(&raw_at(row, path))
}

/// The texts of a list, each fit for a terminal and for one line.
pub(crate) fn texts(list: &Value) -> Vec<String> {
    list.as_array().into_iter().flatten().filter_map(Value::as_str).map(tame).collect()
}

/// The number at a path with the word for one or for many; 0 when there is none.
pub(crate) fn counted_at(row: &Value, path: &str, one: &str, many: &str) -> String {
    let count = values_at(row, path).first().and_then(|value| value.as_u64());
    dogwatch_model::counted(count.unwrap_or(0), one, many)
}

/// Text without what steers a terminal. Endpoints name things, and an endpoint may be in the wrong hands.
pub(crate) fn tame(text: &str) -> String {
    if !text.contains(steers) {
        return text.to_owned();
    }
    let tamed = |c: char| match c {
        '\n' | '\r' | '\t' => ' ',
        c if steers(c) => '\u{fffd}',
        c => c,
    };
    text.chars().map(tamed).collect()
}

/// Whether a terminal may do something else than show it, or show nothing: control characters, of eight bits too, those that
/// turn the direction of writing, and those without width.
pub(crate) use dogwatch_model::text::is_unfit as steers;

impl Show {
    /// The value at a path, for people.
    pub(crate) fn show(self, row: &Value, path: &str, as_of: Timestamp, screen: &Screen) -> String {
        if let Self::Made(make) = self {
            return tame(&make(row));
        }
        if let Self::MadeFor(make) = self {
            return tame(&make(row, as_of, screen));
        }
        let values = values_at(row, path);
        let instant = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        let first = values.first().copied();
        let shown = match self {
            Self::Age => first.and_then(instant).map(|at| when::short(as_of.duration_since(at))),
            Self::Distance => first.and_then(instant).map(|at| when::distance(at, as_of)),
            Self::Second => first.and_then(instant).map(|at| when::local_exact(at, &screen.zone)),
            Self::InFull => first.and_then(instant).map(|at| when::in_full(at, &screen.zone)),
            Self::Instant => first.and_then(instant).map(|at| when::local(at, &screen.zone)),
            Self::Percent => {
                let greatest = values.iter().filter_map(|value| value.as_f64()).reduce(f64::max);
                greatest.map(|share| format!("{share:.0} %"))
            }
            Self::YesNo => first.and_then(Value::as_bool).map(yes_no),
            Self::Span => {
                first.and_then(Value::as_f64).map(|s| when::short(SignedDuration::from_secs_f64(s)))
            }
            Self::Typed(kind) => {
                let each = values.iter().map(|value| typed(kind, value, screen));
                (!values.is_empty()).then(|| each.collect::<Vec<_>>().join(","))
            }
            Self::Text | Self::Made(_) | Self::MadeFor(_) => {
                (!values.is_empty()).then(|| tame(&joined(&values)))
            }
        };
        shown.unwrap_or_else(|| ABSENT.to_owned())
    }
}

/// One value by its type in the schema.
fn typed(kind: &str, value: &Value, screen: &Screen) -> String {
    let by_type = match kind {
        "percent" => value.as_f64().map(|share| format!("{share:.1} %")),
        "bytes" => value.as_f64().map(bytes),
        "duration" => value.as_f64().map(span),
        "instant" => {
            value.as_str().and_then(|text| text.parse().ok()).map(|at| when::local(at, &screen.zone))
        }
        "bool" => value.as_bool().map(yes_no),
        _ => None,
    };
    by_type.unwrap_or_else(|| match value {
        Value::Object(_) => "{…}".to_owned(),
        other => tame(&plain(other)),
    })
}

fn yes_no(is: bool) -> String {
    if is { "yes" } else { "no" }.to_owned()
}

/// Seconds as a span; a clock's offset may be less than one second, and negative.
fn span(seconds: f64) -> String {
    if seconds.abs() < 10.0 && seconds.fract() != 0.0 {
        return format!("{seconds:.2}s");
    }
    let sign = if seconds < 0.0 { "-" } else { "" };
    format!("{sign}{}", when::short(SignedDuration::try_from_secs_f64(seconds.abs()).unwrap_or_default()))
}

/// A size with three figures and a binary unit.
fn bytes(size: f64) -> String {
    let (mut size, mut unit) = (size, "B");
    for larger in ["KiB", "MiB", "GiB", "TiB"] {
        if size < 1000.0 {
            break;
        }
        size /= 1024.0;
        unit = larger;
    }
    let figures = if unit == "B" || size >= 100.0 { 0 } else { 1 };
    format!("{size:.figures$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_endpoint_calls_itself_does_not_steer_the_terminal() {
        let row = serde_json::json!({ "name": "srv\u{1b}[2J\u{202e}10\nrm" });
        assert_eq!(text_at(&row, "name"), "srv\u{fffd}[2J\u{fffd}10 rm");
        assert_eq!(raw_at(&row, "name"), "srv\u{1b}[2J\u{202e}10\nrm");
        assert_eq!(tame("srv\u{200b}-01 👩\u{200d}💻"), "srv\u{fffd}-01 👩\u{200d}💻");
    }

    #[test]
    fn sizes_and_spans_are_short() {
        let sizes = [0.0, 999.0, 1000.0, 25_276_510_208.0, 5e17].map(bytes);
        assert_eq!(sizes, ["0 B", "999 B", "1.0 KiB", "23.5 GiB", "454747 TiB"]);
        assert_eq!([-0.03, -90.0, 0.0, 4519.0].map(span), ["-0.03s", "-1m", "0s", "1h"]);
    }
}
