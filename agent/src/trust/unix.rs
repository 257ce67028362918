//! Owner and mode bits. Access lists beyond them are the owner's own business.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::Path,
};

const OTHERS_WRITE: u32 = 0o002;
const OTHERS_READ: u32 = 0o004;
const GROUP_WRITE: u32 = 0o020;
const GROUP_READ: u32 = 0o040;
const STICKY: u32 = 0o1000;

/// A FIFO in the file's place must not hold the agent up.
pub(super) fn open(path: &Path) -> io::Result<fs::File> {
    let flags = rustix::fs::OFlags::NONBLOCK.bits().cast_signed();
    fs::OpenOptions::new().read(true).custom_flags(flags).open(path)
}

pub(super) fn writable_by_others(found: &fs::Metadata) -> Option<String> {
    foreign_owner(found).or_else(|| {
        let sticky = found.is_dir() && found.mode() & STICKY != 0;
        (is_open_to_others(found, GROUP_WRITE, OTHERS_WRITE) && !sticky)
            .then(|| "may be written by others than its owner; mend it with: chmod go-w".into())
    })
}

pub(super) fn readable_by_others(found: &fs::Metadata) -> Option<String> {
    let mode = if found.is_dir() { "700" } else { "600" };
    foreign_owner(found).or_else(|| {
        is_open_to_others(found, GROUP_READ, OTHERS_READ)
            .then(|| format!("may be read by others than its owner; mend it with: chmod {mode}"))
    })
}

pub(super) fn foreign_owner(found: &fs::Metadata) -> Option<String> {
    let own = rustix::process::geteuid().as_raw();
    (found.uid() != 0 && found.uid() != own).then(|| {
        format!(
            "belongs to user {}, not to root or to the agent's own user {own}; mend it with: chown",
            found.uid()
        )
    })
}

/// Root's group and the agent's own are not others.
fn is_open_to_others(found: &fs::Metadata, group_bit: u32, others_bit: u32) -> bool {
    let own = rustix::process::getegid().as_raw();
    let foreign_group = found.gid() != 0 && found.gid() != own;
    found.mode() & others_bit != 0 || found.mode() & group_bit != 0 && foreign_group
}

pub(super) fn is_open(found: &fs::Metadata) -> bool {
    found.mode() & 0o077 != 0
}

pub(super) fn close(path: &Path, found: &fs::Metadata) -> io::Result<()> {
    let mode = if found.is_dir() { 0o700 } else { 0o600 };
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}
