//! A process of a name is there: one walk over the process list for all checks that want one.

#[cfg(target_os = "linux")]
#[path = "process/linux.rs"]
mod imp;
#[cfg(not(target_os = "linux"))]
#[path = "process/portable.rs"]
mod imp;
#[cfg(any(not(target_os = "linux"), test))]
mod listed;

use std::{collections::BTreeMap, path::Path};

use dogwatch_model::CheckState;

use super::{Verdict, failed, unknown, verdict};

/// What a walk saw.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// How many of each wanted name.
    counts: BTreeMap<String, u64>,
    /// Why there may be more than was seen.
    blind: Option<&'static str>,
}

impl Seen {
    pub(super) fn verdict(&self, name: &str) -> Verdict {
        match (self.counts.get(name), self.blind) {
            (Some(count), _) if *count > 0 => verdict(CheckState::Ok, None, Some(*count)),
            (_, Some(why)) => unknown(why),
            _ => failed("no such process"),
        }
    }
}

/// Walks over the process list, if any name is wanted.
pub(super) fn look(root: &Path, names: &[&str]) -> Seen {
    if names.is_empty() { Seen::default() } else { imp::look(root, names) }
}
