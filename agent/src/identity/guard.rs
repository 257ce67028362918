//! The identity's files are for the agent alone: looked at when it starts, and mended where that can be done.
//!
//! A key that others may read is closed and told, not refused: an endpoint that falls silent over a `chmod` helps
//! nobody. A file that belongs to somebody else is refused: whoever wrote it may have put another identity there.

use std::fs;

use super::{CHAIN, ENDPOINT, IdentityError, KEY, ROOT, damaged};
use crate::{state_dir::StateDir, trust};

/// Closes what was open; says what that was.
///
/// # Errors
/// When a file belongs to another user, or cannot be closed.
pub fn secure(state: &StateDir) -> Result<Vec<String>, IdentityError> {
    let mut mended = Vec::new();
    for file in [KEY, CHAIN, ROOT, ENDPOINT] {
        let path = state.path().join(file);
        // One that is missing is for whoever loads the identity.
        let Ok(found) = fs::metadata(&path) else { continue };
        if let Some(what) = trust::foreign_owner(&found) {
            return Err(damaged(state, file, what));
        }
        if trust::is_open(&found) {
            trust::close(&path, &found).map_err(|error| damaged(state, file, error))?;
            mended.push(format!("{} could be read or written by others than the agent", path.display()));
        }
    }
    if let Ok(found) = fs::metadata(state.path())
        && trust::writable_by_others(&found).is_some()
    {
        trust::close(state.path(), &found).map_err(|error| damaged(state, ".", error))?;
        mended.push(format!("{} could be written by others than the agent", state.path().display()));
    }
    Ok(mended)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::{
        os::unix::fs::{PermissionsExt as _, chown},
        path::Path,
    };

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn an_open_key_is_closed_and_told() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path());
        for file in [KEY, CHAIN, ROOT, ENDPOINT] {
            state.write(file, b"x").unwrap();
        }
        assert_eq!(secure(&state).unwrap(), Vec::<String>::new());
        let key = folder.path().join(KEY);
        fs::set_permissions(&key, fs::Permissions::from_mode(0o644)).unwrap();
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777)).unwrap();
        let mended = secure(&state).unwrap();
        assert_eq!(mended.len(), 2, "{mended:?}");
        assert!(mended[0].contains("key.pem could be read"), "{mended:?}");
        assert_eq!((mode(&key), mode(folder.path())), (0o600, 0o700));
    }

    #[test]
    fn a_file_of_another_user_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path());
        state.write(KEY, b"x").unwrap();
        if chown(folder.path().join(KEY), Some(4711), None).is_err() {
            // Only root can give files away.
            return;
        }
        let error = secure(&state).unwrap_err().to_string();
        assert!(error.contains("key.pem") && error.contains("belongs to user 4711"), "{error}");
    }
}
