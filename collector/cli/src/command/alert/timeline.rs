//! What happened to an alert, an entry in words each.

use jiff::Timestamp;
use serde_json::Value;

use super::standing::{hider_in_words, link, packet};
use crate::output::{Screen, Show, text_at};

/// One entry. What only a newer collector knows is told by its name.
pub(super) fn happened(event: &Value, screen: &Screen) -> String {
    match text_at(event, "event").as_str() {
        "created" | "opened_by_hand" | "routed" | "severity_changed" | "moved" | "prioritised"
        | "assigned" | "override" | "comment" | "closed" | "reopened_by_hand" | "feedback" | "linked" => {
            plainly(event)
        }
        "offered" | "declined" | "handed_over" | "escalated" | "measured" => between_the_sides(event, screen),
        "waits" | "snoozed" | "hidden" | "unhidden" | "flapping_began" => at_rest(event, screen),
        "sla_warned" | "sla_breached" | "notified" | "not_notified" => told(event, screen),
        "offer_withdrawn" => "took the offer back".to_owned(),
        "offer_expired" => "the offer was not answered in time".to_owned(),
        "accepted" => "accepted the hand-off".to_owned(),
        "reminded" => "reminded its holder that nothing happens".to_owned(),
        "lapsed" => "nothing happened for long; it is free again".to_owned(),
        "side_left" => format!("the {} side has left; what it had is free again", text_at(event, "side")),
        "wait_ended" => "it waits no more".to_owned(),
        "flapping_ended" => "it has calmed down".to_owned(),
        "returned" => "the condition returned".to_owned(),
        "reopened" => "it came again and was reopened".to_owned(),
        other => other.replace('_', " "),
    }
}

fn plainly(event: &Value) -> String {
    let at = |path: &str| text_at(event, path);
    match at("event").as_str() {
        "created" => format!("created, {}: {}", at("severity"), at("title")),
        "opened_by_hand" => format!("opened by hand: “{}”", at("text")),
        "routed" => format!("routed to {}", owner(event)),
        "severity_changed" => format!("severity {} → {}", at("from"), at("to")),
        "moved" => format!("its endpoint moved from {} to {}", at("from"), at("to")),
        "prioritised" => format!("priority {} → {}: {}", at("from"), at("to"), at("reason")),
        "assigned" => format!("assigned to {}", at("to")),
        "override" => format!("override to {}: {}", at("act"), at("reason")),
        "comment" => format!("“{}”", at("text")),
        "closed" => format!("closed: {}", at("resolution")),
        "reopened_by_hand" => format!("reopened: {}", at("reason")),
        "linked" => link(&event["link"]),
        _ => {
            let worth = if event["noise"] == true { "was noise" } else { "was worth it" };
            let text = at("text");
            if text.is_empty() { worth.to_owned() } else { format!("{worth}: {text}") }
        }
    }
}

fn owner(event: &Value) -> String {
    let row = text_at(event, "owner.row");
    let row = if row.is_empty() { "the last resort".to_owned() } else { format!("row {row}") };
    format!("{} ({}) by {row}", text_at(event, "owner.team"), text_at(event, "owner.side"))
}

fn between_the_sides(event: &Value, screen: &Screen) -> String {
    let at = |path: &str| text_at(event, path);
    let not_ours = if event["not_ours"] == true { ", never belonged there" } else { "" };
    match at("event").as_str() {
        "offered" => {
            let packet = packet(&event["packet"], screen);
            let parts: Vec<_> = packet.into_iter().map(|(name, text)| format!("{name}: {text}")).collect();
            format!("offered to {}{not_ours}; {}", at("to"), parts.join("; "))
        }
        "declined" => format!("declined{not_ours}: {}", at("reason")),
        "handed_over" => format!("nobody claimed it in time; handed over to {}", owner(event)),
        "escalated" => {
            let step = match at("step") {
                none if none.is_empty() => "to the last resort".to_owned(),
                step => format!("step {step}"),
            };
            format!("escalated, {step}: {}; {}", at("to"), at("why"))
        }
        _ => format!("{}: {}", at("measure").replace('_', " "), at("how")),
    }
}

fn at_rest(event: &Value, screen: &Screen) -> String {
    let at = |path: &str| text_at(event, path);
    let until = || Show::Instant.show(event, "until", Timestamp::UNIX_EPOCH, screen);
    match at("event").as_str() {
        "waits" => format!("waits for {} until {}: {}", at("on"), until(), at("reason")),
        "snoozed" => format!("snoozed until {}: {}", until(), at("reason")),
        "hidden" => format!("hidden by {}", hider_in_words(&event["hider"], screen)),
        "unhidden" => format!("no longer hidden by {}", hider_in_words(&event["hider"], screen)),
        _ => format!("it comes and goes, {} times lately", at("returns")),
    }
}

fn told(event: &Value, screen: &Screen) -> String {
    let at = |path: &str| text_at(event, path);
    let deadline = || Show::Instant.show(event, "deadline", Timestamp::UNIX_EPOCH, screen);
    match at("event").as_str() {
        "sla_warned" => {
            format!("{} % of the time to {} is used up; it ends {}", at("percent"), at("clock"), deadline())
        }
        "sla_breached" => format!("the time to {} ran out at {}", at("clock"), deadline()),
        "not_notified" => format!("did not tell {}: {}", at("who"), at("why")),
        _ if at("result") == "failed" => {
            format!(
                "could not tell {} through {} ({} tries): {}",
                at("who"),
                at("channel"),
                at("tries"),
                at("error")
            )
        }
        _ => format!("told {} through {}", at("who"), at("channel")),
    }
}

#[cfg(test)]
mod tests;
