//! Patch status. An update counts as missing until it is installed, declined or superseded; definition updates
//! are listed and never counted.
//!
//! How many are critical is not known as long as a security update tells no severity: it may be critical. So such a
//! count is absent, never 0, and so is the count of security updates while something is missing of a source that tells
//! no classes, as pacman; what is known of it is still a number (one critical update is one at least).

use dogwatch_model::{
    Confidence, InstallResult, PatchStatus, ScanResult, Update, UpdateClass, UpdateSeverity, UpdateState,
};

use super::{Field, Type, choice, choices, element, fact, group, records, text, texts, value};
use crate::filter::{
    reads::Reads,
    value::{Item, List, Value, seconds_between},
};

/// Sources that tell names and versions, and not what an update is for.
const CLASSLESS: [&str; 6] = ["apk", "brew", "flatpak", "pacman", "snap", "winget"];

pub(super) static FIELDS: &[Field] = &[
    text("source", "apt, dnf, wua …, several joined by +", fact!(patch, |patch| &patch.source)),
    value("scanned_at", Type::Instant, "when the latest scan ended", fact!(patch, |patch| patch.scanned_at)),
    choice("result", choices!(ScanResult), "what it came to", fact!(patch, |patch| patch.result.as_str())),
    text("error", "why it is not ok", fact!(patch, |patch| patch.error.as_ref())),
    value(
        "metadata_age",
        Type::Duration,
        "how old the package index is",
        fact!(patch, |patch, row| patch.metadata_at.map(|at| seconds_between(at, row.as_of).max(0.0))),
    )
    .reads(Reads::TIME),
    group(
        "missing",
        "counts of missing updates, definitions excluded",
        &[
            value("total", Type::Int, "all", fact!(patch, |patch| missing(patch, |_| true))),
            value("security", Type::Int, "of class security", fact!(patch, |patch| security(patch))),
            value(
                "critical",
                Type::Int,
                "of severity critical",
                fact!(patch, |patch| stated(patch, UpdateSeverity::Critical)),
            ),
            value(
                "important",
                Type::Int,
                "of severity important",
                fact!(patch, |patch| stated(patch, UpdateSeverity::Important)),
            ),
            value(
                "moderate",
                Type::Int,
                "of severity moderate",
                fact!(patch, |patch| stated(patch, UpdateSeverity::Moderate)),
            ),
            value(
                "low",
                Type::Int,
                "of severity low",
                fact!(patch, |patch| stated(patch, UpdateSeverity::Low)),
            ),
            value(
                "unspecified",
                Type::Int,
                "of no stated severity",
                fact!(patch, |patch| of_severity(patch, UpdateSeverity::Unspecified)),
            ),
        ],
    ),
    value(
        "oldest_missing_security",
        Type::Instant,
        "since when the oldest missing security update is missing",
        fact!(patch, |patch| oldest_missing_security(patch)),
    ),
    value(
        "last_install_at",
        Type::Instant,
        "when anything was last installed",
        fact!(patch, |patch| patch.last_install_at),
    ),
    choice(
        "last_install_result",
        choices!(InstallResult),
        "how that went",
        fact!(patch, |patch| patch.last_install_result.map(InstallResult::as_str)),
    ),
    value("auto_update", Type::Bool, "installs updates by itself", fact!(patch, |patch| patch.auto_update)),
    group("reboot", "whether a reboot is waiting", REBOOT),
    records("updates", "available updates", UPDATE, |row, _| {
        let updates = row.endpoint.facts.patch.as_ref()?.updates.as_deref()?;
        Some(List::Updates(updates))
    }),
    records("sources", "each source by itself", SOURCE, |row, _| {
        Some(List::PatchSources(&row.endpoint.facts.patch.as_ref()?.sources))
    }),
];

static SOURCE: &[Field] = &[
    text("source", "apt, dnf, wua …", element!(PatchSource, |source| &source.source)),
    choice(
        "result",
        choices!(ScanResult),
        "what its latest scan came to",
        element!(PatchSource, |source| source.result.as_str()),
    ),
    text("error", "why it is not ok", element!(PatchSource, |source| source.error.as_ref())),
    value(
        "scanned_at",
        Type::Instant,
        "when its latest scan ended",
        element!(PatchSource, |source| source.scanned_at),
    ),
    value(
        "known_at",
        Type::Instant,
        "when it last told its updates",
        element!(PatchSource, |source| source.known_at),
    ),
    value(
        "metadata_age",
        Type::Duration,
        "how old its package index is",
        element!(PatchSource, |source, row| source
            .metadata_at
            .map(|at| seconds_between(at, row.as_of).max(0.0))),
    )
    .reads(Reads::TIME),
    value(
        "scan_seconds",
        Type::Duration,
        "how long its latest scan took",
        element!(PatchSource, |source| source.scan_seconds),
    ),
];

static REBOOT: &[Field] = &[
    value(
        "pending",
        Type::Bool,
        "a reboot is waiting",
        fact!(patch, |patch| patch.reboot.as_ref().map(|reboot| reboot.pending)),
    ),
    texts("reasons", "why", |row, _| {
        let reboot = row.endpoint.facts.patch.as_ref()?.reboot.as_ref()?;
        Some(List::Texts(&reboot.reasons))
    }),
    value(
        "since",
        Type::Instant,
        "since when",
        fact!(patch, |patch| patch.reboot.as_ref().and_then(|reboot| reboot.since)),
    ),
    choice(
        "confidence",
        choices!(Confidence),
        "how sure that is",
        fact!(patch, |patch| patch.reboot.as_ref().map(|reboot| reboot.confidence.as_str())),
    ),
];

