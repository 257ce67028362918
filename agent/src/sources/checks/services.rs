//! Services as the system's own service manager sees them: all of them with one question, five minutes apart, and
//! sooner when a cheap look says that something has changed.

mod launchctl;
mod systemctl;
mod unit_files;

#[cfg(target_os = "linux")]
#[path = "services/systemd.rs"]
mod imp;
#[cfg(target_os = "macos")]
#[path = "services/launchd.rs"]
mod imp;
#[cfg(windows)]
#[path = "services/scm.rs"]
mod imp;

use std::{path::Path, time::Duration};

use dogwatch_model::{ScanResult, Service, ServiceWatch};
pub(in crate::sources) use launchctl::survives as launchctl_survives;
pub(in crate::sources) use systemctl::survives as systemctl_survives;
use tokio::time::Instant;

use super::Standing;

/// Between two questions to the service manager.
const ASK_EVERY: Duration = Duration::from_secs(300);
/// Between two cheap looks.
const GLANCE_EVERY: Duration = Duration::from_secs(30);
/// Whatever changes and whoever asks: between two questions at least.
const ASK_AT_MOST_EVERY: Duration = Duration::from_secs(10);

/// What was found out about one service.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    state: &'static str,
    enabled: Option<bool>,
}

/// The services of the policy.
#[derive(Debug)]
pub(super) struct Services {
    manager: imp::Manager,
    watched: Vec<ServiceWatch>,
    told: Vec<Service>,
    standing: Option<Standing>,
    glance: Vec<Option<bool>>,
    asked_at: Option<Instant>,
    glanced_at: Option<Instant>,
    soon: bool,
}

impl Services {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            manager: imp::Manager::new(root),
            watched: Vec::new(),
            told: Vec::new(),
            standing: None,
            glance: Vec::new(),
            asked_at: None,
            glanced_at: None,
            soon: false,
        }
    }

    /// Takes up the policy.
    pub(super) fn follow(&mut self, watched: &[ServiceWatch]) {
        if self.watched != watched {
            self.told.retain(|told| watched.iter().any(|watch| watch.name == told.name));
            for told in &mut self.told {
                let watch = watched.iter().find(|watch| watch.name == told.name);
                told.expected = watch.map(|watch| watch.expected.as_str().to_owned());
            }
            self.watched = watched.to_vec();
            self.soon = true;
        }
    }

    /// Somebody asks.
    pub(super) fn ask_soon(&mut self) {
        self.soon = !self.watched.is_empty();
    }

    pub(super) fn next_due(&self) -> Option<Instant> {
        if self.watched.is_empty() {
            return None;
        }
        let Some(asked) = self.asked_at else { return Some(Instant::now()) };
        let glance = self.glanced_at.map_or(asked, |at| at.max(asked)) + GLANCE_EVERY;
        Some(if self.soon { asked + ASK_AT_MOST_EVERY } else { (asked + ASK_EVERY).min(glance) })
    }

    /// Looks as much as is due.
    pub(super) async fn look(&mut self, now: Instant) {
        if self.watched.is_empty() {
            return;
        }
        let since = self.asked_at.map(|at| now.saturating_duration_since(at));
        if since.is_some_and(|since| since < ASK_AT_MOST_EVERY) {
            return;
        }
        let names: Vec<&str> = self.watched.iter().map(|watch| watch.name.as_str()).collect();
        let glance = self.manager.glance(&names);
        self.glanced_at = Some(now);
        let changed = std::mem::replace(&mut self.glance, glance.clone()) != glance;
        if !self.soon && !changed && since.is_some_and(|since| since < ASK_EVERY) {
            return;
        }
        let answer = self.manager.ask(&names).await;
        self.asked_at = Some(now);
        self.soon = false;
        self.take(answer);
    }

    fn take(&mut self, answer: Result<Vec<Found>, String>) {
        let unknown = || Found { state: "unknown", enabled: None };
        let (found, standing) = match answer {
            Ok(found) => (found, (ScanResult::Ok, None)),
            Err(why) => (Vec::new(), (ScanResult::Failed, Some(why))),
        };
        let found = found.into_iter().map(Some).chain(std::iter::repeat_with(|| None));
        let told = |(watch, found): (&ServiceWatch, Option<Found>)| {
            let Found { state, enabled } = found.unwrap_or_else(unknown);
            let expected = Some(watch.expected.as_str().to_owned());
            Service { name: watch.name.clone(), state: state.to_owned(), expected, enabled }
        };
        self.told = self.watched.iter().zip(found).map(told).collect();
        self.standing = Some(standing);
    }

    /// What is known of each.
    pub(super) fn told(&self) -> Vec<Service> {
        self.told.clone()
    }

    /// How the last question went.
    pub(super) fn standing(&self) -> Option<Standing> {
        self.standing.clone().filter(|_| !self.watched.is_empty())
    }
}
