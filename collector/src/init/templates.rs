//! The files that a new collector begins with, for people to read and change.

use std::net::SocketAddr;

pub(super) const RULES: &str = include_str!("rules.toml");
pub(super) const WATCH: &str = include_str!("watch.toml");
const CONFIG: &str = include_str!("collector.toml");

/// What is filled in.
pub(super) struct Values<'a> {
    pub(super) name: &'a str,
    /// Where it listens for people, and what they are told.
    pub(super) people: (SocketAddr, String),
    /// Where it listens for agents, and what they are told.
    pub(super) agents: (SocketAddr, String),
}

pub(super) fn config(values: &Values<'_>) -> String {
    let text = |text: &str| toml::Value::String(text.to_owned()).to_string();
    // The name comes last: it is people's text and may look like a place to fill in.
    CONFIG
        .replace("@PEOPLE_LISTEN@", &text(&values.people.0.to_string()))
        .replace("@PEOPLE_ADDRESS@", &text(&values.people.1))
        .replace("@AGENTS_LISTEN@", &text(&values.agents.0.to_string()))
        .replace("@AGENTS_ADDRESS@", &text(&values.agents.1))
        .replace("@NAME@", &text(values.name))
}
