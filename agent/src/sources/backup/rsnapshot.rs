//! rsnapshot: its configuration, the folders that it rotates, and its log. No tool is run.
//!
//! Only the lowest interval copies anything; the others rotate what it made. rsnapshot stamps the newest folder even
//! when rsync failed, so the log has the last word on it where there is one.

use std::{
    fs,
    io::{Read as _, Seek as _, SeekFrom},
    path::{Path, PathBuf},
    time::UNIX_EPOCH,
};

use dogwatch_model::{BackupRun, RunResult};
use dogwatch_proto::conversions::limits;
use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

use super::{drop_in::NAME_BYTES, facts::Facts, sighting::Sighting};

pub(super) const FILE: &str = "etc/rsnapshot.conf";
/// A configuration with its comments has some ten thousand bytes.
const CONFIG_BYTES: u64 = 256 * 1024;
/// The end of the log holds the last runs.
const LOG_BYTES: u64 = 64 * 1024;
/// Copies of one interval that are looked at.
const COPIES: usize = 1000;

/// What the configuration says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Config {
    root: Option<PathBuf>,
    log: Option<PathBuf>,
    /// Interval and how many of it are kept, the one that copies first.
    retain: Vec<(String, String)>,
}

/// A run in the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Logged {
    started_at: Timestamp,
    ended_at: Timestamp,
    result: RunResult,
    message: Option<String>,
}

/// Reads configuration, folders and log below `root`. Nothing when rsnapshot is not used.
pub(super) fn look(root: &Path, zone: &TimeZone, found_by: &str) -> Result<Option<Sighting>, String> {
    let config = parse_config(&tail(&root.join(FILE), CONFIG_BYTES)?);
    let (Some(folder), Some((interval, _))) = (&config.root, config.retain.first()) else { return Ok(None) };
    let copies = copies(&below(root, folder), interval)?;
    let log = config.log.as_ref().and_then(|log| tail(&below(root, log), LOG_BYTES).ok());
    let logged = log.map(|log| parse_log(&log, interval, zone)).unwrap_or_default();
    if copies.is_empty() && logged.is_empty() {
        return Ok(None);
    }
    let retention: Vec<String> =
        config.retain.iter().map(|(name, count)| format!("{count} {name}")).collect();
    let facts = Facts {
        target: Some(limits::clip(&folder.to_string_lossy(), NAME_BYTES)),
        retention: Some(limits::clip(&retention.join(", "), NAME_BYTES)),
        encrypted: Some(false),
        ..Facts::default()
    };
    let seen = Sighting { facts, ..Sighting::new("rsnapshot", "rsnapshot", found_by) };
    let (kept, oldest) = (copies.len() as u64, copies.iter().min().copied());
    let mut seen = seen.with_copies(runs(&copies, logged));
    (seen.facts.versions_kept, seen.facts.oldest_version) = (Some(kept), oldest);
    Ok(Some(seen))
}

/// A path of the configuration, seen from where the machine's root is.
fn below(root: &Path, path: &Path) -> PathBuf {
    root.join(path.strip_prefix("/").unwrap_or(path))
}

/// When the copies of the lowest interval were made.
fn copies(folder: &Path, interval: &str) -> Result<Vec<Timestamp>, String> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("cannot read {}: {error}", folder.display())),
    };
    let copy = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let (of, number) = name.rsplit_once('.')?;
        let counted = of == interval && number.parse::<u32>().is_ok();
        let written = entry.metadata().ok().filter(|found| counted && found.is_dir())?.modified().ok()?;
        // A rotation loses the fraction.
        let seconds = written.duration_since(UNIX_EPOCH).ok()?.as_secs();
        Timestamp::from_second(i64::try_from(seconds).ok()?).ok()
    };
    Ok(entries.flatten().filter_map(copy).take(COPIES).collect())
}

/// The copies as runs; the log says which of them went wrong, and which runs left no copy.
fn runs(copies: &[Timestamp], logged: Vec<Logged>) -> Vec<BackupRun> {
    let copied = |at: &Timestamp| BackupRun {
        ended_at: Some(*at),
        ..BackupRun::new(format!("copy {at}"), *at, RunResult::Success)
    };
    let mut runs: Vec<BackupRun> = copies.iter().map(copied).collect();
    for told in logged.into_iter().filter(|told| told.result != RunResult::Success) {
        runs.retain(|run| run.started_at < told.started_at || run.started_at > told.ended_at);
        runs.push(BackupRun {
            ended_at: Some(told.ended_at),
            message: told.message,
            ..BackupRun::new(format!("run {}", told.started_at), told.started_at, told.result)
        });
    }
    runs
}

/// Fields are separated by tabs; what is not known is passed over.
pub(super) fn parse_config(text: &str) -> Config {
    let mut config = Config::default();
    for line in text.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t').map(str::trim).filter(|field| !field.is_empty());
        let (name, value) = (fields.next(), fields.next());
        match (name, value) {
            (Some("snapshot_root"), Some(path)) => config.root = Some(path.into()),
            (Some("logfile"), Some(path)) => config.log = Some(path.into()),
            (Some("retain" | "interval"), Some(interval)) => {
                config.retain.push((interval.to_owned(), fields.next().unwrap_or("?").to_owned()));
            }
            _ => {}
        }
    }
    config
}

