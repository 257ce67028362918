//! When to look at which repository, and looking.
//!
//! Each look is a task with a time limit of its own: one that hangs or fails holds up no other. What fails is tried
//! again soon, and then less and less often.
//!
//! A look costs a process, and restic's key derivation alone half a second of processor time, so looks are few. A
//! repository on a local disk is looked at when its files have changed, which is one `stat` every quarter of an hour.
//! One elsewhere is looked at a little after its next copy should be there; then again and again until it is; and
//! every six hours anyway. rsnapshot, which is files only, is read every quarter of an hour, everything else every hour.

use std::{
    collections::BTreeMap,
    fs,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use dogwatch_model::ScanResult;
use jiff::Timestamp;
use tokio::{
    task::{JoinSet, spawn_blocking},
    time::{Instant, timeout},
};

use super::{
    found::Found,
    ledger::Ledger,
    repository::{self, Around},
    sighting::Sighting,
};
use crate::{
    config::{Live, Repository},
    keeping::keep,
    sources::Retry,
};

/// What costs a process is looked at no more often than this.
const HOURLY: Duration = Duration::from_secs(3600);
/// A repository elsewhere is looked at no less often than this.
const AT_LEAST: Duration = Duration::from_secs(6 * 3600);
/// A look that somebody asked for comes no sooner after the one before.
const ASKED: Duration = Duration::from_secs(30);
/// How tools say that we may not look.
const REFUSALS: [&str; 4] = ["permission denied", "not permitted", "root privileges", "must be root"];
/// What may be found by itself is looked for again after this.
const FOUND_AGAIN: Duration = Duration::from_secs(15 * 60);
/// A path may lie on a disk that does not answer.
const MARK_LIMIT: Duration = Duration::from_secs(10);

/// What is looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Place {
    Named(Box<Repository>),
    Found(Found),
}

/// A place and when it was looked at.
#[derive(Debug)]
struct Plan {
    place: Place,
    looked: Option<Instant>,
    due: Instant,
    mark: Option<SystemTime>,
    retry: Retry,
    looking: bool,
}

/// What came of a look.
#[derive(Debug)]
pub(super) struct Seen {
    /// Whose look it was.
    pub(super) name: String,
    /// What was seen; `None` when nothing has changed since the last look.
    pub(super) sightings: Option<Vec<Sighting>>,
    /// Why nothing, or not all, could be seen.
    pub(super) failure: Option<String>,
    mark: Option<SystemTime>,
}

impl Seen {
    /// How the look at something that was found by itself went. What an agent that is not root may not see it does
    /// not support: nobody asked for it.
    pub(super) fn standing(&self) -> Option<ScanResult> {
        self.name.parse::<Found>().ok()?;
        let refused =
            |reason: &str| REFUSALS.iter().any(|refusal| reason.to_ascii_lowercase().contains(refusal));
        Some(match &self.failure {
            None => ScanResult::Ok,
            Some(reason) if refused(reason) => ScanResult::Unsupported,
            Some(_) => ScanResult::Failed,
        })
    }

    /// What was seen could not be kept: it is looked at again though nothing has changed there.
    pub(super) fn is_lost(&mut self) {
        self.mark = None;
    }
}

/// Looks at repositories.
#[derive(Debug)]
pub struct Looks {
    config: Live,
    around: Around,
    plans: BTreeMap<String, Plan>,
    /// When the plans were last made to follow the configuration and what is on the machine.
    followed: Option<Instant>,
    running: JoinSet<Seen>,
}

impl Looks {
    /// Looks that follow the configuration.
    pub fn new(config: Live) -> Self {
        let around = {
            let config = config.borrow();
            let host = fs::read_to_string(config.root.join("proc/sys/kernel/hostname"));
            Around {
                work: config.state.path().join("backup-tools"),
                host: host.ok().map(|host| host.trim().to_owned()),
            }
        };
        Self { config, around, plans: BTreeMap::new(), followed: None, running: JoinSet::new() }
    }

    /// Whether jobs that a look of this name found are still looked at.
    pub(super) fn knows(&self, name: &str) -> bool {
        // What is found by itself may be away for a while, like a disk that is not plugged in.
        self.plans.contains_key(name) || name.parse::<Found>().is_ok()
    }

    /// Begins every look that is due; when `asked`, all.
    pub(super) fn begin(&mut self, now: Instant, asked: bool) {
        let followed = self.followed.is_some_and(|at| now.duration_since(at) < FOUND_AGAIN);
        if !followed || asked || self.config.has_changed().unwrap_or(false) {
            self.follow(now);
        }
        let root = self.config.borrow().root.clone();
        for (name, plan) in &mut self.plans {
            let rested = plan.looked.is_none_or(|looked| now.duration_since(looked) >= ASKED);
            if plan.looking || !(plan.due <= now || (asked && rested)) {
                continue;
            }
            (plan.looking, plan.looked) = (true, Some(now));
            let known = plan.mark.filter(|_| !asked);
            let (name, place) = (name.clone(), plan.place.clone());
            self.running.spawn(look(name, place, known, self.around.clone(), root.clone()));
        }
    }

    /// The next look that has ended.
    pub(super) async fn ended(&mut self) -> Seen {
        loop {
            match self.running.join_next().await {
                Some(Ok(seen)) => return seen,
                Some(Err(error)) => tracing::error!(%error, "look at a repository ended unexpectedly"),
                None => std::future::pending().await,
            }
        }
    }

