//! Where a change of the configuration could happen: the folder that holds it, and every folder that holds a link or a
//! name on the way there.
//!
//! `/etc/dogwatch/agent.toml` changes when it is written, when another file is renamed onto it, when it is a link and
//! the link is exchanged, and when `/etc/dogwatch` itself is. Each shows as an event in another folder.

use std::{
    collections::BTreeSet,
    ffi::OsString,
    fs,
    path::{Component, Path, PathBuf},
};

/// Links that are followed; the system itself stops at 40.
const LINKS: usize = 40;

/// A folder, and the one name in it that matters; `None` for any.
pub(super) type Place = (PathBuf, Option<OsString>);

/// The places that matter for `path`, which is absolute, as things are now.
pub(super) fn of(path: &Path) -> BTreeSet<Place> {
    let mut places = BTreeSet::new();
    let mut ahead: Vec<OsString> = names(path);
    let (mut here, mut links) = (root(path), 0);
    while let Some(name) = ahead.pop() {
        if name == ".." {
            here.pop();
            continue;
        }
        let next = here.join(&name);
        match fs::read_link(&next) {
            Ok(target) if links < LINKS => {
                links += 1;
                places.insert((here.clone(), Some(name)));
                if target.is_absolute() {
                    here = root(&target);
                }
                ahead.extend(names(&target));
            }
            // What is missing can only appear here.
            _ if !next.exists() => {
                places.insert((here, Some(name)));
                return places;
            }
            // The folder itself can be exchanged by a rename.
            _ if ahead.len() == 1 => {
                places.insert((here, Some(name)));
                here = next;
            }
            // The file: editors write beside it and rename.
            _ if ahead.is_empty() => {
                places.insert((here.clone(), None));
                here = next;
            }
            _ => here = next,
        }
    }
    places
}

fn root(path: &Path) -> PathBuf {
    path.ancestors().last().map(Path::to_owned).unwrap_or_default()
}

/// The names of a path, the first one last.
fn names(path: &Path) -> Vec<OsString> {
    let name = |part: Component<'_>| match part {
        Component::Normal(name) => Some(name.to_owned()),
        Component::ParentDir => Some("..".into()),
        _ => None,
    };
    path.components().rev().filter_map(name).collect()
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn shown(root: &Path, path: &str) -> Vec<(String, String)> {
        let below = |folder: PathBuf| {
            folder.strip_prefix(root).map(|below| format!("/{}", below.display())).unwrap_or_default()
        };
        let any = || OsString::from("*");
        of(&root.join(path))
            .into_iter()
            .map(|(folder, name)| (below(folder), name.unwrap_or_else(any).into_string().unwrap()))
            .filter(|(folder, _)| !folder.is_empty())
            .collect()
    }

    fn place(folder: &str, name: &str) -> (String, String) {
        (folder.into(), name.into())
    }

    #[test]
    fn a_plain_file_changes_in_its_folder_or_with_it() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("etc/dogwatch")).unwrap();
        let expected = [place("/etc", "dogwatch"), place("/etc/dogwatch", "agent.toml")];
        assert_eq!(shown(&root, "etc/dogwatch/agent.toml"), expected);
        fs::write(root.join("etc/dogwatch/agent.toml"), "").unwrap();
        let expected = [place("/etc", "dogwatch"), place("/etc/dogwatch", "*")];
        assert_eq!(shown(&root, "etc/dogwatch/agent.toml"), expected);
    }

    #[test]
    fn every_link_on_the_way_matters() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("opt/v1")).unwrap();
        fs::create_dir_all(root.join("etc")).unwrap();
        fs::write(root.join("opt/v1/agent.toml"), "").unwrap();
        symlink("v1", root.join("opt/current")).unwrap();
        symlink("../opt/current", root.join("etc/dogwatch")).unwrap();
        let found = shown(&root, "etc/dogwatch/agent.toml");
        for expected in [place("/etc", "dogwatch"), place("/opt", "current"), place("/opt/v1", "*")] {
            assert!(found.contains(&expected), "{expected:?} in {found:?}");
        }
    }

    #[test]
    fn links_in_a_circle_end() {
        let root = tempfile::tempdir().unwrap();
        symlink("b", root.path().join("a")).unwrap();
        symlink("a", root.path().join("b")).unwrap();
        assert!(!of(&root.path().join("a/agent.toml")).is_empty());
    }
}
