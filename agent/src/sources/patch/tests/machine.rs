//! A machine in a folder: files, tools that are shell scripts, and a scanner of it.

use std::{fs, path::Path, time::Duration};

use tempfile::TempDir;

use super::super::{Scanner, first_seen::FirstSeen, ground::Ground};
use crate::state_dir::StateDir;

pub(super) struct Machine {
    root: TempDir,
    state: TempDir,
}

impl Machine {
    pub(super) fn new() -> Self {
        Self { root: tempfile::tempdir().unwrap(), state: tempfile::tempdir().unwrap() }
    }

    pub(super) fn root(&self) -> &Path {
        self.root.path()
    }

    pub(super) fn state(&self) -> StateDir {
        StateDir::new(self.state.path())
    }

    pub(super) fn file(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A tool that is a script.
    pub(super) fn tool(&self, name: &str, script: &str) {
        let path = format!("usr/bin/{name}");
        // Replaced, not written over: the old one may still run.
        let _ = fs::remove_file(self.root().join(&path));
        self.file(&path, &format!("#!/bin/sh\n{script}"));
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            fs::set_permissions(self.root().join(&path), fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    /// A scanner that runs the machine's own tools, each for so long at most.
    pub(super) fn scanner(&self, limit: Duration) -> Scanner {
        let ground = Ground::with_tools(self.root(), &self.root().join("usr/bin"), limit);
        Scanner::on(ground, FirstSeen::load(self.state()))
    }

    /// A scanner that runs the tools of the machine that tests run on, on this one.
    pub(super) fn real_scanner(&self) -> Scanner {
        Scanner::new(self.root(), &self.state())
    }
}
