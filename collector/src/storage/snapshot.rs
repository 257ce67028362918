//! The neutral format: every row as JSON Lines. Backup, export, import and the start of every rebuild.
//!
//! ```text
//! {"format":"dogwatch-export","version":1,"position":812,"taken_at":"…","collector":"0.1.0"}
//! {"table":"endpoints","key":"018f…","value":{…}}
//! …
//! {"rows":1,"crc32c":"9a71f2c4"}
//! ```
//! The trailer's checksum covers every byte before it. A snapshot is written under another name, synced, read back
//! and compared, and only then gets its name: a file with a snapshot's name is one, unless the medium damaged it,
//! and then the trailer tells.

use std::{
    fs,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    path::{Path, PathBuf},
};

use dogwatch_journal::{Disk, DiskFile, RealDisk};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::row::{Position, Row, Table};

const FORMAT: &str = "dogwatch-export";
const VERSION: u32 = 1;
const SUFFIX: &str = ".jsonl";

/// The longest line: a row's value is at most one journal record.
const MAX_LINE_BYTES: u64 = 64 * 1024 * 1024;

/// The first line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// `dogwatch-export`.
    pub format: String,
    /// Of the format.
    pub version: u32,
    /// Every commit up to here is in it.
    pub position: Position,
    /// When.
    pub taken_at: Timestamp,
    /// Version of the collector that wrote it.
    pub collector: String,
}

#[derive(Deserialize)]
struct Line<'a> {
    table: Table,
    key: String,
    #[serde(borrow)]
    value: &'a RawValue,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Trailer {
    rows: u64,
    crc32c: String,
}

/// Why a snapshot cannot be read, or could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotError {
    /// The file.
    #[error("cannot {doing} the snapshot {}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// It is not whole.
    #[error("the snapshot {} is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not hold.
        why: String,
    },
    /// Not ours, or of a newer collector.
    #[error("{} is not a snapshot that this collector understands: {why}", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it is.
        why: String,
    },
}

/// The path of the snapshot at a position.
pub(super) fn path(dir: &Path, position: Position) -> PathBuf {
    dir.join(format!("{:020}{SUFFIX}", position.0))
}

/// The positions of the snapshots in a folder, newest first.
pub(super) fn list(dir: &Path) -> Result<Vec<Position>, SnapshotError> {
    let failed = |source| SnapshotError::Io { doing: "look for", path: dir.to_owned(), source };
    let mut positions = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        let name = entry.map_err(failed)?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(SUFFIX)).and_then(|n| n.parse().ok());
        positions.extend(number.map(Position));
    }
    positions.sort_unstable_by(|a, b| b.cmp(a));
    Ok(positions)
}

