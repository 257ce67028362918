//! One collector per directory: a lock that the system gives back however the process ends.

use std::{
    fs::{self, TryLockError},
    io::{Read, Seek, SeekFrom, Write},
    path::Path,
};

use dogwatch_journal::{Disk, RealDisk};

use crate::storage::StorageError;

/// The lock, held while this lives.
#[derive(Debug)]
pub(super) struct Lock {
    _file: fs::File,
}

impl Lock {
    /// Takes the lock of a directory and writes this process's id into it.
    pub(super) fn take(dir: &Path) -> Result<Self, StorageError> {
        let path = dir.join("lock");
        let failed = |doing| {
            let path = path.clone();
            move |source| StorageError::Io { doing, path, source }
        };
        if !path.exists() {
            // One of two who start at once is second here and finds it there.
            let _ = RealDisk.create(&path);
        }
        let mut file = fs::File::options().read(true).write(true).open(&path).map_err(failed("open"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let _ = file.read_to_string(&mut text);
                return Err(StorageError::Locked { dir: dir.to_owned(), pid: text.trim().parse().ok() });
            }
            Err(TryLockError::Error(source)) => return Err(failed("lock")(source)),
        }
        let write = |mut file: &fs::File| {
            file.set_len(0)?;
            file.seek(SeekFrom::Start(0))?;
            writeln!(file, "{}", std::process::id())
        };
        // Only for the other's message: a full disk must not keep a collector from starting.
        let _ = write(&file);
        Ok(Self { _file: file })
    }
}
