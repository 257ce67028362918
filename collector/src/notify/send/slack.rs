//! Chats of Slack's kind: `text` for those that read nothing else, `blocks` for those that do.
//!
//! Everything that came from outside goes into plain text; in `text` the three characters that Slack gives a meaning are
//! escaped (docs.slack.dev, "Formatting message text"), so nobody is pinged by the name of a disk.

use serde_json::json;

use super::super::{
    Message,
    template::{Templates, Text},
};

/// The longest header block.
const MAX_HEADER_CHARS: usize = 150;

/// The longest text of a section.
const MAX_SECTION_CHARS: usize = 3000;

pub(super) fn body(message: &Message, templates: &Templates) -> Vec<u8> {
    let headline = super::super::template::plain(&message.headline());
    let text = templates.write(Text::Chat, message);
    let mut blocks = vec![json!({
        "type": "header",
        "text": { "type": "plain_text", "text": cut(&headline, MAX_HEADER_CHARS), "emoji": false },
    })];
    if !text.trim().is_empty() {
        blocks.push(json!({
            "type": "section",
            "text": { "type": "plain_text", "text": cut(text.trim(), MAX_SECTION_CHARS), "emoji": false },
        }));
    }
    json!({ "text": escaped(&headline), "blocks": blocks }).to_string().into_bytes()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// At most so many characters, the last of them a sign that something is missing.
pub(super) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::Subject;

    #[test]
    fn a_name_pings_nobody_and_long_texts_are_cut() {
        let mut message = super::super::super::template::specimen();
        let Subject::Items { lines, more, .. } = &mut message.subject else { unreachable!() };
        lines[0].title = format!("<!channel> & {}", "x".repeat(4000));
        *more = 0;
        let body: serde_json::Value = serde_json::from_slice(&body(&message, &Templates::default())).unwrap();
        let text = body["text"].as_str().unwrap();
        assert!(text.contains("&lt;!channel&gt; &amp;") && !text.contains('<'), "{text}");
        assert_eq!(body["blocks"][0]["text"]["text"].as_str().unwrap().chars().count(), MAX_HEADER_CHARS);
        assert_eq!(body["blocks"][1]["text"]["text"].as_str().unwrap().chars().count(), MAX_SECTION_CHARS);
    }
}
