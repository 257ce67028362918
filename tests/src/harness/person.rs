//! A person with the CLI `dogwatch` and a context of their own.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use super::program::{Finished, built};

/// Somebody at a terminal.
#[derive(Debug, Clone)]
pub struct Person {
    name: String,
    config: PathBuf,
}

impl Person {
    /// Somebody who is not logged in anywhere; their context lies in the lab's folder.
    pub fn new(lab: &Path, name: &str) -> Self {
        let config = lab.join(format!("cli-{name}"));
        fs::create_dir_all(&config).expect("a lab's folder can be written");
        Self { name: name.to_owned(), config }
    }

    /// Who they are.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The command `dogwatch` as they would type it.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(built("dogwatch"));
        command
            .args(arguments)
            .env("DOGWATCH_CONFIG_DIR", &self.config)
            .env("NO_COLOR", "1")
            .env("TZ", "UTC");
        command
    }

    /// Runs it.
    #[track_caller]
    pub fn run(&self, arguments: &[&str]) -> Finished {
        Finished::of(&mut self.command(arguments))
    }

    /// Runs it with `-o json`, and reads what it says.
    #[track_caller]
    pub fn json(&self, arguments: &[&str]) -> Value {
        let mut all = arguments.to_vec();
        all.extend(["-o", "json"]);
        self.run(&all).succeeds().json()
    }
}
