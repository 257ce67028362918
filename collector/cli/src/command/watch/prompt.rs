//! What somebody is asked for before something is done: one text after the other.

use serde_json::{Value, json};

/// The longest text, in characters: the collector takes no longer ones either.
const MAX_CHARACTERS: usize = 4_000;

/// What is to be done with the texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum For {
    /// A comment.
    Comment,
    /// A hand-off with its packet.
    Handoff,
    /// Which items are shown.
    Filter,
}

impl For {
    /// What is asked for.
    const fn questions(self) -> &'static [&'static str] {
        match self {
            Self::Comment => &["comment"],
            Self::Handoff => {
                &["hand off to team", "what was tried", "how things stand", "why it is for them"]
            }
            Self::Filter => &["show only"],
        }
    }
}

/// A question that waits for its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Prompt {
    pub(super) purpose: For,
    /// Which item it is about.
    pub(super) number: u64,
    given: Vec<String>,
    pub(super) text: String,
}

impl Prompt {
    pub(super) fn new(purpose: For, number: u64, text: &str) -> Self {
        Self { purpose, number, given: Vec::new(), text: text.to_owned() }
    }

    /// The question that is open now.
    pub(super) fn question(&self) -> &'static str {
        self.purpose.questions().get(self.given.len()).copied().unwrap_or_default()
    }

    pub(super) fn type_in(&mut self, letter: char) {
        if self.text.chars().count() < MAX_CHARACTERS {
            self.text.push(letter);
        }
    }

    pub(super) fn take_back(&mut self) {
        self.text.pop();
    }

    /// Takes the answer; whether it was the last. What is asked for and left empty is asked for again.
    pub(super) fn answer(&mut self) -> bool {
        if self.text.trim().is_empty() && self.purpose != For::Filter {
            return false;
        }
        self.given.push(std::mem::take(&mut self.text).trim().to_owned());
        self.given.len() == self.purpose.questions().len()
    }

    /// What was answered, as the body of a request.
    pub(super) fn body(&self) -> Value {
        let part = |index: usize| self.given.get(index).map_or("", String::as_str);
        match self.purpose {
            For::Comment => json!({ "text": part(0) }),
            For::Handoff => json!({
                "to": part(0),
                "packet": { "tried": part(1), "state": part(2), "why_you": part(3), "links": [] },
            }),
            For::Filter => Value::Null,
        }
    }

    /// The first answer.
    pub(super) fn first(&self) -> String {
        self.given.first().cloned().unwrap_or_default()
    }
}
