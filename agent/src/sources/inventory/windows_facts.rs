//! Windows in words: what the values of its registry and the texts of its tools mean. Pure.

use dogwatch_model::Security;
use jiff::{SignedDuration, Timestamp};

/// Definitions older than this are stale: Microsoft sends new ones several times a day.
const FRESH: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Builds from here on are Windows 11, whose registry still calls it 10.
const WINDOWS_11: u32 = 22_000;

/// What the product is called. `name` is the registry's `ProductName`.
pub(super) fn product(name: &str, build: u32, is_server: bool) -> String {
    if build >= WINDOWS_11 && !is_server {
        name.replacen("Windows 10", "Windows 11", 1)
    } else {
        name.to_owned()
    }
}

/// `26100.4349`: build and update.
pub(super) fn build(build: u32, update: Option<u32>) -> String {
    update.map_or_else(|| build.to_string(), |update| format!("{build}.{update}"))
}

/// What `dsregcmd /status` says of the machine's directory: the domain, or the tenant of Entra ID.
pub(super) fn directory(status: &str) -> Option<String> {
    let value = |key: &str| {
        let lines = status.lines().filter_map(|line| line.split_once(" : "));
        let value = lines.filter(|(name, _)| name.trim() == key).map(|(_, value)| value.trim()).next();
        value.filter(|value| !value.is_empty())
    };
    let joined = |key| value(key) == Some("YES");
    if joined("DomainJoined") {
        return value("DomainName").map(str::to_owned);
    }
    joined("AzureAdJoined")
        .then(|| value("TenantName").or_else(|| value("TenantId")).unwrap_or("Entra ID").to_owned())
}

/// Whether BitLocker guards the volume, by `manage-bde -status C: -protectionaserrorlevel`: 0 when it does, 1 when it does
/// not; anything else is a failure. The text is translated and not read.
pub(super) const fn encrypted(exit_code: Option<i32>) -> Option<bool> {
    match exit_code {
        Some(0) => Some(true),
        Some(1) => Some(false),
        _ => None,
    }
}

/// Whether the host firewall is on: every profile that could be read has to be.
pub(super) fn firewall(profiles: &[Option<u32>]) -> Option<bool> {
    let known: Vec<u32> = profiles.iter().copied().flatten().collect();
    (!known.is_empty()).then(|| known.iter().all(|enabled| *enabled == 1))
}

/// An instant from a FILETIME: 100 ns since 1601, in the eight bytes of a registry value, lowest first.
pub(super) fn file_time(bytes: &[u8]) -> Option<Timestamp> {
    const TO_UNIX_EPOCH: u64 = 116_444_736_000_000_000;
    let ticks = u64::from_le_bytes(bytes.try_into().ok()?).checked_sub(TO_UNIX_EPOCH)?;
    Timestamp::from_nanosecond(i128::from(ticks) * 100).ok()
}

/// Microsoft Defender's part. It is there on every Windows and steps back where another product registers, which it says
/// by being disabled: what guards the machine then is not known here.
pub(super) fn antimalware(is_disabled: bool, definitions: Option<Timestamp>, now: Timestamp) -> Security {
    if is_disabled {
        return Security::default();
    }
    Security {
        antimalware_product: definitions.map(|_| "Microsoft Defender".to_owned()),
        antimalware_fresh: definitions.map(|at| now.duration_since(at) < FRESH),
        ..Security::default()
    }
}

/// The face of the parsers in the table of parsers.
pub(in crate::sources) fn survives(text: &str) {
    directory(text);
    file_time(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of Windows 10 and 11, shortened; after Microsoft's page "Troubleshoot devices by using the dsregcmd
    /// command".
    const ENTRA: &str = "+----------------------------------------------------------------------+\n\
        | Device State                                                         |\n\
        +----------------------------------------------------------------------+\n\n\
        \x20            AzureAdJoined : YES\n          EnterpriseJoined : NO\n              DomainJoined : NO\n\
        \x20              Device Name : PC1\n\n                TenantName : Contoso\n";

    #[test]
    fn a_machine_has_a_domain_a_tenant_or_neither() {
        assert_eq!(directory(ENTRA).as_deref(), Some("Contoso"));
        let domain =
            ENTRA.replace("DomainJoined : NO", "DomainJoined : YES\n                DomainName : CORP");
        assert_eq!(directory(&domain).as_deref(), Some("CORP"));
        assert_eq!(directory(&ENTRA.replace("AzureAdJoined : YES", "AzureAdJoined : NO")), None);
    }

    #[test]
    fn eleven_is_told_by_its_build() {
        assert_eq!(product("Windows 10 Pro", 26_100, false), "Windows 11 Pro");
        assert_eq!(product("Windows 10 Pro", 19_045, false), "Windows 10 Pro");
        assert_eq!(product("Windows Server 2025 Datacenter", 26_100, true), "Windows Server 2025 Datacenter");
        assert_eq!((build(26_100, Some(4349)), build(9200, None)), ("26100.4349".into(), "9200".into()));
    }

    #[test]
    fn guards_are_on_off_or_unknown() {
        assert_eq!(
            [encrypted(Some(0)), encrypted(Some(1)), encrypted(Some(-1))],
            [Some(true), Some(false), None]
        );
        assert_eq!(firewall(&[Some(1), None, Some(1)]), Some(true));
        assert_eq!(firewall(&[Some(1), Some(0)]), Some(false));
        assert_eq!(firewall(&[None]), None);
    }

    #[test]
    fn definitions_are_fresh_for_a_week_and_a_disabled_defender_says_nothing() {
        let at = file_time(&133_000_000_000_000_000_u64.to_le_bytes()).unwrap();
        assert_eq!(at.as_second(), 1_655_526_400);
        let later = |days: i64| at + SignedDuration::from_hours(24 * days);
        let fresh = antimalware(false, Some(at), later(1));
        assert_eq!(
            (fresh.antimalware_product.as_deref(), fresh.antimalware_fresh),
            (Some("Microsoft Defender"), Some(true))
        );
        assert_eq!(antimalware(false, Some(at), later(8)).antimalware_fresh, Some(false));
        assert_eq!(antimalware(true, Some(at), later(1)), Security::default());
        assert_eq!(file_time(b"short"), None);
    }
}
