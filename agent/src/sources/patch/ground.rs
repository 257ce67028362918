//! Where a source looks, and how it asks its tools.
//!
//! Tools are asked through here only: with the time limit of the ground, in the C locale, and with their complaint kept
//! when they fail. A root other than `/` is told to the tools by the argument that each has for it.

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use dogwatch_proto::conversions::limits;
use jiff::Timestamp;

use crate::sources::process::{self, Output, ProcessError};

/// A simulation takes about a second; on a loaded small machine a hundred times that.
const LIMIT: Duration = Duration::from_secs(300);

/// Why a source has no answer.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScanError {
    /// The tool did not run, or not to its end.
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The tool ran and refused.
    #[error("{tool} says: {complaint}")]
    Says {
        /// Which tool.
        tool: String,
        /// What it said, on one line.
        complaint: String,
    },
    /// There is nothing to compare with: "no updates" would be a guess.
    #[error("there is no package index; {remedy}")]
    NoIndex {
        /// What makes one.
        remedy: &'static str,
    },
    /// The answer is in a form that this version does not understand.
    #[error("{tool} answered in a form that is not understood: {detail}")]
    Garbled {
        /// Which tool, or which file.
        tool: &'static str,
        /// What is wrong with it.
        detail: String,
    },
    /// The tool is there and cannot be asked from here.
    #[error("{0}")]
    Unsupported(String),
}

/// Where to look.
#[derive(Debug, Clone)]
pub(super) struct Ground {
    root: PathBuf,
    tools: Option<PathBuf>,
    limit: Duration,
}

impl Ground {
    /// The machine seen below `root`.
    pub(super) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), tools: None, limit: LIMIT }
    }

    /// A ground whose tools are the files of one folder, and have less time.
    #[cfg(test)]
    pub(super) fn with_tools(root: &Path, tools: &Path, limit: Duration) -> Self {
        Self { root: root.to_owned(), tools: Some(tools.to_owned()), limit }
    }

    /// The same with less time for each tool.
    pub(super) fn limited(self, limit: Duration) -> Self {
        Self { limit, ..self }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn path(&self, below: &str) -> PathBuf {
        self.root.join(below)
    }

    /// `--root FOLDER` or what a tool calls it; nothing for the machine itself.
    pub(super) fn elsewhere<'a>(&'a self, argument: &'a str) -> Vec<&'a str> {
        match self.root.to_str() {
            Some("/") | None => Vec::new(),
            Some(root) => vec![argument, root],
        }
    }

    /// Runs a tool to its end, whatever it comes to.
    pub(super) async fn run(&self, tool: &str, arguments: &[&str]) -> Result<Output, ScanError> {
        let program = self.tools.as_ref().map(|tools| tools.join(tool).display().to_string());
        Ok(process::run(program.as_deref().unwrap_or(tool), arguments, self.limit).await?)
    }

    /// What a tool says when it is successful.
    pub(super) async fn ask(&self, tool: &str, arguments: &[&str]) -> Result<String, ScanError> {
        said(tool, self.run(tool, arguments).await?)
    }
}

/// The output of a tool that was successful, or its complaint.
pub(super) fn said(tool: &str, output: Output) -> Result<String, ScanError> {
    if output.success {
        return Ok(output.stdout);
    }
    Err(ScanError::Says { tool: tool.to_owned(), complaint: complaint(&output) })
}

/// What a tool has to say about its failure: the lines it marks as errors, else all, on one line.
pub(super) fn complaint(output: &Output) -> String {
    const MARKS: [&str; 4] = ["E: ", "Error: ", "error: ", "ERROR: "];
    let marked =
        output.stderr.lines().filter_map(|line| MARKS.iter().find_map(|mark| line.strip_prefix(mark)));
    let mut said: Vec<&str> = marked.collect();
    if said.is_empty() {
        said = output.stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    }
    let code = output.code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
    if said.is_empty() { format!("nothing, and ended with {code}") } else { clip(&said.join("; ")) }
}

/// A text as it may travel.
pub(super) fn clip(text: &str) -> String {
    limits::clip(text, limits::TEXT_BYTES)
}

/// A name as it may travel.
pub(super) fn name(text: &str) -> String {
    limits::clip(text, limits::NAME_BYTES)
}

/// When a file was last written.
pub(super) fn modified(path: &Path) -> Option<Timestamp> {
    Timestamp::try_from(fs::metadata(path).ok()?.modified().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(stderr: &str) -> Output {
        Output { stdout: String::new(), stderr: stderr.into(), success: false, code: Some(100) }
    }

    #[test]
    fn a_complaint_is_told_without_its_letters() {
        let told = |stderr| said("apt-get", failed(stderr)).unwrap_err().to_string();
        let broken = "W: odd\nE: Unmet dependencies. Try 'apt --fix-broken install'.\n";
        assert_eq!(told(broken), "apt-get says: Unmet dependencies. Try 'apt --fix-broken install'.");
        assert_eq!(told("one\n\n two\n"), "apt-get says: one; two");
        assert_eq!(told(""), "apt-get says: nothing, and ended with exit code 100");
    }

    #[test]
    fn tools_are_told_a_root_that_is_not_the_machines_own() {
        assert_eq!(Ground::new(Path::new("/")).elsewhere("--root"), Vec::<&str>::new());
        assert_eq!(Ground::new(Path::new("/srv/x")).elsewhere("--root"), ["--root", "/srv/x"]);
    }
}
