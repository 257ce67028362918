//! Does the system upgrade by itself, and where is its package database? From `apt-config dump`. Pure.

/// Both halves have to be on: lists that are refreshed, and upgrades that are installed.
pub(super) fn upgrades_by_itself(dump: &str) -> bool {
    // "0" is never, anything else an interval.
    let is_on = |key: &str| value(dump, key).is_some_and(|value| !matches!(value, "" | "0"));
    is_on("APT::Periodic::Update-Package-Lists ") && is_on("APT::Periodic::Unattended-Upgrade ")
}

/// The file with the installed packages.
pub(super) fn status_file(dump: &str) -> &str {
    value(dump, "Dir::State::status ").filter(|file| !file.is_empty()).unwrap_or("/var/lib/dpkg/status")
}

/// The last value of a key counts.
fn value<'a>(dump: &'a str, key: &str) -> Option<&'a str> {
    let line = dump.lines().rev().find_map(|line| line.strip_prefix(key)?.trim().strip_suffix(';'))?;
    Some(line.trim_matches('"'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_database_may_be_elsewhere() {
        assert_eq!(status_file(""), "/var/lib/dpkg/status");
        assert_eq!(status_file("Dir::State::status \"/srv/status\";\n"), "/srv/status");
    }

    #[test]
    fn both_halves_have_to_be_on() {
        let lists = "APT::Periodic::Update-Package-Lists \"1\";\n";
        let upgrades = "APT::Periodic::Unattended-Upgrade \"1\";\n";
        assert!(upgrades_by_itself(&format!("APT \"\";\n{lists}{upgrades}")));
        assert!(!upgrades_by_itself(lists));
        assert!(!upgrades_by_itself(&format!("{lists}{upgrades}APT::Periodic::Unattended-Upgrade \"0\";\n")));
        assert!(!upgrades_by_itself(""));
    }
}
