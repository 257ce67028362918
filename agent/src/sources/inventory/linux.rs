//! Linux: the thin part that reads.

use std::{fs, path::Path};

use dogwatch_model::{Hardware, Inventory, Net, Os, OsFamily, Security};
use dogwatch_proto::conversions::limits;

use super::{addresses, class, class::Signs, release};

pub(super) fn host_name() -> Option<String> {
    let name = rustix::system::uname().nodename().to_string_lossy().into_owned();
    (!name.is_empty()).then_some(name)
}

pub(super) fn look(root: &Path) -> Inventory {
    let cpuinfo = read(root, "proc/cpuinfo").unwrap_or_default();
    let signs = Signs {
        vendor: firmware(root, "sys_vendor"),
        model: firmware(root, "product_name"),
        chassis: firmware(root, "chassis_type").and_then(|kind| kind.parse().ok()),
        hypervisor: has_hypervisor_flag(&cpuinfo),
        battery: has_battery(root),
    };
    Inventory {
        os: os(root),
        class: class::guess(&signs),
        hardware: hardware(root, signs, &cpuinfo),
        net: net(root),
        security: Security { secure_boot: secure_boot(root), ..Security::default() },
        time_zone: jiff::tz::TimeZone::system().iana_name().map(str::to_owned),
    }
}

fn os(root: &Path) -> Os {
    let release =
        read(root, "etc/os-release").or_else(|| read(root, "usr/lib/os-release")).unwrap_or_default();
    let kernel = rustix::system::uname();
    Os {
        family: OsFamily::Linux,
        name: release::value(&release, "NAME"),
        version: release::value(&release, "VERSION_ID"),
        build: release::value(&release, "BUILD_ID"),
        kernel: Some(kernel.release().to_string_lossy().into_owned()),
        arch: Some(kernel.machine().to_string_lossy().into_owned()),
    }
}

fn hardware(root: &Path, signs: Signs, cpuinfo: &str) -> Hardware {
    let processors = cpuinfo.lines().filter(|line| line.starts_with("processor")).count();
    let memory = read(root, "proc/meminfo").and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?.trim().to_owned();
        line.strip_suffix("kB")?.trim().parse::<u64>().ok()?.checked_mul(1024)
    });
    Hardware {
        vendor: signs.vendor,
        model: signs.model,
        serial: firmware(root, "product_serial"),
        cpus: u32::try_from(processors).ok().filter(|count| *count > 0),
        memory_bytes: memory,
    }
}

pub(super) fn own_addresses(root: &Path) -> Vec<std::net::IpAddr> {
    let mut all = addresses::ipv4(&read(root, "proc/net/fib_trie").unwrap_or_default());
    all.extend(addresses::ipv6(&read(root, "proc/net/if_inet6").unwrap_or_default()));
    all
}

fn net(root: &Path) -> Net {
    let mut all = own_addresses(root);
    all.truncate(limits::ADDRESSES);
    let addresses = all.iter().map(ToString::to_string).collect();
    Net { hostname: host_name(), addresses, macs: macs(root) }
}

/// Hardware addresses of real interfaces: those with a device behind them, or, on a machine that has none such (a
/// container), of all that have an address.
fn macs(root: &Path) -> Vec<String> {
    let Ok(interfaces) = fs::read_dir(root.join("sys/class/net")) else { return Vec::new() };
    let interfaces: Vec<_> = interfaces.flatten().map(|interface| interface.path()).collect();
    let real: Vec<_> = interfaces.iter().filter(|path| path.join("device").exists()).cloned().collect();
    let mut macs: Vec<String> = if real.is_empty() { interfaces } else { real }
        .iter()
        .filter_map(|path| fs::read_to_string(path.join("address")).ok())
        .map(|mac| mac.trim().to_owned())
        .filter(|mac| !mac.is_empty() && mac.chars().any(|c| !matches!(c, '0' | ':')))
        .collect();
    macs.sort();
    macs.dedup();
    macs.truncate(limits::ADDRESSES);
    macs
}

/// A value of the firmware. Serials are for root to read; makers who leave a field empty write all sorts of things.
fn firmware(root: &Path, name: &str) -> Option<String> {
    const NOTHING: &[&str] = &["none", "n/a", "to be filled by o.e.m.", "not specified", "default string"];
    let value = read(root, &format!("sys/class/dmi/id/{name}"))?;
    let value = limits::clip(value.trim(), limits::NAME_BYTES);
    (!value.is_empty() && !NOTHING.contains(&value.to_ascii_lowercase().as_str())).then_some(value)
}

fn has_hypervisor_flag(cpuinfo: &str) -> bool {
    let flags = cpuinfo.lines().find(|line| line.starts_with("flags"));
    flags.is_some_and(|line| line.split_whitespace().any(|flag| flag == "hypervisor"))
}

fn has_battery(root: &Path) -> bool {
    let Ok(supplies) = fs::read_dir(root.join("sys/class/power_supply")) else { return false };
    supplies.flatten().any(|supply| {
        let is = |name: &str, wanted: &str| {
            fs::read_to_string(supply.path().join(name)).is_ok_and(|value| value.trim() == wanted)
        };
        // Mice and keyboards have batteries too; theirs have the scope "Device".
        is("type", "Battery") && !is("scope", "Device")
    })
}

/// The UEFI variable: four bytes of attributes, one of value. Absent on machines without UEFI.
fn secure_boot(root: &Path) -> Option<bool> {
    const VARIABLE: &str = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    let bytes = fs::read(root.join(VARIABLE)).ok()?;
    bytes.get(4).map(|value| *value == 1)
}

fn read(root: &Path, path: &str) -> Option<String> {
    fs::read_to_string(root.join(path)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_a_linux_with_a_name() {
        let inventory = look(Path::new("/"));
        assert_eq!(inventory.os.family, OsFamily::Linux);
        assert!(inventory.os.kernel.is_some() && inventory.os.arch.is_some());
        assert!(inventory.net.hostname.is_some());
        assert!(inventory.hardware.memory_bytes.is_some_and(|bytes| bytes > 0));
    }

    #[test]
    fn firmware_that_says_nothing_says_nothing() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("sys/class/dmi/id");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join("product_serial"), "To Be Filled By O.E.M.\n").unwrap();
        fs::write(folder.join("sys_vendor"), "LENOVO\n").unwrap();
        fs::write(folder.join("chassis_type"), "10\n").unwrap();
        let inventory = look(root.path());
        assert_eq!(inventory.hardware.serial, None);
        assert_eq!(inventory.hardware.vendor.as_deref(), Some("LENOVO"));
        assert_eq!(inventory.class, Some(dogwatch_model::Class::Laptop));
    }
}
