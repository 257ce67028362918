//! Things that callers do, each with a mark by which its effect and its record are known again.

use anyhow::Result;
use dogwatch_tests::{
    bench::api::{Answer, Api},
    harness::{Lab, ORG, SITE},
};
use serde_json::{Value, json};
use ureq::http::Method;

/// What every mark begins with.
const MARK: &str = "act-";

/// Something to do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Act {
    /// Somebody new gets a token, which only the answer holds.
    Token(u64),
    /// A join token for a site of its own.
    JoinToken(u64),
    /// A view, which a second try would save anew.
    View(u64),
    /// An item by hand. Its record is its own timeline.
    Item(u64),
}

/// Something that was tried under a key.
#[derive(Debug)]
pub(super) struct Deed {
    pub(super) act: Act,
    key: String,
    /// What came back; nothing when the collector died first.
    pub(super) answer: Option<Answer>,
}

impl Act {
    /// Kinds in turn.
    pub(super) const fn of(number: u64) -> Self {
        // By halves, so that what is even and what is odd has every kind.
        match number / 2 % 8 {
            0 | 4 => Self::Token(number),
            1 | 5 => Self::JoinToken(number),
            // An org has a hundred at the most.
            2 => Self::View(number),
            _ => Self::Item(number),
        }
    }

    pub(super) const fn number(self) -> u64 {
        match self {
            Self::Token(number) | Self::JoinToken(number) | Self::View(number) | Self::Item(number) => number,
        }
    }

    /// What its effect and its record have in them.
    pub(super) fn mark(self) -> String {
        format!("{MARK}{}", self.number())
    }

    /// Whether the audit has a record of it.
    pub(super) const fn is_recorded(self) -> bool {
        !matches!(self, Self::Item(_))
    }

    fn request(self) -> (&'static str, Value) {
        let mark = self.mark();
        match self {
            Self::Token(_) => {
                let order = json!({ "person": mark, "side": "msp", "org": ORG, "role": "viewer" });
                ("/api/v1/tokens", order)
            }
            Self::JoinToken(_) => ("/api/v1/join-tokens", json!({ "org": ORG, "site": mark, "uses": 1 })),
            Self::View(_) => ("/api/v1/views", json!({ "name": mark, "filter": "os:linux", "org": ORG })),
            Self::Item(_) => (
                "/api/v1/alerts",
                json!({ "org": ORG, "site": SITE, "tool": "rmm", "text": mark, "another": true }),
            ),
        }
    }
}

impl Deed {
    pub(super) fn new(act: Act) -> Self {
        Self { act, key: format!("key-of-{}-{}", act.mark(), std::process::id()), answer: None }
    }

    /// Asks for it, under its key.
    pub(super) fn ask(&self, api: &Api) -> Result<Answer> {
        let (path, body) = self.act.request();
        api.once(Method::POST, path, &body, &self.key)
    }
}

/// The mark of every effect that is there.
#[track_caller]
pub(super) fn effects(lab: &Lab) -> Vec<String> {
    let mut marks = Vec::new();
    for (path, list, member) in [
        ("/api/v1/tokens", "tokens", "person"),
        ("/api/v1/join-tokens", "join_tokens", "site"),
        ("/api/v1/views", "views", "name"),
        ("/api/v1/queue?state=all&hidden=true&limit=20000", "alerts", "title"),
    ] {
        let page = lab.collector().api().get(path).expect("an administrator reads");
        let rows = page[list].as_array().unwrap_or_else(|| panic!("no {list} in {page}"));
        assert!(page["next"].is_null(), "{path} is one page");
        marks.extend(rows.iter().filter_map(|row| mark_in(&row[member])));
    }
    marks
}

/// The mark of every record of such an act.
#[track_caller]
pub(super) fn recorded(export: &str) -> Vec<String> {
    let records = export.lines().map(|line| serde_json::from_str::<Value>(line).expect("lines of JSON"));
    let marked = |record: Value| match record["act"].as_str()? {
        "token.create" => {
            mark_in(record["after"].as_array()?.iter().find_map(|one| one.get("token"))?.get("person")?)
        }
        "join-token.create" => mark_in(&record["after"]["site"]),
        "view.save" => mark_in(&record["on"]),
        _ => None,
    };
    records.filter_map(marked).collect()
}

fn mark_in(value: &Value) -> Option<String> {
    let text = value.as_str()?;
    let (_, digits) = text.split_once(MARK)?;
    Some(format!("{MARK}{}", digits.split(|c: char| !c.is_ascii_digit()).next()?))
}
