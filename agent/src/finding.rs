//! What an examination found: `dogwatch-agent doctor` prints them, sources and rooms of the agent make them.

use serde::Serialize;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// It works, with something missing.
    Warn,
    /// It does not work.
    Fail,
}

/// One of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at: `certificate`, `patch` …
    pub subject: String,
    /// How bad it is.
    pub verdict: Verdict,
    /// What was found, in one line.
    pub text: String,
    /// How to mend it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mend: Option<String>,
}

impl Finding {
    /// All is well.
    pub fn ok(subject: &str, text: impl Into<String>) -> Self {
        Self { subject: subject.to_owned(), verdict: Verdict::Ok, text: text.into(), mend: None }
    }

    /// Something is missing.
    pub fn warn(subject: &str, text: impl Into<String>, mend: impl Into<String>) -> Self {
        let mend = Some(mend.into());
        Self { subject: subject.to_owned(), verdict: Verdict::Warn, text: text.into(), mend }
    }

    /// Something does not work.
    pub fn fail(subject: &str, text: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { verdict: Verdict::Fail, ..Self::warn(subject, text, mend) }
    }
}
