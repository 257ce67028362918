//! What can go wrong, said so that the reader knows where it is and what to do.

use std::{fmt, io, ops::Range, path::PathBuf};

use crate::Position;

/// Synced bytes that do not verify: the medium, the file system or a hand changed them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Damage {
    /// The segment's file.
    pub segment: PathBuf,
    /// Where in it the bad bytes begin.
    pub offset: u64,
    /// How many bytes are bad; 0 when records are missing between two good frames.
    pub bytes: u64,
    /// The positions of the records that are lost; empty when only a header or a mark was hit.
    pub positions: Range<Position>,
}

impl fmt::Display for Damage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} bytes at offset {} do not verify",
            self.segment.display(),
            self.bytes,
            self.offset
        )?;
        if self.positions.is_empty() {
            f.write_str(", no record is lost")
        } else {
            write!(f, ", records {} up to before {} are lost", self.positions.start, self.positions.end)
        }
    }
}

/// A torn tail that was cut at open: bytes that had been written and never synced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// The segment's file.
    pub segment: PathBuf,
    /// Its new length.
    pub offset: u64,
    /// How many bytes were cut away.
    pub bytes: u64,
}

impl fmt::Display for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} bytes that were never synced were cut at offset {}",
            self.segment.display(),
            self.bytes,
            self.offset
        )
    }
}

/// Why a journal could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The disk or the quota is full. What was appended since the last commit is withdrawn; all that was
    /// committed is safe and the journal goes on.
    #[error(
        "no space left to {doing} {}; what was not committed is withdrawn: free some space, or release the reserve, and try again", path.display()
    )]
    Full {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another failure of the file layer.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// What was being done.
        doing: &'static str,
        /// To which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A sync failed earlier; see the crate's invariants.
    #[error(
        "the journal in {} takes no more records since a sync failed: look at the disk, then start again", dir.display()
    )]
    Poisoned {
        /// The journal's directory.
        dir: PathBuf,
    },
    /// The record is larger than the options allow.
    #[error("a record of {bytes} bytes is over the limit of {limit} bytes")]
    TooLarge {
        /// Its size.
        bytes: usize,
        /// The limit.
        limit: usize,
    },
    /// Synced bytes do not verify. Reading goes on behind them.
    #[error("the journal is damaged: {0}")]
    Damaged(Damage),
    /// The position asked for was dropped.
    #[error("record {wanted} is no longer in the journal, which begins at {first}")]
    Dropped {
        /// What was asked for.
        wanted: Position,
        /// The oldest record there is.
        first: Position,
    },
    /// A newer program wrote this journal.
    #[error("{} has format {version}, newer than this program understands: use the program that wrote it", path.display())]
    Newer {
        /// The segment's file.
        path: PathBuf,
        /// Its format version.
        version: u32,
    },
}

impl Error {
    /// Wraps a failure of the file layer, telling a full disk from the rest.
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>, source: io::Error) -> Self {
        use io::ErrorKind::{QuotaExceeded, StorageFull};
        let path = path.into();
        if matches!(source.kind(), StorageFull | QuotaExceeded) {
            Self::Full { doing, path, source }
        } else {
            Self::Io { doing, path, source }
        }
    }
}
