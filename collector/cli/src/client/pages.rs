//! From page to page of an answer, and no further than it goes: a collector in the wrong hands must not keep us asking.

use serde_json::Value;

use crate::failure::{Exit, Failure};

/// Where the next page begins.
#[derive(Default)]
pub(crate) struct Pages {
    next: Option<String>,
}

impl Pages {
    /// What asks for the page that comes now; nothing for the first.
    pub(crate) fn cursor(&self) -> Option<&str> {
        self.next.as_deref()
    }

    /// Goes on behind a page of so many rows; tells whether there is more. Each page that has another behind it has rows, and
    /// leads on: what does not would never end.
    pub(crate) fn turn(&mut self, page: &Value, rows: usize) -> Result<bool, Failure> {
        let next = page["next"].as_str().map(str::to_owned);
        if next.is_some() && (rows == 0 || next == self.next) {
            let how = if rows == 0 { "an empty page, and says" } else { "the same page twice, and says" };
            let what = format!(
                "the collector answers with {how} that more follows; is that a Dogwatch collector? If so, its log knows more"
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
        let said = pages.turn(&json!({ "next": "x" }), 0).unwrap_err().to_string();
        assert!(said.starts_with("the collector answers with an empty page"), "{said}");
        assert_eq!(pages.turn(&json!({ "next": "x" }), 1), Ok(true));
        let said = pages.turn(&json!({ "next": "x" }), 1).unwrap_err().to_string();
        assert!(said.starts_with("the collector answers with the same page twice"), "{said}");
    }
}
