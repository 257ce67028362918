//! Lints are set once for the workspace, and an exception says why.

use toml::Table;

use crate::finding::Finding;
use crate::source::Source;
use crate::tree::{File, Tree};

use super::manifest::Manifest;

/// Files that may hold `unsafe`, each with a `SAFETY` comment at the block.
const UNSAFE_ALLOWED: [&str; 2] =
    ["agent/src/sources/health/battery/windows.rs", "agent/src/sources/patch/wua/com.rs"];

const ROOT_SETTINGS: &str = "clippy.toml";

pub(super) fn check_source(source: &Source<'_>) -> Vec<Finding> {
    let path = &source.file.path;
    let mut findings = Vec::new();
    for (number, code) in source.code() {
        if code.contains("[allow(") || (code.contains("cfg_attr(") && code.contains(" allow(")) {
            let mend = "use `#[expect(…, reason = \"…\")]`, which speaks up when it is no longer needed";
            findings.push(Finding::new(path, number, "a lint switched off with `allow`", mend));
        }
        if has_unsafe(code) && !UNSAFE_ALLOWED.contains(&path.as_str()) {
            let mend = "use a safe wrapper (rustix), or add the file to UNSAFE_ALLOWED with a reason";
            findings.push(Finding::new(path, number, "`unsafe` outside the files that may hold it", mend));
        }
    }
    findings
}

fn has_unsafe(code: &str) -> bool {
    code.split(|letter: char| !letter.is_alphanumeric() && letter != '_').any(|word| word == "unsafe")
}

pub(super) fn check_manifest(file: &File) -> Vec<Finding> {
    let manifest = Manifest::read(file);
    if manifest.package().is_none() || manifest.inherits_lints() {
        return Vec::new();
    }
    let mend = "add `[lints]` with `workspace = true`";
    vec![Finding::whole(&file.path, "a package with lints of its own", mend)]
}

/// A package's `clippy.toml` replaces the root's, so it must repeat every setting of it.
pub(super) fn check_clippy_settings(tree: &Tree) -> Vec<Finding> {
    let Some(root) = tree.get(ROOT_SETTINGS) else { return Vec::new() };
    let root: Table = root.text.parse().unwrap_or_default();
    let inner = tree.files().filter(|file| file.name() == ROOT_SETTINGS && file.path != ROOT_SETTINGS);
    inner
        .flat_map(|file| {
            let own: Table = file.text.parse().unwrap_or_default();
            let differs = root.iter().filter(move |(key, value)| own.get(*key) != Some(*value));
            differs.map(|(key, value)| {
                let what = format!("`{key}` differs from the root's clippy.toml, which this file replaces");
                Finding::whole(&file.path, what, format!("write `{key} = {value}`"))
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::{seeded, seeded_source};

    #[test]
    fn allow_is_found_and_expect_is_fine() {
        for text in ["#[allow(dead_code)]", "#![allow(clippy::all)]", "#[cfg_attr(test, allow(dead_code))]"] {
            assert_eq!(seeded_source("agent/src/a.rs", text, check_source).len(), 1, "{text}");
        }
        let fine = "#[expect(dead_code, reason = \"a\")]\nfn allow() {}\nlet a = \"#[allow(b)]\";";
        assert_eq!(seeded_source("agent/src/a.rs", fine, check_source), [""; 0]);
    }

    #[test]
    fn unsafe_is_found_as_a_word() {
        assert_eq!(seeded_source("agent/src/a.rs", "unsafe { b() }", check_source).len(), 1);
        assert_eq!(seeded_source("agent/src/a.rs", "#[deny(unsafe_code)]", check_source), [""; 0]);
    }

    #[test]
    fn a_package_without_the_workspace_lints_is_found() {
        let bare = "[package]\nname = \"a\"\n";
        assert_eq!(seeded("agent/Cargo.toml", bare, check_manifest).len(), 1);
        let inherited = format!("{bare}[lints]\nworkspace = true\n");
        assert_eq!(seeded("agent/Cargo.toml", &inherited, check_manifest), [""; 0]);
    }

    #[test]
    fn settings_that_drift_from_the_root_are_found() {
        let root = (ROOT_SETTINGS, "too-many-lines-threshold = 70\n");
        let findings =
            |own| check_clippy_settings(&Tree::seeded(&[root, ("proto/model/clippy.toml", own)])).len();
        assert_eq!(findings("too-many-lines-threshold = 70\ndisallowed-types = []\n"), 0);
        assert_eq!(findings("too-many-lines-threshold = 100\n"), 1);
        assert_eq!(findings(""), 1);
    }
}
