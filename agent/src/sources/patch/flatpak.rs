//! flatpak, the system's installation: what users installed for themselves is theirs.
//!
//! The cached summaries of the remotes are used, as `flatpak update` and software centres leave them; where there is none,
//! nothing is known. A reference is one of application (or runtime), architecture and branch; a version is a text of
//! its author's and may be missing or the same.

use std::{collections::BTreeMap, fs};

use dogwatch_model::Update;
use jiff::Timestamp;

use super::{
    ground::{Ground, ScanError, modified, name, said},
    scan::Scan,
};

const COLUMNS: &str = "--columns=application,branch,version,origin,download-size,name";
const INSTALLED: &str = "--columns=application,branch,version";
/// What flatpak 1.14 says of a remote that was never asked, or not since its cache was cleared.
const NEVER_FETCHED: &str = "No cached summary";
const REMEDY: &str = "`flatpak update --appstream` fetches it";

/// Asks flatpak.
pub(super) async fn scan(ground: &Ground) -> Scan {
    let last_install_at = modified(&ground.path("var/lib/flatpak/.changed"));
    Scan { metadata_at: refreshed_at(ground), last_install_at, ..Scan::from(updates(ground).await) }
}

async fn updates(ground: &Ground) -> Result<Vec<Update>, ScanError> {
    let listed = ground.run("flatpak", &["remote-ls", "--system", "--updates", "--cached", COLUMNS]).await?;
    if listed.stderr.contains(NEVER_FETCHED) {
        return Err(ScanError::NoIndex { remedy: REMEDY });
    }
    let available = said("flatpak", listed)?;
    let installed = if available.trim().is_empty() {
        String::new()
    } else {
        ground.ask("flatpak", &["list", "--system", INSTALLED]).await?
    };
    Ok(parse(&available, &installed))
}

/// When a remote's summary was last fetched.
pub(super) fn refreshed_at(ground: &Ground) -> Option<Timestamp> {
    let cache = ground.path("var/lib/flatpak/repo/tmp/cache/summaries");
    fs::read_dir(cache).ok()?.flatten().filter_map(|entry| modified(&entry.path())).max()
}

/// Columns are parted by tabs, since the output is no terminal.
fn parse(available: &str, installed: &str) -> Vec<Update> {
    let present = |text: Option<&&str>| text.filter(|text| !text.is_empty()).map(|text| name(text));
    let here =
        installed.lines().filter_map(|line| match line.split('\t').map(str::trim).collect::<Vec<_>>()[..] {
            [application, branch, version] => Some(((application, branch), version)),
            _ => None,
        });
    let mut installed = BTreeMap::new();
    installed.extend(here);
    let update = |line: &str| {
        let fields: Vec<&str> = line.split('\t').map(str::trim).collect();
        let [application, branch, ..] = fields[..] else { return None };
        if application.is_empty() {
            return None;
        }
        Some(Update {
            package: name(application),
            title: present(fields.get(5)).filter(|title| title != application),
            installed: present(installed.get(&(application, branch))),
            available: present(fields.get(2)),
            origin: present(fields.get(3)),
            size_bytes: fields.get(4).and_then(|size| bytes(size)),
            ..Update::missing("flatpak", &name(&format!("{application}/{branch}")))
        })
    };
    available.lines().filter_map(update).collect()
}

/// `1.5 GB` as flatpak writes it (powers of ten, with a no-break space in some versions).
fn bytes(text: &str) -> Option<u64> {
    let (number, unit) = text.split_once([' ', '\u{a0}'])?;
    let factor = match unit.trim() {
        "bytes" | "byte" => 1.0,
        "kB" | "KB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        _ => return None,
    };
    let number: f64 = number.replace(',', ".").parse().ok()?;
    let size = number * factor;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be in range")]
    (0.0..1e15).contains(&size).then_some(size as u64)
}

/// The face of the parser in the table of parsers.
pub(in crate::sources) fn survives(output: &str) {
    parse(output, output);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Recorded: flatpak 1.14.10 of Debian 12, a remote made for it. A version comes from the fetched appstream data.
    const RECORDED: &str = "org.example.Tool\tstable\t2.0\tex\t1.2\u{a0}MB\tExample Tool\n\
        org.example.Platform\t23.08\t\tex\t3.1\u{a0}kB\texample platform\n";
    /// What was installed then: what is empty at a line's end is not written.
    const RECORDED_INSTALLED: &str = "org.example.Platform\t23.08\norg.example.Tool\tstable\t1.0\n";

    #[test]
    fn a_recorded_list_is_read() {
        let updates = parse(RECORDED, RECORDED_INSTALLED);
        let [tool, platform] = updates.as_slice() else { panic!("{updates:?}") };
        assert_eq!((tool.installed.as_deref(), tool.available.as_deref()), (Some("1.0"), Some("2.0")));
        assert_eq!((tool.size_bytes, tool.origin.as_deref()), (Some(1_200_000), Some("ex")));
        assert_eq!(
            (platform.id.as_str(), platform.size_bytes),
            ("flatpak:org.example.Platform/23.08", Some(3100))
        );
        assert_eq!((platform.installed.as_deref(), platform.available.as_deref()), (None, None));
    }

    /// The complaint is recorded, of the same flatpak.
    #[cfg(unix)]
    #[tokio::test]
    async fn remotes_that_were_never_asked_have_no_index_rather_than_no_updates() {
        use std::os::unix::fs::PermissionsExt as _;
        let root = tempfile::tempdir().unwrap();
        let tool = root.path().join("flatpak");
        let said = "error: Unable to load summary from remote ex: No cached summary for remote 'ex'";
        fs::write(&tool, format!("#!/bin/sh\necho \"{said}\" >&2\nexit 1\n")).unwrap();
        fs::set_permissions(&tool, fs::Permissions::from_mode(0o755)).unwrap();
        let ground = Ground::with_tools(root.path(), root.path(), std::time::Duration::from_secs(30));
        assert!(matches!(updates(&ground).await, Err(ScanError::NoIndex { .. })));
    }

    /// Made by hand in the same form: branches, and a line that is no entry.
    const AVAILABLE: &str = "org.mozilla.firefox\tstable\t128.0\tflathub\t112.3\u{a0}MB\tFirefox\n\
        org.freedesktop.Platform.GL.default\t23.08\t\tflathub\t1.2 GB\t\nrubbish\n";
    const INSTALLED_1_14: &str =
        "org.mozilla.firefox\tstable\t127.0.2\norg.freedesktop.Platform.GL.default\t23.08\t\n";

    #[test]
    fn branches_are_apart_and_versions_may_be_missing() {
        let updates = parse(AVAILABLE, INSTALLED_1_14);
        assert_eq!(updates.len(), 2);
        assert_eq!(updates[0].id, "flatpak:org.mozilla.firefox/stable");
        assert_eq!(
            (updates[0].installed.as_deref(), updates[0].available.as_deref()),
            (Some("127.0.2"), Some("128.0"))
        );
        assert_eq!(
            (updates[0].size_bytes, updates[0].title.as_deref()),
            (Some(112_300_000), Some("Firefox"))
        );
        assert_eq!((updates[1].installed.as_deref(), updates[1].available.as_deref()), (None, None));
    }
}
