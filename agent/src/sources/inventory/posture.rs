//! How is this Linux guarded? Read from small files; nothing is run. What they do not tell is not known.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use dogwatch_model::Security;

/// Definitions older than this are stale: makers send new ones at least daily.
const FRESH: Duration = Duration::from_secs(7 * 86_400);
/// A stack of devices is no deeper: partition, RAID, LUKS, LVM.
const DEPTH: usize = 8;

/// Looks at the machine seen below `root`. `now` is the wall clock.
pub(super) fn look(root: &Path, now: SystemTime) -> Security {
    let (antimalware_product, antimalware_fresh) = antimalware(root, now);
    Security {
        disk_encrypted: disk_encrypted(root),
        firewall: firewall(root),
        antimalware_product,
        antimalware_fresh,
        secure_boot: secure_boot(root),
    }
}

/// Whether the volume of `/` lies on dm-crypt, at whatever depth. `None` when no block device is behind it.
fn disk_encrypted(root: &Path) -> Option<bool> {
    let mounts = fs::read_to_string(root.join("proc/self/mountinfo")).ok()?;
    let device = root_device(&mounts)?;
    let block = root.join("sys/dev/block").join(device);
    block.exists().then(|| is_encrypted(&block, DEPTH))
}

/// `major:minor` of the device that is mounted last on `/`.
fn root_device(mountinfo: &str) -> Option<&str> {
    let fields = mountinfo.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    fields
        .filter(|fields| fields.get(4) == Some(&"/"))
        .filter_map(|fields| fields.get(2).copied())
        .next_back()
}

fn is_encrypted(block: &Path, depth: usize) -> bool {
    if fs::read_to_string(block.join("dm/uuid")).is_ok_and(|uuid| uuid.starts_with("CRYPT-")) {
        return true;
    }
    // What a device is made of; a partition's are those of the disk around it, which has none.
    let Ok(slaves) = fs::read_dir(block.join("slaves")) else { return false };
    let slaves: Vec<PathBuf> = slaves.flatten().map(|slave| slave.path()).collect();
    depth > 0 && !slaves.is_empty() && slaves.iter().all(|slave| is_encrypted(slave, depth - 1))
}

/// Whether a host firewall is active: ufw by its configuration, firewalld and nftables by their units. A machine
/// whose rules come from elsewhere cannot be told from one without any.
fn firewall(root: &Path) -> Option<bool> {
    let ufw = fs::read_to_string(root.join("etc/ufw/ufw.conf")).ok().map(|text| ufw_enabled(&text));
    let firewalld =
        root.join("usr/lib/systemd/system/firewalld.service").exists().then(|| runs(root, "firewalld"));
    let nftables = fs::read_to_string(root.join("etc/nftables.conf")).ok().map(|text| {
        let enabled = ["sysinit", "multi-user"].iter().any(|target| {
            root.join(format!("etc/systemd/system/{target}.target.wants/nftables.service")).is_symlink()
        });
        enabled && filters_input(&text)
    });
    let known: Vec<bool> = [ufw, firewalld, nftables].into_iter().flatten().collect();
    (!known.is_empty()).then(|| known.contains(&true))
}

fn ufw_enabled(ufw_conf: &str) -> bool {
    ufw_conf.lines().any(|line| line.trim().eq_ignore_ascii_case("ENABLED=yes"))
}

/// Whether some chain at the input hook refuses anything.
fn filters_input(nftables_conf: &str) -> bool {
    let rules = nftables_conf.lines().map(|line| line.split('#').next().unwrap_or_default());
    let rules = rules.collect::<Vec<_>>().join("\n");
    rules.split("chain ").any(|chain| {
        chain.contains("hook input")
            && ["policy drop", " drop", " reject"].iter().any(|refusal| chain.contains(refusal))
    })
}

/// A service of systemd that runs has a cgroup with processes.
fn runs(root: &Path, unit: &str) -> bool {
    let events = root.join(format!("sys/fs/cgroup/system.slice/{unit}.service/cgroup.events"));
    fs::read_to_string(events).is_ok_and(|events| events.lines().any(|line| line == "populated 1"))
}

/// A product, the folder that it is installed in, and the file or folder that is renewed with its definitions.
const PRODUCTS: &[(&str, &str, &[&str])] = &[
    ("Microsoft Defender", "opt/microsoft/mdatp", &["var/opt/microsoft/mdatp/definitions.noindex"]),
    ("CrowdStrike Falcon", "opt/CrowdStrike", &[]),
    ("SentinelOne", "opt/sentinelone", &[]),
    ("Sophos", "opt/sophos-spl", &[]),
    ("ESET", "opt/eset", &["var/opt/eset/eea/lib"]),
    ("Bitdefender", "opt/bitdefender-security-tools", &[]),
    ("ClamAV", "usr/sbin/clamd", &["var/lib/clamav/daily.cld", "var/lib/clamav/daily.cvd"]),
];

