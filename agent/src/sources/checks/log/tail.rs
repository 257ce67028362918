//! The new lines of a log file: from where the last look ended, over a rotation, and never more than a bound.

use std::{
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
};

/// Read at one look. What a log has more than that since the last look is passed over.
const LOOK_BYTES: u64 = 4 * 1024 * 1024;
/// A longer line is looked at in pieces.
const LINE_BYTES: u64 = 64 * 1024;

/// Where a look ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    file: (u64, u64),
    offset: u64,
}

/// What a look came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) lines: u64,
    pub(super) place: Place,
}

/// Counts the new lines that hold the pattern. Blocks.
pub(super) fn count(path: &Path, pattern: &[u8], before: Option<Place>) -> Result<Counted, String> {
    let said = |error: io::Error| error.kind().to_string();
    let (file, at) = open(path).map_err(said)?;
    let Some(before) = before else {
        return Ok(Counted { lines: 0, place: at });
    };
    let mut lines = 0;
    let mut from = before.offset;
    if before.file != at.file {
        // Rotated: the rest of the one before is where rotation usually puts it.
        if let Ok((rotated, rest)) = open(&beside(path))
            && rest.file == before.file
        {
            lines += count_from(rotated, before.offset, rest.offset, pattern).map_err(said)?.0;
        }
        from = 0;
    } else if at.offset < from {
        // Emptied.
        from = 0;
    }
    let (new, end) = count_from(file, from, at.offset, pattern).map_err(said)?;
    Ok(Counted { lines: lines + new, place: Place { file: at.file, offset: end } })
}

/// The file and its end.
fn open(path: &Path) -> io::Result<(File, Place)> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        // A pipe in the file's place must not hold us up.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path)?;
    let found = file.metadata()?;
    if !found.is_file() {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    Ok((file, Place { file: identity(&found), offset: found.len() }))
}

#[cfg(unix)]
fn identity(found: &std::fs::Metadata) -> (u64, u64) {
    use std::os::unix::fs::MetadataExt as _;
    (found.dev(), found.ino())
}

/// Without a number that tells files apart, when it was made will do.
#[cfg(not(unix))]
fn identity(found: &std::fs::Metadata) -> (u64, u64) {
    let made = found.created().ok().and_then(|made| made.duration_since(std::time::UNIX_EPOCH).ok());
    (0, made.map_or(0, |made| made.as_secs()))
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".1");
    name.into()
}

/// Counts from one offset to another, and says where the last whole line ends.
fn count_from(mut file: File, from: u64, to: u64, pattern: &[u8]) -> io::Result<(u64, u64)> {
    let mut offset = from.max(to.saturating_sub(LOOK_BYTES));
    file.seek(SeekFrom::Start(offset))?;
    let mut reader = BufReader::new(file.take(to.saturating_sub(offset)));
    let (mut lines, mut line) = (0, Vec::new());
    loop {
        line.clear();
        let read = (&mut reader).take(LINE_BYTES).read_until(b'\n', &mut line)? as u64;
        let is_whole = line.ends_with(b"\n") || read == LINE_BYTES;
        if !is_whole {
            // Still being written: it is read again when it is whole.
            return Ok((lines, offset));
        }
        offset += read;
        lines += u64::from(holds(&line, pattern));
    }
}

fn holds(line: &[u8], pattern: &[u8]) -> bool {
    line.windows(pattern.len().max(1)).any(|part| part == pattern)
}

#[cfg(test)]
mod tests {
    use std::{fs, io::Write as _};

    use super::*;

    struct Log {
        folder: tempfile::TempDir,
        place: Option<Place>,
    }

    impl Log {
        fn new(text: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            fs::write(folder.path().join("app.log"), text).unwrap();
            Self { folder, place: None }
        }

        fn path(&self) -> PathBuf {
            self.folder.path().join("app.log")
        }

        fn append(&self, text: &str) {
            let mut file = OpenOptions::new().append(true).create(true).open(self.path()).unwrap();
            file.write_all(text.as_bytes()).unwrap();
        }

        fn count(&mut self) -> u64 {
            let counted = count(&self.path(), b"ERROR", self.place).unwrap();
            self.place = Some(counted.place);
            counted.lines
        }
    }

    #[test]
    fn only_what_is_new_counts_and_only_whole_lines() {
        let mut log = Log::new("ERROR of yesterday\n");
        assert_eq!(log.count(), 0);
        log.append("fine\nERROR one ERROR\nERR");
        assert_eq!(log.count(), 1);
        assert_eq!(log.count(), 0);
        log.append("OR two\n");
        assert_eq!(log.count(), 1);
    }

    #[test]
    fn a_rotation_loses_nothing_and_an_emptied_file_begins_anew() {
        let mut log = Log::new("");
        assert_eq!(log.count(), 0);
        log.append("ERROR one\n");
        fs::rename(log.path(), beside(&log.path())).unwrap();
        log.append("ERROR two\nERROR three\n");
        assert_eq!(log.count(), 3);
        fs::write(log.path(), "ERROR four\n").unwrap();
        assert_eq!(log.count(), 1);
    }

    #[test]
    fn one_look_reads_a_bound_and_a_line_without_end_is_no_trap() {
        let mut log = Log::new("");
        log.count();
        log.append("ERROR passed over\n");
        log.append(&"x".repeat(usize::try_from(LOOK_BYTES).unwrap()));
        log.append("\nERROR seen\n");
        assert_eq!(log.count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn what_is_no_file_is_not_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(count(folder.path(), b"x", None).is_err());
        assert!(count(&folder.path().join("none"), b"x", None).is_err());
        assert!(count(Path::new("/dev/zero"), b"x", None).is_err());
    }
}
