//! Which mounts are volumes that can fill up? Pure: `mountinfo` in, volumes out.
//!
//! Left out: memory and kernel file systems, read-only images, container layers, network mounts unless they are named
//! (a dead server must not hang the agent, and the volume is the server's to watch), bind mounts of what is mounted
//! already. A root that is a container's overlay is kept: a machine without any volume would be useless.
//!
//! Whether a volume is read-only is told by the options of the file system, never by those of the mount: a service
//! manager that shields the machine from the agent makes every mount read-only to it, and to it alone.

use std::collections::BTreeMap;

use crate::sources::order;

/// A mount that is a volume.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::sources) struct Mount {
    pub(in crate::sources) mount: String,
    pub(in crate::sources) device: String,
    pub(in crate::sources) fs: String,
    pub(in crate::sources) read_only: bool,
    /// Asking it may take for ever: it is behind a network or a program, or below a mount that is.
    pub(in crate::sources) may_hang: bool,
}

/// File systems that sit on a device and cannot fill up.
const IMAGES: &[&str] = &["squashfs", "iso9660", "udf", "erofs", "cramfs", "romfs"];
/// File systems that name a pool instead of a device.
const POOLS: &[&str] = &["zfs", "bcachefs"];
/// File systems that answer from memory, whatever their device does.
const LOCAL: &[&str] = &["ext2", "ext3", "ext4", "xfs", "btrfs", "vfat", "exfat", "f2fs", "overlay"];
/// Options of a file system that takes no writes: set by people, after an error (ext4 since Linux 6.15), shut down.
const READ_ONLY: &[&str] = &["ro", "emergency_ro", "shutdown"];

struct Line {
    mount: Mount,
    number: String,
    subtree: String,
}

/// The volumes, sorted by mount, with the network mounts among `named`.
pub(in crate::sources) fn volumes(mountinfo: &str, named: &[String]) -> Vec<Mount> {
    let mut seen: BTreeMap<String, Line> = BTreeMap::new();
    for line in mountinfo.lines().filter_map(parse) {
        // Mounted over: the later one is what is seen. `mountinfo` lists in order.
        seen.insert(line.mount.mount.clone(), line);
    }
    let hanging: Vec<String> = seen
        .values()
        .filter(|line| is_far(&line.mount.fs))
        .map(|line| format!("{}/", line.mount.mount))
        .collect();
    let mut lines: Vec<Line> = seen.into_values().filter(|line| is_volume(line, named)).collect();
    // The shortest path of several to the same device is the one people know.
    order::by(&mut lines, |a, b| {
        (a.mount.mount.len(), &a.mount.mount).cmp(&(b.mount.mount.len(), &b.mount.mount))
    });
    let mut volumes: Vec<Line> = Vec::new();
    for line in lines {
        // Subvolumes of btrfs have numbers of their own and one device.
        let same = |known: &Line| {
            known.number == line.number
                || (known.mount.fs == "btrfs" && known.mount.device == line.mount.device)
        };
        if !volumes.iter().any(same) {
            volumes.push(line);
        }
    }
    let mut mounts: Vec<Mount> = volumes.into_iter().map(|line| line.mount).collect();
    order::by(&mut mounts, |a, b| a.mount.cmp(&b.mount));
    for mount in &mut mounts {
        mount.may_hang = !LOCAL.contains(&mount.fs.as_str())
            || hanging.iter().any(|above| mount.mount.starts_with(above.as_str()));
    }
    mounts
}

/// Behind a network or a program.
fn is_far(fs: &str) -> bool {
    ["fuse", "nfs", "cifs", "smb", "9p", "ceph", "glusterfs", "afs", "autofs"]
        .iter()
        .any(|far| fs.starts_with(far))
}

fn is_volume(line: &Line, named: &[String]) -> bool {
    let Mount { mount, device, fs, .. } = &line.mount;
    if mount == "/" {
        return true;
    }
    let whole = line.subtree == "/" || fs == "btrfs";
    let local = device.starts_with("/dev/") || POOLS.contains(&fs.as_str());
    // A share may be mounted from below its root.
    let named = is_far(fs) && named.contains(mount);
    named || whole && local && !IMAGES.contains(&fs.as_str())
}

/// One line of `/proc/self/mountinfo` (proc_pid_mountinfo(5)).
fn parse(line: &str) -> Option<Line> {
    let (left, right) = line.split_once(" - ")?;
    let left: Vec<&str> = left.split(' ').collect();
    let [_, _, number, subtree, mount, _options, ..] = left[..] else { return None };
    let mut right = right.split(' ');
    let (fs, device, super_options) = (right.next()?, right.next()?, right.next().unwrap_or_default());
    Some(Line {
        mount: Mount {
            mount: unescape(mount),
            device: unescape(device),
            fs: fs.to_owned(),
            read_only: super_options.split(',').any(|option| READ_ONLY.contains(&option)),
            may_hang: false,
        },
        number: number.to_owned(),
        subtree: unescape(subtree),
    })
}