    /// Plans the next look at the same place. `scan` is the policy's interval.
    pub(super) fn plan(&mut self, seen: &Seen, ledger: &Ledger, scan: Duration, now: Timestamp) {
        let Some(plan) = self.plans.get_mut(&seen.name) else { return };
        plan.looking = false;
        plan.mark = seen.mark;
        plan.retry.note(seen.failure.is_none());
        let interval = match &plan.place {
            Place::Found(found) if found.is_cheap() => scan,
            Place::Found(_) => scan.max(HOURLY),
            Place::Named(repository) if seen.mark.is_some() => scan.min(step(repository.every)),
            Place::Named(repository) => {
                until_next(repository.every, ledger.last_success(&repository.name), now)
            }
        };
        plan.due = Instant::now() + plan.retry.wait(interval);
    }

    /// When something is due; far away when nothing is.
    pub(super) fn next(&self, now: Instant) -> Duration {
        let waiting = self.plans.values().filter(|plan| !plan.looking);
        let next = waiting.map(|plan| plan.due.saturating_duration_since(now)).min();
        next.unwrap_or(AT_LEAST)
    }

    fn follow(&mut self, now: Instant) {
        self.followed = Some(now);
        let config = self.config.borrow_and_update();
        let named = config
            .repositories
            .iter()
            .map(|named| (repository::found_by(named), Place::Named(Box::new(named.clone()))));
        let found = Found::here(&config.root);
        let found = found.map(|found| (found.as_str().to_owned(), Place::Found(found)));
        let mut places = BTreeMap::new();
        places.extend(named.chain(found));
        keep(&mut self.plans, |name, plan| places.get(name) == Some(&plan.place));
        for (name, place) in places {
            let new =
                Plan { place, looked: None, due: now, mark: None, retry: Retry::default(), looking: false };
            self.plans.entry(name).or_insert(new);
        }
    }
}

/// How long a repository that is elsewhere can be left alone.
fn until_next(every: Option<Duration>, last: Option<Timestamp>, now: Timestamp) -> Duration {
    let step = step(every);
    let Some(every) = every else { return step };
    let since = last.map(|last| u64::try_from(now.duration_since(last).as_secs()).unwrap_or(0));
    let age = since.map_or(every, Duration::from_secs);
    (every + step).saturating_sub(age).clamp(step, AT_LEAST)
}

/// Often enough to see a copy before it counts as late, which is a tenth of its interval after it was due.
fn step(every: Option<Duration>) -> Duration {
    every.map_or(HOURLY, |every| (every / 20).clamp(Duration::from_secs(60), HOURLY))
}

async fn look(name: String, place: Place, known: Option<SystemTime>, around: Around, root: PathBuf) -> Seen {
    let repository = match place {
        Place::Found(found) => {
            let (sightings, failure) = match found.look(root).await {
                Ok(sightings) => (Some(sightings), None),
                Err(reason) => (None, Some(reason)),
            };
            return Seen { name, sightings, failure, mark: None };
        }
        Place::Named(repository) => repository,
    };
    let mark = match repository::mark(&repository) {
        Some(path) => modified(path).await,
        None => None,
    };
    if mark.is_some() && mark == known {
        return Seen { name, sightings: None, failure: None, mark };
    }
    let sighting = repository::look(&repository, &around).await;
    let failure = sighting.problem.clone();
    // What could not be seen is looked at again whatever the mark.
    let mark = mark.filter(|_| failure.is_none());
    Seen { name, sightings: Some(vec![sighting]), failure, mark }
}

async fn modified(path: PathBuf) -> Option<SystemTime> {
    let look = spawn_blocking(move || fs::metadata(path).and_then(|found| found.modified()).ok());
    timeout(MARK_LIMIT, look).await.ok()?.ok()?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_ordinary_user_may_not_see_is_unsupported_and_no_failure() {
        let standing = |name: &str, failure: Option<&str>| {
            let failure = failure.map(str::to_owned);
            Seen { name: name.to_owned(), sightings: None, failure, mark: None }.standing()
        };
        assert_eq!(standing("btrfs", None), Some(ScanResult::Ok));
        let refused = "ERROR: can't perform the search: Operation not permitted";
        assert_eq!(standing("btrfs", Some(refused)), Some(ScanResult::Unsupported));
        let refused =
            "ERROR: [041]: unable to open file '/etc/pgbackrest.conf' for read: [13] Permission denied";
        assert_eq!(standing("pgbackrest", Some(refused)), Some(ScanResult::Unsupported));
        assert_eq!(standing("zfs", Some("internal error: out of memory")), Some(ScanResult::Failed));
        assert_eq!(standing("restic nightly", Some("wrong password")), None, "that stands at its job");
    }

    #[test]
    fn a_repository_elsewhere_is_looked_at_when_its_next_copy_should_be_there() {
        const DAY: u64 = 86_400;
        let day = Some(Duration::from_secs(DAY));
        let at = |second: u64| Timestamp::from_second(i64::try_from(second).unwrap()).unwrap();
        let hours =
            |every, last: Option<u64>, now: u64| until_next(every, last.map(at), at(now)).as_secs() / 3600;
        let now = 10 * DAY;
        assert_eq!(hours(day, Some(now - 3600), now), 6, "fresh: now and then");
        assert_eq!(hours(day, Some(now - 22 * 3600), now), 3, "soon: an hour after it is due");
        assert_eq!(hours(day, Some(now - 30 * 3600), now), 1, "late: every hour until it is there");
        assert_eq!(hours(day, None, now), 1);
        assert_eq!(hours(None, Some(now), now), 1);
        let hourly = Some(Duration::from_secs(3600));
        assert_eq!(until_next(hourly, Some(at(now - 4000)), at(now)).as_secs(), 180);
        assert_eq!(until_next(day, Some(at(now + DAY)), at(now)), AT_LEAST, "a clock that was set back");
    }
}
