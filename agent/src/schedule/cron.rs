//! The five fields of a crontab: minute, hour, day of the month, month, day of the week. Pure.
//!
//! As cron(8) of Linux and BSD has them: lists, ranges, steps, names, `@daily` and its like. Where both days are given
//! either will do.

use std::{ops::RangeInclusive, str::FromStr};

use jiff::civil::{Date, Time};

const MONTHS: &[&str] = &["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: &[&str] = &["sun", "mon", "tue", "wed", "thu", "fri", "sat"];
/// What stands for all five fields.
const NICKNAMES: &[(&str, &str)] = &[
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * 0"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// Which minutes of which days; a bit each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cron {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
    /// One of the two days is any day, so the other alone decides.
    one_day: bool,
}

impl Cron {
    /// Whether it runs on a day.
    pub(super) fn is_on(&self, date: Date) -> bool {
        let has = |bits: u64, bit: i8| bits >> bit & 1 == 1;
        let day = has(self.days, date.day());
        let weekday = has(self.weekdays, date.weekday().to_sunday_zero_offset());
        has(self.months, date.month()) && if self.one_day { day && weekday } else { day || weekday }
    }

    /// The times of a day on which it runs, in order.
    pub(super) fn times(&self) -> impl Iterator<Item = Time> {
        let Self { minutes, hours, .. } = *self;
        let of = |bits: u64, most: i8| (0..most).filter(move |bit| bits >> bit & 1 == 1);
        of(hours, 24)
            .flat_map(move |hour| of(minutes, 60).map(move |minute| Time::constant(hour, minute, 0, 0)))
    }
}

impl FromStr for Cron {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let text = text.trim().to_ascii_lowercase();
        let text =
            NICKNAMES.iter().find(|(name, _)| *name == text).map_or(text.as_str(), |(_, fields)| fields);
        let fields: Vec<&str> = text.split_whitespace().collect();
        let &[minute, hour, day, month, weekday] = &fields[..] else {
            return Err(format!(
                "a schedule such as `30 2 * * *` has 5 fields; `{text}` has {} fields, not 5",
                fields.len()
            ));
        };
        let weekdays = bits("day of the week", weekday, 0..=7, DAYS)?;
        Ok(Self {
            minutes: bits("minute", minute, 0..=59, &[])?,
            hours: bits("hour", hour, 0..=23, &[])?,
            days: bits("day", day, 1..=31, &[])?,
            months: bits("month", month, 1..=12, MONTHS)?,
            // Sunday is 0 and 7.
            weekdays: weekdays | weekdays >> 7 & 1,
            one_day: day.starts_with('*') || weekday.starts_with('*'),
        })
    }
}

/// A list of values, ranges and steps as bits.
fn bits(field: &str, text: &str, range: RangeInclusive<u8>, names: &[&str]) -> Result<u64, String> {
    let wrong =
        || format!("`{text}` is no {field}: {} to {}, lists, ranges and steps", range.start(), range.end());
    let number = |word: &str| {
        let named = names.iter().position(|name| *name == word).and_then(|at| u8::try_from(at).ok());
        // The first of them has the first number.
        let number = named.map(|at| at + range.start()).or_else(|| word.parse().ok());
        number.filter(|number| range.contains(number)).ok_or_else(wrong)
    };
    let mut bits = 0;
    for part in text.split(',') {
        let (span, step) = match part.split_once('/') {
            Some((span, step)) => {
                (span, Some(step.parse::<u8>().ok().filter(|step| *step > 0).ok_or_else(wrong)?))
            }
            None => (part, None),
        };
        let (from, to) = match span.split_once('-') {
            _ if span == "*" => (*range.start(), *range.end()),
            Some((from, to)) => (number(from)?, number(to)?),
            // `3/5` begins at 3.
            None => (number(span)?, if step.is_some() { *range.end() } else { number(span)? }),
        };
        if from > to {
            return Err(wrong());
        }
        bits = (from..=to).step_by(usize::from(step.unwrap_or(1))).fold(bits, |bits, at| bits | 1 << at);
    }
    Ok(bits)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn lists_ranges_steps_and_names_are_understood() {
        let cron: Cron = "*/20,5 8-10/2 * FEB,4 Mon-Wed".parse().unwrap();
        let times: Vec<String> = cron.times().map(|time| time.strftime("%H:%M").to_string()).collect();
        assert_eq!(times, ["08:00", "08:05", "08:20", "08:40", "10:00", "10:05", "10:20", "10:40"]);
        assert!(
            cron.is_on(date(2026, 2, 2)) && !cron.is_on(date(2026, 2, 5)) && !cron.is_on(date(2026, 3, 2))
        );
        let sunday: Cron = "0 0 * * 7".parse().unwrap();
        assert!(sunday.is_on(date(2026, 11, 22)) && !sunday.is_on(date(2026, 11, 23)));
        let either: Cron = "0 0 13 * 5".parse().unwrap();
        assert!(either.is_on(date(2026, 11, 20)) && either.is_on(date(2026, 10, 13)));
        assert_eq!("@daily".parse::<Cron>(), "0 0 * * *".parse());
    }

    #[test]
    fn what_is_no_schedule_says_what_is_wrong() {
        for (text, expected) in [
            ("", "has 0 fields"),
            ("@reboot", "has 1 fields"),
            ("60 2 * * *", "`60` is no minute: 0 to 59"),
            ("30 2 0 * *", "`0` is no day"),
            ("30 2 * * fry", "`fry` is no day of the week"),
            ("30 5-2 * * *", "`5-2` is no hour"),
            ("*/0 2 * * *", "`*/0` is no minute"),
            ("1,,2 2 * * *", "is no minute"),
        ] {
            let error = text.parse::<Cron>().unwrap_err();
            assert!(error.contains(expected), "{error}");
        }
    }
}