fn antimalware(root: &Path, now: SystemTime) -> (Option<String>, Option<bool>) {
    let found = PRODUCTS.iter().find(|(_, installed, _)| root.join(installed).exists());
    let Some((product, _, definitions)) = found else { return (None, None) };
    let renewed =
        definitions.iter().filter_map(|path| fs::metadata(root.join(path)).ok()?.modified().ok()).max();
    // A clock that went back makes definitions of the future: those are fresh.
    let fresh = renewed.map(|at| now.duration_since(at).is_ok_and(|age| age < FRESH) || at > now);
    (Some((*product).to_owned()), fresh)
}

/// The UEFI variable: four bytes of attributes, one of value. Absent on machines without UEFI.
fn secure_boot(root: &Path) -> Option<bool> {
    const VARIABLE: &str = "sys/firmware/efi/efivars/SecureBoot-8be4df61-93ca-11d2-aa0d-00e098032b8c";
    let bytes = fs::read(root.join(VARIABLE)).ok()?;
    bytes.get(4).map(|value| *value == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, path: &str, text: &str) {
        let path = root.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    const ROOT_ON_253_1: &str = "24 1 0:23 / /run rw - tmpfs tmpfs rw\n\
        29 1 253:1 / / rw,relatime shared:1 - ext4 /dev/mapper/vg-root rw,errors=remount-ro\n";

    #[test]
    fn a_machine_that_tells_nothing_is_unknown_not_unguarded() {
        let root = tempfile::tempdir().unwrap();
        assert_eq!(look(root.path(), SystemTime::now()), Security::default());
    }

    #[cfg(unix)]
    #[test]
    fn encryption_is_found_below_a_logical_volume_and_must_cover_every_disk_of_it() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        write(root, "proc/self/mountinfo", ROOT_ON_253_1);
        write(root, "sys/dev/block/253:1/dm/uuid", "LVM-abc\n");
        write(root, "sys/dev/block/253:1/slaves/dm-0/dm/uuid", "CRYPT-LUKS2-0123\n");
        assert_eq!(disk_encrypted(root), Some(true));
        write(root, "sys/dev/block/253:1/slaves/sdb/size", "1\n");
        assert_eq!(disk_encrypted(root), Some(false), "one half of it is open");
    }

    #[test]
    fn a_plain_partition_is_not_encrypted() {
        let root = tempfile::tempdir().unwrap();
        write(root.path(), "proc/self/mountinfo", &ROOT_ON_253_1.replace("253:1", "8:1"));
        write(root.path(), "sys/dev/block/8:1/partition", "1\n");
        assert_eq!(disk_encrypted(root.path()), Some(false));
    }

    #[test]
    fn a_firewall_counts_when_it_is_on() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        write(root, "etc/ufw/ufw.conf", "# comment\nENABLED=no\n");
        assert_eq!(firewall(root), Some(false));
        write(root, "usr/lib/systemd/system/firewalld.service", "[Unit]\n");
        write(root, "sys/fs/cgroup/system.slice/firewalld.service/cgroup.events", "populated 1\nfrozen 0\n");
        assert_eq!(firewall(root), Some(true));
    }

    #[test]
    fn debian_s_empty_nftables_ruleset_filters_nothing() {
        let empty =
            "table inet filter {\n\tchain input {\n\t\ttype filter hook input priority filter;\n\t}\n}\n";
        assert!(!filters_input(empty));
        assert!(filters_input(&empty.replace("filter;\n", "filter; policy drop;\n")));
        assert!(!filters_input(&empty.replace("filter;\n", "filter; # policy drop;\n")));
    }

    #[test]
    fn definitions_are_fresh_for_a_week() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        write(root, "usr/sbin/clamd", "");
        assert_eq!(antimalware(root, SystemTime::now()), (Some("ClamAV".into()), None));
        write(root, "var/lib/clamav/daily.cld", "");
        let now = SystemTime::now();
        assert_eq!(antimalware(root, now).1, Some(true));
        assert_eq!(antimalware(root, now + Duration::from_secs(8 * 86_400)).1, Some(false));
        assert_eq!(antimalware(root, now - Duration::from_secs(86_400)).1, Some(true));
    }
}
