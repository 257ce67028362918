//! Linux: the thin part that reads.

use std::{fs, path::Path, time::SystemTime};

use dogwatch_model::{Hardware, Inventory, Net, Os, OsFamily};
use dogwatch_proto::conversions::limits;

use super::{addresses, class, class::Signs, end_of_life, kernels, posture, release};

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
        security: posture::look(root, SystemTime::now()),
        time_zone: jiff::tz::TimeZone::system().iana_name().map(str::to_owned),
        software: None,
    }
}

fn os(root: &Path) -> Os {
    let release =
        read(root, "etc/os-release").or_else(|| read(root, "usr/lib/os-release")).unwrap_or_default();
    let kernel = rustix::system::uname();
    let running = kernel.release().to_string_lossy().into_owned();
    let (id, version) = (release::value(&release, "ID"), release::value(&release, "VERSION_ID"));
    let end = id.zip(version.as_deref()).and_then(|(id, version)| end_of_life::of(&id, version));
    Os {
        family: OsFamily::Linux,
        name: release::value(&release, "NAME"),
        version,
        build: release::value(&release, "BUILD_ID"),
        kernel_installed: kernels::newest(root, &running),
        kernel: Some(running),
        arch: Some(kernel.machine().to_string_lossy().into_owned()),
        end_of_life: end.map(|end| end.at),
        end_of_life_as_of: end.map(|end| end.as_of),
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
    Net { hostname: host_name(), addresses, macs: macs(root), domain: domain(root) }
}

/// The directory domain that it has joined, by the configuration of SSSD or of winbind.
fn domain(root: &Path) -> Option<String> {
    let sssd = read(root, "etc/sssd/sssd.conf").and_then(|text| setting(&text, "domains"));
    let winbind = || {
        let text = read(root, "etc/samba/smb.conf")?;
        let joined = setting(&text, "security").is_some_and(|mode| mode.eq_ignore_ascii_case("ads"));
        joined.then(|| setting(&text, "realm")).flatten()
    };
    let name = sssd.or_else(winbind)?.split(',').next()?.trim().to_lowercase();
    (!name.is_empty()).then(|| limits::clip(&name, limits::NAME_BYTES))
}

/// The first value of a key in a file of `key = value` lines.
fn setting(text: &str, key: &str) -> Option<String> {
    let mut pairs = text.lines().filter_map(|line| line.split_once('='));
    pairs.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim().to_owned())
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
    macs.sort_unstable();
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

    #[test]
    fn a_joined_domain_is_told_whichever_way_it_was_joined() {
        let root = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        assert_eq!(domain(root.path()), None);
        write("etc/samba/smb.conf", "[global]\n  workgroup = WORKGROUP\n  realm = LOST.EXAMPLE\n");
        assert_eq!(domain(root.path()), None, "a realm without membership");
        write("etc/samba/smb.conf", "[global]\n  security = ADS\n  realm = CORP.EXAMPLE\n");
        assert_eq!(domain(root.path()).as_deref(), Some("corp.example"));
        write(
            "etc/sssd/sssd.conf",
            "[sssd]\ndomains = ad.example, other\n[domain/ad.example]\nid_provider = ad\n",
        );
        assert_eq!(domain(root.path()).as_deref(), Some("ad.example"));
    }
}
