//! Why the authority could not do something: which file, what is wrong, how to mend it.

use std::path::{Path, PathBuf};

/// What went wrong in the authority.
#[derive(Debug, thiserror::Error)]
pub enum AuthorityError {
    /// A file is not as it must be.
    #[error("{}: {what}; {mend}", path.display())]
    File {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        what: String,
        /// What to do.
        mend: String,
    },
    /// The system refused.
    #[error("cannot {doing} {}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The root's key is away and was needed.
    #[error(
        "{wanted} needs the root's key, and {} is not there (kept offline?); put it back for the moment and try again",
        path.display()
    )]
    RootOffline {
        /// Where the key would be.
        path: PathBuf,
        /// What needs it.
        wanted: String,
    },
    /// An endpoint's certificate request is not acceptable.
    #[error("the certificate request {0}")]
    Request(&'static str),
    /// A name cannot stand in a certificate.
    #[error("`{name}` cannot be used as {role}; {mend}")]
    Name {
        /// The name.
        name: String,
        /// What it was meant to be.
        role: &'static str,
        /// What to do.
        mend: &'static str,
    },
    /// A certificate could not be made.
    #[error("cannot make a certificate")]
    Make(#[from] rcgen::Error),
    /// The system has no random numbers for us.
    #[error("the system gives no random numbers: {0}")]
    Random(getrandom::Error),
    /// The TLS library refused what it was given.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
}

impl AuthorityError {
    pub(super) fn file(path: &Path, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::File { path: path.to_owned(), what: what.into(), mend: mend.into() }
    }

    pub(super) fn io(path: &Path, doing: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { path, doing, source }
    }
}
