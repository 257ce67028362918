//! Has anything changed that an answer depends on? A handful of `stat` calls instead of a tool that reads a whole
//! package database: what nobody touched since the last good answer is not asked again for a day.

use std::{
    collections::hash_map::DefaultHasher,
    fs::{self, Metadata},
    hash::{Hash as _, Hasher as _},
    path::Path,
};

use super::package_manager::Input;
use crate::sources::order;

/// Entries that are looked at; whoever has more is asked each time.
const ENTRIES: usize = 4096;

/// What the inputs look like; `None` when that cannot be told, and so may have changed.
pub(super) fn of(root: &Path, inputs: &[Input]) -> Option<u64> {
    let mut print = Print { hasher: DefaultHasher::new(), left: ENTRIES };
    for (path, depth) in inputs {
        print.add(&root.join(path), *depth)?;
    }
    (print.left < ENTRIES).then(|| print.hasher.finish())
}

struct Print {
    hasher: DefaultHasher,
    left: usize,
}

impl Print {
    fn add(&mut self, path: &Path, depth: usize) -> Option<()> {
        // What is not there is as good an input as what is: that it comes is a change.
        let Ok(found) = fs::metadata(path) else { return Some(()) };
        self.left = self.left.checked_sub(1)?;
        path.hash(&mut self.hasher);
        hash(&found, &mut self.hasher)?;
        if depth == 0 || !found.is_dir() {
            return Some(());
        }
        let mut entries: Vec<_> = fs::read_dir(path).ok()?.flatten().map(|entry| entry.path()).collect();
        order::by(&mut entries, Ord::cmp);
        entries.iter().try_for_each(|entry| self.add(entry, depth - 1))
    }
}

fn hash(found: &Metadata, hasher: &mut DefaultHasher) -> Option<()> {
    found.len().hash(hasher);
    found.modified().ok()?.hash(hasher);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_touched_comes_or_goes_changes_the_print_and_nothing_else_does() {
        let root = tempfile::tempdir().unwrap();
        let inputs: &[Input] = &[("lists", 1), ("status", 0)];
        assert_eq!(of(root.path(), inputs), None, "without any input everything may have changed");
        fs::create_dir(root.path().join("lists")).unwrap();
        let empty = of(root.path(), inputs).unwrap();
        assert_eq!(of(root.path(), inputs), Some(empty));
        fs::write(root.path().join("lists/one"), "1").unwrap();
        let one = of(root.path(), inputs).unwrap();
        assert_ne!(one, empty);
        fs::write(root.path().join("lists/one"), "12").unwrap();
        let longer = of(root.path(), inputs).unwrap();
        assert_ne!(longer, one);
        fs::write(root.path().join("status"), "").unwrap();
        assert_ne!(of(root.path(), inputs), Some(longer));
        assert_eq!(of(root.path(), &[]), None);
    }
}
