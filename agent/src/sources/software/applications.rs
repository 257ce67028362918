//! macOS: `system_profiler SPApplicationsDataType -json`. Pure.

use dogwatch_model::Software;
use serde::Deserialize;

use super::entry;

#[derive(Debug, Deserialize)]
struct Report {
    #[serde(rename = "SPApplicationsDataType", default)]
    applications: Vec<Application>,
}

#[derive(Debug, Deserialize)]
struct Application {
    #[serde(rename = "_name")]
    name: String,
    #[serde(default)]
    version: String,
    #[serde(default)]
    path: String,
}

/// The applications of the machine: what the system brings below `/System` comes and goes with its version, and what is in
/// people's homes is theirs.
pub(super) fn parse(json: &str) -> Option<Vec<Software>> {
    let report: Report = serde_json::from_str(json).ok()?;
    let ours = report.applications.into_iter().filter(|found| found.path.starts_with("/Applications/"));
    Some(ours.map(|found| entry("applications", &found.name, &found.version)).collect())
}

pub(in crate::sources) fn survives(text: &str) {
    parse(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of macOS 14, shortened; after system_profiler(8) and public reports.
    const JSON: &str = r#"{"SPApplicationsDataType": [
        {"_name": "Firefox", "arch_kind": "arch_arm_i64", "lastModified": "2024-06-11T09:00:00Z",
         "obtained_from": "identified_developer", "path": "/Applications/Firefox.app", "version": "127.0"},
        {"_name": "Calculator", "obtained_from": "apple", "path": "/System/Applications/Calculator.app", "version": "10.16"},
        {"_name": "Own", "path": "/Users/a/Applications/Own.app"},
        {"_name": "Old Tool", "path": "/Applications/Utilities/Old Tool.app"}]}"#;

    #[test]
    fn what_was_added_for_the_machine_is_listed() {
        let expected = [entry("applications", "Firefox", "127.0"), entry("applications", "Old Tool", "")];
        assert_eq!(parse(JSON).unwrap(), expected);
        assert_eq!(parse("{}"), Some(Vec::new()));
        assert_eq!(parse("Error"), None);
    }
}
