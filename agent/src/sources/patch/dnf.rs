//! dnf and dnf5: Fedora, Red Hat and their kin.
//!
//! Both are asked from their cache only, with the same query for what can be upgraded; what advisories say of it is told
//! as text by dnf and as JSON by dnf5. A lock is not waited for: the scan fails and is tried again. What a version lock or
//! an exclusion keeps away is seen, as declined. yum of Red Hat 7 is not known any more; later ones are dnf.

mod advisories;
mod query;

use std::{
    fs,
    path::{Path, PathBuf},
};

use advisories::Advisories;
pub(super) use advisories::severity_of;
use dogwatch_model::{Update, UpdateState};
use jiff::Timestamp;
use query::Upgrade;

use super::{
    ground::{Ground, ScanError, complaint, modified, said},
    reboot, rpm,
    scan::Scan,
};

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    Dnf4,
    Dnf5,
}

impl Dialect {
    pub(super) const fn tool(self) -> &'static str {
        match self {
            Self::Dnf4 => "dnf",
            Self::Dnf5 => "dnf5",
        }
    }

    const fn cache(self) -> &'static str {
        match self {
            Self::Dnf4 => "var/cache/dnf",
            Self::Dnf5 => "var/cache/libdnf5",
        }
    }

    /// dnf notes each call in a log on the disk, a kilobyte; this leaves it empty. What its libraries note beside it are
    /// some lines that nothing turns off.
    const fn unlogged(self) -> &'static [&'static str] {
        match self {
            Self::Dnf4 => &["--setopt=logfilelevel=0"],
            Self::Dnf5 => &[],
        }
    }

    /// Sees what excludes and locks hide.
    const fn unhidden(self) -> &'static [&'static str] {
        match self {
            Self::Dnf4 => &["--disableexcludes=all", "--disableplugin=versionlock"],
            Self::Dnf5 => &["--setopt=disable_excludes=*"],
        }
    }
}

/// Which dnf there is: `dnf` itself is the one or a link to the other.
pub(super) fn tool(root: &Path) -> Option<Dialect> {
    let dnf = root.join("usr/bin/dnf");
    if dnf.is_file() {
        let is_dnf5 = fs::read_link(&dnf).is_ok_and(|target| target.ends_with("dnf5"));
        return Some(if is_dnf5 { Dialect::Dnf5 } else { Dialect::Dnf4 });
    }
    root.join("usr/bin/dnf5").is_file().then_some(Dialect::Dnf5)
}

/// Asks dnf.
pub(super) async fn scan(ground: &Ground) -> Scan {
    let dialect = tool(ground.root()).unwrap_or(Dialect::Dnf4);
    let metadata_at = refreshed_at(ground);
    let installed = match rpm::installed(ground).await {
        Ok(installed) => installed,
        Err(error) => return Scan { metadata_at, ..Scan::from(Err(error)) },
    };
    let mut warning = None;
    let updates = if metadata_at.is_none() {
        let remedy = "run `dnf makecache`, or let dnf-makecache.timer do it";
        Err(ScanError::NoIndex { remedy })
    } else {
        updates(ground, dialect, &installed, &mut warning).await
    };
    Scan {
        warning,
        metadata_at,
        last_install_at: installed.last_install_at(),
        auto_update: Some(upgrades_by_itself(ground)),
        since_boot: reboot::boot_at(ground.root()).map(|boot| installed.since(boot)),
        ..Scan::from(updates)
    }
}

async fn updates(
    ground: &Ground,
    dialect: Dialect,
    installed: &rpm::Installed,
    warning: &mut Option<String>,
) -> Result<Vec<Update>, ScanError> {
    let plain = upgrades(ground, dialect, &[], warning).await?;
    let hidden = if hides(ground) { dialect.unhidden() } else { &[] };
    let all = if hidden.is_empty() { Vec::new() } else { upgrades(ground, dialect, hidden, warning).await? };
    let is_plain = |upgrade: &Upgrade| plain.iter().any(|other| other.package() == upgrade.package());
    let mut updates: Vec<Update> = plain.iter().map(|upgrade| upgrade.update(installed)).collect();
    updates.extend(
        all.iter()
            .filter(|upgrade| !is_plain(upgrade))
            .map(|upgrade| Update { state: UpdateState::Declined, ..upgrade.update(installed) }),
    );
    if !updates.is_empty() {
        match advisories(ground, dialect, hidden).await {
            Ok(advisories) => advisories.apply(&mut updates),
            Err(error) => {
                *warning = Some(format!("which of them mend security faults is not known: {error}"))
            }
        }
    }
    Ok(updates)
}

