//! Is there a package manager that can be asked, and does it answer?

use std::{path::Path, time::Duration};

use super::apt;
use crate::{finding::Finding, sources::process};

const LIMIT: Duration = Duration::from_secs(5);

/// Looks for package managers and asks each for its version.
pub async fn examine(root: &Path) -> Vec<Finding> {
    if !apt::is_here(root) {
        let mend = "nothing to do; patch status is told as unsupported";
        return vec![Finding::warn("patch", "no package manager that this version can ask", mend)];
    }
    match process::run("apt-get", &["--version"], LIMIT).await {
        Ok(output) if output.success => {
            let version = output.stdout.lines().next().unwrap_or_default().trim().to_owned();
            vec![Finding::ok("patch", format!("asks {version}")), lists(root)]
        }
        Ok(output) => {
            let said = output.stderr.lines().next().unwrap_or_default().to_owned();
            vec![Finding::fail("patch", format!("apt-get does not work: {said}"), "run `apt-get --version`")]
        }
        Err(error) => {
            vec![Finding::fail("patch", error.to_string(), "install apt, or disable = [\"patch\"]")]
        }
    }
}

fn lists(root: &Path) -> Finding {
    let is_list = |entry: &std::fs::DirEntry| entry.file_name() != "lock";
    match std::fs::read_dir(root.join("var/lib/apt/lists"))
        .map(|entries| entries.flatten().any(|entry| is_list(&entry)))
    {
        Ok(true) => Finding::ok("patch", "package lists are there"),
        Ok(false) => Finding::warn("patch", "there are no package lists", "run `apt-get update` as root"),
        Err(error) => Finding::fail(
            "patch",
            format!("package lists cannot be read: {error}"),
            "let the agent's user read /var/lib/apt/lists",
        ),
    }
}
