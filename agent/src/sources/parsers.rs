//! Every parser of what a tool prints or a system file holds, by name: one table for the test that feeds them garbage
//! and for the fuzzer, so that no parser is forgotten by either.
//!
//! A parser takes any text and answers; it never panics, and it takes time in proportion to what it was given.

use super::{patch, software};
use crate::service;

/// A parser behind a common face: what it makes of the text does not matter here.
pub type Parser = fn(&str);

/// Name and parser, sorted by name.
pub const PARSERS: &[(&str, Parser)] = &[
    ("apk.installed", software::apk::survives),
    ("apk.version", patch::apk::survives),
    ("apt.simulation", patch::apt::survives),
    ("brew.outdated", patch::brew::survives),
    ("dnf", patch::dnf::survives),
    ("dpkg.status", software::dpkg::survives),
    ("flatpak", patch::flatpak::survives),
    ("launchctl.print", service::launchctl_print::survives),
    ("pacman", patch::pacman::survives),
    ("pacman.folder", software::pacman::survives),
    ("proc.maps", patch::libraries_survive),
    ("rpm.installed", patch::rpm::survives),
    ("snap.state", patch::snap::survives),
    ("snap.yaml", software::snap::survives),
    ("systemctl.show", service::systemctl_show::survives),
    ("xml", patch::xml::survives),
    ("zypper", patch::zypper::survives),
];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_sorted_and_unique() {
        assert!(PARSERS.is_sorted_by(|a, b| a.0 < b.0));
    }

    proptest! {
        #[test]
        fn garbage_is_survived(text in any::<String>()) {
            PARSERS.iter().for_each(|(_, parse)| parse(&text));
        }

        /// Nearly right is harder than garbage: words, numbers, signs and line ends in any order.
        #[test]
        fn near_text_is_survived(
            words in prop::collection::vec("[a-z]{1,8}|[0-9]{1,20}|[{}\\[\\]()<>:;,=|/\"'%\t -]{1,3}|\r?\n|\\PC", 0..200),
        ) {
            let text = words.concat();
            PARSERS.iter().for_each(|(_, parse)| parse(&text));
        }
    }
}