async fn upgrades(
    ground: &Ground,
    dialect: Dialect,
    hidden: &[&str],
    warning: &mut Option<String>,
) -> Result<Vec<Upgrade>, ScanError> {
    let command = ["repoquery", "--upgrades", "--latest-limit=1", "--qf", query::FORMAT];
    let output = ground.run(dialect.tool(), &arguments(ground, dialect, hidden, &command)).await?;
    // A repository without a cache is left out, and what it has would look like nothing.
    if output.success && output.stderr.lines().any(|line| line.starts_with("Ignoring repositories")) {
        *warning = Some(complaint(&output));
    }
    Ok(query::parse(&said(dialect.tool(), output)?))
}

async fn advisories(ground: &Ground, dialect: Dialect, hidden: &[&str]) -> Result<Advisories, ScanError> {
    let ask = async |command: &[&str]| {
        ground.ask(dialect.tool(), &arguments(ground, dialect, hidden, command)).await
    };
    match dialect {
        Dialect::Dnf4 => {
            let list = ask(&["updateinfo", "list", "--updates"]).await?;
            Ok(Advisories::from_text(&list, &ask(&["updateinfo", "info", "--updates"]).await?))
        }
        Dialect::Dnf5 => {
            let list = ask(&["advisory", "list", "--updates", "--json"]).await?;
            Advisories::from_json(&list, &ask(&["advisory", "info", "--updates", "--json"]).await?)
        }
    }
}

/// From the cache, and not waiting for a lock.
fn arguments<'a>(
    ground: &'a Ground,
    dialect: Dialect,
    hidden: &[&'a str],
    command: &[&'a str],
) -> Vec<&'a str> {
    let mut arguments = ground.elsewhere("--installroot");
    arguments.extend(["-q", "-C", "--setopt=exit_on_lock=True"]);
    arguments.extend(dialect.unlogged());
    arguments.extend(hidden);
    arguments.extend(command);
    arguments
}

/// When the index of any repository in the cache was last refreshed.
pub(super) fn refreshed_at(ground: &Ground) -> Option<Timestamp> {
    let cache = fs::read_dir(ground.path(tool(ground.root())?.cache())).ok()?;
    let index = |entry: fs::DirEntry| modified(&entry.path().join("repodata/repomd.xml"));
    cache.flatten().filter_map(index).max()
}

/// Whether the configuration keeps any package away.
fn hides(ground: &Ground) -> bool {
    let locks = ["etc/dnf/plugins/versionlock.list", "etc/dnf/versionlock.toml"];
    let locked = |path: &&str| {
        let text = fs::read_to_string(ground.path(path)).unwrap_or_default();
        text.lines().any(|line| !line.trim().is_empty() && !line.starts_with(['#', '!']))
    };
    let excludes = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap_or_default();
        text.lines().any(|line| line.trim_start().starts_with("exclude") && line.contains('='))
    };
    let repositories = fs::read_dir(ground.path("etc/yum.repos.d")).into_iter().flatten().flatten();
    let mut files = repositories.map(|entry| entry.path()).chain([ground.path("etc/dnf/dnf.conf")]);
    locks.iter().any(locked) || files.any(|file| excludes(&file))
}

/// dnf-automatic with a timer that installs, or one that is told to apply what it finds.
fn upgrades_by_itself(ground: &Ground) -> bool {
    let wanted = |timer: &str| {
        fs::symlink_metadata(ground.path("etc/systemd/system/timers.target.wants").join(timer)).is_ok()
    };
    let applies = ["etc/dnf/automatic.conf", "etc/dnf/dnf5-plugins/automatic.conf"].iter().any(|path| {
        let text = fs::read_to_string(ground.path(path)).unwrap_or_default();
        let value = text.lines().rev().find_map(|line| line.trim().strip_prefix("apply_updates"));
        value.is_some_and(|value| {
            let value = value.trim_start_matches([' ', '=']).to_ascii_lowercase();
            ["yes", "true", "1"].iter().any(|yes| value.starts_with(yes))
        })
    });
    wanted("dnf-automatic-install.timer")
        || (applies && (wanted("dnf-automatic.timer") || wanted("dnf5-automatic.timer")))
}

/// The faces of the parsers in the table of parsers.
pub(in crate::sources) fn survives(output: &str) {
    query::parse(output);
    Advisories::from_text(output, output).apply(&mut [Update::missing("dnf", "x.noarch")]);
    let _ = Advisories::from_json(output, output);
}
