//! The manager's tool: `systemctl`, `launchctl`. Tests put a tool of their own in its place.

use std::{path::PathBuf, time::Duration};

use super::ServiceError;
use crate::sources::process;

/// A stop waits for the goodbye, which is bounded at a few seconds, and for the manager's own limit after it.
const LIMIT: Duration = Duration::from_secs(90);

/// A tool that controls services.
#[derive(Debug, Clone)]
pub(super) struct Tool {
    program: PathBuf,
}

impl Tool {
    pub(super) fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into() }
    }

    /// Runs it; gives what it printed, or what it complained about.
    pub(super) async fn run(&self, arguments: &[&str]) -> Result<String, ServiceError> {
        let program = self.program.to_string_lossy();
        let output = process::run(&program, arguments, LIMIT).await?;
        if output.success {
            return Ok(output.stdout);
        }
        let complaint =
            [output.stderr.trim(), output.stdout.trim()].into_iter().find(|text| !text.is_empty());
        let name = self.program.file_name().map_or_else(|| program.clone(), |name| name.to_string_lossy());
        Err(ServiceError::Refused(format!(
            "`{name} {}` failed: {}",
            arguments.join(" "),
            complaint.unwrap_or("no word why")
        )))
    }
}
