//! The house's taste as code: one module per question, each tried on a seeded bad input.
//!
//! A check is a function from the [`Tree`] to findings. It reads no file and runs no program, except
//! [`shell`], which asks `sh` itself whether a script parses.

mod arrows;
mod documents;
mod essay;
mod lints;
mod manifest;
mod manners;
mod names;
mod purity;
mod shell;
mod size;
mod words;

use std::path::Path;

use anyhow::Result;

use crate::finding::Finding;
use crate::source::Source;
use crate::tree::Tree;

pub(crate) use arrows::NOT_IN_AGENT;

pub(crate) fn run(root: &Path) -> Result<Vec<Finding>> {
    let tree = Tree::from_git(root)?;
    let mut findings = shell::check(&tree)?;
    findings.extend(check(&tree));
    findings.sort();
    Ok(findings)
}

/// Every check that needs nothing but the files.
fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files() {
        findings.extend(names::check(file));
        findings.extend(words::check(file));
    }
    for file in tree.ending(".rs") {
        let source = Source::read(file);
        findings.extend(size::check(&source));
        findings.extend(essay::check(&source));
        findings.extend(manners::check(&source));
        findings.extend(lints::check_source(&source));
        findings.extend(purity::check(&source));
    }
    for file in tree.ending("Cargo.toml") {
        findings.extend(lints::check_manifest(file));
        findings.extend(arrows::check(file));
    }
    findings.extend(lints::check_clippy_settings(tree));
    findings.extend(documents::check(tree));
    findings
}

/// What each check says about one file of the given path and text; for tests.
#[cfg(test)]
fn seeded(path: &str, text: &str, check: impl Fn(&crate::tree::File) -> Vec<Finding>) -> Vec<String> {
    let tree = Tree::seeded(&[(path, text)]);
    tree.files().flat_map(check).map(|finding| finding.to_string()).collect()
}

/// As [`seeded`], for checks that read Rust.
#[cfg(test)]
fn seeded_source(path: &str, text: &str, check: impl Fn(&Source<'_>) -> Vec<Finding>) -> Vec<String> {
    seeded(path, text, |file| check(&Source::read(file)))
}
