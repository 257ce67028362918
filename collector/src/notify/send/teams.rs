//! Teams by way of a workflow ("When a Teams webhook request is received"): a message with one Adaptive Card.
//!
//! Texts are runs of a `RichTextBlock`: unlike a `TextBlock` it knows no markdown, so nothing that came from outside
//! becomes a link.

use serde_json::{Value, json};

use super::{
    super::{
        Message, Subject,
        template::{Templates, Text, plain},
    },
    slack::cut,
};
use dogwatch_triage::finding::Severity;

/// Teams refuses messages over 28 KB; what is said in words stays far below.
const MAX_TEXT_CHARS: usize = 6000;

pub(super) fn body(message: &Message, templates: &Templates) -> Vec<u8> {
    let mut blocks = vec![run(&cut(&plain(&message.headline()), 300), true, color(message))];
    let text = templates.write(Text::Chat, message);
    let text = cut(text.trim(), MAX_TEXT_CHARS);
    blocks
        .extend(text.lines().filter(|line| !line.trim().is_empty()).map(|line| run(line, false, "default")));
    let card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": { "width": "Full" },
        "body": blocks,
    });
    let attachment = json!({
        "contentType": "application/vnd.microsoft.card.adaptive",
        "contentUrl": null,
        "content": card,
    });
    json!({ "type": "message", "attachments": [attachment] }).to_string().into_bytes()
}

fn run(text: &str, is_head: bool, color: &str) -> Value {
    let weight = if is_head { "bolder" } else { "default" };
    json!({
        "type": "RichTextBlock",
        "inlines": [{ "type": "TextRun", "text": text, "weight": weight, "color": color }],
    })
}

fn color(message: &Message) -> &'static str {
    let worst = match &message.subject {
        Subject::Items { lines, .. } => lines.iter().map(|line| line.severity).max(),
        Subject::Summary { .. } => None,
    };
    match worst {
        Some(Severity::Critical) => "attention",
        Some(Severity::Warning) => "warning",
        Some(Severity::Info) | None => "default",
    }
}
