//! `search("srv")`: a word, wherever people look for one, whatever its case. What is not known does not mention it, so
//! a search is never unknown.

use super::{Fact, Listing, Scope};
use crate::filter::{
    names,
    reads::Reads,
    schema::{About, Kind},
    value::{List, Value},
};

/// Where a word is looked for: what an endpoint is called, where it stands, what it runs, whose it is. `labels.user` is
/// where people note the last.
pub(crate) const PLACES: [&str; 9] =
    ["name", "site", "os.family", "os.name", "net.hostname", "net.addresses", "net.macs", "tags", USER];

const USER: &str = "labels.user";

/// Where a word is looked for besides, in an item of the queue.
const IN_ITEMS: [&str; 8] =
    ["endpoint_name", "title", "rule", "subject", "category", "tool", "owner.team", "assignee.person"];

/// A word and where it is looked for.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    /// In lower case; it does not contain NUL.
    pub(crate) word: Box<str>,
    texts: Vec<Fact>,
    lists: Vec<Listing>,
}

impl Search {
    pub(crate) fn new(word: &str, about: About) -> Self {
        let mut search =
            Self { word: word.to_ascii_lowercase().into(), texts: Vec::new(), lists: Vec::new() };
        let own = if about == About::Endpoint { &[][..] } else { &IN_ITEMS };
        for &name in own.iter().chain(&PLACES) {
            match names::lookup_of(about, name).map(|(field, _)| &field.kind) {
                Some(Kind::Value(_, get)) => {
                    search.texts.push(Fact { slot: 0, get: *get, name: name.into() })
                }
                Some(Kind::Texts(get)) => {
                    search.lists.push(Listing { slot: 0, get: *get, name: name.into() })
                }
                _ => {}
            }
        }
        search
    }

    /// The facts that it reads.
    pub(crate) fn names(&self) -> impl Iterator<Item = Box<str>> {
        PLACES.into_iter().map(Box::from)
    }

    /// The parts of an endpoint that it reads.
    pub(crate) fn reads(&self) -> Reads {
        let all = PLACES.iter().filter_map(|name| names::lookup(name));
        all.fold(Reads::NONE, |all, (_, reads)| all | reads)
    }

    pub(crate) fn finds(&self, scope: &Scope<'_, '_>) -> bool {
        let in_text = |fact: &Fact| match fact.read(scope) {
            Value::Text(text) => mentions(text, &self.word),
            _ => false,
        };
        let in_list = |listing: &Listing| match listing.read(scope) {
            Some(List::Texts(texts)) => texts.iter().any(|text| mentions(text, &self.word)),
            _ => false,
        };
        let user = scope.row().endpoint.labels.get(&USER["labels.".len()..]);
        self.texts.iter().any(in_text)
            || self.lists.iter().any(in_list)
            || user.is_some_and(|user| mentions(user, &self.word))
    }
}

/// Whether a text contains a word that is in lower case, whatever the text's own case.
fn mentions(text: &str, word: &str) -> bool {
    text.as_bytes().windows(word.len()).any(|part| part.eq_ignore_ascii_case(word.as_bytes()))
}
