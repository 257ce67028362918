//! Alpine's database of installed packages: lines of a letter, a colon and a value; an empty line ends a package.

use dogwatch_model::Software;

use super::entry;

pub(super) fn installed(database: &str) -> Vec<Software> {
    let package = |paragraph: &str| {
        let value = |letter| paragraph.lines().find_map(|line| line.strip_prefix(letter));
        Some(entry("apk", value("P:")?, value("V:")?))
    };
    database.split("\n\n").filter_map(package).collect()
}

/// The face of the parser in the table of parsers.
pub(in crate::sources) fn survives(text: &str) {
    installed(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_version_of_each_package_are_found() {
        // As Alpine 3.20 writes it, shortened.
        let database =
            "C:Q1abc=\nP:musl\nV:1.2.5-r0\nA:x86_64\n\nC:Q1def=\nP:busybox\nV:1.36.1-r29\nF:bin\nR:P:x\n\n";
        assert_eq!(
            installed(database),
            [entry("apk", "musl", "1.2.5-r0"), entry("apk", "busybox", "1.36.1-r29")]
        );
    }
}
