//! `If-Match` (RFC 9110, 13.1.1): which version of an item somebody means to change.
//!
//! `*` is whatever version there is; an item that is not there is 404 before anybody looks at this. Tags are compared strongly,
//! so that a weak one, and one that is none of an item's, name no version at all. A lost race is 409 here, where the RFC has
//! 412: with the item as it is, which whoever lost needs more than the name of the header.

use dogwatch_triage::alert::AlertNumber;
use http::{HeaderMap, header};

use crate::{
    api::problem::Problem,
    refusal::{Code, Refusal},
};

/// What somebody expects.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Nothing, or any version.
    Any,
    /// This one: of several the one that the item has now, else the first, which was overtaken.
    Version(u64),
    /// Tags of which none can be a version.
    NoVersion,
}

impl Expected {
    /// Reads the header; `now` is the version that the item has.
    ///
    /// # Errors
    /// It is no list of tags.
    pub(super) fn read(headers: &HeaderMap, now: u64) -> Result<Self, Problem> {
        let (mut seen, mut given) = (Vec::new(), 0);
        for value in headers.get_all(header::IF_MATCH) {
            let mut rest = value.to_str().map_err(|_| not_a_list())?;
            while let Some((tag, behind)) = next(rest)? {
                given += 1;
                match tag {
                    Tag::Any => return Ok(Self::Any),
                    Tag::Strong(version) => seen.extend(version.parse::<u64>().ok()),
                    Tag::Weak => {}
                }
                rest = behind;
            }
            if given == 0 {
                return Err(not_a_list());
            }
        }
        let meant = seen.iter().find(|version| **version == now).or(seen.first()).copied();
        Ok(match (meant, given) {
            (Some(version), _) => Self::Version(version),
            (None, 0) => Self::Any,
            (None, _) => Self::NoVersion,
        })
    }

    /// The version to be held against the item's.
    ///
    /// # Errors
    /// There is none that could be the item's.
    pub(super) fn version(self, number: AlertNumber) -> Result<Option<u64>, Refusal> {
        match self {
            Self::Any => Ok(None),
            Self::Version(version) => Ok(Some(version)),
            Self::NoVersion => Err(Refusal::new(
                Code::Conflict,
                format!(
                    "the `if-match` header names no version of {number}: weak tags (`W/`) never match; send the answer's `etag` \
                     as it came, such as \"7\", or `*` for whatever version there is"
                ),
            )),
        }
    }
}

/// One element of the list.
enum Tag<'a> {
    Any,
    Strong(&'a str),
    Weak,
}

/// The next element and what is behind it; none at the end.
fn next(list: &str) -> Result<Option<(Tag<'_>, &str)>, Problem> {
    let list = list.trim_start_matches([' ', '\t', ',']);
    if list.is_empty() {
        return Ok(None);
    }
    let (weak, from) = match list.strip_prefix("W/") {
        Some(from) => (true, from),
        None => (false, list),
    };
    let (tag, behind) = match from.strip_prefix('"') {
        Some(from) => from.split_once('"').ok_or_else(not_a_list)?,
        // A version without its quotes is understood, for it cannot be anything else.
        None => from.split_at(from.find(',').unwrap_or(from.len())),
    };
    let (tag, behind) = (tag.trim_end(), behind.trim_start());
    let quoted = from.starts_with('"');
    let is_bare = !quoted && !weak && (tag == "*" || tag.bytes().all(|byte| byte.is_ascii_digit()));
    if !(quoted || is_bare) || !(behind.is_empty() || behind.starts_with(',')) {
        return Err(not_a_list());
    }
    Ok(Some(match (weak, tag) {
        (true, _) => (Tag::Weak, behind),
        (false, "*") if !quoted => (Tag::Any, behind),
        (false, tag) => (Tag::Strong(tag), behind),
    }))
}

fn not_a_list() -> Problem {
    Problem::invalid(
        "the `if-match` header is neither a version nor `*`; send the answer's `etag` as it came, such as \"7\"",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(values: &[&'static str], now: u64) -> Result<Expected, ()> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::IF_MATCH, http::HeaderValue::from_static(value));
        }
        Expected::read(&headers, now).map_err(|_| ())
    }

    #[test]
    fn a_version_a_list_of_them_and_the_wildcard_are_understood() {
        for (values, meant) in [
            (&[][..], Expected::Any),
            (&["*"], Expected::Any),
            (&["\"7\""], Expected::Version(7)),
            (&["7"], Expected::Version(7)),
            (&["\"6\", \"8\""], Expected::Version(8)),
            (&["\"6\",,\t\"8\" ,"], Expected::Version(8)),
            (&["W/\"8\", \"7\""], Expected::Version(7)),
            (&["\"6\"", "\"7\""], Expected::Version(6)),
            (&["\"a, b\", \"8\""], Expected::Version(8)),
        ] {
            assert_eq!(expected(values, 8), Ok(meant), "{values:?}");
        }
    }

    #[test]
    fn weak_and_foreign_tags_are_tags_and_never_match() {
        for value in ["W/\"8\"", "\"\"", "\"*\"", "\"0a1b2c3d\"", "W/\"a\", \"b\""] {
            assert_eq!(expected(&[value], 8), Ok(Expected::NoVersion), "{value}");
        }
        let refusal = Expected::NoVersion.version(AlertNumber(1)).unwrap_err();
        assert!(refusal.what.contains("names no version of #1"), "{}", refusal.what);
    }

    #[test]
    fn what_is_no_list_of_tags_is_refused() {
        for value in ["soon", "", ",", "\"7", "W/7", "W/*", "\"7\" \"8\"", "-1", "w/\"7\""] {
            assert_eq!(expected(&[value], 8), Err(()), "{value}");
        }
    }
}
