//! What a look into a repository tells of a job, whatever made the copies.

use dogwatch_model::{BackupKind, BackupRun};

use super::facts::Facts;
use crate::sources::order;

/// Runs of a job that a look tells: the newest. More than the sizes that are kept, fewer than the ids.
pub(super) const RUNS: usize = 12;

/// One job as its repository shows it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Sighting {
    /// The job's name.
    pub(super) job: String,
    /// What makes the copies.
    pub(super) product: String,
    /// What the runs are.
    pub(super) kind: BackupKind,
    /// Whose look it was; the job goes when that look does.
    pub(super) found_by: String,
    /// What is known of the job.
    pub(super) facts: Facts,
    /// Its newest runs, oldest first.
    pub(super) runs: Vec<BackupRun>,
    /// Why nothing could be seen.
    pub(super) problem: Option<String>,
}

impl Sighting {
    /// A job of which nothing was seen yet.
    pub(super) fn new(job: impl Into<String>, product: &str, found_by: impl Into<String>) -> Self {
        Self {
            job: job.into(),
            product: product.to_owned(),
            kind: BackupKind::Backup,
            found_by: found_by.into(),
            facts: Facts::default(),
            runs: Vec::new(),
            problem: None,
        }
    }

    /// The runs that made the copies there are, in any order.
    pub(super) fn with_copies(mut self, mut runs: Vec<BackupRun>) -> Self {
        order::by(&mut runs, |a, b| a.started_at.cmp(&b.started_at));
        self.facts.versions_kept = Some(runs.len() as u64);
        self.facts.oldest_version = runs.first().map(|run| run.started_at);
        self.runs = runs.split_off(runs.len().saturating_sub(RUNS));
        self
    }
}

/// Runs by the name they belong to, in the order in which the names come up; at most so many names.
pub(super) fn by_name(
    runs: impl Iterator<Item = (String, BackupRun)>,
    most: usize,
) -> Vec<(String, Vec<BackupRun>)> {
    let mut found: Vec<(String, Vec<BackupRun>)> = Vec::new();
    for (name, run) in runs {
        match found.iter().position(|(known, _)| *known == name) {
            Some(place) => found[place].1.push(run),
            None if found.len() < most => found.push((name, vec![run])),
            None => {}
        }
    }
    found
}
