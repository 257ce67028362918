//! The document that says whose is what, and what both sides do with it.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use dogwatch_model::OrgId;

use super::Watching;

#[derive(Subcommand)]
pub(crate) enum Ownership {
    /// What is in force, and who signed it
    #[command(
        after_help = "Examples: dogwatch ownership show\n          dogwatch ownership show --text > acme.toml"
    )]
    Show {
        #[command(flatten)]
        org: OfOrg,
        /// The document itself
        #[arg(long, conflicts_with = "watch")]
        text: bool,
        #[command(flatten)]
        watching: Watching,
    },
    /// Every version, the newest first
    #[command(
        after_help = "Examples: dogwatch ownership history\n          dogwatch ownership history --watch"
    )]
    History(History),
    /// Propose a document for both sides to sign
    #[command(
        after_help = "Example: dogwatch ownership propose acme.toml --effective '2026-12-01 00:00 America/Toronto' --note 'nights go to the NOC'"
    )]
    Propose(Propose),
    /// Sign a version for one's own side
    #[command(after_help = "Example: dogwatch ownership sign 4f1c09a2b7de")]
    Sign(Version),
    /// Take a proposal back
    #[command(after_help = "Example: dogwatch ownership withdraw 4f1c09a2b7de")]
    Withdraw(Version),
    /// What is not good about a document; exit code 1 when something is wrong with it
    #[command(
        after_help = "Examples: dogwatch ownership lint acme.toml --directory directory.toml\n          dogwatch ownership lint"
    )]
    Lint(Lint),
    /// What changes from one document to another
    #[command(
        after_help = "Examples: dogwatch ownership diff acme.toml\n          dogwatch ownership diff 4f1c09a2b7de 77ab01c2d3e4"
    )]
    Diff(Change),
    /// Whose load would have changed, had a document been in force
    #[command(after_help = "Example: dogwatch ownership replay acme.toml --days 30")]
    Replay(Replay),
}

#[derive(ClapArgs)]
pub(crate) struct OfOrg {
    /// Org [default: the only one that you see]
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
}

#[derive(ClapArgs)]
pub(crate) struct History {
    #[command(flatten)]
    pub(crate) org: OfOrg,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

#[derive(ClapArgs)]
pub(crate) struct Propose {
    /// The document
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) org: OfOrg,
    /// When it is to take effect at the earliest: 4h, 2d, or '2026-12-01 00:00 America/Toronto' [default: once signed]
    #[arg(long, value_name = "WHEN")]
    pub(crate) effective: Option<String>,
    /// What it changes and why
    #[arg(long, value_name = "TEXT", default_value = "")]
    pub(crate) note: String,
}

#[derive(ClapArgs)]
pub(crate) struct Version {
    /// Its hash, or as much of it as names no other
    pub(crate) hash: String,
}

#[derive(ClapArgs)]
pub(crate) struct Lint {
    /// A file to look at without a collector; without it, what is in force is looked at by the collector
    #[arg(conflicts_with = "watch")]
    pub(crate) file: Option<PathBuf>,
    /// The directory that the file refers to
    #[arg(long, value_name = "DIRECTORY.toml", requires = "file")]
    pub(crate) directory: Option<PathBuf>,
    /// Have the collector look at the file: it knows the endpoints and the channels
    #[arg(long, requires = "file", conflicts_with = "directory")]
    pub(crate) online: bool,
    #[command(flatten)]
    pub(crate) org: OfOrg,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

#[derive(ClapArgs)]
pub(crate) struct Change {
    /// From which version; alone, a file or version that what is in force is compared with
    pub(crate) from: Draft,
    /// To which
    pub(crate) to: Option<Draft>,
    #[command(flatten)]
    pub(crate) org: OfOrg,
}

#[derive(ClapArgs)]
pub(crate) struct Replay {
    /// The document: a file, or the hash of a version
    pub(crate) draft: Draft,
    /// How many days of items
    #[arg(long, default_value_t = 30)]
    pub(crate) days: u16,
    #[command(flatten)]
    pub(crate) org: OfOrg,
}

/// A document as people name it: a file that there is, else the hash of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Draft {
    /// A file.
    File(PathBuf),
    /// A version.
    Version(String),
}

impl Draft {
    /// The file, if it is one.
    pub(crate) fn file(&self) -> Option<&std::path::Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Version(_) => None,
        }
    }
}

impl std::str::FromStr for Draft {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hex = (4..=12).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let path = PathBuf::from(text);
        match (path.is_file(), hex) {
            (true, _) => Ok(Self::File(path)),
            (false, true) => Ok(Self::Version(text.to_owned())),
            (false, false) => Err("no such file, and not the hash of a version either".to_owned()),
        }
    }
}
