//! `[allow]`: what checks of the collector's policy may reach beyond the endpoint itself.
//!
//! Nothing by default. A collector in the wrong hands could otherwise make readers and scanners of its agents, so the
//! endpoint's owner names each file and each target here, and policy can only choose among them.

mod log;

use std::path::{Component, Path};

use serde::Deserialize;
use toml::Spanned;

pub use log::{LogSource, NamedLog};

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
    /// Paths of web servers that may be asked for, besides `/`.
    pub web_paths: Vec<WebPath>,
    /// Logs in which lines may be counted, each with its pattern.
    pub log: Vec<NamedLog>,
    /// Collectors that the present one may hand the agent over to.
    pub collectors: Vec<Target>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Form {
    files: Vec<Spanned<String>>,
    targets: Vec<Spanned<String>>,
    web_paths: Vec<Spanned<String>>,
    log: Vec<Spanned<log::Form>>,
    collectors: Vec<Spanned<String>>,
}

impl TryFrom<Form> for Allow {
    type Error = Fault;

    fn try_from(form: Form) -> Result<Self, Fault> {
        Ok(Self {
            files: each(form.files, ENTRIES)?,
            targets: each(form.targets, ENTRIES)?,
            web_paths: each(form.web_paths, ENTRIES)?,
            log: each(form.log, ENTRIES)?,
            collectors: each(form.collectors, ENTRIES)?,
        })
    }
}

#[cfg(test)]
impl Allow {
    /// What a table says.
    pub(crate) fn of(table: &str) -> Result<Self, String> {
        let form: Form = toml::from_str(table).map_err(|error| error.to_string())?;
        form.try_into().map_err(|fault: Fault| fault.message)
    }
}

impl Allow {
    /// Whether checks may read this file. It has to be the file's real path: resolve links before you ask, or a link
    /// in an allowed folder opens the whole machine.
    pub fn permits_file(&self, path: &Path) -> bool {
        self.files.iter().any(|pattern| pattern.matches(path))
    }

    /// Whether checks may ask a web server for this path.
    pub fn permits_web_path(&self, path: &str) -> bool {
        path == "/" || self.web_paths.iter().any(|allowed| allowed.0 == path)
    }

    /// The log of this name.
    pub fn named_log(&self, name: &str) -> Option<&NamedLog> {
        self.log.iter().find(|log| log.name == name)
    }

    /// Whether checks may connect to this host and port, as they are written in the policy.
    pub fn permits_target(&self, host: &str, port: u16) -> bool {
        self.targets.iter().any(|target| target.is(host, port))
    }

    /// Whether the collector may hand the agent over to this one.
    pub fn permits_collector(&self, host: &str, port: u16) -> bool {
        self.collectors.iter().any(|target| target.is(host, port))
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

/// A path of a web server, word for word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebPath(String);

impl TryFrom<String> for WebPath {
    type Error = String;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let plain = text.bytes().all(|byte| byte.is_ascii_graphic());
        if text.starts_with('/') && text.len() <= ENTRY_BYTES && plain {
            Ok(Self(text))
        } else {
            Err(format!("`{text}` is no path of a web server, such as /healthz"))
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

impl Target {
    fn is(&self, host: &str, port: u16) -> bool {
        self.port == port && self.host.eq_ignore_ascii_case(host)
    }
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
    fn the_front_page_alone_is_asked_for_unless_a_path_is_named() {
        let allow = Allow::of("web_paths = [\"/healthz\"]").unwrap();
        assert!(allow.permits_web_path("/") && allow.permits_web_path("/healthz"));
        assert!(!allow.permits_web_path("/healthz/..") && !Allow::default().permits_web_path("/healthz"));
        assert!(Allow::of("web_paths = [\"healthz\"]").is_err());
    }

    #[test]
    fn only_named_targets_are_permitted() {
        let allow = Allow::of("targets = [\"DB.example:5432\", \"[::1]:443\"]").unwrap();
        assert!(allow.permits_target("db.example", 5432));
        assert!(allow.permits_target("::1", 443));
        assert!(!allow.permits_target("db.example", 5433));
        assert!(!Allow::default().permits_target("db.example", 5432));
        assert!(!Allow::default().permits_file(Path::new("/etc/passwd")));
    }
}
