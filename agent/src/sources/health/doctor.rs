//! Can the system's own figures be read?

use std::{fs, path::Path};

use crate::finding::Finding;

/// What every sample needs, and what it is told from.
const NEEDED: [(&str, &str); 4] = [
    ("proc/stat", "processors"),
    ("proc/meminfo", "memory"),
    ("proc/loadavg", "load"),
    ("proc/self/mountinfo", "volumes"),
];

/// Looks at the files that samples are made of.
pub fn examine(root: &Path) -> Vec<Finding> {
    if !cfg!(target_os = "linux") {
        return vec![Finding::ok("health", "asks the system's own interfaces")];
    }
    let missing = NEEDED.iter().filter_map(|(file, what)| {
        let error = fs::read(root.join(file)).err()?;
        let mend = "mount /proc for the agent; a service may not hide it (ProcSubset=all)";
        Some(Finding::fail("health", format!("{what} cannot be read from /{file}: {error}"), mend))
    });
    let mut findings: Vec<Finding> = missing.collect();
    if findings.is_empty() {
        findings.push(Finding::ok("health", "processors, memory, load and volumes can be read"));
    }
    findings
}
