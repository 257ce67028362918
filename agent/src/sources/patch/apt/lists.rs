//! The package lists: are there any, and how old are they?

use std::{fs, path::Path};

use jiff::Timestamp;

/// Whether any list was ever fetched. Without one a simulation finds nothing to upgrade, which would look like "all
/// is well".
pub(super) fn are_there(root: &Path) -> bool {
    let Ok(entries) = fs::read_dir(root.join("var/lib/apt/lists")) else { return false };
    entries.flatten().any(|entry| {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        name.ends_with("_InRelease") || name.ends_with("_Release") || name.contains("_Packages")
    })
}

/// When the lists were last refreshed: the newest of the stamps that successful refreshes leave, and of the folder
/// itself, which changes when a list does. The lists' own dates are the server's and do not tell; nor does
/// `lists/partial`, which failed refreshes touch as well.
pub(super) fn refreshed_at(root: &Path) -> Option<Timestamp> {
    const STAMPS: &[&str] = &[
        "var/lib/apt/periodic/update-success-stamp",
        "var/lib/apt/periodic/update-stamp",
        "var/lib/apt/lists",
    ];
    let modified = |path: &&str| fs::metadata(root.join(path)).and_then(|found| found.modified()).ok();
    let newest = STAMPS.iter().filter_map(modified).max()?;
    Timestamp::try_from(newest).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_never_fetched_lists_has_none() {
        let root = tempfile::tempdir().unwrap();
        assert!(!are_there(root.path()));
        assert_eq!(refreshed_at(root.path()), None);
        let lists = root.path().join("var/lib/apt/lists");
        fs::create_dir_all(lists.join("partial")).unwrap();
        fs::write(lists.join("lock"), "").unwrap();
        assert!(!are_there(root.path()));
        fs::write(lists.join("deb.example_dists_bookworm_InRelease"), "").unwrap();
        assert!(are_there(root.path()));
        assert!(refreshed_at(root.path()).is_some());
    }
}
