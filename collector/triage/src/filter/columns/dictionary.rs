//! Texts that stand once: a column holds their numbers.
//!
//! A question about a text is then asked once per different text and not once per endpoint, and all different texts
//! lie in one piece of memory.

use std::collections::BTreeMap;

use memchr::memmem;

/// Stands between texts that are searched in one go. What is searched for does not contain it.
const BETWEEN: char = '\0';

/// Different texts, or different lists of texts, by number.
#[derive(Debug, Default)]
pub(super) struct Dictionary {
    /// Every entry's texts, one after the other.
    text: String,
    /// The same in lower case, byte for byte as long.
    lower: String,
    /// Where each entry ends in both.
    ends: Vec<u32>,
    codes: BTreeMap<Box<str>, u32>,
    /// The entries of lists.
    lists: Vec<Box<[String]>>,
    list_codes: BTreeMap<Box<[String]>, u32>,
}

impl Dictionary {
    pub(super) fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether its texts cannot be told apart by 32-bit places any more.
    pub(super) fn is_full(&self) -> bool {
        u32::try_from(self.text.len()).is_err()
    }

    /// The number of a text, new or known.
    pub(super) fn intern(&mut self, text: &str) -> u32 {
        if let Some(code) = self.codes.get(text) {
            return *code;
        }
        let code = self.push(&[text]);
        self.codes.insert(text.into(), code);
        code
    }

    /// The number of a list.
    pub(super) fn intern_list(&mut self, list: &[String]) -> u32 {
        if let Some(code) = self.list_codes.get(list) {
            return *code;
        }
        let code = self.push(list);
        self.lists.push(list.into());
        self.list_codes.insert(list.into(), code);
        code
    }

    fn push(&mut self, texts: &[impl AsRef<str>]) -> u32 {
        let start = self.text.len();
        for text in texts {
            self.text.push_str(text.as_ref());
            self.text.push(BETWEEN);
        }
        if texts.is_empty() {
            self.text.push(BETWEEN);
        }
        self.lower.push_str(&self.text[start..]);
        self.lower[start..].make_ascii_lowercase();
        self.ends.push(u32::try_from(self.text.len()).unwrap_or(u32::MAX));
        u32::try_from(self.ends.len() - 1).unwrap_or(u32::MAX)
    }

    /// The number of a text, if any endpoint has it.
    pub(super) fn code(&self, text: &str) -> Option<u32> {
        self.codes.get(text).copied()
    }

    /// The text of a number.
    pub(super) fn text(&self, code: u32) -> &str {
        let code = code as usize;
        let start = code.checked_sub(1).map_or(0, |before| self.ends[before] as usize);
        &self.text[start..self.ends[code] as usize - BETWEEN.len_utf8()]
    }

    /// The list of a number.
    pub(super) fn list(&self, code: u32) -> &[String] {
        &self.lists[code as usize]
    }

    /// Gives every number whose text contains `needle`, which is in lower case, whatever the text's own case.
    pub(super) fn mentioning(&self, needle: &str, mut give: impl FnMut(usize)) {
        let mut entry = 0;
        for at in memmem::find_iter(self.lower.as_bytes(), needle) {
            while self.ends[entry] as usize <= at {
                entry += 1;
            }
            give(entry);
        }
    }

    /// For each number its place among the texts in order.
    pub(super) fn ranks(&self) -> Vec<u32> {
        let mut ranks = vec![0; self.len()];
        for (rank, code) in (0_u32..).zip(self.codes.values()) {
            ranks[*code as usize] = rank;
        }
        ranks
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_has_one_number_and_a_number_one_text() {
        let mut dictionary = Dictionary::default();
        let codes = ["b", "", "a", "b", ""].map(|text| dictionary.intern(text));
        assert_eq!(codes, [0, 1, 2, 0, 1]);
        assert_eq!([0, 1, 2].map(|code| dictionary.text(code)), ["b", "", "a"]);
        assert_eq!(dictionary.ranks(), [2, 0, 1]);
    }

    #[test]
    fn a_search_finds_every_entry_whatever_its_case_and_never_across_two() {
        let mut dictionary = Dictionary::default();
        for text in ["SRV-01", "xa", "aa", "lap", "asrv"] {
            dictionary.intern(text);
        }
        let found = |needle: &str| {
            let mut found = Vec::new();
            dictionary.mentioning(needle, |entry| found.push(entry));
            found.dedup();
            found
        };
        assert_eq!(found("srv"), [0, 4]);
        assert_eq!(found("aa"), [2]);
        assert_eq!(found("zz"), [0_usize; 0]);
    }

    #[test]
    fn lists_keep_their_members_apart() {
        let mut dictionary = Dictionary::default();
        let lists = [vec!["ab".to_owned()], vec!["a".to_owned(), "b".to_owned()], vec![]];
        let codes = lists.each_ref().map(|list| dictionary.intern_list(list));
        assert_eq!(codes, [0, 1, 2]);
        assert_eq!(dictionary.list(1), lists[1]);
        let mut found = Vec::new();
        dictionary.mentioning("ab", |entry| found.push(entry));
        assert_eq!(found, [0]);
    }
}
