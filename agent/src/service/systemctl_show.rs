//! `systemctl show`: one `Property=value` a line, in an order of its own.

use super::Standing;

const MANAGER: &str = "systemd";
pub(super) const PROPERTIES: &str = "LoadState,UnitFileState,ActiveState,SubState,Result";

/// What the properties say of the unit.
pub(super) fn parse(text: &str) -> Standing {
    let value = |property: &str| {
        text.lines().find_map(|line| line.strip_prefix(property)?.strip_prefix('=')).map_or("", str::trim)
    };
    let (active, sub, result) = (value("ActiveState"), value("SubState"), value("Result"));
    let why = if result.is_empty() || result == "success" { sub } else { result };
    Standing {
        manager: MANAGER,
        installed: matches!(value("LoadState"), "loaded" | "masked" | "bad-setting" | "error"),
        enabled: value("UnitFileState").starts_with("enabled"),
        running: matches!(active, "active" | "reloading" | "activating"),
        detail: (!active.is_empty()).then(|| format!("{active} ({why})")),
    }
}

pub(crate) fn survives(text: &str) {
    let _ = parse(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// systemd 252.
    #[test]
    fn a_unit_that_runs_is_told_from_one_that_failed_and_one_that_is_not_there() {
        let running = parse(
            "Result=success\nLoadState=loaded\nActiveState=active\nSubState=running\nUnitFileState=enabled\n",
        );
        assert!(running.installed && running.enabled && running.running, "{running:?}");
        assert_eq!(running.detail.as_deref(), Some("active (running)"));
        let failed = parse(
            "Result=exit-code\nLoadState=loaded\nActiveState=failed\nSubState=failed\nUnitFileState=disabled\n",
        );
        assert!(failed.installed && !failed.enabled && !failed.running, "{failed:?}");
        assert_eq!(failed.detail.as_deref(), Some("failed (exit-code)"));
        let absent = parse(
            "Result=success\nLoadState=not-found\nActiveState=inactive\nSubState=dead\nUnitFileState=\n",
        );
        assert!(!absent.installed && !absent.enabled && !absent.running, "{absent:?}");
    }
}
