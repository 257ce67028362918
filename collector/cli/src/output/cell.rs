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
    /// A share; of several the greatest.
    Percent,
    /// `yes` or `no`.
    YesNo,
    /// Seconds as a short span.
    Span,
    /// Whatever it looks like.
    Guess,
    /// Made from the whole row.
    Made(fn(&Value) -> String),
}

/// Every value at a path such as `health.disks.used_percent`; lists on the way are walked.
pub(crate) fn values_at<'v>(row: &'v Value, path: &str) -> Vec<&'v Value> {
    let mut found = vec![row];
    for step in path.split('.') {
        let step = step.trim_end_matches("[]");
        found = found.into_iter().flat_map(spread).filter_map(|value| value.get(step)).collect();
    }
    found.into_iter().flat_map(spread).filter(|value| !value.is_null()).collect()
}

fn spread(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(list) => list.iter().collect(),
        other => vec![other],
    }
}

/// A plain value as text: strings without quotes, the rest as JSON.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// The text at a path; empty when there is none.
pub(crate) fn text_at(row: &Value, path: &str) -> String {
    values_at(row, path).into_iter().map(plain).collect::<Vec<_>>().join(",")
}

impl Show {
    /// The value at a path, for people.
    pub(crate) fn show(self, row: &Value, path: &str, as_of: Timestamp, screen: &Screen) -> String {
        if let Self::Made(make) = self {
            return make(row);
        }
        let values = values_at(row, path);
        let instant = |value: &Value| value.as_str().and_then(|text| text.parse::<Timestamp>().ok());
        let first = values.first().copied();
        let shown = match self {
            Self::Age => first.and_then(instant).map(|at| when::short(as_of.duration_since(at))),
            Self::Instant => first.and_then(instant).map(|at| when::local(at, &screen.zone)),
            Self::Percent => {
                let greatest = values.iter().filter_map(|value| value.as_f64()).reduce(f64::max);
                greatest.map(|share| format!("{share:.0} %"))
            }
            Self::YesNo => first.and_then(Value::as_bool).map(|is| if is { "yes" } else { "no" }.to_owned()),
            Self::Span => {
                first.and_then(Value::as_f64).map(|s| when::short(SignedDuration::from_secs_f64(s)))
            }
            Self::Guess => guess(&values, screen),
            Self::Text | Self::Made(_) => (!values.is_empty()).then(|| text_at(row, path)),
        };
        shown.unwrap_or_else(|| ABSENT.to_owned())
    }
}

fn guess(values: &[&Value], screen: &Screen) -> Option<String> {
    let one = |value: &&Value| match value {
        Value::String(text) => match text.parse::<Timestamp>() {
            Ok(instant) => when::local(instant, &screen.zone),
            Err(_) => text.clone(),
        },
        Value::Object(_) => "{…}".to_owned(),
        other => other.to_string(),
    };
    (!values.is_empty()).then(|| values.iter().map(one).collect::<Vec<_>>().join(","))
}
