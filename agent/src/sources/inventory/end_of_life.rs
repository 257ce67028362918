//! Until when does the maker mend this system? Looked up in a table that is shipped with the agent and says its date:
//! what is not in it is not known, which is not the same as "for ever". Pure.

use jiff::{Timestamp, civil::Date, tz::TimeZone};

const TABLE: &str = include_str!("end-of-life.txt");

/// What the table says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EndOfLife {
    /// The end of the last day, UTC.
    pub(super) at: Timestamp,
    /// When the table was looked over.
    pub(super) as_of: Timestamp,
}

/// The end of a system. `system` is the ID of `os-release(5)`, `windows` or `windows-server`, `version` its
/// VERSION_ID or its Windows build.
pub(super) fn of(system: &str, version: &str) -> Option<EndOfLife> {
    let major = version.split('.').next().unwrap_or(version);
    let (mut as_of, mut exact, mut by_major) = (None, None, None);
    for line in TABLE.lines() {
        if let Some(date) = line.strip_prefix("# as of ") {
            as_of = date.trim().parse::<Date>().ok();
            continue;
        }
        let mut words = line.split_whitespace();
        if words.next() != Some(system) {
            continue;
        }
        let (listed, date) = (words.next(), words.next().and_then(|date| date.parse::<Date>().ok()));
        if listed == Some(version) {
            exact = date;
        } else if listed == Some(major) {
            by_major = date;
        }
    }
    let last_day = exact.or(by_major)?;
    Some(EndOfLife { at: midnight(last_day.tomorrow().ok()?)?, as_of: midnight(as_of?)? })
}

fn midnight(date: Date) -> Option<Timestamp> {
    date.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Timestamp {
        format!("{text}T00:00:00Z").parse().unwrap()
    }

    #[test]
    fn a_system_is_found_by_its_version_or_by_the_number_its_maker_counts_by() {
        assert_eq!(of("debian", "12").map(|end| end.at), Some(date("2028-07-01")));
        assert_eq!(of("rhel", "9.4").map(|end| end.at), Some(date("2032-06-01")));
        assert_eq!(of("ubuntu", "24.04").map(|end| end.at), Some(date("2029-05-01")));
        assert_eq!(of("windows-server", "26100").map(|end| end.at), Some(date("2034-11-15")));
        assert!(of("windows", "26100").is_some_and(|end| end.at < date("2034-11-15")), "not the server's");
    }

    #[test]
    fn what_is_not_listed_has_no_end_that_we_know_of() {
        assert_eq!(of("debian", "14"), None);
        assert_eq!(of("arch", ""), None);
        assert_eq!(of("ubuntu", "24"), None);
        assert_eq!(of("#", "as"), None);
    }

    #[test]
    fn every_line_of_the_table_is_understood_and_stands_once() {
        let mut seen = std::collections::BTreeSet::new();
        for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
            let [system, version, date] = line.split_whitespace().collect::<Vec<_>>()[..] else {
                panic!("{line}")
            };
            assert!(date.parse::<Date>().is_ok(), "{line}");
            assert!(seen.insert((system, version)), "twice: {line}");
            assert!(of(system, version).is_some_and(|end| end.as_of >= self::date("2026-11-22")), "{line}");
        }
        assert!(seen.len() > 40);
    }
}
