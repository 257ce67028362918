//! macOS in words: what its tools print. Pure.

use dogwatch_model::Hardware;
use serde::Deserialize;

/// What `sw_vers` says: product, version, build.
pub(super) fn release(sw_vers: &str) -> (Option<String>, Option<String>, Option<String>) {
    let value = |key: &str| {
        let line = sw_vers.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
        Some(line.trim().to_owned()).filter(|value| !value.is_empty())
    };
    // `ProductVersionExtra` is that of a rapid security response: `(a)`.
    let version = value("ProductVersion").map(|version| {
        value("ProductVersionExtra").map_or_else(|| version.clone(), |extra| format!("{version} {extra}"))
    });
    (value("ProductName"), version, value("BuildVersion"))
}

#[derive(Debug, Deserialize)]
struct Report {
    #[serde(rename = "SPHardwareDataType", default)]
    hardware: Vec<Machine>,
}

#[derive(Debug, Deserialize)]
struct Machine {
    machine_model: Option<String>,
    machine_name: Option<String>,
    serial_number: Option<String>,
}

/// What `system_profiler SPHardwareDataType -json` says of model and serial number, and whether it is a laptop.
pub(super) fn hardware(json: &str) -> Option<(Hardware, bool)> {
    let machine = serde_json::from_str::<Report>(json).ok()?.hardware.into_iter().next()?;
    let is_laptop = machine.machine_name.as_deref().is_some_and(|name| name.starts_with("MacBook"));
    let hardware = Hardware {
        vendor: Some("Apple".to_owned()),
        model: machine.machine_model.or(machine.machine_name),
        serial: machine.serial_number,
        ..Hardware::default()
    };
    Some((hardware, is_laptop))
}

/// `fdesetup status`: `FileVault is On.`
pub(super) fn encrypted(status: &str) -> Option<bool> {
    let line = status.lines().find_map(|line| line.strip_prefix("FileVault is "))?;
    match line.trim_end_matches('.') {
        "On" => Some(true),
        "Off" => Some(false),
        _ => None,
    }
}

/// `socketfilterfw --getglobalstate`: `Firewall is enabled. (State = 1)`; 2 blocks everything, 0 is off.
pub(super) fn firewall(state: &str) -> Option<bool> {
    let number = state.split_once("State = ")?.1;
    match number.split(')').next()?.trim() {
        "0" => Some(false),
        "1" | "2" => Some(true),
        _ => None,
    }
}

/// The XProtect version of `system_profiler SPInstallHistoryDataType` is long in coming; its bundle's property list says
/// it at once, read by `defaults read … CFBundleShortVersionString`: a number.
pub(super) fn xprotect(version: &str) -> Option<String> {
    let version = version.trim();
    let plain = !version.is_empty() && version.chars().all(|letter| letter.is_ascii_digit() || letter == '.');
    plain.then(|| format!("XProtect {version}"))
}

/// The face of the parsers in the table of parsers.
pub(in crate::sources) fn survives(text: &str) {
    release(text);
    hardware(text);
    encrypted(text);
    firewall(text);
    xprotect(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_is_told_with_its_rapid_response() {
        let text = "ProductName:\t\tmacOS\nProductVersion:\t\t14.5\nBuildVersion:\t\t23F79\n";
        let expected = (Some("macOS".into()), Some("14.5".into()), Some("23F79".into()));
        assert_eq!(release(text), expected);
        let rapid = "ProductName:\tmacOS\nProductVersion:\t13.4.1\nProductVersionExtra:\t(c)\nBuildVersion:\t22F770820d\n";
        assert_eq!(release(rapid).1.as_deref(), Some("13.4.1 (c)"));
        assert_eq!(release(""), (None, None, None));
    }

    /// In the form of macOS 13 and 14, shortened.
    #[test]
    fn a_laptop_is_told_by_its_name() {
        let json = r#"{"SPHardwareDataType": [{"_name": "hardware_overview", "machine_model": "Mac14,7",
            "machine_name": "MacBook Pro", "serial_number": "C02ABC", "physical_memory": "16 GB"}]}"#;
        let (hardware, is_laptop) = super::hardware(json).unwrap();
        assert_eq!(
            (hardware.model.as_deref(), hardware.serial.as_deref()),
            (Some("Mac14,7"), Some("C02ABC"))
        );
        assert!(is_laptop);
        assert!(super::hardware("{}").is_none());
    }

    #[test]
    fn guards_are_on_off_or_unknown() {
        assert_eq!(encrypted("FileVault is On.\n"), Some(true));
        assert_eq!(encrypted("FileVault is Off.\nDeferred enablement appears to be active.\n"), Some(false));
        assert_eq!(encrypted("Error: not allowed"), None);
        assert_eq!(firewall("Firewall is enabled. (State = 1)\n"), Some(true));
        assert_eq!(firewall("Firewall is disabled. (State = 0)"), Some(false));
        assert_eq!(firewall("?"), None);
        assert_eq!(xprotect("5272\n").as_deref(), Some("XProtect 5272"));
        assert_eq!(xprotect("The domain/default pair does not exist"), None);
    }
}
