//! Why the agent goes.
//!
//! A service manager only ever says: end. Whoever makes it say so and knows more announces it first, in a file of the
//! state folder: the scripts of a package before an upgrade or a removal, a hook before the machine sleeps. Without word
//! it is a shutdown, of the machine or of the service: the collector takes both for planned.

use std::fs;

use dogwatch_model::Goodbye;
use jiff::{SignedDuration, Timestamp};

use crate::state_dir::{StateDir, StateError};

const FILE: &str = "goodbye";

/// An announcement counts for this long: a stop that was called off must not colour the next one.
const FRESH: SignedDuration = SignedDuration::from_mins(5);

/// Says why the agent on this state folder is about to be told to end.
///
/// # Errors
/// When that cannot be written.
pub fn announce(state: &StateDir, reason: Goodbye, now: Timestamp) -> Result<(), StateError> {
    state.write(FILE, format!("{reason} {now}\n").as_bytes())?;
    state.hand_over(FILE);
    Ok(())
}

/// What was announced, once; a shutdown when nothing was, or long ago.
pub fn take(state: &StateDir, now: Timestamp) -> Goodbye {
    let text = state.read(FILE).ok().flatten();
    if text.is_some() {
        // One that stays is too old before long.
        let _ = fs::remove_file(state.path().join(FILE));
    }
    text.as_deref().and_then(|text| parse(text, now)).unwrap_or(Goodbye::Shutdown)
}

fn parse(text: &str, now: Timestamp) -> Option<Goodbye> {
    let (reason, at) = text.trim().split_once(' ')?;
    let at: Timestamp = at.parse().ok()?;
    (now.duration_since(at).abs() < FRESH).then(|| reason.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_announced_reason_is_told_once_and_not_long_after() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path());
        let at = |second| Timestamp::from_second(second).unwrap();
        assert_eq!(take(&state, at(0)), Goodbye::Shutdown);
        announce(&state, Goodbye::Upgrade, at(1000)).unwrap();
        assert_eq!(take(&state, at(1010)), Goodbye::Upgrade);
        assert_eq!(take(&state, at(1010)), Goodbye::Shutdown, "once");
        announce(&state, Goodbye::Uninstall, at(1000)).unwrap();
        assert_eq!(take(&state, at(1400)), Goodbye::Shutdown, "too long ago");
        state.write(FILE, b"because 2026-11-22").unwrap();
        assert_eq!(take(&state, at(1000)), Goodbye::Shutdown, "not understood");
    }
}
