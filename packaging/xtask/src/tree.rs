//! The repository's files as data: paths and texts, read once.
//!
//! Checks take a [`Tree`] and touch nothing else, so that each can be tried on a seeded bad input. What git
//! ignores is not part of it; a new file that is not committed yet is, so that tidy speaks before the commit.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

pub(crate) struct File {
    /// Relative to the repository's root, with forward slashes.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl File {
    /// The last component of the path.
    pub(crate) fn name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The lines with their numbers, counted from 1.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text.lines().enumerate().map(|(index, line)| (index + 1, line))
    }
}

pub(crate) struct Tree {
    files: Vec<File>,
}

impl Tree {
    /// Reads every file that git tracks or would track.
    pub(crate) fn from_git(root: &Path) -> Result<Self> {
        let output = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root)
            .output()
            .context("cannot run git; install it, tidy lists files with `git ls-files`")?;
        ensure!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr).trim());
        let listing = String::from_utf8(output.stdout).context("a path in the repository is not UTF-8")?;
        let mut files = Vec::new();
        for path in listing.split_terminator('\0') {
            let place = root.join(path);
            // A file deleted but not yet staged is still listed; a link to nowhere has nothing to check.
            if place.is_file() {
                let bytes = std::fs::read(&place).with_context(|| format!("cannot read {path}"))?;
                files
                    .push(File { path: path.to_owned(), text: String::from_utf8_lossy(&bytes).into_owned() });
            }
        }
        Ok(Self { files })
    }

    /// A tree made of the given paths and texts.
    #[cfg(test)]
    pub(crate) fn seeded(files: &[(&str, &str)]) -> Self {
        let file = |&(path, text): &(&str, &str)| File { path: path.to_owned(), text: text.to_owned() };
        Self { files: files.iter().map(file).collect() }
    }

    pub(crate) fn files(&self) -> impl Iterator<Item = &File> {
        self.files.iter()
    }

    /// The files whose path ends with `suffix`.
    pub(crate) fn ending<'tree>(&'tree self, suffix: &'tree str) -> impl Iterator<Item = &'tree File> {
        self.files.iter().filter(move |file| file.path.ends_with(suffix))
    }

    pub(crate) fn get(&self, path: &str) -> Option<&File> {
        self.files.iter().find(|file| file.path == path)
    }

    /// Whether a file or a folder of this path is in the repository.
    pub(crate) fn holds(&self, path: &str) -> bool {
        let path = path.trim_end_matches('/');
        self.files.iter().any(|file| {
            file.path.strip_prefix(path).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}