/// Writes a snapshot and proves that it can be read. Gives the number of rows and of bytes.
pub(super) fn write(
    dir: &Path,
    position: Position,
    now: Timestamp,
    rows: impl Iterator<Item = Result<Row, String>>,
) -> Result<(u64, u64), SnapshotError> {
    let unfinished = dir.join("unfinished");
    let named = path(dir, position);
    let header = Header {
        format: FORMAT.to_owned(),
        version: VERSION,
        position,
        taken_at: now,
        collector: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let failed = |doing| {
        let path = unfinished.clone();
        move |source| SnapshotError::Io { doing, path, source }
    };
    let (count, bytes) = fill(&unfinished, &header, rows).map_err(failed("write"))?;
    if read(&unfinished, |_| {})? != header {
        return Err(SnapshotError::Damaged {
            path: unfinished,
            why: "it does not read back as written".to_owned(),
        });
    }
    fs::rename(&unfinished, &named).map_err(failed("name"))?;
    RealDisk.sync_dir(dir).map_err(failed("sync the folder of"))?;
    Ok((count, bytes))
}

fn fill(
    path: &Path,
    header: &Header,
    rows: impl Iterator<Item = Result<Row, String>>,
) -> io::Result<(u64, u64)> {
    if path.exists() {
        fs::remove_file(path)?;
    }
    let mut out =
        Summed { inner: BufWriter::new(Sink { file: RealDisk.create(path)?, at: 0 }), crc: 0, bytes: 0 };
    serde_json::to_writer(&mut out, header)?;
    out.write_all(b"\n")?;
    let mut count = 0;
    for row in rows {
        let row = row.map_err(io::Error::other)?;
        let Some(value) = row.value else { continue };
        write!(out, r#"{{"table":"{}","key":"#, row.table)?;
        serde_json::to_writer(&mut out, &row.key)?;
        out.write_all(br#","value":"#)?;
        if value.contains(&b'\n') {
            serde_json::to_writer(&mut out, &serde_json::from_slice::<serde_json::Value>(&value)?)?;
        } else {
            out.write_all(&value)?;
        }
        out.write_all(b"}\n")?;
        count += 1;
    }
    let trailer = Trailer { rows: count, crc32c: format!("{:08x}", out.crc) };
    serde_json::to_writer(&mut out, &trailer)?;
    out.write_all(b"\n")?;
    let bytes = out.bytes;
    out.inner.into_inner().map_err(io::IntoInnerError::into_error)?.file.sync_data()?;
    Ok((count, bytes))
}

/// Reads a snapshot. `each` sees the rows before the trailer has vouched for them: they count only when this
/// returns `Ok`.
///
/// # Errors
/// When it cannot be read, is damaged, or is not one.
pub fn read(path: &Path, mut each: impl FnMut(Row)) -> Result<Header, SnapshotError> {
    let damaged =
        |why: &dyn core::fmt::Display| SnapshotError::Damaged { path: path.to_owned(), why: why.to_string() };
    let failed = |source| SnapshotError::Io { doing: "read", path: path.to_owned(), source };
    let mut input = BufReader::with_capacity(256 * 1024, fs::File::open(path).map_err(failed)?);
    let mut line = Vec::new();
    next_line(&mut input, &mut line).map_err(failed)?;
    let header = check_header(path, &line)?;
    let (mut crc, mut count) = (crc32c::crc32c(&line), 0);
    loop {
        next_line(&mut input, &mut line).map_err(failed)?;
        if line.last() != Some(&b'\n') {
            return Err(damaged(&"it ends before its trailer"));
        }
        if line.starts_with(br#"{"rows":"#) {
            break;
        }
        let parsed: Line<'_> = serde_json::from_slice(&line).map_err(|e| damaged(&e))?;
        each(Row {
            table: parsed.table,
            key: parsed.key,
            value: Some(parsed.value.get().as_bytes().to_vec()),
        });
        crc = crc32c::crc32c_append(crc, &line);
        count += 1;
    }
    let found: Trailer = serde_json::from_slice(&line).map_err(|e| damaged(&e))?;
    let wanted = Trailer { rows: count, crc32c: format!("{crc:08x}") };
    if found != wanted {
        return Err(damaged(&"its trailer does not fit its rows"));
    }
    Ok(header)
}

fn check_header(path: &Path, line: &[u8]) -> Result<Header, SnapshotError> {
    let foreign = |why: String| SnapshotError::Foreign { path: path.to_owned(), why };
    let header: Header = serde_json::from_slice(line).map_err(|e| foreign(format!("its first line: {e}")))?;
    if header.format != FORMAT {
        return Err(foreign(format!("its format is `{}`", header.format)));
    }
    if header.version > VERSION {
        return Err(foreign(format!("its version is {}; use a newer collector", header.version)));
    }
    Ok(header)
}

fn next_line(input: &mut impl BufRead, line: &mut Vec<u8>) -> io::Result<()> {
    line.clear();
    input.take(MAX_LINE_BYTES).read_until(b'\n', line).map(|_| ())
}

/// A new file, written from its beginning.
struct Sink {
    file: Box<dyn DiskFile>,
    at: u64,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write_at(bytes, self.at)?;
        self.at += bytes.len() as u64;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Counts and sums what goes through.
struct Summed<W> {
    inner: W,
    crc: u32,
    bytes: u64,
}

impl<W: Write> Write for Summed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.crc = crc32c::crc32c_append(self.crc, &bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}
