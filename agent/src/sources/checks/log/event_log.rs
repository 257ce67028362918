//! The new events of a log of Windows, from `wevtutil`. The log's name is the machine's owner's word; the text that
//! counts never leaves this process.
//!
//! An event is one line: `PROVIDER NUMBER: MESSAGE VALUE VALUE…`, so that an owner can count by what stands in the Event
//! Viewer, or by provider and number, which are the same in every language.

use std::{fmt::Write as _, time::Duration};

use tokio::time::Instant;

use crate::sources::{
    process,
    windows_event::{self, Event},
};

/// Starting the tool and rendering messages costs some ten milliseconds: not more often than this.
const AT_MOST_EVERY: Duration = Duration::from_secs(300);
/// How long it may take.
const LIMIT: Duration = Duration::from_secs(15);
/// Events that one look takes, newest first, some kilobytes each; more are passed over.
const EVENTS: u32 = 500;

/// Where the last look ended, and when that was.
#[derive(Debug, Clone)]
pub(super) struct Place {
    at: Instant,
    /// The number of the newest event; absent when the log was empty.
    record: Option<u64>,
}

/// Counts the new events that hold the pattern.
pub(super) async fn count(log: &str, pattern: &str, place: &mut Option<Place>) -> Result<u64, String> {
    let since = place.as_ref().map(|place| place.at.elapsed());
    if since.is_some_and(|since| since < AT_MOST_EVERY) {
        return Ok(0);
    }
    let known = place.as_ref().and_then(|place| place.record);
    let arguments = arguments(log, since.map(|since| (known, since)));
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let output = process::run("wevtutil", &arguments, LIMIT).await.map_err(|error| error.to_string())?;
    if !output.success {
        return Err(refusal(output.code));
    }
    let events = windows_event::parse(&output.stdout);
    let newest = events.iter().map(|event| event.record).max();
    let count = if since.is_some() { matching(&events, known, pattern) } else { 0 };
    *place = Some(Place { at: Instant::now(), record: newest.or(known) });
    Ok(count)
}

/// What the tool is asked: at first only for the newest event; later for what was written since.
fn arguments(log: &str, later: Option<(Option<u64>, Duration)>) -> Vec<String> {
    let (query, events) = match later {
        None => ("*".to_owned(), 1),
        Some((known, since)) => {
            // By time too: a log that was cleared may count from one again.
            let milliseconds = (since + LIMIT).as_millis();
            let known = known.unwrap_or_default();
            let recent = format!("TimeCreated[timediff(@SystemTime) <= {milliseconds}]");
            let query = format!("*[System[(EventRecordID > {known}) or {recent}]]");
            (query, EVENTS)
        }
    };
    let fixed = ["/f:RenderedXml", "/rd:true", "/uni:true"].map(str::to_owned);
    let head = ["qe".to_owned(), log.to_owned(), format!("/q:{query}"), format!("/c:{events}")];
    head.into_iter().chain(fixed).collect()
}

/// The tool's words are translated; its exit code is the system's error (winerror.h).
fn refusal(code: Option<i32>) -> String {
    const ACCESS_DENIED: i32 = 5;
    const CHANNEL_NOT_FOUND: i32 = 15_007;
    match code {
        Some(ACCESS_DENIED) => "permission denied: the agent may not read this event log".to_owned(),
        Some(CHANNEL_NOT_FOUND) => "there is no event log of this name here".to_owned(),
        Some(code) => format!("wevtutil failed with {code}"),
        None => "wevtutil failed".to_owned(),
    }
}

/// How many of the events are news and hold the pattern.
fn matching(events: &[Event], known: Option<u64>, pattern: &str) -> u64 {
    let newest = events.iter().map(|event| event.record).max();
    // Numbers that went back: the log was cleared, and all that it holds is news.
    let known = known.filter(|known| newest >= Some(*known));
    let is_news = |event: &&Event| known.is_none_or(|known| event.record > known);
    events.iter().filter(is_news).filter(|event| line(event).contains(pattern)).count() as u64
}

fn line(event: &Event) -> String {
    let message = event.message.as_deref().unwrap_or_default();
    let mut line = format!("{} {}: {message}", event.provider, event.id);
    for value in &event.data {
        // A string takes whatever is written to it.
        let _ = write!(line, " {value}");
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form that wevtutil of Windows 10 prints; after Microsoft's pages on these events.
    fn recorded() -> Vec<Event> {
        windows_event::parse(include_str!("recorded/wevtutil-system-renderedxml.xml"))
    }

    #[test]
    fn events_count_by_provider_and_number_by_message_and_by_value() {
        let events = recorded();
        assert_eq!(events.iter().map(|event| event.record).collect::<Vec<_>>(), [5012, 5011, 5010]);
        for (pattern, count) in [
            ("Service Control Manager 7031:", 1),
            ("terminated unexpectedly", 2),
            ("Spooler", 1),
            ("Kernel-General 16:", 1),
            ("703", 2),
            ("no such text", 0),
        ] {
            assert_eq!(matching(&events, Some(5000), pattern), count, "{pattern}");
        }
    }

    #[test]
    fn what_was_there_before_does_not_count_and_a_cleared_log_begins_anew() {
        let events = recorded();
        assert_eq!(matching(&events, Some(5011), "703"), 1);
        assert_eq!(matching(&events, Some(5012), "703"), 0);
        assert_eq!(matching(&events, Some(90_000), "703"), 2, "numbers went back");
        assert_eq!(matching(&events, None, "703"), 2, "the log was empty before");
        assert_eq!(matching(&[], Some(5012), "703"), 0);
    }

    #[test]
    fn the_first_look_only_finds_the_place_and_later_ones_ask_for_what_came_since() {
        let first = arguments("System", None);
        let asked = ["qe", "System", "/q:*", "/c:1", "/f:RenderedXml", "/rd:true", "/uni:true"];
        assert_eq!(first, asked);
        let later = arguments("System", Some((Some(7), Duration::from_secs(300))));
        let query = "/q:*[System[(EventRecordID > 7) or TimeCreated[timediff(@SystemTime) <= 315000]]]";
        assert_eq!((later[2].as_str(), later[3].as_str()), (query, "/c:500"));
    }

    #[tokio::test]
    async fn within_minutes_of_a_look_nothing_is_asked_and_a_refusal_is_told() {
        let mut place = Some(Place { at: Instant::now(), record: Some(1) });
        assert_eq!(count("System", "x", &mut place).await, Ok(0));
        assert!(refusal(Some(5)).starts_with("permission denied"));
        assert!(refusal(Some(15_007)).contains("no event log"));
    }
}
