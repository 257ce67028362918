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
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    name: String,
    path: Option<PathBuf>,
    unit: Option<String>,
    pattern: String,
}

impl TryFrom<Form> for NamedLog {
    type Error = String;

    fn try_from(written: Form) -> Result<Self, Self::Error> {
        let Form { name, path, unit, pattern } = written;
        if [name.len(), pattern.len()].iter().any(|bytes| !(1..=ENTRY_BYTES).contains(bytes)) {
            return Err(format!("`name` and `pattern` of a log are 1 to {ENTRY_BYTES} bytes long"));
        }
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"@:._-".contains(&byte);
        let source = match (path, unit) {
            (Some(path), None) if path.is_absolute() => LogSource::File(path),
            (Some(path), None) => return Err(format!("`{}` is not an absolute path", path.display())),
            (None, Some(unit)) if unit.bytes().all(plain) && !unit.starts_with('-') && !unit.is_empty() => {
                LogSource::Unit(unit)
            }
            (None, Some(unit)) => return Err(format!("`{unit}` is no name of a unit")),
            _ => return Err(format!("log `{name}` needs either `path` or `unit`")),
        };
        Ok(Self { name, source, pattern })
    }
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
        for bad in [
            "pattern = \"x\"",
            "path = \"/a\"\nunit = \"b\"\npattern = \"x\"",
            "path = \"relative\"\npattern = \"x\"",
            "unit = \"--vacuum-size=1\"\npattern = \"x\"",
            "path = \"/a\"\npattern = \"\"",
            "path = \"/a\"\npattern = \"x\"\nregex = true",
        ] {
            assert!(log(bad).is_err(), "{bad}");
        }
    }
}