/// Ended runs of an interval: `[2026-11-22T21:40:38] /usr/bin/rsnapshot hourly: completed successfully`. Until 1.3 the
/// instant was `[22/Nov/2026:21:40:38]`. It is local time.
pub(super) fn parse_log(text: &str, interval: &str, zone: &TimeZone) -> Vec<Logged> {
    let mut runs = Vec::new();
    let (mut began, mut complaint) = (None, None);
    for line in text.lines() {
        let Some((at, said)) = stamped(line, zone) else { continue };
        let of_interval = said.split_once(&format!("{interval}: "));
        let said = of_interval.map_or(said, |(_, said)| said.rsplit(": ").next().unwrap_or(said));
        let result = match said {
            "started" if of_interval.is_some() => {
                (began, complaint) = (Some(at), None);
                continue;
            }
            "completed successfully" => RunResult::Success,
            "completed, but with some warnings" => RunResult::Warning,
            "completed, but with some errors" => RunResult::Failed,
            _ => {
                let error = line.contains("ERROR: ");
                if complaint.is_none() && (error || line.contains("WARNING: ")) {
                    complaint = Some(limits::clip(said, NAME_BYTES));
                    // A configuration with a fault ends it before it begins.
                    if error && began.is_none() && of_interval.is_some() {
                        let message = complaint.clone();
                        runs.push(Logged {
                            started_at: at,
                            ended_at: at,
                            result: RunResult::Failed,
                            message,
                        });
                    }
                }
                continue;
            }
        };
        if let Some(started_at) = began.take().filter(|_| of_interval.is_some()) {
            let message = complaint.take().filter(|_| result != RunResult::Success);
            runs.push(Logged { started_at, ended_at: at.max(started_at), result, message });
        }
    }
    runs
}

fn stamped<'a>(line: &'a str, zone: &TimeZone) -> Option<(Timestamp, &'a str)> {
    let (stamp, said) = line.strip_prefix('[')?.split_once("] ")?;
    let at: DateTime = stamp.parse().ok().or_else(|| DateTime::strptime("%d/%b/%Y:%H:%M:%S", stamp).ok())?;
    Some((zone.to_timestamp(at).ok()?, said.trim_end()))
}

/// The last bytes of a file, as text.
fn tail(path: &Path, most: u64) -> Result<String, String> {
    let read = || {
        let mut file = fs::File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(most)))?;
        let mut bytes = Vec::new();
        file.take(most).read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    };
    read().map_err(|error: std::io::Error| format!("cannot read {}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logged(text: &str) -> Vec<(String, String, RunResult, Option<String>)> {
        let told = parse_log(text, "hourly", &TimeZone::UTC).into_iter();
        told.map(|run| (run.started_at.to_string(), run.ended_at.to_string(), run.result, run.message))
            .collect()
    }

    #[test]
    fn the_log_tells_good_runs_warnings_and_failures() {
        let runs = logged(include_str!("recorded/rsnapshot-1.4.5.log"));
        let results: Vec<_> = runs.iter().map(|run| run.2).collect();
        assert_eq!(results, [RunResult::Success, RunResult::Failed, RunResult::Warning]);
        assert_eq!(runs[0].0, "2026-11-22T21:40:38Z");
        let message = runs[1].3.as_deref().unwrap();
        assert!(message.contains("/usr/bin/rsync returned 10 while processing"), "{message}");
        let old = "[22/Nov/2012:04:00:01] /usr/bin/rsnapshot hourly: started\n[22/Nov/2012:04:07:30] /usr/bin/rsnapshot hourly: completed successfully\n";
        assert_eq!(logged(old)[0].1, "2012-11-22T04:07:30Z");
        let fault = "[2026-11-22T21:40:38] /usr/bin/rsnapshot hourly: ERROR: /etc/rsnapshot.conf on line 12:\n[2026-11-22T21:40:38] /usr/bin/rsnapshot hourly: ERROR: backup /nosuch/ localhost/ - no such folder\n";
        assert_eq!(logged(fault).len(), 1);
        assert_eq!(logged(fault)[0].2, RunResult::Failed);
    }

    #[test]
    fn the_configuration_names_root_log_and_intervals() {
        let text = "# comment\nsnapshot_root\t/srv/snapshots/\ninterval\thourly\t6\nretain\t\tdaily\t7\n#logfile\t/x\nlogfile\t/var/log/rsnapshot\nbackup a b\n";
        let config = parse_config(text);
        assert_eq!(config.root.as_deref(), Some(Path::new("/srv/snapshots/")));
        assert_eq!(config.log.as_deref(), Some(Path::new("/var/log/rsnapshot")));
        let retain = [("hourly", "6"), ("daily", "7")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        assert_eq!(config.retain, retain);
        assert_eq!(parse_config("snapshot_root /srv\n").root, None, "spaces do not separate");
    }

    #[test]
    fn a_failed_run_takes_back_the_stamp_that_it_left() {
        let at = |second| Timestamp::from_second(second).unwrap();
        let failed = |from, to| Logged {
            started_at: at(from),
            ended_at: at(to),
            result: RunResult::Failed,
            message: None,
        };
        let runs = runs(&[at(1000), at(2000)], vec![failed(1990, 2001), failed(2500, 2500)]);
        let told: Vec<_> = runs.iter().map(|run| (run.started_at.as_second(), run.result)).collect();
        assert_eq!(told, [(1000, RunResult::Success), (1990, RunResult::Failed), (2500, RunResult::Failed)]);
    }

    #[test]
    fn installed_and_unused_is_no_job() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        fs::write(root.path().join(FILE), "snapshot_root\t/var/cache/rsnapshot/\nretain\talpha\t6\n")
            .unwrap();
        assert_eq!(look(root.path(), &TimeZone::UTC, "x"), Ok(None));
        fs::create_dir_all(root.path().join("var/cache/rsnapshot/alpha.0")).unwrap();
        let seen = look(root.path(), &TimeZone::UTC, "x").unwrap().unwrap();
        assert_eq!((seen.runs.len(), seen.facts.retention.as_deref()), (1, Some("6 alpha")));
    }
}
