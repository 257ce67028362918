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
const AT_ONCE: usize = 16;
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

/// Checks that are being made; one that hangs or panics is its own loss.
pub(super) struct UnderWay {
    due: std::vec::IntoIter<(CheckWatch, Memory)>,
    running: JoinSet<Looked>,
    around: Arc<Surroundings>,
    processes: Arc<process::Seen>,
}

impl UnderWay {
    pub(super) fn new(due: Vec<(CheckWatch, Memory)>, around: Arc<Surroundings>) -> Self {
        let names = due.iter().filter_map(|(watch, _)| match &watch.probe {
            Probe::Process { process } => Some(process.as_str()),
            _ => None,
        });
        // One walk for all of them.
        let processes = Arc::new(process::look(&around.root, &names.collect::<Vec<_>>()));
        Self { due: due.into_iter(), running: JoinSet::new(), around, processes }
    }

    /// Something else may be allowed now.
    pub(super) fn go_by(&mut self, allow: &Allow) {
        if self.around.allow != *allow {
            self.around = Arc::new(Surroundings::new(&self.around.root, allow.clone()));
        }
    }

    /// The next that is done, in whatever order; `None` when all are. Abandoned while it waits, nothing is lost.
    pub(super) async fn next(&mut self) -> Option<Looked> {
        loop {
            while self.running.len() < AT_ONCE
                && let Some((watch, memory)) = self.due.next()
            {
                self.running.spawn(one(watch, memory, self.around.clone(), self.processes.clone()));
            }
            if let Ok(looked) = self.running.join_next().await? {
                return Some(looked);
            }
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
