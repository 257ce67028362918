//! When was anything last installed? From dpkg's log, whose instants are in the machine's local time.

use std::{
    fs::File,
    io::{Read as _, Seek as _, SeekFrom},
    path::Path,
};

use dogwatch_model::InstallResult;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// The end of the log that is read: some five hundred lines. A line about an installation is among the last few.
const TAIL_BYTES: u64 = 64 * 1024;

/// How the latest run of apt went: a run that failed leaves an `Error:` in its last block.
pub(super) fn last_result(root: &Path) -> Option<InstallResult> {
    result_of_last_run(&tail(&root.join("var/log/apt/history.log"))?)
}

fn result_of_last_run(log: &str) -> Option<InstallResult> {
    let (_, run) = log.rsplit_once("Start-Date:")?;
    // Still running, or broken off: not known.
    run.lines().any(|line| line.starts_with("End-Date:")).then(|| {
        let failed = run.lines().any(|line| line.starts_with("Error:"));
        if failed { InstallResult::Failed } else { InstallResult::Success }
    })
}

/// Looks into the present log and the one before it.
pub(super) fn last_install_at(root: &Path) -> Option<Timestamp> {
    ["var/log/dpkg.log", "var/log/dpkg.log.1"]
        .iter()
        .find_map(|path| last_install(&tail(&root.join(path))?, &TimeZone::system()))
}

/// The end of a log.
pub(in crate::sources::patch) fn tail(path: &Path) -> Option<String> {
    let mut file = File::open(path).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(TAIL_BYTES))).ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL_BYTES).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

fn last_install(log: &str, zone: &TimeZone) -> Option<Timestamp> {
    log.lines().rev().find_map(|line| {
        let mut fields = line.splitn(4, ' ');
        let (date, time, action) = (fields.next()?, fields.next()?, fields.next()?);
        let at = matches!(action, "install" | "upgrade").then(|| format!("{date}T{time}"))?;
        Some(at.parse::<DateTime>().ok()?.to_zoned(zone.clone()).ok()?.timestamp())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_installation_counts_and_removals_do_not() {
        let log = "2026-03-01 10:00:00 install a:amd64 <none> 1.0\n2026-03-02 11:30:00 upgrade b:amd64 1.0 2.0\n\
            2026-03-02 11:30:01 status installed b:amd64 2.0\n2026-03-03 09:00:00 remove c:amd64 1.0 <none>\n";
        let zone = TimeZone::get("America/Toronto").unwrap();
        assert_eq!(last_install(log, &zone), Some("2026-03-02T16:30:00Z".parse().unwrap()));
    }

    #[test]
    fn an_error_in_the_last_block_of_the_log_is_a_failure() {
        let good = "\nStart-Date: 2026-03-01  10:00:00\nCommandline: apt-get dist-upgrade\nEnd-Date: 2026-03-01  10:01:00\n";
        let bad = "\nStart-Date: 2026-03-02  10:00:00\nError: Sub-process /usr/bin/dpkg returned an error code (1)\n\
            End-Date: 2026-03-02  10:01:00\n";
        assert_eq!(result_of_last_run(&format!("{bad}{good}")), Some(InstallResult::Success));
        assert_eq!(result_of_last_run(&format!("{good}{bad}")), Some(InstallResult::Failed));
        assert_eq!(result_of_last_run(&format!("{good}\nStart-Date: 2026-03-03  10:00:00\n")), None);
        assert_eq!(result_of_last_run(""), None);
    }

    #[test]
    fn a_log_without_installations_says_nothing() {
        assert_eq!(
            last_install("2026-03-01 10:00:00 startup archives unpack\nrubbish\n", &TimeZone::UTC),
            None
        );
    }
}
