//! Taking one field of a message: each function names the field in its error.

use core::str::FromStr;

use dogwatch_model::IdError;
use jiff::Timestamp;

use super::{ConversionError, Fault, characters, limits};

pub(super) type Converted<T> = Result<T, ConversionError>;

/// 0000-01-01T00:00:00Z in microseconds: the earliest instant that is taken.
const YEAR_0_US: i64 = -62_167_219_200_000_000;

pub(super) const fn fault(field: &'static str, what: Fault) -> ConversionError {
    ConversionError { field, what }
}

fn bounded(field: &'static str, text: String, limit: usize) -> Converted<String> {
    if text.len() > limit {
        return Err(fault(field, Fault::TooLong { bytes: text.len(), limit }));
    }
    Ok(text)
}

fn plain(field: &'static str, text: String, limit: usize) -> Converted<String> {
    let text = bounded(field, text, limit)?;
    if text.contains(characters::steers) { Err(fault(field, Fault::Steering)) } else { Ok(text) }
}

pub(super) fn name(field: &'static str, text: String) -> Converted<String> {
    plain(field, text, limits::NAME_BYTES)
}

/// A name as long as a path may be: of a mount, of a device.
pub(super) fn path(field: &'static str, text: String) -> Converted<String> {
    plain(field, text, limits::TEXT_BYTES)
}

pub(super) fn maybe_name(field: &'static str, text: Option<String>) -> Converted<Option<String>> {
    text.map(|text| name(field, text)).transpose()
}

pub(super) fn text(field: &'static str, text: String) -> Converted<String> {
    bounded(field, text, limits::TEXT_BYTES).map(|text| characters::tame_line(&text))
}

pub(super) fn maybe_text(field: &'static str, value: Option<String>) -> Converted<Option<String>> {
    value.map(|value| text(field, value)).transpose()
}

/// A text of several lines.
pub(super) fn maybe_message(field: &'static str, value: Option<String>) -> Converted<Option<String>> {
    let tame = |value| bounded(field, value, limits::TEXT_BYTES).map(|text| characters::tame_message(&text));
    value.map(tame).transpose()
}

pub(super) fn names(field: &'static str, texts: Vec<String>, limit: usize) -> Converted<Vec<String>> {
    list(field, texts, limit, |text| name(field, text))
}

pub(super) fn list<W, M>(
    field: &'static str,
    entries: Vec<W>,
    limit: usize,
    convert: impl Fn(W) -> Converted<M>,
) -> Converted<Vec<M>> {
    if entries.len() > limit {
        return Err(fault(field, Fault::TooMany { count: entries.len(), limit }));
    }
    entries.into_iter().map(convert).collect()
}

/// A word of a closed list.
pub(super) fn word<E: FromStr<Err = IdError>>(field: &'static str, word: &str) -> Converted<E> {
    word.parse().map_err(|error| match error {
        IdError::NotOneOf { choices, .. } => fault(field, Fault::NotOneOf { choices }),
        IdError::Slug { kind, .. } | IdError::Uuid { kind, .. } => {
            fault(field, Fault::OutOfRange { expected: kind })
        }
    })
}

pub(super) fn finite(field: &'static str, number: f64) -> Converted<f64> {
    if number.is_finite() { Ok(number) } else { Err(fault(field, Fault::NotFinite)) }
}

/// A share of a whole.
pub(super) fn percent(field: &'static str, number: f64) -> Converted<f64> {
    if (0.0..=100.0).contains(&finite(field, number)?) {
        Ok(number)
    } else {
        Err(fault(field, Fault::OutOfRange { expected: "a share from 0 to 100" }))
    }
}

/// A duration or another amount that is never negative.
pub(super) fn amount(field: &'static str, number: f64) -> Converted<f64> {
    if finite(field, number)? >= 0.0 {
        Ok(number)
    } else {
        Err(fault(field, Fault::OutOfRange { expected: "0 or more" }))
    }
}

pub(super) fn instant(field: &'static str, micros: i64) -> Converted<Timestamp> {
    Timestamp::from_microsecond(micros)
        .ok()
        .filter(|_| micros >= YEAR_0_US)
        .ok_or(fault(field, Fault::OutOfRange { expected: "an instant of the years 0 to 9999" }))
}

pub(super) fn maybe_instant(field: &'static str, micros: Option<i64>) -> Converted<Option<Timestamp>> {
    micros.map(|micros| instant(field, micros)).transpose()
}

/// A place in a lane, or a mark.
pub(super) fn sequence(field: &'static str, number: u64) -> Converted<u64> {
    if number <= limits::MAX_SEQUENCE {
        Ok(number)
    } else {
        Err(fault(field, Fault::OutOfRange { expected: "less than 2^63" }))
    }
}

pub(super) fn required<T>(field: &'static str, part: Option<T>) -> Converted<T> {
    part.ok_or(fault(field, Fault::Missing))
}
