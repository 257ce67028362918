//! Somebody says that there is no such job any more: `dogwatch-agent backup forget`.
//!
//! It comes through the drop-in folder as runs do, so it stands in one order with them and the agent need not run. A
//! job that just stops being told of is late for ever, and that is right; this is the explicit word. The ledger keeps
//! it for a while, so that the collector hears it even after weeks offline. A run that is newer than the word brings
//! the job back, as a new one.

use dogwatch_model::AgentEvent;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize, de::IgnoredAny};

use super::drop_in::{DropInError, JOB_BYTES, NAME_BYTES, one_line, past};

/// How long a forgotten job is still told. The spool holds its kept lane as long.
pub(super) const TOLD_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);

/// The form of the file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ForgetFile {
    /// The job's name.
    pub(crate) forget: String,
    /// Who says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) by: Option<String>,
    /// When; by default when the file was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) at: Option<Timestamp>,
}

/// The validated word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Forgetting {
    pub(super) job: String,
    pub(super) by: Option<String>,
    pub(super) at: Timestamp,
}

impl Forgetting {
    /// Whether a file is about forgetting at all; if not it is about a run.
    pub(super) fn is_one(text: &str) -> bool {
        #[derive(Deserialize)]
        struct Peek {
            forget: Option<IgnoredAny>,
        }
        serde_json::from_str(text).is_ok_and(|peek: Peek| peek.forget.is_some())
    }

    /// Understands the file; `written` is when it was written.
    pub(super) fn parse(text: &str, written: Timestamp, now: Timestamp) -> Result<Self, DropInError> {
        let ForgetFile { forget, by, at } = serde_json::from_str(text)?;
        past("at", at, now)?;
        Ok(Self {
            job: one_line("forget", &forget, JOB_BYTES)?,
            by: by.map(|by| one_line("by", &by, NAME_BYTES)).transpose()?,
            at: at.unwrap_or(written),
        })
    }

    /// What the collector is told of it beside the job's own mark.
    pub(super) fn event(&self) -> AgentEvent {
        let by = self.by.as_ref().map(|by| format!(", by {by}")).unwrap_or_default();
        let detail = format!("backup job {} is forgotten{by}", self.job);
        AgentEvent { at: self.at, kind: "backup_job_forgotten".into(), detail }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_told_from_a_run_and_understood() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let text = r#"{"forget": "nightly", "by": "ann"}"#;
        assert!(Forgetting::is_one(text));
        assert!(!Forgetting::is_one(r#"{"job": "forget", "result": "success"}"#));
        let understood = Forgetting::parse(text, now, now).unwrap();
        assert_eq!(understood, Forgetting { job: "nightly".into(), by: Some("ann".into()), at: now });
        assert_eq!(understood.event().detail, "backup job nightly is forgotten, by ann");
        for (text, reason) in [
            (r#"{"forget": "nightly", "result": "success"}"#, "unknown field `result`"),
            (r#"{"forget": " "}"#, "`forget` is empty"),
            (r#"{"forget": "n", "at": "2099-01-01T00:00:00Z"}"#, "`at` lies in the future"),
        ] {
            let error = Forgetting::parse(text, now, now).unwrap_err().to_string();
            assert!(error.contains(reason), "{error}");
        }
    }
}
