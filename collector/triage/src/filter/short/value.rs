//! What stands behind `field:`: a value, several with commas between, a comparison, a range.

use jiff::civil::Date;

use crate::filter::{FilterError, lower::parse_seconds, schema::Type};

/// What is asked of a field.
pub(super) struct Asked<'t> {
    text: &'t str,
    op: &'static str,
    /// The values with where each begins.
    values: Vec<(usize, &'t str)>,
}

/// The longest first.
const OPERATORS: [(&str, &str); 7] =
    [(">=", ">="), ("<=", "<="), ("!=", "!="), ("==", "=="), (">", ">"), ("<", "<"), ("=", "==")];

impl<'t> Asked<'t> {
    pub(super) fn new(text: &'t str, at: usize, asked: &'t str) -> Result<Self, FilterError> {
        let found = OPERATORS.iter().find(|(sign, _)| asked.starts_with(sign));
        let (sign, op) = found.copied().unwrap_or(("", "=="));
        let mut place = at + sign.len();
        let mut values = Vec::new();
        for value in split(&asked[sign.len()..]) {
            let plain = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(value);
            if plain.is_empty() {
                let error = FilterError::at(text, place, "there is no value");
                return Err(error.mend("write it right behind the colon: os:windows"));
            }
            values.push((place, plain));
            place += value.len() + 1;
        }
        Ok(Self { text, op, values })
    }

