//! macOS: the applications of the machine. The question takes seconds, so it is asked only after something was installed.

use std::{fs, path::Path, time::Duration, time::SystemTime};

use dogwatch_model::Software;

use super::applications;
use crate::sources::process;

/// Folders and a file that change when something is installed, updated or removed.
const STAMPS: [&str; 3] = ["Applications", "Applications/Utilities", "Library/Receipts/InstallHistory.plist"];
const LIMIT: Duration = Duration::from_secs(120);

pub(super) fn stamps(root: &Path) -> Vec<Option<SystemTime>> {
    STAMPS.iter().map(|path| fs::metadata(root.join(path)).ok()?.modified().ok()).collect()
}

pub(super) async fn list(_root: &Path) -> Vec<Software> {
    let asked = process::run("system_profiler", &["-json", "SPApplicationsDataType"], LIMIT).await;
    asked.ok().and_then(|output| applications::parse(&output.stdout)).unwrap_or_default()
}
