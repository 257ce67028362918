//! Which package managers can be asked on this machine, do they answer, and have they an index to compare with?

use std::{path::Path, time::Duration};

use jiff::Timestamp;

use super::{ground::Ground, package_manager::Manager};
use crate::finding::Finding;

const SUBJECT: &str = "patch";
/// For a tool to tell its version.
const LIMIT: Duration = Duration::from_secs(5);

/// Looks for package managers and asks each for its version.
pub async fn examine(root: &Path) -> Vec<Finding> {
    let ground = Ground::new(root).limited(LIMIT);
    let here = Manager::ALL.into_iter().filter(|manager| manager.is_here(root));
    let mut findings = Vec::new();
    for manager in here {
        findings.push(answers(manager, &ground).await);
        findings.push(index(manager, &ground, Timestamp::now()));
    }
    if findings.is_empty() {
        let mend = "nothing to do; patch status is told as unsupported";
        findings.push(Finding::warn(SUBJECT, "no package manager that this version can ask", mend));
    }
    findings
}

async fn answers(manager: Manager, ground: &Ground) -> Finding {
    let name = manager.name();
    let Some(tool) = manager.tool(ground.root()) else {
        return Finding::ok(SUBJECT, format!("{name}: its own files are read"));
    };
    match ground.ask(tool, &["--version"]).await {
        Ok(output) => {
            let version = output.lines().find(|line| !line.trim().is_empty()).unwrap_or_default().trim();
            Finding::ok(SUBJECT, format!("{name}: {tool} answers: {version}"))
        }
        Err(error) => {
            let mend = format!("run `{tool} --version` as the agent's user");
            Finding::fail(SUBJECT, format!("{name}: {error}"), mend)
        }
    }
}

fn index(manager: Manager, ground: &Ground, now: Timestamp) -> Finding {
    let name = manager.name();
    match manager.refreshed_at(ground) {
        Some(at) => {
            let hours = now.duration_since(at).as_hours();
            Finding::ok(SUBJECT, format!("{name}: the package index is {hours} h old"))
        }
        None => {
            let mend = "refresh it once, or let the system do it; without it updates are not known";
            Finding::warn(SUBJECT, format!("{name}: there is no package index that the agent can read"), mend)
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;
    use crate::finding::Verdict;

    #[tokio::test]
    async fn a_manager_without_an_index_is_a_warning_and_none_at_all_too() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(examine(root.path()).await[0].verdict, Verdict::Warn);
        fs::create_dir_all(root.path().join("var/lib/snapd/snaps")).unwrap();
        fs::write(root.path().join("var/lib/snapd/snaps/core_1.snap"), "").unwrap();
        fs::write(root.path().join("var/lib/snapd/state.json"), "{}").unwrap();
        let findings = examine(root.path()).await;
        let told: Vec<_> = findings.iter().map(|found| (found.text.as_str(), found.verdict)).collect();
        let expected = [
            ("snap: its own files are read", Verdict::Ok),
            ("snap: there is no package index that the agent can read", Verdict::Warn),
        ];
        assert_eq!(told, expected);
    }
}
