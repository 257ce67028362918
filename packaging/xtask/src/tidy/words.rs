//! Words that have no place in the project: notes to oneself, paths of one person's machine, and hosts that
//! a build must not name because its package manager knows them.
//!
//! The patterns are put together from pieces, so that this file does not find itself.

use crate::finding::Finding;
use crate::tree::File;

/// A tool writes it; it names every source by its full address.
const WRITTEN_BY_CARGO: &str = "Cargo.lock";

const NOTES: [&str; 2] = [concat!("FIX", "ME"), concat!("XX", "X")];

/// Folders outside the repository: true on one machine only.
const OUTSIDE: [&str; 2] = [concat!("/wo", "rk/"), concat!("../sha", "red")];

const REGISTRIES: [&str; 4] = ["crates", "pypi", "npm", "deb"];

pub(super) fn check(file: &File) -> Vec<Finding> {
    if file.name() == WRITTEN_BY_CARGO {
        return Vec::new();
    }
    let found = |(number, line): (usize, &str)| {
        let (what, mend) = if NOTES.iter().any(|note| has_word(line, note)) {
            ("a note to oneself", "do it now, or write it where work is planned")
        } else if OUTSIDE.iter().any(|path| has_path(line, path)) {
            ("a path that exists on one machine only", "name the place relative to the repository")
        } else if names_registry(line) {
            ("the host of a package registry", "leave it to the package manager's own configuration")
        } else {
            return None;
        };
        Some(Finding::new(&file.path, number, what, mend))
    };
    file.lines().filter_map(found).collect()
}

/// Whether `word` stands in `line` by itself, not as a part of a longer word.
fn has_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let part_of_word = |letter: char| letter.is_alphanumeric() || letter == '_';
        !line[..at].ends_with(part_of_word) && !line[at + word.len()..].starts_with(part_of_word)
    })
}

/// Whether `path` begins in `line`, and is not the middle of a longer one.
fn has_path(line: &str, path: &str) -> bool {
    let part_of_path = |letter: char| letter.is_alphanumeric() || "_-.}".contains(letter);
    line.match_indices(path).any(|(at, _)| !line[..at].ends_with(part_of_path))
}

fn names_registry(line: &str) -> bool {
    line.match_indices("//").any(|(at, slashes)| {
        let rest = &line[at + slashes.len()..];
        let end = rest.find(|letter: char| !letter.is_ascii_lowercase() && !"-.".contains(letter));
        let host = &rest[..end.unwrap_or(rest.len())];
        (host.ends_with(".io") || host.ends_with(".org")) && REGISTRIES.iter().any(|name| host.contains(name))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::seeded;

    #[test]
    fn words_out_of_place_are_found_with_their_line() {
        for word in [
            concat!("// FIX", "ME: later"),
            concat!("XX", "X"),
            concat!("cd /wo", "rk/main"),
            concat!("see `../sha", "red/design`"),
            concat!("https://index.cra", "tes.io/config"),
            concat!("https://files.py", "pi.org"),
            concat!("http://registry.np", "m.io/a"),
        ] {
            let findings = seeded("agent/README.md", &format!("fine\n{word}\n"), check);
            assert_eq!(findings.len(), 1, "{word}");
            assert!(findings[0].starts_with("agent/README.md:2: "), "{findings:?}");
        }
    }

    #[test]
    fn longer_words_paths_and_other_hosts_are_fine() {
        for word in [
            concat!("mktemp XX", "XXXX"),
            concat!("GET /api/wo", "rk/1"),
            "https://docs.rs/crates",
            "a // crates and more.org",
        ] {
            assert_eq!(seeded("agent/README.md", word, check), [""; 0], "{word}");
        }
        assert_eq!(seeded("Cargo.lock", concat!("//github.com/x\n//cra", "tes.io"), check), [""; 0]);
    }
}
