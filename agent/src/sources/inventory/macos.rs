//! macOS: what the tools of the system add to what sysinfo tells.

use std::time::Duration;

use dogwatch_model::{Class, Hardware, Inventory, Security};

use super::macos_facts as facts;
use crate::sources::process;

const LIMIT: Duration = Duration::from_secs(60);
const FIREWALL: &str = "/usr/libexec/ApplicationFirewall/socketfilterfw";
/// Since macOS 15, and before.
const XPROTECT: [&str; 2] = [
    "/var/protected/xprotect/XProtect.bundle/Contents/Info",
    "/Library/Apple/System/Library/CoreServices/XProtect.bundle/Contents/Info",
];

async fn said(tool: &str, arguments: &[&str]) -> Option<String> {
    let output = process::run(tool, arguments, LIMIT).await.ok()?;
    output.success.then_some(output.stdout)
}

/// Fills in what the machine tells beyond sysinfo.
pub(super) async fn complete(inventory: &mut Inventory) {
    if let Some(text) = said("sw_vers", &[]).await {
        let (name, version, build) = facts::release(&text);
        let os = &mut inventory.os;
        (os.name, os.version, os.build) = (name.or(os.name.take()), version.or(os.version.take()), build);
    }
    let told = said("system_profiler", &["-json", "SPHardwareDataType"]).await;
    if let Some((machine, is_laptop)) = told.and_then(|json| facts::hardware(&json)) {
        inventory.class = Some(if is_laptop { Class::Laptop } else { Class::Workstation });
        let Hardware { cpus, memory_bytes, .. } = inventory.hardware;
        inventory.hardware = Hardware { cpus, memory_bytes, ..machine };
    }
    inventory.security = security().await;
}

async fn security() -> Security {
    let mut product = None;
    for bundle in XPROTECT {
        let version = said("defaults", &["read", bundle, "CFBundleShortVersionString"]).await;
        product = product.or_else(|| facts::xprotect(&version?));
    }
    Security {
        disk_encrypted: said("fdesetup", &["status"]).await.and_then(|text| facts::encrypted(&text)),
        firewall: said(FIREWALL, &["--getglobalstate"]).await.and_then(|text| facts::firewall(&text)),
        antimalware_product: product,
        ..Security::default()
    }
}
