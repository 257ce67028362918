//! Is there a package manager that can be asked, and does it answer?

use std::{path::Path, time::Duration};

use super::Manager;
use crate::{finding::Finding, sources::process};

const LIMIT: Duration = Duration::from_secs(5);

/// Looks for package managers and asks each for its version.
pub async fn examine(root: &Path) -> Vec<Finding> {
    let mut findings = Vec::new();
    for manager in Manager::ALL.into_iter().filter(|manager| manager.is_here(root)) {
        findings.push(answers(manager).await);
        if manager == Manager::Apt {
            findings.push(lists(root));
        }
    }
    if findings.is_empty() {
        let mend = "nothing to do; patch status is told as unsupported";
        findings.push(Finding::warn("patch", "no package manager that this version can ask", mend));
    }
    findings
}

async fn answers(manager: Manager) -> Finding {
    let tool = if manager == Manager::Apt { "apt-get" } else { manager.name() };
    let mend = || format!("run `{tool} --version`, or disable = [\"patch\"]");
    match process::run(tool, &["--version"], LIMIT).await {
        Ok(output) if output.success => {
            let version = output.stdout.lines().next().unwrap_or_default().trim().to_owned();
            Finding::ok("patch", format!("asks {tool}: {version}"))
        }
        Ok(output) => {
            let said = output.stderr.lines().next().unwrap_or_default().to_owned();
            Finding::fail("patch", format!("{tool} does not work: {said}"), mend())
        }
        Err(error) => Finding::fail("patch", error.to_string(), mend()),
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
