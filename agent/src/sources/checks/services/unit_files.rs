//! Units as files: whether there is one, and whether it is pulled in at boot. What is left to say where systemd does
//! not run, such as in a container or before the first boot.

use std::{fs, path::Path};

use super::Found;

/// Where units lie, the most important first (systemd.unit(5)).
const FOLDERS: [&str; 6] = [
    "etc/systemd/system",
    "run/systemd/system",
    "run/systemd/generator",
    "usr/local/lib/systemd/system",
    "usr/lib/systemd/system",
    "lib/systemd/system",
];
/// Folders of `etc/systemd/system` that are looked through for links.
const WANTS: usize = 512;

/// With the ending that is meant when there is none.
pub(super) fn full_name(name: &str) -> String {
    const KINDS: [&str; 9] =
        ["service", "socket", "target", "timer", "mount", "automount", "path", "swap", "scope"];
    let kind = name.rsplit_once('.').map(|(_, kind)| kind);
    if kind.is_some_and(|kind| KINDS.contains(&kind)) { name.to_owned() } else { format!("{name}.service") }
}

pub(super) fn look(root: &Path, name: &str) -> Found {
    let unit = full_name(name);
    // `getty@tty1.service` is an instance of `getty@.service`.
    let template = unit
        .split_once('@')
        .and_then(|(before, rest)| rest.rsplit_once('.').map(|(_, kind)| format!("{before}@.{kind}")));
    let names = [Some(unit.clone()), template];
    let file = FOLDERS.iter().find_map(|folder| {
        let paths = names.iter().flatten().map(|name| root.join(folder).join(name));
        paths.into_iter().find(|path| path.symlink_metadata().is_ok())
    });
    let Some(file) = file else { return Found { state: "missing", enabled: None } };
    let masked = fs::read_link(&file).is_ok_and(|to| to == Path::new("/dev/null"));
    let enabled = !masked && is_wanted(&root.join(FOLDERS[0]), &unit);
    Found { state: "unknown", enabled: Some(enabled) }
}

fn is_wanted(folder: &Path, unit: &str) -> bool {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().take(WANTS);
    let pulls = |name: &str| name.ends_with(".wants") || name.ends_with(".requires");
    entries
        .filter(|entry| entry.file_name().to_str().is_some_and(pulls))
        .any(|entry| entry.path().join(unit).symlink_metadata().is_ok())
}

#[cfg(test)]
mod tests {
    #[cfg(unix)]
    use super::*;

    #[cfg(unix)]
    #[test]
    fn units_are_found_where_systemd_finds_them() {
        use std::os::unix::fs::symlink;
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        for folder in ["etc/systemd/system/multi-user.target.wants", "usr/lib/systemd/system"] {
            fs::create_dir_all(at(folder)).unwrap();
        }
        for unit in ["ssh.service", "cron.service", "gone.service", "getty@.service"] {
            fs::write(at("usr/lib/systemd/system").join(unit), "").unwrap();
        }
        let wants = at("etc/systemd/system/multi-user.target.wants");
        symlink("/usr/lib/systemd/system/ssh.service", wants.join("ssh.service")).unwrap();
        symlink("/usr/lib/systemd/system/getty@.service", wants.join("getty@tty1.service")).unwrap();
        symlink("/dev/null", at("etc/systemd/system/gone.service")).unwrap();
        symlink("/usr/lib/systemd/system/gone.service", wants.join("gone.service")).unwrap();
        for (name, state, enabled) in [
            ("ssh", "unknown", Some(true)),
            ("ssh.service", "unknown", Some(true)),
            ("cron.service", "unknown", Some(false)),
            ("gone.service", "unknown", Some(false)),
            ("getty@tty1.service", "unknown", Some(true)),
            ("getty@tty2.service", "unknown", Some(false)),
            ("none.service", "missing", None),
        ] {
            assert_eq!(look(root.path(), name), Found { state, enabled }, "{name}");
        }
    }
}
