//! When a job should run, as its crontab says it: five fields and the zone whose clock they mean.
//!
//! Lateness follows from the schedule and not from an interval: a job of working days is not late on a Sunday, and one at
//! half past two keeps its time when clocks change. A time that the clock skips is taken an hour later, one that comes
//! twice counts the first time.

mod cron;

use std::{fmt, str::FromStr};

use cron::Cron;
use jiff::{
    Timestamp,
    civil::{DateTime, Time},
    tz::TimeZone,
};

/// Days that are searched for the next time. The 29th of February may be eight years away.
const SEARCHED_DAYS: usize = 8 * 366 + 1;
/// Bytes of a schedule: the fields with their lists, and a zone.
const TEXT_BYTES: usize = 256;

/// A schedule: `30 2 * * 1-5 America/Toronto`.
#[derive(Debug, Clone)]
pub struct Schedule {
    cron: Cron,
    text: String,
    zone: TimeZone,
}

impl Schedule {
    /// A schedule of a crontab's fields, by the clock of `zone`; without one by this machine's.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn new(fields: &str, zone: Option<&str>) -> Result<Self, String> {
        if fields.len() + zone.map_or(0, str::len) >= TEXT_BYTES {
            return Err(format!("a schedule has at most {TEXT_BYTES} bytes"));
        }
        let cron: Cron = fields.parse()?;
        let zone = match zone {
            Some(name) => TimeZone::get(name)
                .map_err(|_| format!("`{name}` is no zone of this machine, such as America/Toronto"))?,
            None => TimeZone::system(),
        };
        let name =
            zone.iana_name().ok_or("this machine's zone has no name: give one, such as America/Toronto")?;
        let fields: Vec<&str> = fields.split_whitespace().collect();
        let text = format!("{} {name}", fields.join(" "));
        let schedule = Self { cron, text, zone };
        // The 30th of February.
        schedule.next(Timestamp::UNIX_EPOCH).ok_or_else(|| format!("`{}` never comes", fields.join(" ")))?;
        Ok(schedule)
    }

    /// The first time after `from`.
    pub fn next(&self, from: Timestamp) -> Option<Timestamp> {
        let here = from.to_zoned(self.zone.clone()).datetime();
        let mut date = here.date();
        for _ in 0..SEARCHED_DAYS {
            let begin = if date == here.date() { here.time() } else { Time::midnight() };
            if self.cron.is_on(date)
                && let Some(found) = self.next_on(date.to_datetime(begin), from)
            {
                return Some(found);
            }
            date = date.tomorrow().ok()?;
        }
        None
    }

    /// The first time after `from` on the rest of a day. What the clock skips comes later than its number says, so one
    /// more may be earlier.
    fn next_on(&self, begin: DateTime, from: Timestamp) -> Option<Timestamp> {
        let mut best: Option<Timestamp> = None;
        for time in self.cron.times().skip_while(|time| *time < minute_of(begin.time())) {
            let at = begin.date().to_datetime(time);
            if best.is_some_and(|best| best.to_zoned(self.zone.clone()).datetime() <= at) {
                break;
            }
            let found = self.zone.to_timestamp(at).ok()?;
            if found > from && best.is_none_or(|best| found < best) {
                best = Some(found);
            }
        }
        best
    }
}

