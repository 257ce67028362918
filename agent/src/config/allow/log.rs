//! `[[allow.log]]`: logs in which lines may be counted, and what counts.

use std::path::PathBuf;

use serde::Deserialize;

use super::ENTRY_BYTES;

/// A log and what is counted in it. The collector knows the name alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NamedLog {
    /// What policy calls it.
    pub name: String,
    /// Where its lines come from.
    pub source: LogSource,
    /// Lines that hold this text count.
    pub pattern: String,
}

/// Where a log's lines come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogSource {
    /// A file.
    File(PathBuf),
    /// A unit of systemd, by its journal.
    Unit(String),
    /// A log of the Windows Event Log.
    EventLog(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    name: String,
    path: Option<PathBuf>,
    unit: Option<String>,
    event_log: Option<String>,
    pattern: String,
}

impl TryFrom<Form> for NamedLog {
    type Error = String;

    fn try_from(written: Form) -> Result<Self, Self::Error> {
        let Form { name, path, unit, event_log, pattern } = written;
        if [name.len(), pattern.len()].iter().any(|bytes| !(1..=ENTRY_BYTES).contains(bytes)) {
            return Err(format!("`name` and `pattern` of a log are 1 to {ENTRY_BYTES} bytes long"));
        }
        let source = match (path, unit, event_log) {
            (Some(path), None, None) if path.is_absolute() => LogSource::File(path),
            (Some(path), None, None) => return Err(format!("`{}` is not an absolute path", path.display())),
            (None, Some(unit), None) if is_name(&unit, b"@:._-") => LogSource::Unit(unit),
            (None, Some(unit), None) => return Err(format!("`{unit}` is no name of a unit")),
            // Such as `Microsoft-Windows-TaskScheduler/Operational` or `Windows PowerShell`.
            (None, None, Some(log)) if is_name(&log, b"/ ._-") => LogSource::EventLog(log),
            (None, None, Some(log)) => return Err(format!("`{log}` is no name of an event log")),
            _ => return Err(format!("log `{name}` needs one of `path`, `unit` and `event_log`")),
        };
        Ok(Self { name, source, pattern })
    }
}

/// Letters, digits and these signs; a tool that is given the name cannot take it for an option.
fn is_name(text: &str, signs: &[u8]) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || signs.contains(&byte);
    text.len() <= ENTRY_BYTES
        && text.bytes().all(plain)
        && text.starts_with(|c: char| c.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::{super::Allow, *};

    #[test]
    fn a_log_has_one_place_and_a_pattern() {
        let log = |text: &str| Allow::of(&format!("[[log]]\nname = \"oom\"\n{text}"));
        let allow = log("path = \"/var/log/app.log\"\npattern = \"out of memory\"").unwrap();
        assert_eq!(allow.named_log("oom").unwrap().source, LogSource::File("/var/log/app.log".into()));
        assert_eq!(allow.named_log("other"), None);
        assert!(log("unit = \"ssh.service\"\npattern = \"x\"").is_ok());
        let scheduler = "Microsoft-Windows-TaskScheduler/Operational";
        let allow = log(&format!("event_log = \"{scheduler}\"\npattern = \"x\"")).unwrap();
        assert_eq!(allow.named_log("oom").unwrap().source, LogSource::EventLog(scheduler.into()));
        for bad in [
            "pattern = \"x\"",
            "path = \"/a\"\nunit = \"b\"\npattern = \"x\"",
            "path = \"relative\"\npattern = \"x\"",
            "unit = \"--vacuum-size=1\"\npattern = \"x\"",
            "event_log = \"/lf:true\"\npattern = \"x\"",
            "event_log = \"System\"\nunit = \"b\"\npattern = \"x\"",
            "path = \"/a\"\npattern = \"\"",
            "path = \"/a\"\npattern = \"x\"\nregex = true",
        ] {
            assert!(log(bad).is_err(), "{bad}");
        }
    }
}
