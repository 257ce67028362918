//! Other people's words for how bad something is.

use crate::{filter::nearest, finding::Severity};

/// The words of the published Events API; what [`of`] knows beside them is what other tools send in their place.
pub const EVENTS: [&str; 4] = ["critical", "error", "warning", "info"];

/// Which of [`EVENTS`] an unknown word may have meant, as the end of a sentence.
pub(super) fn meant(word: &str) -> String {
    nearest(word, EVENTS.into_iter()).map(|near| format!("; did you mean `{near}`?")).unwrap_or_default()
}

/// What a word means, whatever its case; nothing for one that is not known.
///
/// The words are those of Prometheus' conventions, of `PagerDuty` (`error` calls somebody there, as `critical` does), of
/// syslog, and of the usual priorities.
pub fn of(word: &str) -> Option<Severity> {
    let word = word.trim().to_ascii_lowercase();
    match word.as_str() {
        "critical" | "crit" | "error" | "err" | "fatal" | "emergency" | "emerg" | "alert" | "page"
        | "disaster" | "high" | "major" | "p1" | "p2" | "sev1" | "sev2" => Some(Severity::Critical),
        "warning" | "warn" | "average" | "medium" | "minor" | "ticket" | "p3" | "sev3" => {
            Some(Severity::Warning)
        }
        "info" | "informational" | "information" | "notice" | "none" | "low" | "debug" | "ok" | "p4"
        | "p5" | "sev4" | "sev5" => Some(Severity::Info),
        _ => None,
    }
}
