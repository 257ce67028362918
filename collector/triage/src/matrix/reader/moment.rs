//! Zones, dates, local times and durations, as documents write them.

use core::ops::RangeInclusive;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, DateTime, Time},
    tz::TimeZone,
};
use toml::Spanned;

use crate::{
    calendar::first_of,
    filter::nearest,
    matrix::{fault::Document, file::Text},
};

/// The longest promise or wait: 90 days. What takes longer is a project, not an alert.
pub(super) const LONGEST: SignedDuration = SignedDuration::from_hours(90 * 24);

/// An IANA zone.
pub(super) fn zone(doc: &mut Document<'_>, text: &Text) -> Option<TimeZone> {
    let found = TimeZone::get(text.get_ref()).ok();
    if found.is_none() {
        let zones: Vec<String> = jiff::tz::db().available().map(|zone| zone.to_string()).collect();
        let near = nearest(text.get_ref(), zones.iter().map(String::as_str));
        let mend = near.map_or_else(
            || "use an IANA name such as America/Toronto".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        doc.fault(&text.span(), format!("there is no time zone `{}`", text.get_ref()), mend);
    }
    found
}

/// A date, as TOML's own or as text.
pub(super) fn date(doc: &mut Document<'_>, value: &Spanned<toml::Value>) -> Option<Date> {
    let text = written(value);
    let date = text.parse::<Date>().ok().filter(|_| text.len() == "2026-12-25".len());
    if date.is_none() {
        doc.fault(&value.span(), format!("`{text}` is not a date"), "write it as 2026-12-25");
    }
    date
}

/// A local time of a date, as TOML's own or as text; a date alone is the midnight that begins it. As in calendars, a
/// time that comes twice is its first occurrence, and one that is skipped the moment of the jump.
pub(super) fn local(
    doc: &mut Document<'_>,
    zone: &TimeZone,
    value: &Spanned<toml::Value>,
) -> Option<Timestamp> {
    let text = written(value);
    // A text with an offset or a zone would be read too, and its offset dropped without a word.
    let plain = text.len() <= "2026-12-24 09:00:00".len() && !text.ends_with(['Z', 'z']);
    let read = text.parse::<DateTime>().ok().filter(|_| plain);
    let at = read.and_then(|local| first_of(zone, local));
    if at.is_none() {
        let mend = "write the local time of the rota's zone, such as \"2026-12-24 09:00\"";
        doc.fault(&value.span(), format!("`{text}` is not a local time"), mend);
    }
    at
}

/// A time of day: `09:00`.
pub(super) fn time_of_day(doc: &mut Document<'_>, value: &Spanned<toml::Value>) -> Option<Time> {
    let text = written(value);
    let time = text.parse::<Time>().ok().filter(|_| (5..=8).contains(&text.len()));
    if time.is_none() {
        let mend = "write hours and minutes, such as \"09:00\"";
        doc.fault(&value.span(), format!("`{text}` is not a time of day"), mend);
    }
    time
}

/// A duration within bounds; `is_not` says what it is not when it is not one.
pub(super) fn duration(
    doc: &mut Document<'_>,
    text: &Text,
    bounds: &RangeInclusive<SignedDuration>,
    is_not: (&str, &str),
) -> Option<SignedDuration> {
    let read = text.get_ref().parse::<SignedDuration>().ok();
    let fits = read.filter(|duration| bounds.contains(duration));
    if fits.is_none() {
        let (what, mend) = is_not;
        doc.fault(&text.span(), format!("`{}` is not {what}", text.get_ref()), mend);
    }
    fits
}

/// How long a promise or a wait is.
pub(super) fn wait(doc: &mut Document<'_>, text: &Text, what: &str) -> Option<SignedDuration> {
    let mend = "write hours and minutes, such as \"15m\" or \"4h\", at most \"2160h\"; \
                a working day has as many hours as its calendar";
    duration(doc, text, &(SignedDuration::from_secs(1)..=LONGEST), (what, mend))
}

fn written(value: &Spanned<toml::Value>) -> String {
    match value.get_ref() {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
