//! The collector's own figures, for whoever watches the watch: counted where things happen, shown as OpenMetrics.
//!
//! Counting costs an atomic addition, so it stands on the hot path; what can be counted from the state is counted when
//! somebody asks (`Snapshot`). There is no label for an endpoint, an org, a person or a text of anybody's: figures are
//! totals over everything, few in number whatever the fleet's size, and hold no secret because they hold no text.

mod process;

use std::sync::{Mutex, PoisonError, atomic::AtomicU64};

use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        counter::{ConstCounter, Counter},
        family::Family,
        gauge::{ConstGauge, Gauge},
        histogram::{Histogram, exponential_buckets},
        info::Info,
    },
    registry::{Registry, Unit},
};

use crate::{
    notify::{News, Outcome},
    storage::{ChangeSet, Entry, Figures},
};

/// Names begin with it.
const PREFIX: &str = "dogwatch";

/// Commits take from half a millisecond to some seconds: half a millisecond, doubled so many times.
const COMMIT_BUCKETS: u16 = 14;

/// One label of a fixed set of words.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct What {
    what: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: &'static str,
    class: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct EndpointIn {
    state: &'static str,
    online: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct AlertIn {
    priority: &'static str,
    work: &'static str,
}

/// What became of a report.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Report {
    /// It was news and is acknowledged.
    Taken,
    /// It had been taken before, and is acknowledged again.
    Repeated,
    /// It was ahead of its turn and is to be sent again.
    Refused,
    /// It could not be understood and was set aside.
    SetAside,
}

/// Every figure that is counted where it happens.
#[derive(Debug)]
pub struct Meters {
    registry: Registry,
    reports: [Counter; 4],
    commits: Histogram,
    rows: Family<What, Counter>,
    messages: [Counter; 3],
    intake: Family<What, Counter>,
    requests: Family<Request, Counter>,
    sessions: Gauge,
    journal_bytes: Gauge,
    unsettled: Gauge,
    view_failed: Gauge,
    /// What is counted when somebody asks; one asks at a time.
    asked: Mutex<Asked>,
}

/// Figures that are set anew each time.
#[derive(Debug)]
struct Asked {
    endpoints: Family<EndpointIn, Gauge>,
    alerts: Family<AlertIn, Gauge>,
    oldest: Gauge<f64, AtomicU64>,
    waiting: Family<What, Gauge>,
    tokens: Gauge,
}

/// What the state says, as counts.
#[derive(Debug, Default)]
pub(crate) struct Snapshot {
    /// Endpoints by state and by whether they are online.
    pub(crate) endpoints: std::collections::BTreeMap<(&'static str, bool), i64>,
    /// Alerts that are not done, by priority and work.
    pub(crate) alerts: std::collections::BTreeMap<(&'static str, &'static str), i64>,
    /// For how long the oldest alert that nobody has has been there, in seconds.
    pub(crate) oldest_unclaimed_seconds: Option<f64>,
    /// Who should hear of something, not gathered into a message yet.
    pub(crate) notices: usize,
    /// Messages on their way.
    pub(crate) messages: usize,
    /// API tokens that work.
    pub(crate) tokens: usize,
}

impl Default for Meters {
    fn default() -> Self {
        let mut all = Registry::with_prefix(PREFIX);
        let reports = Family::<What, Counter>::default();
        let rows = Family::default();
        let messages = Family::<What, Counter>::default();
        let intake = Family::default();
        let requests = Family::default();
        let commits = Histogram::new(exponential_buckets(0.0005, 2.0, COMMIT_BUCKETS));
        let version = env!("CARGO_PKG_VERSION");
        all.register("build", "What runs", Info::new(vec![("version", version)]));
        all.register("reports", "Reports of agents, by what became of them", reports.clone());
        all.register_with_unit(
            "commit",
            "How long a commit took to be on disk",
            Unit::Seconds,
            commits.clone(),
        );
        all.register(
            "rows_written",
            "Rows written, by table; those of `audit` are audit records",
            Family::clone(&rows),
        );
        all.register("messages", "Messages to people, by how they ended", messages.clone());
        all.register(
            "intake_alerts",
            "Alerts of other tools, by what became of them",
            Family::clone(&intake),
        );
        all.register(
            "http_requests",
            "Requests to the API, by route and class of status",
            Family::clone(&requests),
        );
        let gauge = |all: &mut Registry, name: &str, help: &str| {
            let gauge: Gauge = Gauge::default();
            all.register(name, help, gauge.clone());
            gauge
        };
        Self {
            reports: ["taken", "repeated", "refused", "set_aside"]
                .map(|what| reports.get_or_create_owned(&What { what })),
            messages: ["delivered", "failed", "impossible"]
                .map(|what| messages.get_or_create_owned(&What { what })),
            sessions: gauge(&mut all, "sessions", "Streams of agents that stand"),
            journal_bytes: gauge(&mut all, "journal_bytes", "What the journal takes on the disk"),
            unsettled: gauge(
                &mut all,
                "view_behind_commits",
                "Commits that the view lags behind the journal",
            ),
            view_failed: gauge(
                &mut all,
                "view_failed",
                "1 while the view has failed and waits for the next start",
            ),
            asked: Mutex::new(Asked::new(&mut all)),
            registry: all,
            commits,
            rows,
            intake,
            requests,
        }
    }
}

impl Asked {
    fn new(all: &mut Registry) -> Self {
        let asked = Self {
            endpoints: Family::default(),
            alerts: Family::default(),
            oldest: Gauge::default(),
            waiting: Family::default(),
            tokens: Gauge::default(),
        };
        all.register("endpoints", "Endpoints, by state and presence", asked.endpoints.clone());
        all.register("alerts_open", "Alerts that are not done, by priority and work", asked.alerts.clone());
        all.register_with_unit(
            "queue_oldest_unclaimed",
            "Age of the oldest alert that nobody has and nothing hides; 0 when there is none",
            Unit::Seconds,
            asked.oldest.clone(),
        );
        all.register(
            "outbox",
            "What waits to be told: notices not gathered yet, messages on their way",
            asked.waiting.clone(),
        );
        all.register("api_tokens", "API tokens that work", asked.tokens.clone());
        asked
    }