/// Fields and zone are in the text. Zones are not compared themselves: for that jiff has a table of all names, which are
/// eighty kilobytes of the program.
impl PartialEq for Schedule {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Schedule {}

/// Schedules know no seconds.
fn minute_of(time: Time) -> Time {
    Time::constant(time.hour(), time.minute(), 0, 0)
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for Schedule {
    type Err = String;

    /// Fields and zone, as it displays.
    fn from_str(text: &str) -> Result<Self, String> {
        match text.rsplit_once(' ') {
            Some((fields, zone)) => Self::new(fields, Some(zone)),
            None => Err(format!("`{text}` is no schedule with a zone")),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::{SignedDuration, ToSpan as _};
    use proptest::prelude::*;

    use super::*;

    fn next(fields: &str, zone: &str, from: &str) -> String {
        let zone_name = Some(zone);
        let schedule = Schedule::new(fields, zone_name).unwrap();
        let found = schedule.next(from.parse().unwrap()).unwrap();
        found.to_zoned(TimeZone::get(zone).unwrap()).strftime("%F %H:%M%:z").to_string()
    }

    #[test]
    fn the_next_time_is_by_the_zones_clock() {
        let toronto = |from| next("30 2 * * *", "America/Toronto", from);
        assert_eq!(toronto("2026-01-10T07:30:00Z"), "2026-01-11 02:30-05:00");
        assert_eq!(toronto("2026-01-10T07:29:59.5Z"), "2026-01-10 02:30-05:00");
        assert_eq!(next("0 22 * * 1-5", "Europe/Berlin", "2026-11-20T22:00:00Z"), "2026-11-23 22:00+01:00");
        assert_eq!(next("15 4 29 2 *", "UTC", "2096-03-01T00:00:00Z"), "2104-02-29 04:15+00:00");
        assert_eq!(next("0 3 1 * sun", "UTC", "2026-11-23T00:00:00Z"), "2026-11-29 03:00+00:00", "either");
        assert_eq!(next("@weekly", "UTC", "2026-11-23T00:00:00Z"), "2026-11-29 00:00+00:00");
    }

    #[test]
    fn clocks_that_change_neither_lose_nor_double_a_night() {
        let toronto = |fields, from| next(fields, "America/Toronto", from);
        // Half past two does not exist on the 8th of March.
        assert_eq!(toronto("30 2 * * *", "2026-03-07T12:00:00Z"), "2026-03-08 03:30-04:00");
        assert_eq!(toronto("30 2 * * *", "2026-03-08T07:30:00Z"), "2026-03-09 02:30-04:00");
        assert_eq!(toronto("30 2,3 * * *", "2026-03-08T06:00:00Z"), "2026-03-08 03:30-04:00");
        assert_eq!(toronto("*/30 2,3 * * *", "2026-03-08T06:00:00Z"), "2026-03-08 03:00-04:00");
        // Half past one comes twice on the 1st of November.
        assert_eq!(toronto("30 1 * * *", "2026-11-01T04:00:00Z"), "2026-11-01 01:30-04:00");
        assert_eq!(toronto("30 1 * * *", "2026-11-01T05:30:00Z"), "2026-11-02 01:30-05:00");
    }

    #[test]
    fn what_is_told_is_understood_again_and_what_cannot_be_is_refused() {
        let schedule = Schedule::new("30  2 * * mon-fri", Some("America/Toronto")).unwrap();
        assert_eq!(schedule.to_string(), "30 2 * * mon-fri America/Toronto");
        assert_eq!(schedule.to_string().parse::<Schedule>().unwrap(), schedule);
        assert!(Schedule::new("30 2 * * *", None).unwrap().to_string().parse::<Schedule>().is_ok());
        for (fields, zone, expected) in [
            ("30 2 * * *", "Mars/Olympus", "`Mars/Olympus` is no zone"),
            ("30 2 * *", "UTC", "has 4 fields, not 5"),
            ("0 0 30 2 *", "UTC", "never comes"),
        ] {
            let error = Schedule::new(fields, Some(zone)).unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
        assert!(Schedule::new(&"1,".repeat(200), None).is_err());
    }

    /// Minute by minute, as a clock goes; of an hour that comes twice the first.
    fn by_the_clock(schedule: &Schedule, from: Timestamp) -> Option<Timestamp> {
        let minute = from.as_second().div_euclid(60) + 1;
        (minute..minute + 4 * 24 * 60).find_map(|minute| {
            let at = Timestamp::from_second(minute * 60).ok()?;
            let here = at.to_zoned(schedule.zone.clone()).datetime();
            let first = schedule.zone.to_timestamp(here).ok()? == at;
            let is_time = schedule.cron.times().any(|time| time == here.time());
            (schedule.cron.is_on(here.date()) && is_time && first).then_some(at)
        })
    }

    proptest! {
        #[test]
        fn the_next_time_is_the_clocks_or_one_that_the_clock_skips(
            minute in 0_i8..60, hour in 0_i8..24, step in 1_i8..8, zone in 0_usize..3, seconds in 0_i64..86_400,
            day in prop::sample::select(vec!["2026-03-07", "2026-03-28", "2026-10-24", "2026-10-31", "2026-07-04"]),
        ) {
            let zone = ["America/Toronto", "Europe/Berlin", "Australia/Lord_Howe"][zone];
            let schedule = Schedule::new(&format!("{minute} {hour}/{step} * * *"), Some(zone)).unwrap();
            let from: Timestamp = format!("{day}T00:00:00Z").parse().unwrap();
            let from = from + SignedDuration::from_secs(seconds);
            let found = schedule.next(from).unwrap();
            prop_assert!(found > from);
            let clock = by_the_clock(&schedule, from).unwrap();
            let here = found.to_zoned(schedule.zone.clone()).datetime();
            let skipped = !schedule.cron.times().any(|time| time == here.time());
            prop_assert!(found == clock || (skipped && found < clock), "{found} {clock}");
        }

        #[test]
        fn times_follow_one_another(fields in "[0-9*/,-]{1,6} [0-9*/]{1,3} \\* [0-9*/]{1,3} [0-7*]", days in 0_i64..40_000) {
            if let Ok(schedule) = Schedule::new(&fields, Some("America/Toronto")) {
                let from = Timestamp::UNIX_EPOCH + (days * 24).hours();
                let first = schedule.next(from).unwrap();
                prop_assert!(first > from && schedule.next(first).unwrap() > first);
            }
        }
    }
}
