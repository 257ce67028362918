//! A log file with an end: one that is full is put aside, in the place of the one before it.
//!
//! For services whose manager throws away what they print. Each line is one write. It is not synced: a log is worth
//! no disk's patience.

use std::{
    fs::{self, File},
    io::{self, Write as _},
    path::PathBuf,
    sync::{Mutex, PoisonError},
};

/// Lines of one process.
#[derive(Debug)]
pub(super) struct LogFile {
    path: PathBuf,
    /// Bytes of the file; the one put aside has as many at most.
    limit: u64,
    open: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    file: File,
    bytes: u64,
}

impl LogFile {
    /// Goes on in the file that is there, or makes one.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub(super) fn open(path: PathBuf, limit: u64) -> io::Result<Self> {
        let file = File::options().create(true).append(true).open(&path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path, limit, open: Mutex::new(Some(Open { file, bytes })) })
    }

    /// Adds a line; it brings its own end of line.
    ///
    /// # Errors
    /// When it cannot be written, or there is no file to write it to.
    pub(super) fn append(&self, line: &[u8]) -> io::Result<()> {
        let length = u64::try_from(line.len()).unwrap_or(u64::MAX);
        let mut slot = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        // Closed before it is renamed: Windows would rather keep the name of what is open.
        let fitting = slot.take().filter(|open| open.bytes.saturating_add(length) <= self.limit);
        let open = slot.insert(fitting.map_or_else(|| self.afresh(), Ok)?);
        open.bytes = open.bytes.saturating_add(length);
        open.file.write_all(line)
    }

    fn afresh(&self) -> io::Result<Open> {
        // One that cannot be put aside is overwritten: the bound is worth more than the past.
        let _ = fs::rename(&self.path, self.path.with_extension("old.log"));
        Ok(Open { file: File::create(&self.path)?, bytes: 0 })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_log_is_put_aside_and_the_one_before_it_is_gone() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("agent.log");
        let log = LogFile::open(path.clone(), 10).unwrap();
        for line in ["first\n", "more\n", "second\n", "third\n"] {
            log.append(line.as_bytes()).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "third\n");
        assert_eq!(fs::read_to_string(root.path().join("agent.old.log")).unwrap(), "second\n");
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 2);
    }

    #[test]
    fn the_next_start_goes_on_in_the_same_file_and_counts_what_is_there() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("agent.log");
        LogFile::open(path.clone(), 10).unwrap().append(b"12345\n").unwrap();
        let log = LogFile::open(path.clone(), 10).unwrap();
        log.append(b"78\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "12345\n78\n");
        log.append(b"1\n").unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), "1\n");
    }
}
