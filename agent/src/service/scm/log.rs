//! The log of the Windows service: its manager gives it no standard error, so it keeps `agent.log` in its state folder.
//!
//! Only the service writes there. Until it knows that it is one, and for people at a prompt, lines go to standard error.

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::OnceLock,
};

use crate::{service::log_file::LogFile, state_dir::StateDir};

const FILE: &str = "agent.log";
/// Of the file, and of the one put aside.
const BYTES: u64 = 1024 * 1024;

static STATE: OnceLock<StateDir> = OnceLock::new();
static KEPT: OnceLock<LogFile> = OnceLock::new();

/// One log line's way.
#[derive(Debug)]
pub struct Lines;

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let Some(kept) = KEPT.get() else { return io::stderr().write(line) };
        kept.append(line).map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Where log lines go, for an agent of this state folder.
pub fn log_lines(state: &StateDir) -> fn() -> Lines {
    // There is one log in a process; the first one stands.
    let _ = STATE.set(state.clone());
    || Lines
}

/// From here on lines are kept in the file. One that cannot be opened is no reason not to run.
pub(super) fn keep() {
    let Some(state) = STATE.get() else { return };
    // Before the enrolment there is no folder yet, and that has to be said somewhere.
    let _ = state.create();
    if let Ok(file) = LogFile::open(file_in(state), BYTES) {
        let _ = KEPT.set(file);
    }
}

/// Where the log of a service is.
pub(super) fn file_in(state: &StateDir) -> PathBuf {
    state.path().join(FILE)
}
