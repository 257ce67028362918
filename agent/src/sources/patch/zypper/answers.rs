//! Understanding `zypper --xmlout list-updates` and `list-patches`. Pure.

use dogwatch_model::{Update, UpdateClass, UpdateSeverity};
use dogwatch_proto::conversions::limits;
use jiff::Timestamp;

use crate::sources::order;
use crate::sources::patch::{
    dnf::severity_of,
    ground::name,
    xml::{Piece, Tag, pieces},
};

/// A package or a patch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: String,
    arch: String,
    installed: Option<String>,
    available: String,
    repository: Option<String>,
    summary: Option<String>,
    security: bool,
    severity: Option<String>,
    reboot: bool,
    issued: Option<Timestamp>,
    cves: Vec<String>,
}

/// What a document lists, and what it complains about.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) packages: Vec<Listed>,
    pub(super) patches: Vec<Listed>,
    pub(super) errors: Vec<String>,
}

pub(super) fn parse(document: &str) -> Answer {
    let mut answer = Answer::default();
    let mut current: Option<(Listed, bool)> = None;
    let (mut in_error, mut in_summary) = (false, false);
    for piece in pieces(document) {
        match piece {
            Piece::Open(tag) if tag.name == "update" => current = listed(&tag),
            Piece::Open(tag) => {
                in_summary = tag.name == "summary";
                in_error = tag.name == "message" && tag.get("type").as_deref() == Some("error");
                if let Some((listed, _)) = &mut current {
                    add(listed, &tag);
                }
            }
            Piece::Text(text) if in_error => answer.errors.push(text.into_owned()),
            Piece::Text(text) if in_summary => {
                if let Some((listed, _)) = &mut current {
                    listed.summary = Some(text.into_owned());
                }
            }
            Piece::Close("update") => match current.take() {
                Some((listed, true)) => answer.patches.push(listed),
                Some((listed, false)) => answer.packages.push(listed),
                None => {}
            },
            Piece::Close(_) => (in_error, in_summary) = (false, false),
            Piece::Text(_) => {}
        }
    }
    answer
}

/// What an `update` tag says, and whether it is a patch.
fn listed(tag: &Tag<'_>) -> Option<(Listed, bool)> {
    let listed = Listed {
        name: tag.get("name")?,
        arch: tag.get("arch").unwrap_or_default(),
        installed: tag.get("edition-old"),
        available: tag.get("edition")?,
        security: tag.get("category").as_deref() == Some("security"),
        severity: tag.get("severity"),
        reboot: tag.get("interactive").is_some_and(|why| why == "reboot")
            || tag.get("restart").as_deref() == Some("true"),
        ..Listed::default()
    };
    Some((listed, tag.get("kind").as_deref() == Some("patch")))
}

fn add(listed: &mut Listed, tag: &Tag<'_>) {
    match tag.name {
        "source" => listed.repository = tag.get("alias"),
        "issue-date" => {
            let seconds = tag.get("time_t").and_then(|seconds| seconds.parse().ok());
            listed.issued = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
        }
        "issue" if tag.get("type").as_deref() == Some("cve") => listed.cves.extend(tag.get("id")),
        _ => {}
    }
}

impl Listed {
    /// A package that can be upgraded.
    pub(super) fn update(&self) -> Update {
        Update {
            package: name(&self.name),
            installed: self.installed.as_deref().map(name),
            available: Some(name(&self.available)),
            origin: self.repository.as_deref().map(name),
            ..Update::missing("zypper", &name(&format!("{}.{}", self.name, self.arch)))
        }
    }

    fn severity(&self) -> UpdateSeverity {
        severity_of(self.severity.as_deref().unwrap_or_default())
    }

    fn class(&self) -> UpdateClass {
        if self.security { UpdateClass::Security } else { UpdateClass::Regular }
    }
}

