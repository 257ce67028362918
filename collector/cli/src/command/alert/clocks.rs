//! An alert's clocks in words: what was promised, and how much of it is left.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::{
    output::{Screen, Show, text_at},
    when::{local, short},
};

/// Which clocks there are, in the order in which they are told.
const CLOCKS: [&str; 4] = ["response", "resolve", "accept", "vendor"];

/// A line for each clock of an answer.
pub(super) fn lines(item: &Value, as_of: Timestamp, screen: &Screen) -> Vec<String> {
    let clocks = &item["clocks"];
    let told = CLOCKS.iter().filter_map(|name| Some((name, clocks.get(name)?)));
    told.map(|(name, clock)| format!("{name} {}", one(clock, as_of, screen))).collect()
}

fn one(clock: &Value, as_of: Timestamp, screen: &Screen) -> String {
    let span = |path: &str| text_at(clock, path).parse::<SignedDuration>().unwrap_or_default();
    let (promised, used) = (span("promised"), span("used"));
    let by = match text_at(clock, "calendar") {
        none if none.is_empty() => String::new(),
        calendar => format!(" by calendar {calendar}"),
    };
    let promise = format!("{} promised{by}", exactly(promised));
    let over = used - promised;
    let when = |path: &str| Show::Instant.show(clock, path, as_of, screen);
    let kept = if over.is_positive() { format!("{} late", short(over)) } else { "in time".to_owned() };
    if clock.get("stopped_at").is_some() {
        return format!("{kept}: took {} of {promise}", exactly(used));
    }
    let state = match clock.get("breached_at") {
        Some(_) => format!("breached at {}, {} over", when("breached_at"), short(over)),
        None => left(clock, promised - used, screen),
    };
    match text_at(clock, "paused_by") {
        none if none.is_empty() => format!("{state} of {promise}"),
        pause => format!("{state} of {promise}; stands, {}", why(&pause)),
    }
}

fn left(clock: &Value, left: SignedDuration, screen: &Screen) -> String {
    let deadline: Option<Timestamp> = text_at(clock, "deadline").parse().ok();
    match deadline {
        Some(at) => format!("{} left, until {},", exactly(left), local(at, &screen.zone)),
        None => format!("{} left", exactly(left)),
    }
}

fn why(pause: &str) -> String {
    match pause {
        "vendor" => "waiting for the vendor".to_owned(),
        "user" => "waiting for a user".to_owned(),
        "reboot" => "waiting for a reboot".to_owned(),
        "window" => "waiting for a window".to_owned(),
        "hidden" => "while it is hidden".to_owned(),
        "hours" => "out of hours".to_owned(),
        other => other.to_owned(),
    }
}

/// A span to the minute: `3h 59m`. What is left of four hours is not three.
fn exactly(span: SignedDuration) -> String {
    let (hours, minutes) = (span.as_hours(), span.as_mins() % 60);
    match (hours, minutes) {
        (0, _) => short(span),
        (_, 0) => format!("{hours}h"),
        _ => format!("{hours}h {minutes}m"),
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::*;
    use crate::args::Format;

    #[test]
    fn each_clock_says_what_is_left_or_how_it_went() {
        let screen = Screen { format: Format::Table, colour: false, terminal: false, zone: TimeZone::UTC };
        let as_of = "2026-11-22T12:00:00Z".parse().unwrap();
        let item = json!({ "clocks": {
            "response": { "promised": "PT15M", "used": "PT3M", "stopped_at": "2026-11-22T11:03:00Z" },
            "resolve": { "promised": "PT8H", "used": "PT30M", "running": true, "calendar": "office",
                         "deadline": "2026-11-23T14:30:00Z" },
            "accept": { "promised": "PT30M", "used": "PT45M", "breached_at": "2026-11-22T11:45:00Z",
                        "deadline": "2026-11-22T11:45:00Z", "running": true },
            "vendor": { "promised": "PT4H", "used": "PT0S", "paused_by": "hours" },
        }});
        assert_eq!(
            lines(&item, as_of, &screen),
            [
                "response in time: took 3m of 15m promised",
                "resolve 7h 30m left, until 2026-11-23 14:30, of 8h promised by calendar office",
                "accept breached at 2026-11-22 11:45, 15m over of 30m promised",
                "vendor 4h left of 4h promised; stands, out of hours",
            ]
        );
    }
}
