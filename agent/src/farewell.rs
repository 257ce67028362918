//! Why the agent is about to stop, left for it by whoever stops it.
//!
//! A service manager has one word for stop. Whoever removes or replaces the agent writes the reason into the state
//! folder first (`dogwatch-agent service stop --reason upgrade`), and the going agent takes it along in its goodbye. A
//! reason that nobody took, because the agent was not running or was killed, is too old for the next stop.

use std::{
    fs, io,
    time::{Duration, SystemTime},
};

use dogwatch_model::Goodbye;

use crate::state_dir::StateDir;

const FILE: &str = "goodbye-reason";
/// A stop follows its reason at once; the manager's own wait lies between.
const FRESH: Duration = Duration::from_secs(120);

/// Leaves a reason for the stop that follows. Anybody may read it: the agent may be another user.
///
/// # Errors
/// When it cannot be written.
pub fn announce(state: &StateDir, reason: Goodbye) -> io::Result<()> {
    let temporary = state.path().join("goodbye-reason.tmp");
    fs::write(&temporary, reason.as_str())?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        fs::set_permissions(&temporary, fs::Permissions::from_mode(0o644))?;
    }
    fs::rename(temporary, state.path().join(FILE))
}

/// Takes the reason of a stop that is happening `now`.
pub fn take(state: &StateDir, now: SystemTime) -> Goodbye {
    let path = state.path().join(FILE);
    let left = fs::metadata(&path).and_then(|file| file.modified()).map(|at| (at, state.read(FILE)));
    // Read or not, it has had its time.
    let _ = fs::remove_file(path);
    match left {
        Ok((at, Ok(Some(reason)))) if now.duration_since(at).unwrap_or_default() < FRESH => {
            reason.trim().parse().unwrap_or(Goodbye::Shutdown)
        }
        _ => Goodbye::Shutdown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_taken_once_and_only_while_it_is_fresh() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::new(root.path());
        assert_eq!(take(&state, SystemTime::now()), Goodbye::Shutdown);
        announce(&state, Goodbye::Upgrade).unwrap();
        assert_eq!(take(&state, SystemTime::now()), Goodbye::Upgrade);
        assert_eq!(take(&state, SystemTime::now()), Goodbye::Shutdown);
        announce(&state, Goodbye::Uninstall).unwrap();
        assert_eq!(take(&state, SystemTime::now() + FRESH), Goodbye::Shutdown);
        assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_is_not_a_reason_is_a_shutdown() {
        let root = tempfile::tempdir().unwrap();
        let state = StateDir::new(root.path());
        fs::write(root.path().join(FILE), [0xff, 0xfe]).unwrap();
        assert_eq!(take(&state, SystemTime::now()), Goodbye::Shutdown);
        fs::write(root.path().join(FILE), "holiday").unwrap();
        assert_eq!(take(&state, SystemTime::now()), Goodbye::Shutdown);
    }
}
