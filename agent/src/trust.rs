//! May a file of the owner's be believed? Only if nobody but the owner could have written it.
//!
//! A configuration that others may write would let them widen what the agent reads, or choose the program it asks for
//! a password. So such a file, and the folder it is in, must belong to root or to the agent's own user, and nobody
//! else may write there. Links are followed: what counts is the file that is read. It is judged after it was opened,
//! so it cannot be exchanged in between.
//!
//! Windows keeps `%ProgramData%\Dogwatch` by its access lists, which the installer sets.

use std::{
    fs, io,
    io::Read as _,
    path::{Path, PathBuf},
};

#[cfg(unix)]
#[path = "trust/unix.rs"]
mod imp;
#[cfg(not(unix))]
mod imp {
    use std::{fs, io, path::Path};

    pub(super) fn open(path: &Path) -> io::Result<fs::File> {
        fs::File::open(path)
    }

    pub(super) fn writable_by_others(_: &fs::Metadata) -> Option<String> {
        None
    }

    pub(super) fn readable_by_others(_: &fs::Metadata) -> Option<String> {
        None
    }

    pub(super) fn foreign_owner(_: &fs::Metadata) -> Option<String> {
        None
    }

    pub(super) fn is_open(_: &fs::Metadata) -> bool {
        false
    }

    pub(super) fn close(_: &Path, _: &fs::Metadata) -> io::Result<()> {
        Ok(())
    }
}

/// Why a file is not used.
#[derive(Debug, thiserror::Error)]
pub enum TrustError {
    /// It cannot be read.
    #[error("cannot read {path}: {cause}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        cause: io::Error,
    },
    /// It is not a file, or too large to be one of these.
    #[error("{path} {what}")]
    Kind {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// Others may have written it, or may read it.
    #[error("{path} {what}")]
    Exposed {
        /// The file or folder.
        path: PathBuf,
        /// What is wrong with it, and how to mend it.
        what: String,
    },
}

impl TrustError {
    /// There is no such file.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Read { cause, .. } if cause.kind() == io::ErrorKind::NotFound)
    }
}

/// Reads a file that only its owner may have written, of at most `most` bytes.
///
/// # Errors
/// [`TrustError`] says what to mend.
pub fn read_owned(path: &Path, most: u64) -> Result<String, TrustError> {
    read(path, most, imp::writable_by_others)
}

/// Reads a file that only its owner may have written and nobody else may read.
///
/// # Errors
/// [`TrustError`] says what to mend.
pub fn read_secret(path: &Path, most: u64) -> Result<String, TrustError> {
    read(path, most, |found| imp::writable_by_others(found).or_else(|| imp::readable_by_others(found)))
}

/// What is wrong with who may write a file or folder, and how to mend it; `None` when it may be believed.
pub fn writable_by_others(found: &fs::Metadata) -> Option<String> {
    imp::writable_by_others(found)
}

/// What is wrong with who may read a file or look into a folder, and how to mend it.
pub fn readable_by_others(found: &fs::Metadata) -> Option<String> {
    imp::readable_by_others(found)
}

/// What is wrong with whom a file belongs to, and how to mend it.
pub fn foreign_owner(found: &fs::Metadata) -> Option<String> {
    imp::foreign_owner(found)
}

/// Whether anybody but the owner may do anything with it.
pub fn is_open(found: &fs::Metadata) -> bool {
    imp::is_open(found)
}

/// Leaves a file or folder to its owner alone.
///
/// # Errors
/// When the system does not let us.
pub fn close(path: &Path, found: &fs::Metadata) -> io::Result<()> {
    imp::close(path, found)
}

fn read(
    path: &Path,
    most: u64,
    complaint: impl Fn(&fs::Metadata) -> Option<String>,
) -> Result<String, TrustError> {
    let unreadable = |cause| TrustError::Read { path: path.to_owned(), cause };
    let kind = |what: String| TrustError::Kind { path: path.to_owned(), what };
    let file = imp::open(path).map_err(unreadable)?;
    let found = file.metadata().map_err(unreadable)?;
    if !found.is_file() {
        return Err(kind("is not a file".into()));
    }
    if let Some(what) = complaint(&found) {
        return Err(TrustError::Exposed { path: path.to_owned(), what });
    }
    // Whoever may write the folder may put another file into its place.
    let folder = fs::canonicalize(path).ok().and_then(|path| path.parent().map(Path::to_owned));
    if let Some(folder) = folder
        && let Some(what) = fs::metadata(&folder).ok().and_then(|found| imp::writable_by_others(&found))
    {
        return Err(TrustError::Exposed { path: folder, what });
    }
    let mut bytes = Vec::new();
    file.take(most + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > most {
        return Err(kind(format!("is larger than {most} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| kind("is not UTF-8 text".into()))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn chmod(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn what_others_may_write_is_not_believed() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("agent.toml");
        fs::write(&file, "text").unwrap();
        for (mode, believed) in [(0o600, true), (0o644, true), (0o646, false), (0o666, false)] {
            chmod(&file, mode);
            assert_eq!(read_owned(&file, 100).is_ok(), believed, "{mode:o}");
        }
        chmod(&file, 0o644);
        chmod(folder.path(), 0o777);
        let error = read_owned(&file, 100).unwrap_err().to_string();
        assert!(error.contains("may be written by others") && error.contains("chmod"), "{error}");
        // In a folder like /tmp nobody can replace what is not theirs.
        chmod(folder.path(), 0o1777);
        assert!(read_owned(&file, 100).is_ok());
    }

    #[test]
    fn what_others_may_read_is_no_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        fs::write(&file, "secret").unwrap();
        for (mode, secret) in [(0o600, true), (0o400, true), (0o604, false), (0o644, false)] {
            chmod(&file, mode);
            assert_eq!(read_secret(&file, 100).is_ok(), secret, "{mode:o}");
        }
    }

    #[test]
    fn only_small_text_files_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs::write(&file, "0123456789").unwrap();
        assert!(read_owned(&file, 10).is_ok());
        assert!(read_owned(&file, 9).unwrap_err().to_string().ends_with("is larger than 9 bytes"));
        fs::write(&file, [0xff, 0xfe]).unwrap();
        assert!(read_owned(&file, 10).unwrap_err().to_string().ends_with("is not UTF-8 text"));
        assert!(read_owned(folder.path(), 10).unwrap_err().to_string().ends_with("is not a file"));
        assert!(read_owned(&folder.path().join("none"), 10).unwrap_err().is_missing());
    }
}
