//! Reads the instants that people type: `2026-11-01 01:30 America/Toronto`.
//!
//! A local time that comes twice means its first occurrence, and one that is skipped the first moment after it, as
//! in calendars; a note says so, so that nobody is answered for an hour they did not mean.

use jiff::{Timestamp, Zoned, civil::DateTime, fmt::temporal::Pieces, tz::TimeZone};

use crate::calendar::first_of;

/// An instant, and what must be said about how it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// The instant.
    pub at: Timestamp,
    /// Set when the local time comes twice or not at all.
    pub note: Option<String>,
    /// The zone that was typed with it.
    pub zone: Option<TimeZone>,
}

/// Why a text is no instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MomentError {
    /// Not an instant in any form.
    #[error(
        "`{0}` is not a time; write 2026-11-01T01:30:00Z, \"2026-11-01 01:30\" or \"2026-11-01 01:30 America/Toronto\""
    )]
    Form(String),
    /// The zone does not exist.
    #[error("there is no time zone `{0}`; use an IANA name such as America/Toronto")]
    Zone(String),
    /// Too far away.
    #[error("`{0}` is too far away; times go from {first:.0} to {last:.0}", first = Timestamp::MIN, last = Timestamp::MAX)]
    Range(String),
}

/// Reads an instant: RFC 3339 with an offset, or local time with a zone, or local time in `default_zone`.
///
/// # Errors
/// [`MomentError`] with the forms that can be read.
pub fn parse_at(text: &str, default_zone: &TimeZone) -> Result<Moment, MomentError> {
    let text = text.trim();
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Moment { at, note: None, zone: None });
    }
    if let Ok(zoned) = text.parse::<Zoned>() {
        return Ok(Moment { at: zoned.timestamp(), note: None, zone: Some(zoned.time_zone().clone()) });
    }
    let (local, typed) = match text.rsplit_once(' ') {
        Some((local, name)) if name.bytes().any(|b| b.is_ascii_alphabetic()) && !name.contains(':') => {
            (local.trim(), Some(TimeZone::get(name).map_err(|_| MomentError::Zone(name.to_owned()))?))
        }
        _ => (text, None),
    };
    let zone = typed.as_ref().unwrap_or(default_zone);
    let local: DateTime = local.parse().map_err(|_| match is_written_well(text) {
        true => MomentError::Range(text.to_owned()),
        false => MomentError::Form(text.to_owned()),
    })?;
    let at = first_of(zone, local).ok_or_else(|| MomentError::Range(text.to_owned()))?;
    Ok(Moment { at, note: note(zone, local, at), zone: typed })
}

/// Whether a text has the form of an instant with its offset, whatever instant that is.
fn is_written_well(text: &str) -> bool {
    Pieces::parse(text).is_ok_and(|pieces| pieces.time().is_some() && pieces.offset().is_some())
}

fn note(zone: &TimeZone, local: DateTime, at: Timestamp) -> Option<String> {
    let ambiguous = zone.to_ambiguous_timestamp(local);
    if !ambiguous.is_ambiguous() {
        return None;
    }
    let name = zone.iana_name().unwrap_or("this zone");
    let shown = local.strftime("%Y-%m-%d %H:%M");
    match ambiguous.later().ok().filter(|later| zone.to_datetime(*later) == local) {
        Some(second) => {
            Some(format!("{shown} comes twice in {name}; taken as the first, {at} (the second is {second})"))
        }
        None => Some(format!("{shown} is skipped in {name}; taken as the moment after it, {at}")),
    }
}
