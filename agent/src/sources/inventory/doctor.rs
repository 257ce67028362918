//! Can the machine tell what it is?

use std::{fs, path::Path};

use crate::finding::Finding;

/// Looks for what identifies the system and the hardware.
pub fn examine(root: &Path) -> Vec<Finding> {
    if !cfg!(target_os = "linux") {
        return vec![Finding::ok("inventory", "asks the system's own interfaces")];
    }
    let mut findings = Vec::new();
    if !root.join("etc/os-release").exists() && !root.join("usr/lib/os-release").exists() {
        let mend = "a distribution ships it (package base-files or similar)";
        findings.push(Finding::warn("inventory", "no os-release: the system's name is not known", mend));
    }
    let serial = root.join("sys/class/dmi/id/product_serial");
    if serial.exists() && fs::read(&serial).is_err() {
        let mend = "run the agent as root if you want it in the inventory";
        findings.push(Finding::warn("inventory", "the serial number is for root only", mend));
    }
    if findings.is_empty() {
        findings.push(Finding::ok("inventory", "system and hardware can be read"));
    }
    findings
}
