//! Which kernels are installed? Pure but for the listing of one folder.

use std::{cmp::Ordering, fs, path::Path};

/// The newest installed kernel of the running one's flavour (`amd64`, `generic`, `lts` …), by its modules. `None` where
/// no kernel is installed, as in a container.
pub(in crate::sources) fn newest(root: &Path, running: &str) -> Option<String> {
    let folders = fs::read_dir(root.join("lib/modules")).ok()?;
    let complete = folders.flatten().filter(|folder| folder.path().join("modules.dep").exists());
    let names = complete.filter_map(|folder| folder.file_name().into_string().ok());
    names.filter(|name| flavour(name) == flavour(running)).max_by(|a, b| compare(a, b))
}

/// What follows the last number: `amd64` of `6.1.0-27-amd64`, `el9.x86_64` of `5.14.0-427.el9.x86_64`.
fn flavour(release: &str) -> &str {
    let letters = release.rfind(['-', '.']).map_or("", |at| &release[at + 1..]);
    letters.trim_start_matches(|c: char| c.is_ascii_digit())
}

/// Numbers by their value, everything else by its letters.
fn compare(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (pieces(a), pieces(b));
    loop {
        let ordering = match (a.next(), b.next()) {
            (None, None) => return Ordering::Equal,
            (x, y) => {
                let numbers =
                    x.zip(y).and_then(|(x, y)| Some((x.parse::<u64>().ok()?, y.parse::<u64>().ok()?)));
                numbers.map_or_else(|| x.cmp(&y), |(x, y)| x.cmp(&y))
            }
        };
        if ordering != Ordering::Equal {
            return ordering;
        }
    }
}

/// Runs of digits and runs of anything else.
fn pieces(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(|c: char| !c.is_ascii_digit()).flat_map(|piece| {
        let digits = piece.len() - piece.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = piece.split_at(digits);
        [number, rest].into_iter().filter(|piece| !piece.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_of_the_same_flavour_counts_by_numbers_not_by_letters() {
        let root = tempfile::tempdir().unwrap();
        for name in ["6.1.0-9-amd64", "6.1.0-27-amd64", "6.12.1-2-rt-amd64-x", "6.1.0-31-cloud"] {
            let folder = root.path().join("lib/modules").join(name);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("modules.dep"), "").unwrap();
        }
        // A removed kernel leaves its folder behind.
        fs::create_dir_all(root.path().join("lib/modules/6.9.0-1-amd64")).unwrap();
        assert_eq!(newest(root.path(), "6.1.0-9-amd64").as_deref(), Some("6.1.0-27-amd64"));
        assert_eq!(newest(root.path(), "6.1.0-9-none"), None);
    }

    #[test]
    fn releases_of_every_maker_are_in_order() {
        for (older, newer) in [
            ("5.14.0-362.8.1.el9_3.x86_64", "5.14.0-427.13.1.el9_4.x86_64"),
            ("6.9.7-arch1-1", "6.10.2-arch1-1"),
            ("5.15.0-94-generic", "5.15.0-101-generic"),
            ("6.6.31-0-lts", "6.6.32-0-lts"),
        ] {
            assert_eq!(compare(older, newer), Ordering::Less, "{older} {newer}");
            assert_eq!(flavour(older), flavour(newer));
        }
    }
}
