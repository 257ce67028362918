//! Windows Update Agent.
//!
//! It is asked by COM, which blocks for as long as it likes, so it has a thread of its own for the time of the question,
//! and no second one is started while an answer is owed. It is asked offline: what the system last fetched is compared
//! with what is installed, and how old that is is told. Nothing is downloaded, approved or installed.
//!
//! [`Agent`] is what is asked of it; what the answers mean is pure, in [`meaning`].

mod hresult;
#[cfg(windows)]
#[path = "wua/com.rs"]
mod imp;
mod meaning;
#[cfg(test)]
mod tests;

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::oneshot, time::timeout};

use super::{ground::ScanError, scan::Scan};

/// Its first answer after a boot takes minutes on a machine of some age.
const LIMIT: Duration = Duration::from_secs(900);

/// An update that applies here, as the agent tells it.
#[derive(Debug, Clone, Default, PartialEq)]
struct Found {
    /// The same for all its revisions.
    id: String,
    title: String,
    /// Numbers without `KB`.
    kbs: Vec<String>,
    cves: Vec<String>,
    /// `Critical`, `Important`, `Moderate`, `Low`; often empty, for updates of security too.
    msrc_severity: String,
    /// `MS17-010` and its like; none since 2017.
    bulletins: Vec<String>,
    /// Identifiers of classifications and products.
    categories: Vec<String>,
    is_driver: bool,
    is_hidden: bool,
    is_downloaded: bool,
    /// Installed, and waits for a reboot.
    reboot_required: bool,
    reboot_behaviour: Option<RebootBehaviour>,
    size_bytes: Option<u64>,
    /// When its maker last changed it: days since 1899-12-30, UTC.
    changed: Option<f64>,
    /// Identifiers of those whose place it takes.
    supersedes: Vec<String>,
}

/// Whether an update takes a reboot (`InstallationRebootBehavior`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum RebootBehaviour {
    Never,
    Always,
    Perhaps,
}

/// One installation that was tried.
#[derive(Debug, Clone, PartialEq)]
struct Attempt {
    id: String,
    /// Days since 1899-12-30, UTC.
    at: f64,
    succeeded: bool,
    hresult: i32,
}

/// How the system is set up to update itself.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Settings {
    installs_by_itself: Option<bool>,
    /// When it last fetched what there is: days since 1899-12-30, UTC.
    searched: Option<f64>,
}

/// A question that was not answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Fault {
    /// What was being asked.
    step: &'static str,
    hresult: i32,
}

/// What is asked of the agent.
trait Agent {
    /// Updates that apply and are not installed, hidden ones too.
    fn search(&mut self) -> Result<Vec<Found>, Fault>;
    /// The latest installations, newest first.
    fn history(&mut self) -> Result<Vec<Attempt>, Fault>;
    /// What of its settings can be read.
    fn settings(&mut self) -> Settings;
}

/// Whether this is a system with that agent.
pub(super) const fn is_here() -> bool {
    cfg!(windows)
}

/// An answer is owed by a thread of ours.
static ASKED: AtomicBool = AtomicBool::new(false);

/// Asks it, on a thread of its own.
pub(super) async fn scan() -> Scan {
    let question = || imp::connect().map(|mut agent| ask(&mut agent, imp::boot_at()));
    apart(LIMIT, question).await.unwrap_or_else(|error| Scan::from(Err(error)))
}

/// Runs a question on a thread of its own and waits for the answer, for so long.
async fn apart(
    limit: Duration,
    question: impl FnOnce() -> Result<Scan, Fault> + Send + 'static,
) -> Result<Scan, ScanError> {
    let late = |what: &str| ScanError::Says { tool: TOOL.into(), complaint: what.into() };
    if ASKED.swap(true, Ordering::AcqRel) {
        return Err(late("nothing yet: it still owes the answer to the question before"));
    }
    let (tell, told) = oneshot::channel();
    let thread = std::thread::Builder::new().name("windows update".into()).spawn(move || {
        let answer = question();
        ASKED.store(false, Ordering::Release);
        // Nobody waits any more when it took too long.
        let _ = tell.send(answer);
    });
    if let Err(error) = thread {
        ASKED.store(false, Ordering::Release);
        return Err(late(&format!("nothing: no thread to ask it on: {error}")));
    }
    match timeout(limit, told).await {
        Ok(Ok(answer)) => answer.map_err(said),
        Ok(Err(_)) => {
            ASKED.store(false, Ordering::Release);
            Err(late("nothing: the question failed"))
        }
        Err(_) => Err(late(&format!("nothing within {limit:?}"))),
    }
}

const TOOL: &str = "Windows Update Agent";

fn said(fault: Fault) -> ScanError {
    let complaint = format!("{} when asked to {}", hresult::name(fault.hresult), fault.step);
    ScanError::Says { tool: TOOL.into(), complaint }
}

/// Asks everything there is to ask. Without history and settings the updates still are an answer.
fn ask(agent: &mut dyn Agent, boot_at: Option<Timestamp>) -> Scan {
    let settings = agent.settings();
    let found = agent.search();
    let (history, warning) = match agent.history() {
        Ok(history) => (history, None),
        Err(fault) => (Vec::new(), Some(format!("its history is not known: {}", said(fault)))),
    };
    let latest = meaning::latest(&history);
    Scan {
        warning,
        metadata_at: settings.searched.and_then(meaning::instant),
        last_install_at: latest.map(|(at, _)| at),
        last_install_result: latest.map(|(_, result)| result),
        auto_update: settings.installs_by_itself,
        ..Scan::from(found.map(|found| meaning::updates(&found, &history, boot_at)).map_err(said))
    }
}

/// On other systems there is none.
#[cfg(not(windows))]
mod imp {
    use super::{Agent, Attempt, Fault, Found, Settings, Timestamp, hresult};

    pub(super) enum Wua {}

    pub(super) fn connect() -> Result<Wua, Fault> {
        Err(Fault { step: "be there", hresult: hresult::NOT_IMPLEMENTED })
    }

    pub(super) fn boot_at() -> Option<Timestamp> {
        None
    }

    impl Agent for Wua {
        fn search(&mut self) -> Result<Vec<Found>, Fault> {
            match *self {}
        }

        fn history(&mut self) -> Result<Vec<Attempt>, Fault> {
            match *self {}
        }

        fn settings(&mut self) -> Settings {
            match *self {}
        }
    }
}
