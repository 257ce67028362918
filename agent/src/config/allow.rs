//! `[allow]`: what checks of the collector's policy may reach beyond the endpoint itself.
//!
//! Nothing by default. A collector in the wrong hands could otherwise make readers and scanners of its agents, so the
//! endpoint's owner names each file and each target here, and policy can only choose among them.

use std::path::{Component, Path};

use serde::Deserialize;
use toml::Spanned;

use super::fault::{Fault, each};
use crate::dial::split_address;

/// Files that one configuration may allow, and targets.
const ENTRIES: usize = 256;
/// Bytes of one of them.
const ENTRY_BYTES: usize = 1024;

/// What checks may read and reach.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Allow {
    /// Files, by pattern.
    pub files: Vec<FilePattern>,
    /// Hosts and ports other than this machine's own.
    pub targets: Vec<Target>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Form {
    files: Vec<Spanned<String>>,
    targets: Vec<Spanned<String>>,
}

impl TryFrom<Form> for Allow {
    type Error = Fault;

    fn try_from(form: Form) -> Result<Self, Fault> {
        Ok(Self { files: each(form.files, ENTRIES)?, targets: each(form.targets, ENTRIES)? })
    }
}

impl Allow {
    /// Whether checks may read this file. It has to be the file's real path: resolve links before you ask, or a link
    /// in an allowed folder opens the whole machine.
    pub fn permits_file(&self, path: &Path) -> bool {
        self.files.iter().any(|pattern| pattern.matches(path))
    }

    /// Whether checks may connect to this host and port, as they are written in the policy.
    pub fn permits_target(&self, host: &str, port: u16) -> bool {
        self.targets.iter().any(|target| target.port == port && target.host.eq_ignore_ascii_case(host))
    }
}

/// An absolute path in which `*` stands for anything within one name, and `?` for one character.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePattern(String);

impl TryFrom<String> for FilePattern {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let path = Path::new(&text);
        let wrong = |what: &str| Err(format!("`{text}` {what}"));
        if text.len() > ENTRY_BYTES {
            return Err(format!("a path of {} bytes, at most {ENTRY_BYTES} are taken", text.len()));
        }
        if !path.is_absolute() {
            return wrong("is not an absolute path");
        }
        if path.components().any(|part| part == Component::ParentDir) {
            return wrong("goes upwards with `..`");
        }
        if text.contains("**") {
            return wrong("holds `**`; a `*` stands for anything within one name, so name each folder");
        }
        Ok(Self(text))
    }
}

impl FilePattern {
    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether a path is of this form, name by name.
    pub fn matches(&self, path: &Path) -> bool {
        let (mut pattern, mut path) = (Path::new(&self.0).components(), path.components());
        loop {
            match (pattern.next(), path.next()) {
                (None, None) => return true,
                (Some(Component::Normal(pattern)), Some(Component::Normal(name))) => {
                    let (Some(pattern), Some(name)) = (pattern.to_str(), name.to_str()) else { return false };
                    if !name_matches(pattern.as_bytes(), name.as_bytes()) {
                        return false;
                    }
                }
                (Some(pattern), Some(name)) if pattern == name => {}
                _ => return false,
            }
        }
    }
}

/// Without backtracking over more than the last `*`: time is bounded by the product of both lengths.
fn name_matches(pattern: &[u8], name: &[u8]) -> bool {
    let (mut p, mut n, mut star) = (0, 0, None);
    while n < name.len() {
        match pattern.get(p) {
            Some(b'*') => {
                star = Some((p, n));
                p += 1;
            }
            Some(&byte) if byte == b'?' || byte == name[n] => (p, n) = (p + 1, n + 1),
            _ => {
                let Some((at, taken)) = star else { return false };
                star = Some((at, taken + 1));
                (p, n) = (at + 1, taken + 1);
            }
        }
    }
    pattern[p..].iter().all(|&byte| byte == b'*')
}

/// A host and a port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    host: String,
    port: u16,
}

impl TryFrom<String> for Target {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let split = split_address(&text).filter(|(host, port)| {
            *port > 0 && host.len() <= ENTRY_BYTES && !host.contains(['/', '@', '*', ' '])
        });
        let (host, port) =
            split.ok_or_else(|| format!("`{text}` is not of the form host:port, such as db.example:5432"))?;
        Ok(Self { host: host.to_owned(), port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> FilePattern {
        FilePattern::try_from(text.to_owned()).unwrap()
    }

    #[test]
    fn a_star_stays_within_one_name() {
        for (text, path, expected) in [
            ("/var/log/app/*.log", "/var/log/app/web.log", true),
            ("/var/log/app/*.log", "/var/log/app/.log", true),
            ("/var/log/app/*.log", "/var/log/app/web.log.1", false),
            ("/var/log/app/*.log", "/var/log/app/deeper/web.log", false),
            ("/var/log/app/*.log", "/var/log/app/../../shadow.log", false),
            ("/var/log/*/web.log", "/var/log/app/web.log", true),
            ("/var/log/*/web.log", "/var/log/web.log", false),
            ("/srv/a?c*e", "/srv/abcdcde", true),
            ("/srv/a?c*e", "/srv/abcd", false),
            ("/etc/motd", "/etc/motd", true),
            ("/etc/motd", "etc/motd", false),
        ] {
            assert_eq!(pattern(text).matches(Path::new(path)), expected, "{text} {path}");
        }
    }

    #[test]
    fn what_could_mean_more_than_it_says_is_refused() {
        for text in ["var/log/app.log", "/var/../etc/*", "/var/**/x", "", "*"] {
            assert!(FilePattern::try_from(text.to_owned()).is_err(), "{text}");
        }
        for text in ["db.example", "db.example:0", "*:443", "https://db.example:443", "me@db.example:22"] {
            assert!(Target::try_from(text.to_owned()).is_err(), "{text}");
        }
    }

    #[test]
    fn only_named_targets_are_permitted() {
        let form: Form = toml::from_str("targets = [\"DB.example:5432\", \"[::1]:443\"]").unwrap();
        let allow = Allow::try_from(form).unwrap();
        assert!(allow.permits_target("db.example", 5432));
        assert!(allow.permits_target("::1", 443));
        assert!(!allow.permits_target("db.example", 5433));
        assert!(!Allow::default().permits_target("db.example", 5432));
        assert!(!Allow::default().permits_file(Path::new("/etc/passwd")));
    }
}
