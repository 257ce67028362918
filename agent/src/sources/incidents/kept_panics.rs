//! Panics that the machine kept over the crash: what firmware holds for the kernel (`/sys/fs/pstore`), or what
//! systemd-pstore has moved from there.

use std::{
    fs::{self, File},
    io::Read as _,
    path::{Path, PathBuf},
};

use dogwatch_model::IncidentKind;
use jiff::Timestamp;

use super::{super::Panic, super::kernel_log};
use crate::sources::order;

/// Folders that are looked through, and how deep.
const FOLDERS: [(&str, usize); 2] = [("sys/fs/pstore", 0), ("var/lib/systemd/pstore", 2)];
/// Files of a folder that are looked at: one crash makes up to some twenty.
const FILES: usize = 256;
/// The end of a kernel's log.
const BYTES: u64 = 256 * 1024;

/// The newest one that is newer than `after`.
pub(super) fn newest(root: &Path, after: Option<Timestamp>) -> Option<Panic> {
    let mut kept = Vec::new();
    for (folder, depth) in FOLDERS {
        collect(&root.join(folder), depth, &mut kept);
    }
    order::by(&mut kept, |a, b| b.cmp(a));
    let newer = kept.into_iter().filter(|(at, _)| after.is_none_or(|after| *at > after));
    newer.take(FILES).find_map(|(at, path)| Some(Panic { at, detail: panic_line(&path)? }))
}

fn collect(folder: &Path, depth: usize, kept: &mut Vec<(Timestamp, PathBuf)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten().take(FILES) {
        let Ok(found) = entry.metadata() else { continue };
        if found.is_dir() && depth > 0 {
            collect(&entry.path(), depth - 1, kept);
        } else if found.is_file() && entry.file_name().to_string_lossy().contains("dmesg") {
            let at = found.modified().ok().and_then(|at| Timestamp::try_from(at).ok());
            kept.extend(at.map(|at| (at, entry.path())));
        }
    }
}

/// The line that says why. Lines have a level and a time before them: `<0>[  123.456789] Kernel panic - …`.
fn panic_line(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    File::open(path).ok()?.take(BYTES).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    text.lines().find_map(|line| {
        let message = line.split_once("] ").map_or(line, |(_, message)| message);
        let sign = kernel_log::sign(message)?;
        (sign.kind == IncidentKind::KernelPanic).then_some(sign.detail)
    })
}
