//! When a window comes again, as people write it: `once`, `daily`, `weekly mon,thu`, `monthly 15`, `monthly 2nd tue`,
//! `monthly last fri`, each of the last two with days after it: `monthly 2nd tue +4`.
//!
//! The last form is for what follows a vendor's patch day: four days after the second Tuesday is not always the second
//! Saturday.

use core::{fmt, str::FromStr};

use jiff::civil::{Date, Weekday};
use serde::{Deserialize, Serialize};

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// The words for the place of a weekday in a month, and jiff's number for it.
const NTH: [(&str, i8); 5] = [("1st", 1), ("2nd", 2), ("3rd", 3), ("4th", 4), ("last", -1)];

/// The most days after a monthly day: a fortnight, after which the next form is nearer.
const MAX_AFTER: u8 = 14;

/// On which dates a window begins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(try_from = "String", into = "String")]
pub enum Recurrence {
    /// On the day it was made for.
    Once,
    /// Every day.
    Daily,
    /// On days of the week, in order.
    Weekly(Vec<Weekday>),
    /// On a day of the month; a month without it has none.
    Monthly(i8),
    /// On the n-th weekday of the month (-1 is the last), and some days after it.
    MonthlyNth {
        /// 1 to 4, or -1.
        nth: i8,
        /// Which day.
        weekday: Weekday,
        /// Days after it.
        after: u8,
    },
}

/// A text that is no recurrence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a recurrence; write `once`, `daily`, `weekly mon,thu`, `monthly 15`, `monthly 2nd tue` or `monthly 2nd tue +4`"
)]
pub struct RecurrenceError(pub String);

impl Recurrence {
    /// Whether a window that first began on `first` begins on `date`.
    pub fn begins_on(&self, first: Date, date: Date) -> bool {
        if date < first {
            return false;
        }
        match self {
            Self::Once => date == first,
            Self::Daily => true,
            Self::Weekly(days) => days.contains(&date.weekday()),
            Self::Monthly(day) => date.day() == *day,
            Self::MonthlyNth { nth, weekday, after } => {
                let anchor = date.saturating_sub(jiff::Span::new().days(i64::from(*after)));
                anchor.nth_weekday_of_month(*nth, *weekday).is_ok_and(|day| day == anchor)
            }
        }
    }
}

impl FromStr for Recurrence {
    type Err = RecurrenceError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || RecurrenceError(text.to_owned());
        let words: Vec<&str> = text.split_whitespace().collect();
        match words[..] {
            ["once"] => Ok(Self::Once),
            ["daily"] => Ok(Self::Daily),
            ["weekly", days] => {
                let mut days: Vec<_> =
                    days.split(',').map(weekday).collect::<Option<_>>().ok_or_else(wrong)?;
                days.sort_by_key(|day| day.to_monday_zero_offset());
                days.dedup();
                Ok(Self::Weekly(days))
            }
            ["monthly", day] => {
                let day = day.parse().ok().filter(|day| (1..=31).contains(day));
                day.map(Self::Monthly).ok_or_else(wrong)
            }
            ["monthly", place, day] => nth(place, day, "+0").ok_or_else(wrong),
            ["monthly", place, day, after] => nth(place, day, after).ok_or_else(wrong),
            _ => Err(wrong()),
        }
    }
}

fn nth(place: &str, day: &str, after: &str) -> Option<Recurrence> {
    let nth = NTH.iter().find(|(word, _)| *word == place)?.1;
    let after = after.strip_prefix('+')?.parse().ok().filter(|after| *after <= MAX_AFTER)?;
    Some(Recurrence::MonthlyNth { nth, weekday: weekday(day)?, after })
}

fn weekday(text: &str) -> Option<Weekday> {
    DAYS.iter().find(|(word, _)| *word == text.trim()).map(|(_, day)| *day)
}

fn word_of(day: Weekday) -> &'static str {
    DAYS[usize::from(day.to_monday_zero_offset().unsigned_abs())].0
}

impl fmt::Display for Recurrence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Once => f.write_str("once"),
            Self::Daily => f.write_str("daily"),
            Self::Weekly(days) => {
                let days: Vec<_> = days.iter().map(|day| word_of(*day)).collect();
                write!(f, "weekly {}", days.join(","))
            }
            Self::Monthly(day) => write!(f, "monthly {day}"),
            Self::MonthlyNth { nth, weekday, after } => {
                let place = NTH.iter().find(|(_, n)| n == nth).map_or("last", |(word, _)| word);
                write!(f, "monthly {place} {}", word_of(*weekday))?;
                if *after > 0 { write!(f, " +{after}") } else { Ok(()) }
            }
        }
    }
}

impl TryFrom<String> for Recurrence {
    type Error = RecurrenceError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Recurrence> for String {
    fn from(recurrence: Recurrence) -> Self {
        recurrence.to_string()
    }
}