    /// The value, where there is but one.
    pub(super) fn only(&self) -> Option<&'t str> {
        match self.values[..] {
            [(_, value)] => Some(value),
            _ => None,
        }
    }

    /// The condition on a field with one value.
    pub(super) fn of(&self, field: &str, ty: Type) -> Result<String, FilterError> {
        let equals = self.op == "==";
        let is_plain = |value: &str| !value.contains('*');
        if ty.is_text()
            && equals
            && self.values.len() > 1
            && self.values.iter().all(|(_, value)| is_plain(value))
        {
            let values: Vec<String> = self.values.iter().map(|(_, value)| quoted(value)).collect();
            return Ok(format!("{field} in [{}]", values.join(", ")));
        }
        let one = |(at, value): &(usize, &str)| match *value {
            "*" if equals => Ok(format!("has({field})")),
            value => self.one(field, ty, *at, value),
        };
        self.any(one, " || ")
    }

    /// The condition on a list of texts.
    pub(super) fn of_texts(&self, field: &str) -> Result<String, FilterError> {
        if !matches!(self.op, "==" | "!=") {
            return Err(self.no_order(self.values[0].0));
        }
        let one = |(_, value): &(usize, &str)| {
            let has = match wild("t", value) {
                Some(test) => format!("{field}.exists(t, {test})"),
                None => format!("{} in {field}", quoted(value)),
            };
            Ok(if self.op == "!=" { format!("!({has})") } else { has })
        };
        self.any(one, " || ")
    }

    fn any(
        &self,
        one: impl FnMut(&(usize, &'t str)) -> Result<String, FilterError>,
        join: &str,
    ) -> Result<String, FilterError> {
        // None of them is one of them: what must not be is joined by `and`.
        let join = if self.op == "!=" { " && " } else { join };
        let terms = self.values.iter().map(one).collect::<Result<Vec<_>, _>>()?;
        Ok(if terms.len() > 1 { format!("({})", terms.join(join)) } else { terms.concat() })
    }

    fn one(&self, field: &str, ty: Type, at: usize, value: &str) -> Result<String, FilterError> {
        let op = self.op;
        if let Some((from, to)) = value.split_once("..").filter(|_| op == "==" && !ty.is_text()) {
            let (from, to) = (self.literal(ty, at, from)?, self.literal(ty, at + from.len() + 2, to)?);
            return Ok(format!("({field} >= {from} && {field} <= {to})"));
        }
        match ty {
            Type::Bool => {
                let is_yes = self.yes(at, value)?;
                match op {
                    "==" | "!=" if is_yes == (op == "==") => Ok(field.to_owned()),
                    "==" | "!=" => Ok(format!("!{field}")),
                    _ => Err(self.no_order(at)),
                }
            }
            Type::Text | Type::Choice(_) | Type::Id => match (op, wild(field, value)) {
                ("==", Some(test)) => Ok(test),
                ("!=", Some(test)) => Ok(format!("!{test}")),
                ("==" | "!=", None) => Ok(format!("{field} {op} {}", quoted(value))),
                _ => Err(self.no_order(at)),
            },
            Type::Instant => self.instant(field, at, value),
            _ => Ok(format!("{field} {op} {}", self.literal(ty, at, value)?)),
        }
    }

    fn no_order(&self, at: usize) -> FilterError {
        FilterError::at(self.text, at, "this field has no order")
            .mend("leave the sign out, or write != for its contrary")
    }

    fn yes(&self, at: usize, value: &str) -> Result<bool, FilterError> {
        match value {
            "yes" | "true" | "on" => Ok(true),
            "no" | "false" | "off" => Ok(false),
            _ => Err(FilterError::at(self.text, at, format!("`{value}` is neither yes nor no"))),
        }
    }

    /// Ages are compared as ages: `last_seen:>1h` is longer ago than an hour. A day is all of it.
    fn instant(&self, field: &str, at: usize, value: &str) -> Result<String, FilterError> {
        let op = self.op;
        if parse_seconds(value).is_some() {
            return match op {
                ">" | ">=" | "<" | "<=" => Ok(format!("age({field}) {op} duration({})", quoted(value))),
                _ => Err(FilterError::at(self.text, at, "an age is never met to the second")
                    .mend(format!("write >{value} for longer ago, <{value} for later"))),
            };
        }
        let Ok(date) = value.parse::<Date>() else {
            if value.parse::<jiff::Timestamp>().is_err() {
                let error = FilterError::at(self.text, at, format!("`{value}` is no time"));
                return Err(error.mend(
                    "write an age (`>1d`: longer ago than a day), a day (2026-11-22) or 2026-11-22T08:00:00Z",
                ));
            }
            return Ok(format!("{field} {op} timestamp({})", quoted(value)));
        };
        if value.contains('T') {
            return Ok(format!("{field} {op} timestamp({})", quoted(value)));
        }
        let midnight = |date: Date| format!("timestamp(\"{date}T00:00:00Z\")");
        let tomorrow = date.tomorrow().unwrap_or(date);
        Ok(match op {
            "==" => format!("({field} >= {} && {field} < {})", midnight(date), midnight(tomorrow)),
            "!=" => format!("({field} < {} || {field} >= {})", midnight(date), midnight(tomorrow)),
            // After a day is after all of it.
            ">" => format!("{field} >= {}", midnight(tomorrow)),
            "<=" => format!("{field} < {}", midnight(tomorrow)),
            _ => format!("{field} {op} {}", midnight(date)),
        })
    }

    /// A number as the language writes it: `5gib`, `90%`, `26h`.
    fn literal(&self, ty: Type, at: usize, value: &str) -> Result<String, FilterError> {
        let error = |what: &str, mend: &str| {
            Err(FilterError::at(self.text, at, format!("`{value}` is not {what}")).mend(mend.to_owned()))
        };
        let is_number = |text: &str| {
            text.parse::<f64>().is_ok_and(f64::is_finite)
                && text.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        };
        match ty {
            Type::Duration if parse_seconds(value).is_some() => Ok(format!("duration({})", quoted(value))),
            Type::Duration => error("a duration", "write it as 26h, 7d or 1h30m"),
            Type::Percent if is_number(value.trim_end_matches('%')) => {
                Ok(value.trim_end_matches('%').to_owned())
            }
            Type::Bytes => {
                let lower = value.to_ascii_lowercase();
                let unit = lower.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
                let number = &lower[..lower.len() - unit.len()];
                let function = match unit {
                    "" | "b" if is_number(number) => return Ok(number.to_owned()),
                    "k" | "kb" | "kib" => "kib",
                    "m" | "mb" | "mib" => "mib",
                    "g" | "gb" | "gib" => "gib",
                    "t" | "tb" | "tib" => "tib",
                    _ => return error("a size", "write it as 512mib or 5gib"),
                };
                if is_number(number) {
                    Ok(format!("{function}({number})"))
                } else {
                    error("a size", "write it as 5gib")
                }
            }
            _ if is_number(value) => Ok(value.to_owned()),
            _ => error("a number", "write digits: 5, >0, 1..9"),
        }
    }
}

/// The parts between commas that stand in no quotes.
fn split(text: &str) -> Vec<&str> {
    let mut is_quoted = false;
    let is_comma = |sign: char| {
        is_quoted ^= sign == '"';
        sign == ',' && !is_quoted
    };
    text.split(is_comma).collect()
}

/// `srv*`, `*01`, `*mid*`: stars at the ends stand for anything.
fn wild(field: &str, value: &str) -> Option<String> {
    let inner = value.trim_matches('*');
    let function = match (value.starts_with('*'), value.ends_with('*')) {
        _ if inner.is_empty() => return None,
        (true, true) => "contains",
        (true, false) => "endsWith",
        (false, true) => "startsWith",
        (false, false) => return None,
    };
    Some(format!("{field}.{function}({})", quoted(inner)))
}

/// A text as the language writes it.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for sign in text.chars() {
        match sign {
            '"' | '\\' => quoted.extend(['\\', sign]),
            '\n' => quoted.push_str("\\n"),
            sign => quoted.push(sign),
        }
    }
    quoted.push('"');
    quoted
}
