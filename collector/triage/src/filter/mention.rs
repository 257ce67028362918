//! What a filter mentions and only a matrix knows: the tools that it asks an owner of, the teams that it compares one with.
//!
//! Fields are the schema's, so a wrong one is refused when a filter is compiled. Tools and teams are an org's: whoever takes
//! a filter from a person holds its mentions against the [`Vocabulary`] of that person's orgs. A name that none of them has
//! would match nothing, today and ever, and nobody would notice.
//!
//! What it deliberately does not do: look into texts that are put together or chosen while the filter runs.

use std::collections::BTreeSet;

use super::{Filter, FilterError, nearest};

/// The most names of an answer that lists what there is: what fits a line or two of a terminal.
const MAX_LISTED: usize = 12;

/// Which kind of name it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Tool,
    Team,
}

/// A name, and where it stands in the source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mention {
    pub(super) kind: Kind,
    pub(super) name: Box<str>,
    /// As a byte offset.
    pub(super) at: usize,
}

/// The tools and teams that somebody may ask about.
#[derive(Debug, Clone, Default)]
pub struct Vocabulary<'m> {
    /// By their ids.
    pub tools: BTreeSet<&'m str>,
    /// By their ids.
    pub teams: BTreeSet<&'m str>,
}

impl Vocabulary<'_> {
    fn check(&self, source: &str, mentions: &[Mention]) -> Result<(), FilterError> {
        mentions.iter().try_for_each(|mention| {
            let (noun, known) = match mention.kind {
                Kind::Tool => ("tool", &self.tools),
                Kind::Team => ("team", &self.teams),
            };
            if known.contains(&*mention.name) {
                return Ok(());
            }
            let what = format!("no {noun} `{}` in any matrix in sight", mention.name);
            let error = FilterError::at(source, mention.at, what);
            Err(match nearest(&mention.name, known.iter().copied()) {
                Some(near) => error.mend(format!("did you mean `{near}`?")),
                None => error.mend(listed(noun, known)),
            })
        })
    }
}

fn listed(noun: &str, known: &BTreeSet<&str>) -> String {
    let names: Vec<&str> = known.iter().copied().take(MAX_LISTED).collect();
    match known.len().saturating_sub(MAX_LISTED) {
        _ if names.is_empty() => format!("there is no {noun} yet: a matrix names them"),
        0 => format!("there are: {}", names.join(", ")),
        more => format!("there are: {} and {more} more", names.join(", ")),
    }
}

impl Filter {
    /// Makes sure that every tool and team that it mentions is one of those. They are gathered only where it mentions any.
    ///
    /// # Errors
    /// [`FilterError`] at the first that is not, with what was probably meant.
    pub fn known_to<'m>(&self, vocabulary: impl FnOnce() -> Vocabulary<'m>) -> Result<(), FilterError> {
        if self.mentions.is_empty() {
            return Ok(());
        }
        vocabulary().check(&self.source, &self.mentions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::ItemFilter;

    fn refusal(source: &str) -> Option<String> {
        let vocabulary =
            Vocabulary { tools: ["backup", "edr", "patching"].into(), teams: ["acme-it", "msp-noc"].into() };
        let queue = ItemFilter::typed(source).unwrap().known_to(|| vocabulary.clone());
        let fleet = Filter::typed(source).unwrap().known_to(|| vocabulary);
        assert_eq!(queue, fleet, "{source}");
        fleet.err().map(|error| error.to_string())
    }

    #[test]
    fn a_tool_or_a_team_that_no_matrix_has_is_refused_with_its_place_and_what_was_meant() {
        let table = [
            (
                "owner(\"bckup\") == \"msp-noc\"",
                "line 1, column 7: no tool `bckup` in any matrix in sight; did you mean `backup`?",
            ),
            (
                "online &&\n  owner(\"backup\") != \"msp-nok\"",
                "line 2, column 22: no team `msp-nok` in any matrix in sight; did you mean `msp-noc`?",
            ),
            (
                "\"acme-at\" == owner(\"edr\")",
                "line 1, column 1: no team `acme-at` in any matrix in sight; did you mean `acme-it`?",
            ),
            (
                "owner(\"edr\") in [\"acme-it\", \"sales\"]",
                "line 1, column 29: no team `sales` in any matrix in sight; there are: acme-it, msp-noc",
            ),
            (
                "has(name) && owner(\"telephony\").startsWith(\"m\")",
                "line 1, column 20: no tool `telephony` in any matrix in sight; \
                 there are: backup, edr, patching",
            ),
        ];
        for (source, words) in table {
            assert_eq!(refusal(source).as_deref(), Some(words), "{source}");
        }
    }

    #[test]
    fn names_that_a_matrix_has_pass_and_so_do_texts_that_are_no_names() {
        for source in [
            "owner(\"backup\") == \"msp-noc\"",
            "owner(\"edr\") in [\"acme-it\", \"msp-noc\"]",
            "owner(\"edr\") == owner(\"patching\")",
            "owner(\"edr\").startsWith(\"msp\")",
            "name == \"sales\"",
            "srv online:true",
        ] {
            assert_eq!(refusal(source), None, "{source}");
        }
    }

    #[test]
    fn long_lists_are_cut_and_empty_ones_say_so() {
        let filter = Filter::typed("owner(\"zz\") == \"x\"").unwrap();
        let names: Vec<String> = (0..MAX_LISTED + 3).map(|n| format!("tool-{n:02}")).collect();
        let vocabulary =
            Vocabulary { tools: names.iter().map(String::as_str).collect(), teams: BTreeSet::new() };
        let long = filter.known_to(|| vocabulary).unwrap_err().sentence();
        assert!(long.ends_with("tool-11 and 3 more"), "{long}");
        let none = filter.known_to(Vocabulary::default).unwrap_err().sentence();
        assert!(none.ends_with("there is no tool yet: a matrix names them"), "{none}");
    }
}
