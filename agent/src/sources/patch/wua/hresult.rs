//! Results of Windows Update by name, as Microsoft's page "Windows Update error codes by component" has them; the
//! common ones only.

pub(super) const NOT_IMPLEMENTED: i32 = 0x8000_4001_u32.cast_signed();

const NAMES: &[(u32, &str)] = &[
    (0x8000_4001, "E_NOTIMPL: this system does not offer it"),
    (0x8000_4005, "E_FAIL"),
    (0x8007_0005, "E_ACCESSDENIED: run the agent as SYSTEM"),
    (0x8007_000D, "ERROR_INVALID_DATA: the component store or the data store is damaged"),
    (0x8007_000E, "E_OUTOFMEMORY"),
    (0x8007_0020, "ERROR_SHARING_VIOLATION: another program holds a file"),
    (0x8007_0070, "ERROR_DISK_FULL"),
    (0x8007_0422, "ERROR_SERVICE_DISABLED: the Windows Update service is disabled"),
    (0x8007_0643, "ERROR_INSTALL_FAILURE"),
    (0x8007_0BC2, "ERROR_SUCCESS_REBOOT_REQUIRED"),
    (0x8007_371B, "ERROR_SXS_TRANSACTION_CLOSURE_INCOMPLETE: the component store is damaged"),
    (0x8007_3712, "ERROR_SXS_COMPONENT_STORE_CORRUPT: the component store is damaged"),
    (0x8007_3701, "ERROR_SXS_ASSEMBLY_MISSING: the component store is damaged"),
    (0x800F_0831, "CBS_E_STORE_CORRUPTION: the component store is damaged"),
    (0x800F_081F, "CBS_E_SOURCE_MISSING"),
    (0x800F_0922, "CBS_E_INSTALLERS_FAILED"),
    (0x8024_0004, "WU_E_NOT_INITIALIZED"),
    (0x8024_000B, "WU_E_CALL_CANCELLED"),
    (0x8024_000C, "WU_E_NOOP"),
    (0x8024_0010, "WU_E_TOO_MANY_RANGES"),
    (0x8024_0016, "WU_E_INSTALL_NOT_ALLOWED: another installation runs, or a reboot is waiting"),
    (0x8024_0017, "WU_E_NOT_APPLICABLE"),
    (0x8024_001E, "WU_E_SERVICE_STOP: the service or the system is stopping"),
    (0x8024_001F, "WU_E_NO_CONNECTION"),
    (0x8024_0020, "WU_E_NO_INTERACTIVE_USER"),
    (0x8024_0022, "WU_E_ALL_UPDATES_FAILED"),
    (0x8024_0024, "WU_E_NO_UPDATE"),
    (0x8024_0032, "WU_E_INVALID_CRITERIA"),
    (0x8024_0438, "WU_E_PT_ENDPOINT_UNREACHABLE"),
    (0x8024_2014, "WU_E_UH_POSTREBOOTSTILLPENDING: a reboot is still waiting"),
    (0x8024_4007, "WU_E_PT_SOAPCLIENT_SOAPFAULT"),
    (0x8024_4010, "WU_E_PT_EXCEEDED_MAX_SERVER_TRIPS"),
    (0x8024_4018, "WU_E_PT_HTTP_STATUS_FORBIDDEN"),
    (0x8024_401C, "WU_E_PT_HTTP_STATUS_REQUEST_TIMEOUT"),
    (0x8024_4022, "WU_E_PT_HTTP_STATUS_SERVICE_UNAVAIL"),
    (0x8024_402C, "WU_E_PT_WINHTTP_NAME_NOT_RESOLVED"),
    (0x8024_8007, "WU_E_DS_NODATA"),
    (0x8024_8014, "WU_E_DS_UNKNOWNSERVICE"),
    (0x8024_D00D, "WU_E_SETUP_BLOCKED_CONFIGURATION"),
    (0x8024_FFFF, "WU_E_UNEXPECTED"),
];

/// What a result is called: number, and name where it has one here.
pub(super) fn name(hresult: i32) -> String {
    let code = hresult.cast_unsigned();
    match NAMES.iter().find(|(known, _)| *known == code) {
        Some((_, name)) => format!("0x{code:08X} {name}"),
        None => format!("0x{code:08X}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_is_told_by_number_and_by_name() {
        assert_eq!(name(NOT_IMPLEMENTED), "0x80004001 E_NOTIMPL: this system does not offer it");
        assert_eq!(
            name(-2_145_124_322),
            "0x8024001E WU_E_SERVICE_STOP: the service or the system is stopping"
        );
        assert_eq!(name(1), "0x00000001");
    }
}
