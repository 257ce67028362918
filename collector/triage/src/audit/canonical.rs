//! The one way to write a JSON value: RFC 8785, with whole numbers only.
//!
//! No spaces; the names of an object in the order of their UTF-16 code units; strings with the fewest escapes. Numbers are whole
//! and within ±(2⁵³ − 1): how a fraction is written is where implementations differ, and no record needs one.

use serde::Serialize;
use serde_json::{Map, Number, Value};

/// The largest whole number that every reader of JSON takes as it is.
const MAX_WHOLE: u64 = (1 << 53) - 1;

/// Why a value has no canonical form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotCanonical {
    /// A fraction, or too large.
    #[error("the number {0} is not a whole one within 2^53")]
    Number(String),
    /// It has no JSON form at all.
    #[error("{0}")]
    NoJson(String),
}

/// The canonical form of anything that has a JSON form, without the members of the outermost object that are named.
///
/// # Errors
/// [`NotCanonical`].
pub fn without(value: &impl Serialize, left_out: &str) -> Result<String, NotCanonical> {
    let mut value = serde_json::to_value(value).map_err(|error| NotCanonical::NoJson(error.to_string()))?;
    if let Value::Object(members) = &mut value {
        members.remove(left_out);
    }
    of(&value)
}

/// The canonical form of a value.
///
/// # Errors
/// [`NotCanonical::Number`].
pub fn of(value: &Value) -> Result<String, NotCanonical> {
    let mut out = String::new();
    write(value, &mut out)?;
    Ok(out)
}

fn write(value: &Value, out: &mut String) -> Result<(), NotCanonical> {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => out.push_str(&whole(number)?),
        Value::String(text) => write_text(text, out)?,
        Value::Array(items) => {
            out.push('[');
            for (place, item) in items.iter().enumerate() {
                if place > 0 {
                    out.push(',');
                }
                write(item, out)?;
            }
            out.push(']');
        }
        Value::Object(members) => write_object(members, out)?,
    }
    Ok(())
}

fn write_object(members: &Map<String, Value>, out: &mut String) -> Result<(), NotCanonical> {
    let mut names: Vec<&String> = members.keys().collect();
    names.sort_by(|a, b| a.encode_utf16().cmp(b.encode_utf16()));
    out.push('{');
    for (place, name) in names.into_iter().enumerate() {
        if place > 0 {
            out.push(',');
        }
        write_text(name, out)?;
        out.push(':');
        write(&members[name], out)?;
    }
    out.push('}');
    Ok(())
}

/// serde escapes exactly what RFC 8785 wants escaped, and in the same way.
fn write_text(text: &str, out: &mut String) -> Result<(), NotCanonical> {
    out.push_str(&serde_json::to_string(text).map_err(|error| NotCanonical::NoJson(error.to_string()))?);
    Ok(())
}

fn whole(number: &Number) -> Result<String, NotCanonical> {
    let fits = number.as_i64().map(i64::unsigned_abs).or_else(|| number.as_u64()).filter(|n| *n <= MAX_WHOLE);
    fits.map(|_| number.to_string()).ok_or_else(|| NotCanonical::Number(number.to_string()))
}

/// A value in which numbers that have no canonical form became text.
pub fn tamed(value: Value) -> Value {
    match value {
        Value::Number(number) => match whole(&number) {
            Ok(_) => Value::Number(number),
            Err(_) => Value::String(number.to_string()),
        },
        Value::Array(items) => items.into_iter().map(tamed).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (name, tamed(value))).collect::<Map<_, _>>().into()
        }
        other => other,
    }
}
