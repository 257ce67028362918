//! What the agent's answers mean in the words of every patch source. Pure.
//!
//! Classifications are told by their identifiers: their names are translated. A severity is told for security updates
//! that have one; that many have none is Microsoft's doing and not "low".

use dogwatch_model::{InstallResult, Update, UpdateClass, UpdateSeverity, UpdateState};
use jiff::Timestamp;

use super::{Attempt, Found, RebootBehaviour};
use crate::sources::patch::ground::name;

const SOURCE: &str = "wua";

/// Classifications (Microsoft's page "Classification GUIDs"), in the order in which they count when an update has several.
const CLASSES: &[(&str, UpdateClass)] = &[
    ("e0789628-ce08-4437-be74-2495b842f43b", UpdateClass::Definition),
    ("0fa1201d-4330-4fa8-8ae9-b877473b6441", UpdateClass::Security),
    ("e6cf1350-c01b-414d-a61f-263d14d133b4", UpdateClass::Critical),
    ("3689bdc8-b205-4af4-8d00-a63924c5e9d5", UpdateClass::Feature),
    ("b54e7d24-7add-428f-8b75-90a396fa584f", UpdateClass::Feature),
    ("68c5b0a3-d1a6-4553-ae49-01d3a7827828", UpdateClass::Feature),
    ("ebfc1fc5-71a4-4f7b-9aca-3b9a503104a0", UpdateClass::Driver),
];

/// Seconds of 1899-12-30T00:00:00Z, where COM's dates begin.
const COM_EPOCH: i64 = -2_209_161_600;
const DAY: f64 = 86_400.0;

/// An instant from days since 1899-12-30. COM tells that very day when there was none.
pub(super) fn instant(days: f64) -> Option<Timestamp> {
    if !(1.0..=100_000.0).contains(&days) {
        return None;
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range is checked above")]
    let seconds = (days * DAY).round() as i64;
    Timestamp::from_second(COM_EPOCH + seconds).ok()
}

/// When anything was last installed, and how that went.
pub(super) fn latest(history: &[Attempt]) -> Option<(Timestamp, InstallResult)> {
    let attempts = history.iter().filter_map(|attempt| Some((instant(attempt.at)?, attempt.succeeded)));
    let (at, succeeded) = attempts.max_by_key(|(at, _)| *at)?;
    Some((at, if succeeded { InstallResult::Success } else { InstallResult::Failed }))
}

/// The updates, with what history knows of each.
pub(super) fn updates(found: &[Found], history: &[Attempt], boot_at: Option<Timestamp>) -> Vec<Update> {
    found.iter().map(|one| update(one, found, history, boot_at)).collect()
}

fn update(one: &Found, all: &[Found], history: &[Attempt], boot_at: Option<Timestamp>) -> Update {
    let tried = history.iter().filter(|attempt| attempt.id == one.id);
    let tried = tried.filter_map(|attempt| Some((instant(attempt.at)?, attempt))).max_by_key(|(at, _)| *at);
    let failed_at = tried.as_ref().filter(|(_, attempt)| !attempt.succeeded).map(|(at, _)| *at);
    let package = one.kbs.first().map_or_else(|| one.id.clone(), |kb| format!("KB{kb}"));
    let later = all.iter().find(|other| other.supersedes.contains(&one.id));
    Update {
        // A KB may come as several updates, one a product.
        id: name(&format!("{SOURCE}:{}", one.id)),
        title: Some(name(&one.title)).filter(|title| !title.is_empty()),
        class: class(one),
        severity: severity(&one.msrc_severity),
        cves: one.cves.iter().map(|cve| name(cve)).collect(),
        kbs: one.kbs.iter().map(|kb| name(&format!("KB{kb}"))).collect(),
        advisory: one.bulletins.first().map(|bulletin| name(bulletin)),
        size_bytes: one.size_bytes,
        published_at: one.changed.and_then(instant),
        state: state(one, later.is_some(), failed_at, boot_at),
        last_attempt: tried.as_ref().map(|(at, _)| *at),
        result_code: tried.as_ref().map(|(_, attempt)| attempt.hresult),
        reboot_required: match one.reboot_behaviour {
            Some(RebootBehaviour::Always) => Some(true),
            Some(RebootBehaviour::Never) => Some(false),
            Some(RebootBehaviour::Perhaps) | None => None,
        },
        superseded_by: later.map(|later| name(&format!("{SOURCE}:{}", later.id))),
        ..Update::missing(SOURCE, &name(&package))
    }
}

/// A failure counts once the machine has been started after it: many installations end at the next start.
fn state(
    one: &Found,
    superseded: bool,
    failed_at: Option<Timestamp>,
    boot_at: Option<Timestamp>,
) -> UpdateState {
    if one.reboot_required {
        UpdateState::InstalledRebootPending
    } else if one.is_hidden {
        UpdateState::Declined
    } else if superseded {
        UpdateState::Superseded
    } else if failed_at.is_some_and(|failed| boot_at.is_some_and(|boot| failed < boot)) {
        UpdateState::Failed
    } else if one.is_downloaded {
        UpdateState::PendingInstall
    } else {
        UpdateState::Missing
    }
}

fn class(one: &Found) -> UpdateClass {
    let has = |id: &str| one.categories.iter().any(|category| category.eq_ignore_ascii_case(id));
    let told = CLASSES.iter().find(|(id, _)| has(id)).map(|(_, class)| *class);
    match told {
        Some(class) => class,
        None if one.is_driver => UpdateClass::Driver,
        // Rollups of security come in other classes too; what mends a fault with a name mends security.
        None if !one.cves.is_empty() || !one.msrc_severity.is_empty() => UpdateClass::Security,
        None => UpdateClass::Regular,
    }
}

fn severity(msrc: &str) -> UpdateSeverity {
    match msrc.to_ascii_lowercase().as_str() {
        "critical" => UpdateSeverity::Critical,
        "important" => UpdateSeverity::Important,
        "moderate" => UpdateSeverity::Moderate,
        "low" => UpdateSeverity::Low,
        _ => UpdateSeverity::Unspecified,
    }
}
