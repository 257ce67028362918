//! The log of the Windows service: its manager gives it no standard error, so it keeps `agent.log` in its state folder.
//!
//! Only the service writes there. Until it knows that it is one, and for people at a prompt, lines go to standard error.

use std::{
    io::{self, Write},
    path::PathBuf,
    sync::{
        OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use crate::{service::log_file::LogFile, state_dir::StateDir};

const FILE: &str = "agent.log";
/// Of the file, and of the one put aside.
const BYTES: u64 = 1024 * 1024;

static IS_SERVICE: AtomicBool = AtomicBool::new(false);
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

/// Where log lines go, for an agent of this state folder. A file that cannot be opened is no reason not to run.
pub fn log_lines(state: &StateDir) -> fn() -> Lines {
    if IS_SERVICE.load(Ordering::Relaxed) {
        // Before the enrolment there is no folder yet, and that has to be said somewhere.
        let _ = state.create();
        if let Ok(file) = LogFile::open(file_in(state), BYTES) {
            // There is one log in a process; the first one stands.
            let _ = KEPT.set(file);
        }
    }
    || Lines
}

/// This is the service: the log that begins from here on is kept in the file.
pub(super) fn keep() {
    IS_SERVICE.store(true, Ordering::Relaxed);
}

/// Where the log of a service is.
pub(super) fn file_in(state: &StateDir) -> PathBuf {
    state.path().join(FILE)
}
