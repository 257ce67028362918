//! Files are named by the concept they hold. A pot for everything has no name, so nobody finds a thing in it.

use crate::finding::Finding;
use crate::tree::File;

const POTS: [&str; 9] =
    ["util", "utils", "helper", "helpers", "common", "misc", "types", "manager", "managers"];

pub(super) fn check(file: &File) -> Vec<Finding> {
    let Some(stem) = file.name().strip_suffix(".rs") else { return Vec::new() };
    let folder_is_pot = file.path.split('/').find(|part| POTS.contains(part));
    let mut findings = Vec::new();
    if stem == "mod" {
        let mend = "name it after its folder: `foo.rs` beside `foo/`";
        findings.push(Finding::whole(&file.path, "a module file that does not say its name", mend));
    }
    if let Some(pot) = POTS.contains(&stem).then_some(stem).or(folder_is_pot) {
        let what = format!("`{pot}` says nothing about what is inside");
        findings.push(Finding::whole(
            &file.path,
            what,
            "name the concept, or move each part beside its owner",
        ));
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::seeded;

    #[test]
    fn mod_rs_and_pots_are_found() {
        for path in ["agent/src/spool/mod.rs", "agent/src/utils.rs", "agent/src/helpers/text.rs"] {
            assert_eq!(seeded(path, "", check).len(), 1, "{path}");
        }
        for path in ["agent/src/spool.rs", "agent/src/model.rs", "types/index.html"] {
            assert_eq!(seeded(path, "", check), [""; 0], "{path}");
        }
    }
}