    fn set(&self, now: &Snapshot) {
        // What is gone must not stand.
        self.endpoints.clear();
        self.alerts.clear();
        for (&(state, online), &count) in &now.endpoints {
            let online = if online { "true" } else { "false" };
            self.endpoints.get_or_create_owned(&EndpointIn { state, online }).set(count);
        }
        for (&(priority, work), &count) in &now.alerts {
            self.alerts.get_or_create_owned(&AlertIn { priority, work }).set(count);
        }
        self.oldest.set(now.oldest_unclaimed_seconds.unwrap_or_default());
        for (what, count) in [("notices", now.notices), ("messages", now.messages)] {
            self.waiting.get_or_create_owned(&What { what }).set(whole(count));
        }
        self.tokens.set(whole(now.tokens));
    }
}

impl Meters {
    /// A report came.
    pub(crate) fn report(&self, became: Report) {
        self.reports[became as usize].inc();
    }

    /// A commit is on disk.
    pub(crate) fn committed(&self, changes: &ChangeSet, took: core::time::Duration) {
        self.commits.observe(took.as_secs_f64());
        let rows = changes.entries.iter().filter_map(|entry| match entry {
            Entry::Row(row) => Some(row.table),
            Entry::Report(_) => None,
        });
        for table in rows {
            self.rows.get_or_create(&What { what: table.as_str() }).inc();
        }
    }

    /// Something about telling people.
    pub(crate) fn told(&self, news: &News) {
        let News::Ended { outcome, .. } = news else { return };
        let which = match outcome {
            Outcome::Delivered { .. } => 0,
            Outcome::Failed { .. } => 1,
            Outcome::Impossible { .. } => 2,
        };
        self.messages[which].inc();
    }

    /// Alerts of other tools came.
    pub(crate) fn fed(&self, what: &'static str, count: u64) {
        self.intake.get_or_create(&What { what }).inc_by(count);
    }

    /// How the store is, and how many streams stand.
    pub(crate) fn look(&self, store: &Figures, sessions: usize) {
        self.sessions.set(whole(sessions));
        self.journal_bytes.set(i64::try_from(store.journal_bytes).unwrap_or(i64::MAX));
        let behind = store.committed.0.saturating_sub(store.settled.0);
        self.unsettled.set(i64::try_from(behind).unwrap_or(i64::MAX));
        self.view_failed.set(i64::from(store.view_failed.is_some()));
    }

    /// The counters of one route: found once, when the route is mounted.
    pub(crate) fn route(&self, method: &'static str, route: &'static str) -> RouteMeter {
        let class = |class| self.requests.get_or_create_owned(&Request { method, route, class });
        RouteMeter(["1xx", "2xx", "3xx", "4xx", "5xx"].map(class))
    }

    /// All of it as OpenMetrics text.
    pub(crate) fn show(&self, now: &Snapshot) -> String {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked.set(now);
        let mut shown = String::new();
        let written = text::encode_registry(&mut shown, &self.registry)
            .and_then(|()| text::encode_registry(&mut shown, &of_the_process()))
            .and_then(|()| text::encode_eof(&mut shown));
        // A string takes everything.
        debug_assert!(written.is_ok(), "{written:?}");
        shown
    }
}

/// The counters of one route, by the first digit of the status.
#[derive(Debug, Clone)]
pub(crate) struct RouteMeter([Counter; 5]);

impl RouteMeter {
    /// It answered.
    pub(crate) fn note(&self, status: http::StatusCode) {
        let class = usize::from(status.as_u16() / 100).saturating_sub(1);
        if let Some(counter) = self.0.get(class) {
            counter.inc();
        }
    }
}

/// What the process takes, under the names that everybody uses; what the system does not tell is left out.
fn of_the_process() -> Registry {
    let mut all = Registry::default();
    let figures = process::figures();
    if let Some(bytes) = figures.resident_bytes {
        all.register("process_resident_memory_bytes", "Memory that is in use", ConstGauge::new(bytes));
    }
    if let Some(seconds) = figures.cpu_seconds {
        all.register("process_cpu_seconds", "Processor time that was used", ConstCounter::new(seconds));
    }
    if let Some(count) = figures.open_fds {
        all.register("process_open_fds", "Files and sockets that are open", ConstGauge::new(count));
    }
    all
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
