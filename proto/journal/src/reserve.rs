//! A file that does nothing but hold space, so that on a full disk there is room for the last few records.
//!
//! It is filled with bytes that do not compress, because a file system that compresses would give no space for
//! zeros. Nothing in it is ever read.

use std::path::{Path, PathBuf};

use crate::{Disk, Error};

const CHUNK_BYTES: usize = 64 * 1024;

pub(crate) fn path(dir: &Path) -> PathBuf {
    dir.join("reserve")
}

/// Makes the reserve whole: `bytes` of it, synced.
pub(crate) fn fill(disk: &dyn Disk, dir: &Path, bytes: u64) -> Result<(), Error> {
    let path = path(dir);
    let write = || -> std::io::Result<()> {
        let exists = disk.list(dir)?.iter().any(|name| name == "reserve");
        let mut file = if exists { disk.open(&path)? } else { disk.create(&path)? };
        let mut at = file.len()?;
        let mut noise = Noise(bytes | 1);
        while at < bytes {
            let chunk = noise.bytes((bytes - at).min(CHUNK_BYTES as u64) as usize);
            file.write_at(&chunk, at)?;
            at += chunk.len() as u64;
        }
        file.sync_data()
    };
    write().map_err(|e| {
        // A part of a reserve would take space that the journal itself may need.
        let _ = disk.remove(&path);
        Error::io("reserve space in", &path, e)
    })
}

/// Gives the space back. Nothing happens when there is no reserve.
pub(crate) fn release(disk: &dyn Disk, dir: &Path) -> Result<(), Error> {
    let path = path(dir);
    match disk.remove(&path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Error::io("release", &path, e)),
        _ => Ok(()),
    }
}

/// Xorshift: not random, only incompressible.
struct Noise(u64);

impl Noise {
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(count + 8);
        while bytes.len() < count {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            bytes.extend_from_slice(&self.0.to_le_bytes());
        }
        bytes.truncate(count);
        bytes
    }
}