static UPDATE: &[Field] = &[
    text("id", "stable within an endpoint", element!(Update, |update| &update.id)),
    text("source", "which source tells of it", element!(Update, |update| update.source())),
    text("title", "what its vendor calls it", element!(Update, |update| update.title.as_ref())),
    text("package", "package or product", element!(Update, |update| &update.package)),
    text("installed", "installed version", element!(Update, |update| update.installed.as_ref())),
    text("available", "available version", element!(Update, |update| update.available.as_ref())),
    choice(
        "class",
        choices!(UpdateClass),
        "what it is for",
        element!(Update, |update| update.class.as_str()),
    ),
    choice(
        "severity",
        choices!(UpdateSeverity),
        "how bad the fault is that it mends",
        element!(Update, |update| update.severity.as_str()),
    ),
    texts("cves", "CVE names", |_, item| match item {
        Item::Update(update) => Some(List::Texts(&update.cves)),
        _ => None,
    }),
    texts("kbs", "Microsoft knowledge base numbers", |_, item| match item {
        Item::Update(update) => Some(List::Texts(&update.kbs)),
        _ => None,
    }),
    text("advisory", "the gravest of its advisories", element!(Update, |update| update.advisory.as_ref())),
    text("origin", "where it would come from", element!(Update, |update| update.origin.as_ref())),
    value("size_bytes", Type::Bytes, "what there is to fetch", element!(Update, |update| update.size_bytes)),
    value(
        "published_at",
        Type::Instant,
        "when it was published",
        element!(Update, |update| update.published_at),
    ),
    value(
        "first_seen_missing",
        Type::Instant,
        "when it was first seen missing here",
        element!(Update, |update| update.first_seen_missing),
    ),
    choice(
        "state",
        choices!(UpdateState),
        "how far it has come",
        element!(Update, |update| update.state.as_str()),
    ),
    value(
        "last_attempt",
        Type::Instant,
        "when its installation was last tried",
        element!(Update, |update| update.last_attempt),
    ),
    value("result_code", Type::Int, "what that came to", element!(Update, |update| update.result_code)),
    value("reboot_required", Type::Bool, "takes a reboot", element!(Update, |update| update.reboot_required)),
    text(
        "superseded_by",
        "the update that takes its place",
        element!(Update, |update| update.superseded_by.as_ref()),
    ),
    value("missing", Type::Bool, "counts as missing", element!(Update, |update| counts_as_missing(update)))
        .filter_only(),
    value(
        "missing_for",
        Type::Duration,
        "how long it has been seen missing",
        element!(Update, |update, row| seconds_between(update.first_seen_missing, row.as_of).max(0.0)),
    )
    .reads(Reads::TIME)
    .filter_only(),
];

fn counts_as_missing(update: &Update) -> bool {
    update.class != UpdateClass::Definition
        && matches!(
            update.state,
            UpdateState::Missing
                | UpdateState::Approved
                | UpdateState::Downloading
                | UpdateState::PendingInstall
                | UpdateState::Failed
        )
}

fn missing(patch: &PatchStatus, which: impl Fn(&Update) -> bool) -> Value<'static> {
    let Some(updates) = &patch.updates else { return Value::Missing };
    let count = updates.iter().filter(|update| counts_as_missing(update) && which(update)).count();
    Value::from(u32::try_from(count).unwrap_or(u32::MAX))
}

/// Not known to be none while something is missing of a source that tells no classes: it may be security.
fn security(patch: &PatchStatus) -> Value<'static> {
    let known = missing(patch, |update| update.class == UpdateClass::Security);
    let updates = patch.updates.iter().flatten().filter(|update| counts_as_missing(update));
    let uncertain = updates.into_iter().any(|update| CLASSLESS.contains(&update.source()));
    if uncertain && known == Value::from(0_u32) { Value::Missing } else { known }
}

fn of_severity(patch: &PatchStatus, severity: UpdateSeverity) -> Value<'static> {
    missing(patch, |update| update.severity == severity)
}

/// As [`of_severity`], but not known to be none while some security update tells no severity.
fn stated(patch: &PatchStatus, severity: UpdateSeverity) -> Value<'static> {
    let unstated = |update: &Update| {
        update.class == UpdateClass::Security && update.severity == UpdateSeverity::Unspecified
    };
    let known = missing(patch, |update| update.severity == severity);
    let updates = patch.updates.iter().flatten();
    let uncertain = updates.filter(|update| counts_as_missing(update)).any(unstated);
    if uncertain && known == Value::from(0_u32) { Value::Missing } else { known }
}

/// Since when the oldest missing security update is missing.
pub(crate) fn oldest_missing_security(patch: &PatchStatus) -> Option<jiff::Timestamp> {
    let security = |update: &&Update| update.class == UpdateClass::Security && counts_as_missing(update);
    patch.updates.iter().flatten().filter(security).map(|update| update.first_seen_missing).min()
}
