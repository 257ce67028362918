//! How an alert stands besides its work: what was offered with which packet, what it waits for, who put it to sleep, what
//! hides it, and what it belongs with.

use jiff::Timestamp;
use serde_json::Value;

use super::words::person;
use crate::output::{Screen, Show, tame, text_at, values_at};

/// Lines of a name and a value each.
pub(super) fn lines(item: &Value, screen: &Screen) -> Vec<(&'static str, String)> {
    let mut lines = Vec::new();
    offer(item, screen, &mut lines);
    rest(item, screen, &mut lines);
    for hider in values_at(item, "hidden_by") {
        lines.push(("hidden by", hider_in_words(hider, screen)));
    }
    if let Some(joint) = item.get("joint") {
        let (rule, lead) = (text_at(joint, "rule"), text_at(joint, "lead"));
        lines.push(("joint case", format!("by boundary rule {rule}, led by {lead}")));
    }
    let links: Vec<String> = values_at(item, "links").into_iter().map(link).collect();
    if !links.is_empty() {
        lines.push(("links", links.join(", ")));
    }
    if let Some(by) = item.get("opened_by") {
        lines.push(("opened by", person(by)));
    }
    lines
}

fn offer(item: &Value, screen: &Screen, lines: &mut Vec<(&'static str, String)>) {
    let Some(offer) = item.get("offer") else { return };
    let when = |path: &str| Show::Instant.show(offer, path, Timestamp::UNIX_EPOCH, screen);
    let misrouted = if offer["not_ours"] == true { ", because it never belonged there" } else { "" };
    lines.push((
        "offered",
        format!(
            "to {} ({}) by {} at {}, to be answered by {}{misrouted}",
            text_at(offer, "to"),
            text_at(offer, "side"),
            person(&offer["by"]),
            when("at"),
            when("until")
        ),
    ));
    lines.extend(packet(&offer["packet"], screen));
}

/// What goes with a hand-off, a line for each part.
pub(super) fn packet(packet: &Value, screen: &Screen) -> Vec<(&'static str, String)> {
    let parts = [
        ("tried", text_at(packet, "tried")),
        ("state", text_at(packet, "state")),
        ("why you", text_at(packet, "why_you")),
        ("blocked", text_at(packet, "blocked")),
        (
            "deadline",
            match packet.get("deadline") {
                Some(_) => Show::Instant.show(packet, "deadline", Timestamp::UNIX_EPOCH, screen),
                None => String::new(),
            },
        ),
        (
            "see",
            values_at(packet, "links")
                .iter()
                .filter_map(|link| link.as_str())
                .map(tame)
                .collect::<Vec<_>>()
                .join(" "),
        ),
    ];
    parts.into_iter().filter(|(_, text)| !text.is_empty()).collect()
}

fn rest(item: &Value, screen: &Screen, lines: &mut Vec<(&'static str, String)>) {
    if let Some(waiting) = item.get("waiting") {
        let until = Show::Instant.show(waiting, "until", Timestamp::UNIX_EPOCH, screen);
        lines.push((
            "waits",
            format!("for {} until {until}: {}", text_at(waiting, "on"), text_at(waiting, "reason")),
        ));
    }
    if let Some(snooze) = item.get("snooze") {
        let until = Show::Instant.show(snooze, "until", Timestamp::UNIX_EPOCH, screen);
        let by = person(&snooze["by"]);
        lines.push(("snoozed", format!("until {until} by {by}: {}", text_at(snooze, "reason"))));
    }
}

/// What hides an alert.
pub(super) fn hider_in_words(hider: &Value, screen: &Screen) -> String {
    let until = || Show::Instant.show(hider, "until", Timestamp::UNIX_EPOCH, screen);
    match text_at(hider, "by").as_str() {
        "window" => format!("window {} until {}", text_at(hider, "window"), until()),
        "alert" => format!("#{}: {}", text_at(hider, "number"), text_at(hider, "why")),
        "storm" => format!("a storm at the collector, until {}", until()),
        other => other.replace('_', " "),
    }
}

/// A tie to another item.
pub(super) fn link(link: &Value) -> String {
    let how = match text_at(link, "relation").as_str() {
        "duplicate_of" => "duplicate of".to_owned(),
        "duplicated_by" => "duplicated by".to_owned(),
        "related" => "see also".to_owned(),
        "joint" => "joint with".to_owned(),
        other => other.replace('_', " "),
    };
    format!("{how} #{}", text_at(link, "to"))
}
