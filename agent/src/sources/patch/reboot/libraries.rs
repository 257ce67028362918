//! Which services still use libraries that were replaced? They are mapped and deleted.
//!
//! It is weak evidence: a restart of the service would do. A process with a root of its own (a container) is not ours to
//! judge; what is deleted outside the system's library folders (memory files, shared memory, applications that update
//! themselves) is no library of a package. The kernel writes a map anew for each reader, so this is read only after
//! something has changed, a process at a time, and the runtime does other things in between.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
};

use tokio::task::yield_now;

/// Processes that are looked at. A machine with more tells of the first.
const PROCESSES: usize = 4096;
/// A map longer than this is read to here: libraries are among the first few thousand lines.
const MAP_BYTES: u64 = 1024 * 1024;
/// Where packages install libraries and programs.
const PACKAGED: [&str; 4] = ["/usr/lib", "/lib", "/usr/bin/", "/usr/sbin/"];

/// The services that use what is gone, by name; `None` when no process can be looked into.
pub(super) async fn outdated(root: &Path) -> Option<Vec<String>> {
    let ours = place(root)?;
    let entries = fs::read_dir(root.join("proc")).ok()?;
    let (mut services, mut looked) = (BTreeSet::new(), false);
    let is_process =
        |entry: &fs::DirEntry| entry.file_name().to_string_lossy().starts_with(|c: char| c.is_ascii_digit());
    for entry in entries.flatten().filter(is_process).take(PROCESSES) {
        let process = entry.path();
        // A process that ends, or that we may not look into, is passed over.
        if place(&process.join("root")) == Some(ours)
            && let Some(uses) = uses_deleted(&process)
        {
            looked = true;
            if uses {
                services.extend(service(&process));
            }
        }
        yield_now().await;
    }
    looked.then(|| services.into_iter().collect())
}

/// Which file a folder is, whatever its name.
#[cfg(unix)]
fn place(folder: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let found = fs::metadata(folder).ok()?;
    Some((found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn place(_folder: &Path) -> Option<(u64, u64)> {
    None
}

fn uses_deleted(process: &Path) -> Option<bool> {
    let mut map = BufReader::new(File::open(process.join("maps")).ok()?.take(MAP_BYTES));
    let mut line = Vec::new();
    while map.read_until(b'\n', &mut line).ok()? > 0 {
        if is_deleted_code(&String::from_utf8_lossy(&line)) {
            return Some(true);
        }
        line.clear();
    }
    Some(false)
}

/// `7f… r-xp 00000000 08:01 1234   /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)`
fn is_deleted_code(line: &str) -> bool {
    let Some(line) = line.trim_end().strip_suffix(" (deleted)") else { return false };
    let Some(path) = line.find('/').map(|at| &line[at..]) else { return false };
    let executable = line.split_whitespace().nth(1).is_some_and(|rights| rights.contains('x'));
    executable && PACKAGED.iter().any(|folder| path.starts_with(folder))
}

/// The unit that a process belongs to, else its command's name.
fn service(process: &Path) -> Option<String> {
    let group = fs::read_to_string(process.join("cgroup")).unwrap_or_default();
    unit(&group).or_else(|| Some(fs::read_to_string(process.join("comm")).ok()?.trim().to_owned()))
}

/// The last `*.service` of a control group's path.
fn unit(group: &str) -> Option<String> {
    let parts = group.lines().flat_map(|line| line.split('/'));
    let is_unit = |part: &&str| part.ends_with(".service") && !part.starts_with("user@");
    parts.rev().find(is_unit).map(str::to_owned)
}

/// The faces of the parsers in the table of parsers.
pub(in crate::sources) fn survives(text: &str) {
    text.lines().for_each(|line| _ = is_deleted_code(line));
    unit(text);
}

#[cfg(test)]
mod tests {
    use super::*;

    const GONE: &str = "7f21d0a000-7f21d0b000 r-xp 00001000 08:01 1234                       \
        /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)\n";

    #[test]
    fn only_what_packages_install_and_processes_run_counts() {
        assert!(is_deleted_code(GONE));
        for other in [
            &GONE.replace(" (deleted)", ""),
            &GONE.replace("r-xp", "r--p"),
            &GONE.replace("/usr/lib", "/memfd:x"),
            &GONE.replace("/usr/lib", "/opt/google/chrome"),
            "garbage (deleted)",
        ] {
            assert!(!is_deleted_code(other), "{other}");
        }
    }

    #[test]
    fn a_service_is_named_by_its_unit() {
        assert_eq!(unit("0::/system.slice/nginx.service\n").as_deref(), Some("nginx.service"));
        let user = "0::/user.slice/user-0.slice/user@0.service/app.slice/mail.service\n";
        assert_eq!(unit(user).as_deref(), Some("mail.service"));
        assert_eq!(unit("0::/user.slice/user-0.slice/session-1.scope\n"), None);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn services_are_found_and_containers_are_not_ours() {
        let root = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let process = |id: &str, group: &str, its_root: &Path| {
            let folder = root.path().join("proc").join(id);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("maps"), GONE).unwrap();
            fs::write(folder.join("cgroup"), group).unwrap();
            fs::write(folder.join("comm"), "tool\n").unwrap();
            std::os::unix::fs::symlink(its_root, folder.join("root")).unwrap();
        };
        assert_eq!(outdated(root.path()).await, None);
        process("1", "0::/init.scope\n", root.path());
        process("20", "0::/system.slice/nginx.service\n", root.path());
        process("21", "0::/system.slice/nginx.service\n", root.path());
        process("30", "0::/system.slice/docker-abc.scope\n", elsewhere.path());
        assert_eq!(outdated(root.path()).await.unwrap(), ["nginx.service", "tool"]);
    }
}
