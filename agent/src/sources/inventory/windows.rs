//! Windows: what the registry and two tools of the system add to what sysinfo tells.

use std::time::Duration;

use dogwatch_model::{Class, Inventory, Security};
use jiff::Timestamp;
use windows_registry::{Key, LOCAL_MACHINE};

use super::{class, class::Signs, end_of_life, smbios, windows_facts as facts};
use crate::sources::process;

const LIMIT: Duration = Duration::from_secs(60);
const VERSION: &str = r"SOFTWARE\Microsoft\Windows NT\CurrentVersion";
const BIOS: &str = r"HARDWARE\DESCRIPTION\System\BIOS";
const SMBIOS: &str = r"SYSTEM\CurrentControlSet\Services\mssmbios\Data";
const SECURE_BOOT: &str = r"SYSTEM\CurrentControlSet\Control\SecureBoot\State";
const FIREWALL: &str = r"SYSTEM\CurrentControlSet\Services\SharedAccess\Parameters\FirewallPolicy";
const PROFILES: [&str; 3] = ["DomainProfile", "StandardProfile", "PublicProfile"];
const DEFENDER: &str = r"SOFTWARE\Microsoft\Windows Defender";
/// `SMBiosData` begins with a header of its own.
const SMBIOS_HEADER: usize = 8;

fn text(key: &str, name: &str) -> Option<String> {
    let text = LOCAL_MACHINE.open(key).and_then(|key| key.get_string(name)).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn number(key: &str, name: &str) -> Option<u32> {
    LOCAL_MACHINE.open(key).and_then(|key| key.get_u32(name)).ok()
}

fn bytes(key: &str, name: &str) -> Option<Vec<u8>> {
    let value = LOCAL_MACHINE.open(key).and_then(|key: Key| key.get_value(name)).ok()?;
    Some(value.to_vec())
}

/// Fills in what the machine tells beyond sysinfo.
pub(super) async fn complete(inventory: &mut Inventory) {
    let is_server = text(VERSION, "InstallationType").is_some_and(|kind| kind.starts_with("Server"));
    system(inventory, is_server);
    let firmware =
        bytes(SMBIOS, "SMBiosData").and_then(|data| Some(smbios::parse(data.get(SMBIOS_HEADER..)?)));
    let firmware = firmware.unwrap_or_default();
    let signs = Signs {
        vendor: text(BIOS, "SystemManufacturer"),
        model: text(BIOS, "SystemProductName"),
        chassis: firmware.chassis,
        ..Signs::default()
    };
    inventory.class = match class::guess(&signs) {
        Some(Class::Virtual) => Some(Class::Virtual),
        _ if is_server => Some(Class::Server),
        guessed => guessed.or(Some(Class::Workstation)),
    };
    inventory.hardware.vendor = signs.vendor;
    inventory.hardware.model = signs.model;
    inventory.hardware.serial = firmware.serial;
    inventory.net.domain = directory().await;
    inventory.security = security().await;
}

fn system(inventory: &mut Inventory, is_server: bool) {
    let os = &mut inventory.os;
    let Some(build) = text(VERSION, "CurrentBuild").and_then(|build| build.parse::<u32>().ok()) else {
        return;
    };
    os.name =
        text(VERSION, "ProductName").map(|name| facts::product(&name, build, is_server)).or(os.name.take());
    os.version = text(VERSION, "DisplayVersion").or_else(|| text(VERSION, "ReleaseId")).or(os.version.take());
    os.build = Some(facts::build(build, number(VERSION, "UBR")));
    let end = end_of_life::of(if is_server { "windows-server" } else { "windows" }, &build.to_string());
    os.end_of_life = end.map(|end| end.at);
    os.end_of_life_as_of = end.map(|end| end.as_of);
}

async fn directory() -> Option<String> {
    let output = process::run("dsregcmd", &["/status"], LIMIT).await.ok()?;
    facts::directory(&output.stdout)
}

async fn security() -> Security {
    let volume = std::env::var("SystemDrive").unwrap_or_else(|_| "C:".to_owned());
    let bitlocker = process::run("manage-bde", &["-status", &volume, "-protectionaserrorlevel"], LIMIT).await;
    let profiles = PROFILES.map(|profile| number(&format!(r"{FIREWALL}\{profile}"), "EnableFirewall"));
    let is_disabled = [DEFENDER.to_owned(), format!(r"{DEFENDER}\Real-Time Protection")].iter().any(|key| {
        ["DisableAntiVirus", "DisableAntiSpyware", "DisableRealtimeMonitoring"]
            .iter()
            .any(|name| number(key, name) == Some(1))
    });
    let definitions = bytes(&format!(r"{DEFENDER}\Signature Updates"), "SignaturesLastUpdated");
    let definitions = definitions.and_then(|bytes| facts::file_time(&bytes));
    Security {
        disk_encrypted: bitlocker.ok().and_then(|output| facts::encrypted(output.code)),
        firewall: facts::firewall(&profiles),
        secure_boot: number(SECURE_BOOT, "UEFISecureBootEnabled").map(|enabled| enabled == 1),
        ..facts::antimalware(is_disabled, definitions, Timestamp::now())
    }
}
