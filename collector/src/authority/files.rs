//! Files that nobody but their owner may read: written whole or not at all, and refused when others could read them.

use std::{
    fs::{DirBuilder, File, OpenOptions},
    io::{ErrorKind, Read as _, Write as _},
    os::unix::fs::{DirBuilderExt as _, MetadataExt as _, OpenOptionsExt as _},
    path::Path,
};

use super::AuthorityError;

/// The largest file read here; the largest real one is about 2 KiB.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// Makes a folder (0700) with its parents; leaves one that stands as it is.
pub(super) fn create_private_folder(folder: &Path) -> Result<(), AuthorityError> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(AuthorityError::io(folder, "make the folder"))?;
    check_private_folder(folder)
}

/// Refuses a folder that is somebody else's, or that others may enter.
pub(super) fn check_private_folder(folder: &Path) -> Result<(), AuthorityError> {
    let metadata = folder.metadata().map_err(|source| match source.kind() {
        ErrorKind::NotFound => {
            AuthorityError::file(folder, "is not there", "run `dogwatch-collector init` first")
        }
        _ => AuthorityError::io(folder, "look at")(source),
    })?;
    check_owner_and_mode(folder, &metadata, 0o700)
}

/// Writes a file (0600) so that after a crash there is the old content or the new, never half.
///
/// # Errors
/// Names the file and what the system said.
pub fn write_private(path: &Path, content: &[u8]) -> Result<(), AuthorityError> {
    let fresh = path.with_added_extension("new");
    let write = || -> std::io::Result<()> {
        match std::fs::remove_file(&fresh) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(content)?;
        file.sync_all()?;
        std::fs::rename(&fresh, path)?;
        path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
    };
    write().map_err(AuthorityError::io(path, "write"))
}

/// Reads a file that only we may read; `None` when there is none.
pub(super) fn read_private(path: &Path) -> Result<Option<String>, AuthorityError> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(AuthorityError::io(path, "open")(error)),
    };
    let metadata = file.metadata().map_err(AuthorityError::io(path, "look at"))?;
    check_owner_and_mode(path, &metadata, 0o600)?;
    let mut text = String::new();
    file.take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(AuthorityError::io(path, "read"))?;
    Ok(Some(text))
}

/// Refuses a file that is somebody else's, or that others may read. There need not be one.
pub(super) fn check_private(path: &Path) -> Result<(), AuthorityError> {
    match path.metadata() {
        Ok(metadata) => check_owner_and_mode(path, &metadata, 0o600),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(AuthorityError::io(path, "look at")(error)),
    }
}

fn check_owner_and_mode(path: &Path, metadata: &std::fs::Metadata, mode: u32) -> Result<(), AuthorityError> {
    let own = rustix::process::geteuid().as_raw();
    if metadata.uid() != own {
        return Err(AuthorityError::file(
            path,
            format!("belongs to user {}, and the collector runs as user {own}", metadata.uid()),
            format!("run the collector as that user, or `chown {own} {}`", path.display()),
        ));
    }
    if metadata.mode() & 0o077 != 0 {
        return Err(AuthorityError::file(
            path,
            format!("can be read by others (mode {:04o})", metadata.mode() & 0o7777),
            format!(
                "`chmod {mode:04o} {}`; if others were on this machine, treat its keys as known",
                path.display()
            ),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt as _};

    use super::*;

    #[test]
    fn what_is_written_is_read_back_and_only_the_owner_may_read_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        write_private(&path, b"first").unwrap();
        write_private(&path, b"second").unwrap();
        assert_eq!(read_private(&path).unwrap().as_deref(), Some("second"));
        assert_eq!(path.metadata().unwrap().mode() & 0o777, 0o600);
        assert_eq!(folder.path().read_dir().unwrap().count(), 1, "no temporary file stays");
    }

    #[test]
    fn a_key_that_others_can_read_is_refused_with_the_command_that_mends_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.key");
        write_private(&path, b"secret").unwrap();
        std::fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
        let error = read_private(&path).unwrap_err().to_string();
        assert!(error.contains("mode 0640") && error.contains("chmod 0600"), "{error}");
    }

    #[test]
    fn a_file_that_is_not_there_is_told_apart_from_one_that_cannot_be_read() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read_private(&folder.path().join("none")).unwrap().is_none());
        assert!(read_private(folder.path()).is_err());
    }
}
