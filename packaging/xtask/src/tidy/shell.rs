//! Shell scripts parse under plain `sh`: they run on machines where bash is somewhere else, or nowhere.

use std::io::Write;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::finding::Finding;
use crate::tree::{File, Tree};

pub(super) fn check(tree: &Tree) -> Result<Vec<Finding>> {
    let mut findings = Vec::new();
    for file in tree.files().filter(|file| is_script(file)) {
        if !file.text.starts_with("#!/bin/sh\n") {
            let mend = "begin with `#!/bin/sh` and keep to POSIX";
            findings.push(Finding::whole(&file.path, "a script for another shell than sh", mend));
        } else if let Some(complaint) = parse(&file.text)? {
            findings.push(Finding::whole(&file.path, "does not parse under sh", complaint));
        }
    }
    Ok(findings)
}

fn is_script(file: &File) -> bool {
    file.path.ends_with(".sh")
        || file.text.lines().next().is_some_and(|line| line.starts_with("#!") && line.contains("sh"))
}

/// What `sh -n` says about the script; none if it parses.
fn parse(script: &str) -> Result<Option<String>> {
    let mut shell = Command::new("sh")
        .arg("-n")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run sh")?;
    // A shell that gives up at an error closes its end early; what it says counts, not the broken pipe.
    let written = shell.stdin.take().map(|mut input| input.write_all(script.as_bytes()));
    let output = shell.wait_with_output().context("cannot wait for sh")?;
    if output.status.success() {
        written.transpose().context("cannot hand a script to sh")?;
        return Ok(None);
    }
    Ok(Some(String::from_utf8_lossy(&output.stderr).trim().replace('\n', " ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_that_does_not_parse_is_found() -> Result<()> {
        for (script, expected) in [
            ("#!/bin/sh\nif true; then echo a; fi\n", 0),
            ("#!/bin/sh\nif true; then echo a\n", 1),
            ("#!/usr/bin/env bash\necho a\n", 1),
        ] {
            let tree = Tree::seeded(&[("packaging/a.sh", script)]);
            assert_eq!(check(&tree)?.len(), expected, "{script}");
        }
        Ok(())
    }
}
