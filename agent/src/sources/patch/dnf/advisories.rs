//! Understanding what dnf and dnf5 tell of advisories. Pure.
//!
//! The list says which advisory is about which package and how grave it is; the details bring its title, its day and
//! its CVE names. An advisory applies to the package of the list's line, in whatever version it was mended first: the
//! update that can be had is that one or a later one.

use std::collections::BTreeMap;

use dogwatch_model::{Update, UpdateClass, UpdateSeverity};
use dogwatch_proto::conversions::limits;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::Deserialize;

use crate::sources::order;
use crate::sources::patch::ground::{ScanError, name};

/// What one advisory says.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Advisory {
    class: UpdateClass,
    severity: UpdateSeverity,
    details: Details,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Details {
    title: Option<String>,
    issued: Option<Timestamp>,
    cves: Vec<String>,
}

/// What is known of all updates.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Advisories {
    advisories: BTreeMap<String, Advisory>,
    /// Package with its architecture, and the advisories about it.
    about: BTreeMap<String, Vec<String>>,
}

impl Advisories {
    /// From dnf's `updateinfo list` and `updateinfo info`.
    pub(super) fn from_text(list: &str, info: &str) -> Self {
        let mut all = Self::default();
        let mut details = text_details(info);
        for line in list.lines() {
            let fields: Vec<&str> = line.split_whitespace().collect();
            if let [advisory, kind, package] = fields[..] {
                all.add(advisory, class_of(kind), severity_of(kind), package, &mut details);
            }
        }
        all
    }

    /// From dnf5's `advisory list --json` and `advisory info --json`.
    pub(super) fn from_json(list: &str, info: &str) -> Result<Self, ScanError> {
        let garbled =
            |error: serde_json::Error| ScanError::Garbled { tool: "dnf5", detail: error.to_string() };
        let list: Vec<JsonLine> = serde_json::from_str(or_empty(list)).map_err(garbled)?;
        let info: Vec<JsonInfo> = serde_json::from_str(or_empty(info)).map_err(garbled)?;
        let mut details = info.into_iter().map(JsonInfo::details).collect();
        let mut all = Self::default();
        for line in list {
            let (class, severity) = (class_of(&line.kind), severity_of(&line.severity));
            all.add(&line.name, class, severity, &line.nevra, &mut details);
        }
        Ok(all)
    }

    fn add(
        &mut self,
        advisory: &str,
        class: UpdateClass,
        severity: UpdateSeverity,
        nevra: &str,
        details: &mut BTreeMap<String, Details>,
    ) {
        let Some(package) = package_of(nevra) else { return };
        self.advisories.entry(advisory.to_owned()).or_insert_with(|| Advisory {
            class,
            severity,
            details: details.get_mut(advisory).map(std::mem::take).unwrap_or_default(),
        });
        let about = self.about.entry(package).or_default();
        if !about.iter().any(|known| known == advisory) {
            about.push(advisory.to_owned());
        }
    }

    /// Writes into each update what its advisories say: the gravest gives its name, the CVE names are those of all.
    pub(super) fn apply(&self, updates: &mut [Update]) {
        for update in updates {
            // The id has the architecture, which the package's name has not.
            let package = update.id.split_once(':').map_or("", |(_, package)| package);
            let names = self.about.get(package).map(Vec::as_slice).unwrap_or_default();
            let mut known: Vec<(&String, &Advisory)> =
                names.iter().filter_map(|name| self.advisories.get_key_value(name)).collect();
            order::by(&mut known, |(_, a), (_, b)| (a.class, a.severity).cmp(&(b.class, b.severity)));
            let Some((gravest, advisory)) = known.first() else { continue };
            update.class = advisory.class;
            update.severity = advisory.severity;
            update.advisory = Some(name(gravest));
            update.title = advisory.details.title.as_deref().map(name);
            update.published_at = advisory.details.issued;
            let mut cves: Vec<String> = known
                .iter()
                .flat_map(|(_, advisory)| advisory.details.cves.iter().map(|cve| name(cve)))
                .collect();
            cves.sort_unstable();
            cves.dedup();
            cves.truncate(limits::ADVISORIES);
            update.cves = cves;
        }
    }
}

/// `security`, and `Critical/Sec.` as dnf writes it in a list.
fn class_of(kind: &str) -> UpdateClass {
    let kind = kind.to_ascii_lowercase();
    if kind == "security" || kind.ends_with("/sec.") { UpdateClass::Security } else { UpdateClass::Regular }
}

/// In the words of Red Hat, of SUSE and of Fedora.
pub(in crate::sources::patch) fn severity_of(word: &str) -> UpdateSeverity {
    let word = word.split('/').next().unwrap_or_default();
    match word.to_ascii_lowercase().as_str() {
        "critical" | "urgent" => UpdateSeverity::Critical,
        "important" | "high" => UpdateSeverity::Important,
        "moderate" | "medium" => UpdateSeverity::Moderate,
        "low" => UpdateSeverity::Low,
        _ => UpdateSeverity::Unspecified,
    }
}

/// Name and architecture out of `openssl-libs-1:3.0.7-27.el9.x86_64`.
fn package_of(nevra: &str) -> Option<String> {
    let (rest, arch) = nevra.rsplit_once('.')?;
    let (rest, _release) = rest.rsplit_once('-')?;
    let (name, _version) = rest.rsplit_once('-')?;
    Some(format!("{name}.{arch}"))
}

