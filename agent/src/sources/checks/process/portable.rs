//! Names of processes as sysinfo tells them: on Windows the program's file, on macOS the program's file or what the
//! kernel keeps of its name.

use std::path::Path;

use sysinfo::{ProcessRefreshKind, ProcessesToUpdate, System};

use super::{Seen, listed::is_named};

pub(super) fn look(_root: &Path, names: &[&str]) -> Seen {
    let mut system = System::new();
    system.refresh_processes_specifics(ProcessesToUpdate::All, true, ProcessRefreshKind::nothing());
    let mut seen = Seen::default();
    for process in system.processes().values() {
        let found = process.name().to_string_lossy();
        for name in names.iter().filter(|name| is_named(&found, name)) {
            *seen.counts.entry((*name).to_owned()).or_default() += 1;
        }
    }
    if system.processes().is_empty() {
        // There is always one: ourselves.
        seen.blind = Some("the process list cannot be read");
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_very_process_is_seen_on_this_machine_and_one_of_no_such_name_is_not() {
        let own = std::env::current_exe().unwrap();
        let (whole, short) = (own.file_name().unwrap(), own.file_stem().unwrap());
        for name in [whole, short].map(|name| name.to_string_lossy().into_owned()) {
            let seen = look("/".as_ref(), &[&name, "no-such-program"]);
            assert_eq!(seen.verdict(&name).state, dogwatch_model::CheckState::Ok, "{name}");
            assert_eq!(seen.verdict("no-such-program"), super::super::failed("no such process"));
        }
    }
}
