//! Which packages does a patch mend? Out of `zypper info -t patch …`: those it conflicts with in older versions. Pure.
//!
//! ```text
//! Name        : TINY-SA-2026:0001
//! Conflicts   : [2]
//!     srcpackage:tiny-ssl < 1.1-1
//!     tiny-ssl.x86_64 < 1.1-1
//! ```
//! One alone stands behind the colon.

use std::collections::BTreeMap;

/// Patch, and the packages it mends, some with their architecture.
pub(super) fn parse(output: &str) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let (mut patch, mut in_conflicts) = (None, false);
    for line in output.lines() {
        let is_key = !line.starts_with(' ');
        if is_key {
            let Some((key, value)) = line.split_once(':') else {
                in_conflicts = false;
                continue;
            };
            let (key, value) = (key.trim(), value.trim());
            in_conflicts = key == "Conflicts";
            if key == "Name" {
                patch = Some(value.to_owned());
            }
            if in_conflicts && let Some(package) = package_of(value) {
                all.entry(patch.clone().unwrap_or_default()).or_default().push(package);
            }
        } else if in_conflicts && let Some(package) = package_of(line) {
            all.entry(patch.clone().unwrap_or_default()).or_default().push(package);
        }
    }
    all
}

fn package_of(conflict: &str) -> Option<String> {
    let (package, _) = conflict.trim().split_once(" < ")?;
    Some(package.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded with zypper 1.14.42 on Debian 12 against a repository of our own.
    const ONE_EACH: &str = include_str!("fixtures/zypper-1.14.42-info-patch.txt");

    #[test]
    fn one_package_behind_the_colon_and_several_below_it_are_read() {
        let all = parse(ONE_EACH);
        assert_eq!(all["TINY-SA-2026:0001"], ["tiny-ssl"]);
        assert_eq!(all["TINY-SA-2026:0002"], ["tiny-ssl"]);
        let several = "Name        : SUSE-1\nDescription : \n    a < b\nConflicts   : [2]\n    srcpackage:x < 2\n    \
            x.x86_64 < 2-1\n\nName        : SUSE-2\nConflicts   : [0]\n";
        let all = parse(several);
        assert_eq!(all["SUSE-1"], ["srcpackage:x", "x.x86_64"]);
        assert_eq!(all.get("SUSE-2"), None);
    }
}
