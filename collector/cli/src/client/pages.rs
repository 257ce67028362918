//! From page to page of an answer, and no further than it goes: a collector in the wrong hands must not keep us asking.

use serde_json::Value;

use crate::failure::{Exit, Failure};

/// Empty pages in a row. A page of the audit looks at thousands of records, and of a chain of millions none may match.
const MAX_EMPTY: usize = 1_000;

/// Where the next page begins.
#[derive(Default)]
pub(crate) struct Pages {
    next: Option<String>,
    /// Pages without a row since the last one that had any.
    empty: usize,
}

impl Pages {
    /// What asks for the page that comes now; nothing for the first.
    pub(crate) fn cursor(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// Goes on behind a page of so many rows; tells whether there is more. Each page leads on, and some have rows: what does
    /// not would never end.
    pub(crate) fn turn(&mut self, page: &Value, rows: usize) -> Result<bool, Failure> {
        let next = page["next"].as_str().map(str::to_owned);
        self.empty = if rows == 0 { self.empty + 1 } else { 0 };
        let how = match next.is_some() {
            true if next == self.next => Some("the same page again and again"),
            true if self.empty > MAX_EMPTY => Some("empty pages only"),
            _ => None,
        };
        if let Some(how) = how {
            let what = format!(
                "the collector answers with {how}, and says that more follows; is that a Dogwatch collector? If so, its log \
                 knows more"
            );
            return Err(Failure::new(Exit::Unreachable, what));
        }
        self.next = next;
        Ok(self.next.is_some())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pages_are_turned_to_the_last_and_no_further() {
        let mut pages = Pages::default();
        assert_eq!(pages.cursor(), None);
        assert_eq!(pages.turn(&json!({ "next": "a" }), 2), Ok(true));
        assert_eq!(pages.cursor(), Some("a"));
        assert_eq!(pages.turn(&json!({ "next": "b" }), 1), Ok(true));
        assert_eq!(pages.turn(&json!({}), 0), Ok(false), "the last page may be empty");
    }

    #[test]
    fn pages_that_would_never_end_are_an_error() {
        let mut pages = Pages::default();
        assert_eq!(pages.turn(&json!({ "next": "x" }), 1), Ok(true));
        let said = pages.turn(&json!({ "next": "x" }), 1).unwrap_err().to_string();
        assert!(said.starts_with("the collector answers with the same page again and again"), "{said}");
        let mut pages = Pages::default();
        for number in 0..MAX_EMPTY {
            assert_eq!(
                pages.turn(&json!({ "next": number.to_string() }), 0),
                Ok(true),
                "none of these may match"
            );
        }
        let said = pages.turn(&json!({ "next": "y" }), 0).unwrap_err().to_string();
        assert!(said.starts_with("the collector answers with empty pages only"), "{said}");
    }
}
