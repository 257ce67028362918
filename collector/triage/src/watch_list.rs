//! What each endpoint is told to watch: services, checks and intervals, as files that people write.
//!
//! ```text
//! policy/watch.toml        the MSP's: every org
//! policy/watch/ORG.toml    an org's; its sites in [[site.SITE.check]] and so on
//! ```
//! An entry is known by its name. Layers lie over each other: MSP, org, site; then once more, in the same order, the
//! entries with a `when` that the endpoint matches. A value of an upper layer takes the place of the one below and the
//! others stay, as with rules; `enabled = false` takes an entry away. Each value remembers where it stands, so that an
//! endpoint's list can say why it is as it is.
//!
//! A set of files is valid as a whole or refused with every fault. An entry with a `when` must be whole on top of
//! what holds for everybody and what has the very same `when`, whichever other conditions match.
//!
//! Deliberately missing: whether the endpoint lets itself be watched so. Its own configuration has the last word.

mod build;
mod keys;
mod reader;
mod resolve;
mod schema;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use dogwatch_model::{OrgId, SiteId};
use jiff::SignedDuration;

pub use resolve::{Given, LeftOut, Resolved};
pub use schema::schema;

use crate::{
    filter::{Filter, Reads, Vocabulary},
    rules::RuleError,
};

/// Entries of one file: a screenful of orgs' wishes is a tenth.
pub const MAX_ENTRIES: usize = 500;

/// Services that one endpoint is told to watch; what is more is left out, and said to be.
pub const MAX_SERVICES: usize = 64;

/// Checks that one endpoint is told to make.
pub const MAX_CHECKS: usize = 64;

/// One file, before it is read.
#[derive(Debug, Clone, Copy)]
pub struct File<'t> {
    /// Whose it is; the MSP's own when absent.
    pub org: Option<&'t OrgId>,
    /// What people call it.
    pub name: &'t str,
    /// What it says.
    pub text: &'t str,
}

/// Everything that people want watched.
#[derive(Debug, Clone, Default)]
pub struct WatchList {
    msp: Layer,
    orgs: BTreeMap<OrgId, OrgLayers>,
    reads: Reads,
}

/// An org's own layer and its sites'.
#[derive(Debug, Clone, Default)]
struct OrgLayers {
    own: Layer,
    sites: BTreeMap<SiteId, Layer>,
}

/// What one level says.
#[derive(Debug, Clone, Default)]
struct Layer {
    /// `msp`, `org acme`, `site acme/toronto`.
    label: String,
    file: String,
    entries: Vec<Entry>,
}

/// One entry of a file.
#[derive(Debug, Clone)]
struct Entry {
    subject: Subject,
    when: Option<Filter>,
    settings: Vec<Setting>,
}

/// What an entry is about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Subject {
    Telemetry,
    Service(String),
    Check(String),
}

impl core::fmt::Display for Subject {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Telemetry => f.write_str("telemetry"),
            Self::Service(name) => write!(f, "service {name}"),
            Self::Check(name) => write!(f, "check {name}"),
        }
    }
}

/// One value and where it stands.
#[derive(Debug, Clone)]
struct Setting {
    key: &'static str,
    value: Value,
    line: usize,
}

/// A value of an entry.
#[derive(Debug, Clone, PartialEq)]
enum Value {
    Text(String),
    Whole(u64),
    Flag(bool),
    /// A span of time, and how it was written.
    Span(SignedDuration, String),
}

impl core::fmt::Display for Value {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Text(text) | Self::Span(_, text) => f.write_str(text),
            Self::Whole(number) => write!(f, "{number}"),
            Self::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

impl WatchList {
    /// What conditions ask owners of that no matrix knows, each with its file and entry: it is never so, and nobody is told
    /// to watch. The vocabulary is that of an org, or of all.
    pub fn unknown_to<'m>(&self, vocabulary: impl Fn(Option<&OrgId>) -> Vocabulary<'m>) -> Vec<String> {
        let orgs = self
            .orgs
            .iter()
            .flat_map(|(org, of)| of.sites.values().chain([&of.own]).map(move |layer| (Some(org), layer)));
        let mut unknown = Vec::new();
        for (org, layer) in orgs.chain([(None, &self.msp)]) {
            unknown.extend(layer.entries.iter().filter_map(|Entry { subject, when, .. }| {
                let error = when.as_ref()?.known_to(|| vocabulary(org)).err()?;
                Some(format!("{}: {subject}, `when`: {error}", layer.file))
            }));
        }
        unknown
    }

    /// Reads and validates a set of files.
    ///
    /// # Errors
    /// Every fault of every file, with its place and how to mend it.
    pub fn read(files: &[File<'_>]) -> Result<Self, Vec<RuleError>> {
        reader::read(files)
    }

    /// Which parts of an endpoint decide what it watches, beyond its name, class, tags and labels.
    pub const fn reads(&self) -> Reads {
        self.reads
    }

    /// The layers that an endpoint stands under, lowest first.
    fn layers(&self, org: &OrgId, site: &SiteId) -> impl Iterator<Item = &Layer> + Clone {
        let org = self.orgs.get(org);
        let site = org.and_then(|org| org.sites.get(site));
        [Some(&self.msp), org.map(|org| &org.own), site].into_iter().flatten()
    }
}
