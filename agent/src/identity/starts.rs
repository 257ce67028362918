//! How many times the agent was started on its state folder: one small write a start.
//!
//! The collector remembers the highest. A number that it has seen with another epoch means that the folder was set back
//! to a snapshot, or copied to a second machine; nothing on this machine alone could tell.

use crate::state_dir::StateDir;

const FILE: &str = "starts";

/// Counts this start; `None` when that cannot be noted, because then it would be told twice.
pub fn count(state: &StateDir) -> Option<u64> {
    let before = match state.read(FILE) {
        Ok(text) => text.and_then(|text| text.trim().parse::<u64>().ok()).unwrap_or(0),
        Err(error) => {
            tracing::warn!(%error, "starts are not counted");
            return None;
        }
    };
    let now = before.saturating_add(1);
    match state.write(FILE, format!("{now}\n").as_bytes()) {
        Ok(()) => Some(now),
        Err(error) => {
            tracing::warn!(%error, "starts are not counted");
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_start_counts_once_and_a_damaged_count_begins_anew() {
        let folder = tempfile::tempdir().unwrap();
        let state = StateDir::new(folder.path());
        assert_eq!([count(&state), count(&state)], [Some(1), Some(2)]);
        state.write(FILE, b"many\n").unwrap();
        assert_eq!(count(&state), Some(1));
    }
}