/// The blocks of dnf's `updateinfo info`: a title between two rules, then `Key: value` with the colons below each
/// other; a line without a key goes on with the one before.
fn text_details(info: &str) -> BTreeMap<String, Details> {
    let mut all = BTreeMap::new();
    let (mut title, mut id, mut details, mut key) = (None, None, Details::default(), "");
    let mut lines = info.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("====") {
            if lines.peek().is_some_and(|next| !next.starts_with("====") && next.starts_with(' ')) {
                title = lines.next().map(|title| title.trim().to_owned());
                lines.next();
            }
            continue;
        }
        let Some((before, value)) = line.split_once(": ") else { continue };
        let value = value.trim();
        key = Some(before.trim()).filter(|key| !key.is_empty()).unwrap_or(key);
        match key {
            "Update ID" => {
                flush(&mut all, &mut id, &mut details);
                id = Some(value.to_owned());
                details.title = title.take();
            }
            "Updated" => details.issued = instant(value),
            "CVEs" => details.cves.push(value.to_owned()),
            _ => {}
        }
    }
    flush(&mut all, &mut id, &mut details);
    all
}

fn flush(all: &mut BTreeMap<String, Details>, id: &mut Option<String>, details: &mut Details) {
    let details = std::mem::take(details);
    all.extend(id.take().map(|id| (id, details)));
}

fn instant(text: &str) -> Option<Timestamp> {
    let day: DateTime = text.replacen(' ', "T", 1).parse().ok()?;
    Some(day.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

/// dnf5 prints nothing at all when there is nothing.
fn or_empty(text: &str) -> &str {
    if text.trim().is_empty() { "[]" } else { text }
}

#[derive(Debug, Deserialize)]
struct JsonLine {
    name: String,
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    severity: String,
    nevra: String,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JsonInfo {
    name: String,
    #[serde(default)]
    title: String,
    /// Seconds, or text in dnf5 before 5.2.
    #[serde(default)]
    issued: serde_json::Value,
    #[serde(rename = "references", default)]
    references: Vec<JsonReference>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct JsonReference {
    #[serde(default)]
    id: String,
    #[serde(rename = "Type", default)]
    kind: String,
}

impl JsonInfo {
    fn details(self) -> (String, Details) {
        let issued = match &self.issued {
            serde_json::Value::Number(seconds) => {
                seconds.as_i64().and_then(|seconds| Timestamp::from_second(seconds).ok())
            }
            serde_json::Value::String(text) => instant(text),
            _ => None,
        };
        let cves = self.references.into_iter().filter(|reference| reference.kind.eq_ignore_ascii_case("cve"));
        let cves = cves.map(|reference| reference.id).collect();
        (self.name, Details { title: Some(self.title).filter(|title| !title.is_empty()), issued, cves })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded with dnf 4.14.0 on Debian 12 against a repository of our own.
    const LIST: &str = include_str!("fixtures/dnf-4.14-updateinfo-list.txt");
    const INFO: &str = include_str!("fixtures/dnf-4.14-updateinfo-info.txt");
    /// Written after the documentation of dnf5 5.2 (advisory(8), section on JSON).
    const JSON_LIST: &str = include_str!("fixtures/dnf5-5.2-advisory-list.json");
    const JSON_INFO: &str = include_str!("fixtures/dnf5-5.2-advisory-info.json");

    fn applied(advisories: &Advisories, package: &str) -> Update {
        let mut updates = [Update::missing("dnf", package)];
        advisories.apply(&mut updates);
        let [update] = updates;
        update
    }

    #[test]
    fn the_gravest_advisory_gives_its_name_and_the_cves_are_those_of_all() {
        for advisories in
            [Advisories::from_text(LIST, INFO), Advisories::from_json(JSON_LIST, JSON_INFO).unwrap()]
        {
            let ssl = applied(&advisories, "tiny-ssl.noarch");
            assert_eq!((ssl.class, ssl.severity), (UpdateClass::Security, UpdateSeverity::Critical));
            assert_eq!(ssl.advisory.as_deref(), Some("TINY-SA-2026:0001"));
            assert_eq!(ssl.title.as_deref(), Some("tiny-ssl security update"));
            assert_eq!(ssl.cves, ["CVE-2026-1001", "CVE-2026-1002", "CVE-2026-1003"]);
            assert_eq!(ssl.published_at, Some("2026-11-02T08:00:00Z".parse().unwrap()));
            let shell = applied(&advisories, "tiny-shell.noarch");
            assert_eq!((shell.class, shell.severity), (UpdateClass::Regular, UpdateSeverity::Unspecified));
            assert_eq!(shell.advisory.as_deref(), Some("TINY-BA-2026:0003"));
            assert_eq!(applied(&advisories, "tiny-editor.noarch").advisory, None);
        }
    }

    #[test]
    fn an_architecture_is_part_of_the_package() {
        let list = "X-1 Important/Sec. glibc-2.34-83.el9.i686\n";
        let advisories = Advisories::from_text(list, "");
        assert_eq!(applied(&advisories, "glibc.x86_64").class, UpdateClass::Regular);
        assert_eq!(applied(&advisories, "glibc.i686").severity, UpdateSeverity::Important);
    }

    #[test]
    fn the_words_of_several_vendors_are_known() {
        let words = ["Critical/Sec.", "High", "medium", "Low", "None", "Unknown/Sec.", ""];
        let severities = words.map(severity_of);
        use UpdateSeverity::{Critical, Important, Low, Moderate, Unspecified};
        assert_eq!(severities, [Critical, Important, Moderate, Low, Unspecified, Unspecified, Unspecified]);
    }

    #[test]
    fn json_of_another_form_is_refused_and_none_is_empty() {
        assert!(matches!(Advisories::from_json("{}", "[]"), Err(ScanError::Garbled { .. })));
        assert_eq!(Advisories::from_json("\n", "").unwrap(), Advisories::default());
    }
}
