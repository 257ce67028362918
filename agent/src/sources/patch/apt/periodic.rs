//! Does the system upgrade by itself? From `apt-config dump`. Pure.

/// Both halves have to be on: lists that are refreshed, and upgrades that are installed.
pub(super) fn upgrades_by_itself(dump: &str) -> bool {
    let is_on = |key: &str| {
        let value = dump.lines().rev().find_map(|line| line.strip_prefix(key)?.trim().strip_suffix(';'));
        // "0" is never, anything else an interval.
        value.is_some_and(|value| !matches!(value.trim_matches('"'), "" | "0"))
    };
    is_on("APT::Periodic::Update-Package-Lists ") && is_on("APT::Periodic::Unattended-Upgrade ")
}

#[cfg(test)]
mod tests {
    use super::*;

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