/// Writes into each update what the patches about it say, the gravest first; adds those about none of them.
pub(super) fn apply(mut patches: Vec<(Listed, Vec<String>)>, updates: &mut Vec<Update>) {
    let key = |patch: &Listed| (patch.class(), patch.severity());
    order::by(&mut patches, |(a, _), (b, _)| key(a).cmp(&key(b)));
    let packages = updates.len();
    for (patch, mended) in patches {
        let mut about = false;
        for update in &mut updates[..packages] {
            let full = update.id.split_once(':').map_or("", |(_, package)| package);
            if mended.iter().any(|mended| *mended == update.package || mended == full) {
                about = true;
                write(&patch, update);
            }
        }
        if !about {
            let mut update = Update {
                origin: patch.repository.as_deref().map(name),
                ..Update::missing("zypper", &name(&patch.name))
            };
            write(&patch, &mut update);
            updates.push(update);
        }
    }
}

fn write(patch: &Listed, update: &mut Update) {
    if update.advisory.is_none() {
        update.class = patch.class();
        update.severity = patch.severity();
        update.advisory = Some(name(&patch.name));
        update.title = patch.summary.as_deref().map(name);
        update.published_at = patch.issued;
    }
    update.reboot_required = Some(update.reboot_required == Some(true) || patch.reboot);
    let new = patch.cves.iter().map(|cve| name(cve)).filter(|cve| !update.cves.contains(cve));
    let new: Vec<String> = new.collect();
    update.cves.extend(new);
    update.cves.truncate(limits::ADVISORIES);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded with zypper 1.14.42 on Debian 12 against a repository of our own.
    const UPDATES: &str = include_str!("fixtures/zypper-1.14.42-list-updates.xml");
    const PATCHES: &str = include_str!("fixtures/zypper-1.14.42-list-patches.xml");
    const LOCKED: &str = include_str!("fixtures/zypper-1.14.42-locked.xml");

    #[test]
    fn updates_take_what_the_patches_about_them_say() {
        let mut updates: Vec<Update> = parse(UPDATES).packages.iter().map(Listed::update).collect();
        assert_eq!(updates.len(), 4);
        let patches = parse(PATCHES).patches;
        let about = |patch: &Listed| match patch.name.as_str() {
            "TINY-BA-2026:0003" => vec!["tiny-shell.noarch".to_owned()],
            _ => vec!["srcpackage:tiny-ssl".to_owned(), "tiny-ssl".to_owned()],
        };
        apply(patches.into_iter().map(|patch| (patch.clone(), about(&patch))).collect(), &mut updates);
        let ssl = updates.iter().find(|update| update.package == "tiny-ssl").unwrap();
        assert_eq!((ssl.class, ssl.severity), (UpdateClass::Security, UpdateSeverity::Critical));
        assert_eq!((ssl.installed.as_deref(), ssl.available.as_deref()), (Some("1.0-1"), Some("1.2-1")));
        assert_eq!(ssl.advisory.as_deref(), Some("TINY-SA-2026:0001"));
        assert_eq!(ssl.cves, ["CVE-2026-1001", "CVE-2026-1002", "CVE-2026-1003"]);
        assert_eq!(ssl.reboot_required, Some(true));
        let shell = updates.iter().find(|update| update.package == "tiny-shell").unwrap();
        assert_eq!(
            (shell.class, shell.title.as_deref()),
            (UpdateClass::Regular, Some("tiny-shell bug fix update"))
        );
        assert_eq!(updates.len(), 4);
    }

    #[test]
    fn a_patch_about_no_update_is_listed_by_itself() {
        let mut updates = Vec::new();
        let patches = parse(PATCHES).patches.into_iter().map(|patch| (patch, Vec::new())).collect();
        apply(patches, &mut updates);
        let ids: Vec<&str> = updates.iter().map(|update| update.id.as_str()).collect();
        assert_eq!(ids, ["zypper:TINY-SA-2026:0001", "zypper:TINY-SA-2026:0002", "zypper:TINY-BA-2026:0003"]);
    }

    #[test]
    fn what_is_wrong_is_said_in_the_document() {
        assert!(parse(LOCKED).errors.join(" ").contains("System management is locked"), "{LOCKED}");
    }
}
