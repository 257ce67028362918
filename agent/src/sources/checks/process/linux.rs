//! Names of processes from `/proc/PID/comm`: 15 bytes of the program's name, without its arguments.

use std::{fs, path::Path};

use super::Seen;

/// What the kernel keeps of a name.
const COMM_BYTES: usize = 15;
/// Processes that one walk looks at.
const PROCESSES: usize = 32_768;

pub(super) fn look(root: &Path, names: &[&str]) -> Seen {
    let mut seen = Seen::default();
    let proc = root.join("proc");
    let Ok(entries) = fs::read_dir(&proc) else {
        seen.blind = Some("the process list cannot be read");
        return seen;
    };
    let is_pid = |name: &std::ffi::OsStr| name.as_encoded_bytes().iter().all(u8::is_ascii_digit);
    let pids = entries.flatten().filter(|entry| is_pid(&entry.file_name())).take(PROCESSES);
    for entry in pids {
        // One that has ended meanwhile is gone.
        let Ok(comm) = fs::read(entry.path().join("comm")) else { continue };
        let comm = comm.strip_suffix(b"\n").unwrap_or(&comm);
        for name in names.iter().filter(|name| cut(name) == comm) {
            *seen.counts.entry((*name).to_owned()).or_default() += 1;
        }
    }
    // The first process belongs to root: who cannot see it sees only their own.
    if !proc.join("1/comm").exists() {
        seen.blind = Some("permission denied: other users' processes are hidden from the agent");
    }
    seen
}

fn cut(name: &str) -> &[u8] {
    &name.as_bytes()[..name.len().min(COMM_BYTES)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn proc(processes: &[(&str, &str)]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (pid, comm) in processes {
            let folder = root.path().join("proc").join(pid);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("comm"), format!("{comm}\n")).unwrap();
        }
        root
    }

    #[test]
    fn processes_are_counted_by_name_and_long_names_are_cut_as_the_kernel_does() {
        let root = proc(&[
            ("1", "systemd"),
            ("7", "nginx"),
            ("8", "nginx"),
            ("9", "systemd-resolve"),
            ("sys", "nginx"),
        ]);
        let seen = look(root.path(), &["nginx", "systemd-resolved", "mysqld"]);
        assert_eq!(seen.verdict("nginx").value, Some(2));
        assert_eq!(seen.verdict("systemd-resolved").value, Some(1));
        assert_eq!(seen.verdict("mysqld"), super::super::failed("no such process"));
    }

    #[test]
    fn a_process_that_may_be_hidden_is_unknown_and_one_that_is_seen_is_there() {
        let root = proc(&[("7", "dogwatch-agent")]);
        let seen = look(root.path(), &["dogwatch-agent", "mysqld"]);
        assert_eq!(seen.verdict("dogwatch-agent").value, Some(1));
        assert!(seen.verdict("mysqld").detail.unwrap().starts_with("permission denied"));
    }
}
