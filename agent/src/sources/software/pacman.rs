//! Arch's database of installed packages: a folder `NAME-VERSION-RELEASE` each.

use dogwatch_model::Software;

use super::entry;

pub(super) fn package(folder: &str) -> Option<Software> {
    let release = folder.rfind('-')?;
    let version = folder[..release].rfind('-').filter(|at| *at > 0)?;
    Some(entry("pacman", &folder[..version], &folder[version + 1..]))
}

/// The face of the parser in the table of parsers.
pub(in crate::sources) fn survives(text: &str) {
    package(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_hold_dashes() {
        assert_eq!(package("gcc-libs-14.2.1+r134-1"), Some(entry("pacman", "gcc-libs", "14.2.1+r134-1")));
        assert_eq!(package("ALPM_DB_VERSION"), None);
        assert_eq!(package("-1-1"), None);
    }
}
