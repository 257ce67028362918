//! The agent's state folder: what is in it, and writing to it so that a crash leaves the old file or the new one.
//!
//! Files are 0600 and folders 0700. Nothing here is written on a timer: identity at enrolment and renewal, the
//! backup ledger when a run arrives, the link's state when it changes.

mod access;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
};

/// Why the state folder could not be read or written. One line says it all, so there is no source to print after it.
#[derive(Debug, thiserror::Error)]
#[error("cannot {verb} {path}: {cause}")]
pub struct StateError {
    verb: &'static str,
    path: PathBuf,
    cause: io::Error,
}

impl StateError {
    fn new(verb: &'static str, path: &Path, cause: io::Error) -> Self {
        Self { verb, path: path.to_owned(), cause }
    }

    /// What the system said.
    pub fn kind(&self) -> io::ErrorKind {
        self.cause.kind()
    }
}

/// The state folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateDir {
    path: PathBuf,
}

impl StateDir {
    /// A folder that may not exist yet.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Where scripts drop the results of backup runs.
    pub fn backup_drop_ins(&self) -> PathBuf {
        self.path.join("backup.d")
    }

    /// Makes the folder, for its owner only.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn create(&self) -> Result<(), StateError> {
        create_private_dir(&self.path)
    }

    /// Reads a file as text; `None` when there is none.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(&self, name: &str) -> Result<Option<String>, StateError> {
        let path = self.path.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(StateError::new("read", &path, error)),
        }
    }

    /// Replaces a file: a new one is written, synced and renamed over the old one, and the folder synced.
    ///
    /// # Errors
    /// When any step fails; the old file is then still there.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), StateError> {
        write_atomically(&self.path.join(name), content)
    }

    /// What is free for it on its volume, where the system tells.
    pub fn free_bytes(&self) -> Option<u64> {
        #[cfg(unix)]
        {
            let found = rustix::fs::statvfs(&self.path).ok()?;
            Some(found.f_bavail.saturating_mul(found.f_frsize))
        }
        #[cfg(not(unix))]
        None
    }

    /// Removes a file; one that is not there is removed already.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), StateError> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(StateError::new("remove", &path, error))
            }
            _ => Ok(()),
        }
    }

    /// Takes the folder for this process, until the guard is dropped.
    ///
    /// # Errors
    /// When another process has it, or the lock file cannot be made.
    pub fn lock(&self) -> Result<Lock, LockError> {
        let path = self.path.join("agent.lock");
        let file = private_options()
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(|error| StateError::new("open", &path, error))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock { _file: file }),
            Err(fs::TryLockError::WouldBlock) => Err(LockError::Taken { path: self.path.clone() }),
            Err(fs::TryLockError::Error(error)) => Err(StateError::new("lock", &path, error).into()),
        }
    }
}

/// Held while an agent runs on a state folder.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

/// Why the folder could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another process has it.
    #[error(
        "another dogwatch-agent is running on {path}; stop it first, or give this one another --state-dir"
    )]
    Taken {
        /// The folder.
        path: PathBuf,
    },
    /// The lock file cannot be used.
    #[error(transparent)]
    State(#[from] StateError),
}

/// Makes a folder and its parents, the last one for its owner only.
///
/// # Errors
/// When it cannot be made.
pub fn create_private_dir(path: &Path) -> Result<(), StateError> {
    fs::create_dir_all(path).map_err(|error| StateError::new("create", path, error))?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(path, fs::Permissions::from_mode(0o700))
            .map_err(|error| StateError::new("restrict", path, error))?;
    }
    Ok(())
}

/// Takes a folder and what is in it away from everybody but its owner and the administrators. For systems where a new
/// folder is open to more people than the one who made it; elsewhere [`create_private_dir`] has done it.
///
/// # Errors
/// When the system's tool cannot do it.
pub async fn restrict(path: &Path) -> Result<(), StateError> {
    access::restrict(path).await.map_err(|cause| StateError::new("restrict", path, cause))
}

/// Replaces a file as [`StateDir::write`] does.
///
/// # Errors
/// When any step fails; the old file is then still there.
pub fn write_atomically(path: &Path, content: &[u8]) -> Result<(), StateError> {
    let temporary = path.with_extension("tmp");
    let written = (|| {
        let mut file = private_options().create(true).truncate(true).open(&temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(&temporary, path)?;
        match path.parent() {
            Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
            _ => Ok(()),
        }
    })();
    written.map_err(|error| {
        // What was written halfway would take room where there is none.
        let _ = fs::remove_file(&temporary);
        StateError::new("write", path, error)
    })
}

fn private_options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn what_is_written_is_for_its_owner_only() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::new(root.path().join("a/b"));
        state.create().unwrap();
        state.write("key.pem", b"secret").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(state.path()), 0o700);
        assert_eq!(mode(&state.path().join("key.pem")), 0o600);
        assert_eq!(state.read("key.pem").unwrap().as_deref(), Some("secret"));
        assert_eq!(state.read("chain.pem").unwrap(), None);
    }

    #[test]
    fn a_folder_serves_one_agent_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::new(root.path());
        let held = state.lock().unwrap();
        assert!(matches!(state.lock(), Err(LockError::Taken { .. })));
        drop(held);
        assert!(state.lock().is_ok());
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let root = tempfile::tempdir().unwrap();
        fs::write(root.path().join("file"), b"").unwrap();
        let error = StateDir::new(root.path().join("file/below")).create().unwrap_err();
        assert!(error.to_string().contains("file/below"), "{error}");
    }
}