/// Spaces and the like are written as three octal digits.
fn unescape(field: &str) -> String {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let octal =
            tail.get(..3).filter(|digits| first == b'\\' && digits.iter().all(|d| (b'0'..=b'7').contains(d)));
        let value =
            octal.map(|digits| digits.iter().fold(0_u16, |sum, digit| sum * 8 + u16::from(digit - b'0')));
        match value.and_then(|value| u8::try_from(value).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &tail[3..];
            }
            None => {
                bytes.push(first);
                rest = tail;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// For the table of parsers.
pub(in crate::sources) fn survives(text: &str) {
    let _ = volumes(text, &[]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of a Debian 12 server with a snap, a USB stick with a space in its name, NFS, and bind mounts.
    const SERVER: &str = r"22 28 0:21 / /sys rw,nosuid - sysfs sysfs rw
23 28 0:22 / /proc rw,nosuid - proc proc rw
25 28 0:24 / /run rw,nosuid - tmpfs tmpfs rw,size=811896k,mode=755
28 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw,errors=remount-ro
30 28 254:2 / /var/lib/data rw,relatime shared:2 - xfs /dev/vdb rw
31 28 254:1 /var/log /srv/log rw,relatime shared:1 - ext4 /dev/vda1 rw
32 28 254:2 / /mnt/again rw,relatime - xfs /dev/vdb rw
33 28 7:1 / /snap/core/1 ro,nodev - squashfs /dev/loop1 ro
34 28 8:17 / /media/my\040stick ro,nosuid - vfat /dev/sdb1 ro,fmask=0022
35 28 0:50 / /home rw,relatime - nfs4 server:/home rw,vers=4.2
38 35 8:33 / /home/scratch rw,relatime - ext4 /dev/sdc1 rw
36 28 0:60 / /var/lib/docker/overlay2/x/merged rw - overlay overlay rw,lowerdir=/l
37 28 0:61 / /tank rw - zfs tank rw,xattr
";

    fn mounts(text: &str) -> Vec<(String, bool)> {
        volumes(text, &[]).into_iter().map(|mount| (mount.mount, mount.read_only)).collect()
    }

    #[test]
    fn a_server_has_its_real_volumes_and_no_others() {
        let expected = [
            ("/", false),
            ("/home/scratch", false),
            ("/media/my stick", true),
            ("/mnt/again", false),
            ("/tank", false),
        ];
        assert_eq!(mounts(SERVER), expected.map(|(mount, ro)| (mount.to_owned(), ro)));
    }

    #[test]
    fn a_share_is_a_volume_when_it_is_named_and_what_is_behind_one_may_hang() {
        let volumes = volumes(SERVER, &["/home".to_owned(), "/sys".to_owned()]);
        let may_hang: Vec<(&str, bool)> =
            volumes.iter().map(|volume| (volume.mount.as_str(), volume.may_hang)).collect();
        let expected = [
            ("/", false),
            ("/home", true),
            ("/home/scratch", true),
            ("/media/my stick", false),
            ("/mnt/again", false),
            ("/tank", true),
        ];
        assert_eq!(may_hang, expected);
    }

    /// In the form that Linux 6.1 shows to a unit of systemd 252 with `ProtectSystem=strict`, `ProtectHome=yes` and a
    /// state folder: to it every mount is read-only, and no file system is.
    const SHIELDED: &str = r"480 360 254:1 / / ro,relatime shared:200 master:1 - ext4 /dev/vda1 rw,errors=remount-ro
481 480 0:5 / /dev rw,nosuid,relatime shared:201 master:2 - devtmpfs udev rw,size=4096k,mode=755
482 480 254:2 / /home rw,relatime shared:203 master:4 - ext4 /dev/vda2 rw
483 480 254:3 / /srv ro,relatime shared:204 master:5 - xfs /dev/vdb1 rw,attr2,noquota
484 480 254:1 /var/lib/private/dogwatch-agent /var/lib/private/dogwatch-agent rw,relatime shared:205 - ext4 /dev/vda1 rw,errors=remount-ro
485 482 0:27 /systemd/inaccessible/dir /home ro,nosuid,nodev,noexec,relatime shared:206 - tmpfs tmpfs rw,size=401640k,mode=755
";

    #[test]
    fn a_shielded_agent_sees_no_read_only_volume_and_none_that_is_hidden_from_it() {
        assert_eq!(mounts(SHIELDED), [("/".to_owned(), false), ("/srv".to_owned(), false)]);
    }

    #[test]
    fn a_file_system_that_takes_no_writes_is_read_only() {
        // The second one is recorded on Linux 6.18, after an error of ext4.
        for options in ["ro,errors=remount-ro", "rw,errors=remount-ro,emergency_ro", "rw,shutdown"] {
            let text = format!("1 0 8:1 / / rw - ext4 /dev/sda1 {options}\n");
            assert_eq!(mounts(&text), [("/".to_owned(), true)], "{options}");
        }
    }

    #[test]
    fn the_overlay_root_of_a_container_is_kept() {
        let text = "100 1 0:90 / / rw,relatime - overlay overlay rw,lowerdir=/l\n\
            101 100 254:1 /hosts /etc/hosts rw - ext4 /dev/vda1 rw\n";
        assert_eq!(mounts(text), [("/".to_owned(), false)]);
    }

    #[test]
    fn subvolumes_of_btrfs_are_one_volume() {
        let text = "1 0 0:30 /@ / rw - btrfs /dev/sda2 rw,subvol=/@\n\
            2 1 0:31 /@home /home rw - btrfs /dev/sda2 rw,subvol=/@home\n";
        assert_eq!(mounts(text), [("/".to_owned(), false)]);
    }

    #[test]
    fn of_two_mounts_on_one_place_the_later_counts() {
        let text = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n2 1 8:2 / /mnt rw - ext4 /dev/sda2 rw\n\
            3 1 8:3 / /mnt ro - xfs /dev/sda3 ro\n";
        assert_eq!(volumes(text, &[])[1].device, "/dev/sda3");
    }

    #[test]
    fn rubbish_is_no_volume() {
        assert_eq!(volumes("\n - \n1 2 3 - a b\n\\ \\4 \\777 / / / - x\n", &[]).len(), 0);
        assert_eq!(unescape(r"a\040b\134c\9\77"), r"a b\c\9\77");
    }
}
