//! What the workspace builds from, against `deny.toml`: licences, bans, and where it all comes from.
//!
//! The list of crates is `cargo tree`'s, which knows what is really compiled; the lock file also names what
//! a feature nobody switched on would have brought. `cargo-deny` reads the same `deny.toml` and adds the
//! advisories; it takes minutes to build, so it is not what every run waits for.

mod policy;
mod spdx;
mod used;

use std::path::Path;

use anyhow::{Context, Result};

use crate::finding::Finding;
use crate::tidy::NOT_IN_AGENT;
use policy::Policy;
use used::{Crate, Scope};

const POLICY_FILE: &str = "deny.toml";

pub(crate) fn run(root: &Path) -> Result<Vec<Finding>> {
    let text = std::fs::read_to_string(root.join(POLICY_FILE)).context("cannot read deny.toml")?;
    let policy = Policy::parse(&text).context("deny.toml")?;
    let mut findings = check(&policy, &used::list(root, Scope::Everything)?);
    findings.extend(check_agent(&used::list(root, Scope::Linked("dogwatch-agent"))?));
    Ok(findings)
}

fn check(policy: &Policy, crates: &[Crate]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for used in crates.iter().filter(|used| !used.is_ours()) {
        let name = &used.name;
        let mut found = |what: String, mend: &str| findings.push(Finding::whole(POLICY_FILE, what, mend));
        if let Some(reason) = policy.ban(name) {
            found(format!("{name} is used, and banned: {reason}"), "`cargo tree -i` shows who brings it");
        }
        if !policy.accepts(name, &used.licence) {
            let what = format!("{name} is under {:?}, which is not on the list", used.licence);
            found(what, "use another crate, or extend [licenses] with a reason");
        }
        if let Some(origin) = &used.origin {
            found(format!("{name} comes from {origin}"), "use a released version from the registry");
        }
    }
    findings
}

fn check_agent(crates: &[Crate]) -> Vec<Finding> {
    let linked = crates.iter().filter(|used| NOT_IN_AGENT.contains(&used.name.as_str()));
    linked
        .map(|used| {
            let what = format!("the agent links {} by way of another crate", used.name);
            let mend = format!(
                "`cargo tree -p dogwatch-agent -i {}` shows which; switch its feature off",
                used.name
            );
            Finding::whole("agent/Cargo.toml", what, mend)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: &str = "
        [licenses]
        allow = [\"MIT\"]
        exceptions = [{ crate = \"odd\", allow = [\"Zlib\"] }]
        [bans]
        deny = [{ crate = \"banned\", reason = \"because\" }]
    ";

    fn findings(line: &str) -> Result<usize> {
        let policy = Policy::parse(POLICY)?;
        Ok(check(&policy, &used::parse(line)?).len())
    }

    #[test]
    fn a_crate_that_breaks_the_policy_is_found() -> Result<()> {
        assert_eq!(findings("banned v1.0.0|MIT")?, 1);
        assert_eq!(findings("copyleft v1.0.0|GPL-3.0-only")?, 1);
        assert_eq!(findings("unsaid v1.0.0|")?, 1);
        assert_eq!(findings("forked v1.0.0 (https://example.org/forked?rev=a#b)|MIT")?, 1);
        Ok(())
    }

    #[test]
    fn a_crate_that_keeps_it_is_not() -> Result<()> {
        assert_eq!(findings("fine v1.0.0 (proc-macro)|GPL-3.0-only OR MIT (*)")?, 0);
        assert_eq!(findings("odd v1.0.0|Zlib")?, 0);
        assert_eq!(findings("dogwatch-model v0.1.0 (/home/dog/proto/model)|MIT OR Apache-2.0")?, 0);
        Ok(())
    }

    #[test]
    fn a_server_in_the_agent_is_found() -> Result<()> {
        assert_eq!(check_agent(&used::parse("axum v0.8.0|MIT\ntonic v0.14.0|MIT")?).len(), 1);
        Ok(())
    }
}
