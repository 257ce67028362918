//! A word about the view that outlives the process: is it being opened, is it open and since which start of the
//! machine, or was it left in good order (no mark).
//!
//! A process that dies leaves sled's files as it wrote them; a machine that goes down does not, because sled's
//! flush does not wait for the disk. So a view that was open when the machine went down is not used again. Nor is
//! one that the last start did not survive opening: in a program built to abort on a panic nothing else would
//! keep it from failing the same way for ever.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use dogwatch_journal::{Disk, RealDisk};

use crate::storage::StorageError;

const OPENING: &str = "opening";
const OPEN: &str = "open since boot ";

/// A mark is always as long as this, so that it can be changed in place when the disk is full.
const BYTES: usize = 80;

/// The mark of one store.
#[derive(Debug)]
pub(super) struct Mark {
    dir: PathBuf,
    boot_id: Option<String>,
}

impl Mark {
    pub(super) fn of(dir: &Path, boot_id: Option<String>) -> Self {
        Self { dir: dir.to_owned(), boot_id }
    }

    /// What speaks against using the view, if anything.
    pub(super) fn objection(&self) -> Option<&'static str> {
        let text = fs::read_to_string(self.path()).ok()?;
        let text = text.trim_end();
        if text == OPENING {
            return Some("the last start did not survive opening it");
        }
        let opened_in = text.strip_prefix(OPEN.trim_end())?.trim_start();
        let gone_down = self.boot_id.as_deref().is_some_and(|now| now != opened_in);
        gone_down.then_some("the machine went down while it was open")
    }

    pub(super) fn opening(&self) -> Result<(), StorageError> {
        self.write(OPENING)
    }

    pub(super) fn open(&self) -> Result<(), StorageError> {
        self.write(&format!("{OPEN}{}", self.boot_id.as_deref().unwrap_or_default()))
    }

    /// The view was left in good order.
    pub(super) fn clear(&self) -> Result<(), StorageError> {
        let clear = || {
            match RealDisk.remove(&self.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            RealDisk.sync_dir(&self.dir)
        };
        clear().map_err(|source| StorageError::Io { doing: "clear", path: self.path(), source })
    }

    fn path(&self) -> PathBuf {
        self.dir.join("view.mark")
    }

    /// Durable before the view is touched, or it would be worth nothing when the machine goes down.
    fn write(&self, text: &str) -> Result<(), StorageError> {
        let path = self.path();
        let text = format!("{text:<BYTES$}");
        let write = || {
            let mut file = if path.exists() { RealDisk.open(&path)? } else { RealDisk.create(&path)? };
            file.write_at(text.as_bytes(), 0)?;
            file.sync_data()?;
            RealDisk.sync_dir(&self.dir)
        };
        write().map_err(|source| StorageError::Io { doing: "write", path: self.path(), source })
    }
}

/// What Linux calls this start of the machine; elsewhere nothing.
pub(super) fn boot_id() -> Option<String> {
    let text = fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    Some(text.trim().to_owned())
}
