//! A segment file: its name, its header, and how a new one comes to be.
//!
//! The name is the position of the first record, 20 digits, so that names sort as positions do. The header is
//! magic (8 bytes), format version (4), first position (8), CRC32C of the 20 bytes before (4). A segment is
//! written under another name, synced, renamed, and the directory is synced before the first frame goes in:
//! a segment under its own name always has its header, and one that has not is damaged, never half born.

use std::{
    io,
    path::{Path, PathBuf},
};

use crate::{
    Disk, DiskFile, Error, Position,
    frame::{u32_at, u64_at},
};

/// Length of a segment's header.
pub(crate) const HEADER_BYTES: u64 = 24;

const MAGIC: &[u8; 8] = b"DWJOURNL";
const VERSION: u32 = 1;
const SUFFIX: &str = ".journal";
const UNBORN: &str = ".journal.new";
const ASIDE: &str = ".journal.damaged";
const DIGITS: usize = 20;

/// The path of the segment that begins at a position.
pub(crate) fn path(dir: &Path, first: Position) -> PathBuf {
    dir.join(format!("{first:0DIGITS$}{SUFFIX}"))
}

/// Where a segment goes that cannot be used, kept as evidence.
pub(crate) fn aside(dir: &Path, first: Position) -> PathBuf {
    dir.join(format!("{first:0DIGITS$}{ASIDE}"))
}

/// The first position in a segment's file name; `None` for any other file.
pub(crate) fn parse_name(name: &str) -> Option<Position> {
    let digits = name.strip_suffix(SUFFIX)?;
    if digits.len() != DIGITS || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Position::new(digits.parse().ok()?)
}

/// Whether this is a segment whose creation was interrupted.
pub(crate) fn is_unborn(name: &str) -> bool {
    name.ends_with(UNBORN)
}

/// What a segment's header says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Identity {
    Good,
    Bad,
    Newer(u32),
}

/// Reads a segment's header and compares it with its name.
pub(crate) fn identify(file: &dyn DiskFile, first: Position) -> io::Result<Identity> {
    let mut bytes = [0; HEADER_BYTES as usize];
    if file.read_at(&mut bytes, 0)? < bytes.len()
        || &bytes[..8] != MAGIC
        || u32_at(&bytes, 20) != crc32c::crc32c(&bytes[..20])
    {
        return Ok(Identity::Bad);
    }
    Ok(match u32_at(&bytes, 8) {
        version if version > VERSION => Identity::Newer(version),
        _ if u64_at(&bytes, 12) != first.get() => Identity::Bad,
        _ => Identity::Good,
    })
}

/// Makes a new, durable, empty segment.
pub(crate) fn create(disk: &dyn Disk, dir: &Path, first: Position) -> Result<Box<dyn DiskFile>, Error> {
    let unborn = dir.join(format!("{first:0DIGITS$}{UNBORN}"));
    let born = path(dir, first);
    let outcome = fill(disk, &unborn, first);
    let file = match outcome {
        Ok(file) => file,
        Err(error) => {
            // Best effort: the next open removes it as well.
            let _ = disk.remove(&unborn);
            return Err(error);
        }
    };
    disk.rename(&unborn, &born).map_err(|e| Error::io("name", &born, e))?;
    disk.sync_dir(dir).map_err(|e| Error::io("sync", dir, e))?;
    Ok(file)
}

fn fill(disk: &dyn Disk, path: &Path, first: Position) -> Result<Box<dyn DiskFile>, Error> {
    let mut bytes = [0; HEADER_BYTES as usize];
    bytes[..8].copy_from_slice(MAGIC);
    bytes[8..12].copy_from_slice(&VERSION.to_le_bytes());
    bytes[12..20].copy_from_slice(&first.get().to_le_bytes());
    let checksum = crc32c::crc32c(&bytes[..20]);
    bytes[20..].copy_from_slice(&checksum.to_le_bytes());

    let mut file = disk.create(path).map_err(|e| Error::io("create", path, e))?;
    file.write_at(&bytes, 0).map_err(|e| Error::io("write", path, e))?;
    file.sync_data().map_err(|e| Error::io("sync", path, e))?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_sort_as_positions_and_only_segments_parse() {
        let dir = Path::new("j");
        let second = Position::new(2).unwrap();
        let tenth = Position::new(10).unwrap();
        assert!(path(dir, second) < path(dir, tenth));
        assert_eq!(parse_name("00000000000000000010.journal"), Some(tenth));
        for other in ["reserve", "10.journal", "00000000000000000000.journal", "0000000000000000001x.journal"]
        {
            assert_eq!(parse_name(other), None, "{other}");
        }
        assert!(is_unborn("00000000000000000010.journal.new"));
    }
}
