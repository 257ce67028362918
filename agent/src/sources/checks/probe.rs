//! Making checks: a few at a time, each with a limit of its own.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use dogwatch_model::{CheckWatch, Probe};
use tokio::task::JoinSet;

use super::{Verdict, blocking::Hanging, file, http, log, process, reach::Reach, tcp, unknown};
use crate::config::Allow;

/// Checks under way at once.
const AT_ONCE: usize = 4;
/// More than any part of a check may take by its own limits.
const LIMIT: Duration = Duration::from_secs(20);

/// What a check remembers from look to look.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) hanging: Hanging,
    pub(super) log: log::Memory,
}

/// A check that was made.
#[derive(Debug)]
pub(super) struct Looked {
    pub(super) watch: CheckWatch,
    pub(super) memory: Memory,
    pub(super) verdict: Verdict,
}

/// What checks see of the machine and are allowed to.
#[derive(Debug)]
pub(super) struct Surroundings {
    pub(super) root: PathBuf,
    pub(super) allow: Allow,
    pub(super) reach: Reach,
}

impl Surroundings {
    pub(super) fn new(root: &Path, allow: Allow) -> Self {
        let reach = Reach::new(root, allow.clone());
        Self { root: root.to_owned(), allow, reach }
    }
}

/// Makes all of them; one that hangs or panics is its own loss.
pub(super) async fn all(due: Vec<(CheckWatch, Memory)>, around: &Arc<Surroundings>) -> Vec<Looked> {
    let names: Vec<&str> = due
        .iter()
        .filter_map(|(watch, _)| match &watch.probe {
            Probe::Process { process } => Some(process.as_str()),
            _ => None,
        })
        .collect();
    // One walk for all of them.
    let processes = Arc::new(process::look(&around.root, &names));
    let (mut under_way, mut looked) = (JoinSet::new(), Vec::new());
    let mut due = due.into_iter();
    loop {
        while under_way.len() < AT_ONCE
            && let Some((watch, memory)) = due.next()
        {
            under_way.spawn(one(watch, memory, around.clone(), processes.clone()));
        }
        match under_way.join_next().await {
            Some(done) => looked.extend(done.ok()),
            None => return looked,
        }
    }
}

async fn one(
    watch: CheckWatch,
    mut memory: Memory,
    around: Arc<Surroundings>,
    processes: Arc<process::Seen>,
) -> Looked {
    let look = async {
        match &watch.probe {
            Probe::Process { process } => processes.verdict(process),
            Probe::Tcp(target) => tcp::look(target, &around.reach).await,
            Probe::Http { target, tls, path, status } => {
                let asked = http::Asked { target, tls: *tls, path, status: *status };
                http::look(asked, &around.allow, &around.reach).await
            }
            Probe::File { path, max_age_seconds, min_bytes, max_bytes } => {
                let bounds = file::Bounds {
                    max_age_seconds: *max_age_seconds,
                    min_bytes: *min_bytes,
                    max_bytes: *max_bytes,
                };
                file::look(path, bounds, &around.allow, &mut memory.hanging).await
            }
            Probe::Log { log, within_seconds, max_count } => {
                let within = Duration::from_secs((*within_seconds).into());
                log::look(log, within, *max_count, &around.allow, &mut memory).await
            }
        }
    };
    let verdict = tokio::time::timeout(LIMIT, look).await;
    let verdict = verdict.unwrap_or_else(|_| unknown("the check did not end in time"));
    Looked { watch, memory, verdict }
}
