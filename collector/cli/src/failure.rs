//! How a command ends when it does not succeed: an exit code that scripts can rely on, and a line or two for people.

use std::{
    fmt,
    io::{self, Write as _},
    process::ExitCode,
};

use dogwatch_model::veil::without_our_secrets;

use crate::output::tame;

/// The exit codes, beside 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// What was expected is not so: `--expect`, a check with findings, a lost race.
    NotMet = 1,
    /// The command itself is wrong.
    Usage = 2,
    /// There is no such thing.
    NotFound = 3,
    /// Not logged in, or not allowed.
    NotAllowed = 4,
    /// The collector cannot be reached or does not work.
    Unreachable = 5,
}

/// Why a command did not succeed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// To be told.
    Told {
        /// How to end.
        exit: Exit,
        /// What, why and what to do.
        what: String,
    },
    /// Whoever read our output has gone: no failure of ours, and nobody to tell.
    ReaderGone,
}

impl Failure {
    pub(crate) fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self::Told { exit, what: what.into() }
    }

    pub(crate) fn usage(what: impl Into<String>) -> Self {
        Self::new(Exit::Usage, what)
    }

    /// How it ends; nothing where nobody is told.
    pub(crate) const fn exit(&self) -> Option<Exit> {
        match self {
            Self::Told { exit, .. } => Some(*exit),
            Self::ReaderGone => None,
        }
    }

    /// A file that cannot be read or written.
    pub(crate) fn file(doing: &str, path: &std::path::Path, error: &io::Error) -> Self {
        Self::new(Exit::Usage, format!("cannot {doing} {}: {error}", path.display()))
    }

    /// Tells people, and ends with the code for scripts.
    pub(crate) fn tell(self) -> ExitCode {
        match self {
            Self::ReaderGone => ExitCode::SUCCESS,
            Self::Told { exit, what } => {
                // What was typed is repeated to whoever typed it, and to the log of whatever called us.
                let what = without_our_secrets(&what);
                let lines: Vec<String> = what.lines().map(tame).collect();
                let _ = writeln!(io::stderr(), "dogwatch: {}", lines.join("\n"));
                ExitCode::from(exit as u8)
            }
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Told { what, .. } => f.write_str(what),
            Self::ReaderGone => f.write_str("the reader has gone"),
        }
    }
}

/// Errors of our own output.
impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe => Self::ReaderGone,
            _ => Self::new(Exit::NotMet, format!("cannot write the output: {error}")),
        }
    }
}
