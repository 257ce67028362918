//! Weekly hours as people write them: `mon-fri 08:00-18:00`, `sat,sun 10:00-14:00`, `mon-sun 22:00-06:00`.
//!
//! A line has days and one or more ranges. A range whose end is not after its start runs into the next day; `24:00`
//! is the midnight that ends the day. Ranges of one day may overlap or touch: they count once.

use core::fmt;

use jiff::civil::{Date, DateTime, Weekday};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
pub(super) const DAY_MINUTES: i32 = 24 * 60;

/// No zone has ever moved its clock by more, except over the date line, where nothing begins or ends. Further than
/// this from its edges, the wall clock alone tells whether a moment is inside a span; the zone need not be asked.
const CLOCK_SHIFT_MINUTES: i32 = 3 * 60;

/// Where a wall-clock time lies, seen from a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// Inside, whatever the clocks did.
    Inside,
    /// Outside, whatever the clocks did.
    Outside,
    /// So near to an edge that instants must be compared.
    Near,
}

/// A range of local time that begins on some date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct LocalSpan {
    /// Minutes after the midnight that begins the date, below 24 h.
    start_minutes: i32,
    /// The same, above the start, at most 48 h: past 24 h it is the next day.
    end_minutes: i32,
}

/// Open ranges for each day of the week.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Hours {
    week: [Vec<LocalSpan>; 7],
}

/// Why a line of hours cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HoursError {
    /// No ranges, or no days.
    #[error("`{0}` is not hours: write days and a range, such as `mon-fri 08:00-18:00`")]
    Form(String),
    /// A day that is none.
    #[error(
        "`{0}` is not a day: use mon, tue, wed, thu, fri, sat, sun, a list `sat,sun` or a range `mon-fri`"
    )]
    Day(String),
    /// A time that is none.
    #[error("`{0}` is not a time of day: use 00:00 to 24:00")]
    Time(String),
    /// A range without length.
    #[error("`{0}` has no length: for the whole day write `00:00-24:00`")]
    Empty(String),
}

impl LocalSpan {
    /// Reads `08:00-18:00`.
    ///
    /// # Errors
    /// [`HoursError`] when it is not a range of time.
    pub fn parse(text: &str) -> Result<Self, HoursError> {
        let (start, end) = text.split_once('-').ok_or_else(|| HoursError::Form(text.to_owned()))?;
        let (start_minutes, end_minutes) = (minutes(start)?, minutes(end)?);
        if start_minutes == end_minutes {
            return Err(HoursError::Empty(text.to_owned()));
        }
        if start_minutes == DAY_MINUTES {
            return Err(HoursError::Time(start.to_owned()));
        }
        let overnight = if end_minutes < start_minutes { DAY_MINUTES } else { 0 };
        Ok(Self { start_minutes, end_minutes: end_minutes + overnight })
    }

    /// Where a time of day lies; `minutes` counts from the midnight that begins the span's date.
    pub(super) const fn place_of(self, minutes: i32) -> Place {
        let (start, end) = (self.start_minutes, self.end_minutes);
        if minutes < start - CLOCK_SHIFT_MINUTES || minutes >= end + CLOCK_SHIFT_MINUTES {
            Place::Outside
        } else if minutes >= start + CLOCK_SHIFT_MINUTES && minutes < end - CLOCK_SHIFT_MINUTES {
            Place::Inside
        } else {
            Place::Near
        }
    }

    /// When it begins on `date`.
    pub(super) fn start_on(self, date: Date) -> Option<DateTime> {
        on(date, self.start_minutes)
    }

    /// When it ends, having begun on `date`.
    pub(super) fn end_on(self, date: Date) -> Option<DateTime> {
        on(date, self.end_minutes)
    }
}

/// As people write it: `08:00-18:00`, `22:00-06:00`.
impl fmt::Display for LocalSpan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The midnight that ends the day is 24:00; any other time of the next day stands as itself.
        let next_day = self.end_minutes > DAY_MINUTES;
        let end = if next_day { self.end_minutes - DAY_MINUTES } else { self.end_minutes };
        let (from, to) = (self.start_minutes, end);
        write!(f, "{:02}:{:02}-{:02}:{:02}", from / 60, from % 60, to / 60, to % 60)
    }
}

/// As people write them, days that are alike together: `mon-fri 08:00-18:00, sat 10:00-14:00`.
impl fmt::Display for Hours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut written = false;
        let mut day = 0;
        while day < DAYS.len() {
            let spans = &self.week[day];
            let alike = self.week[day..].iter().take_while(|other| *other == spans).count();
            if !spans.is_empty() {
                f.write_str(if written { ", " } else { "" })?;
                f.write_str(DAYS[day])?;
                if alike > 1 {
                    write!(f, "-{}", DAYS[day + alike - 1])?;
                }
                spans.iter().try_for_each(|span| write!(f, " {span}"))?;
                written = true;
            }
            day += alike;
        }
        Ok(())
    }
}

fn on(date: Date, minutes: i32) -> Option<DateTime> {
    let date = (0..minutes / DAY_MINUTES).try_fold(date, |date, _| date.tomorrow()).ok()?;
    let minutes = minutes % DAY_MINUTES;
    let hour = i8::try_from(minutes / 60).ok()?;
    let minute = i8::try_from(minutes % 60).ok()?;
    DateTime::new(date.year(), date.month(), date.day(), hour, minute, 0, 0).ok()
}

fn minutes(text: &str) -> Result<i32, HoursError> {
    let wrong = || HoursError::Time(text.to_owned());
    let (hour, minute) = text.split_once(':').ok_or_else(wrong)?;
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
    if !digits(hour) || !digits(minute) {
        return Err(wrong());
    }
    let (hour, minute): (i32, i32) =
        (hour.parse().map_err(|_| wrong())?, minute.parse().map_err(|_| wrong())?);
    let total = hour * 60 + minute;
    if minute < 60 && total <= DAY_MINUTES { Ok(total) } else { Err(wrong()) }
}

impl Hours {
    /// Adds a line such as `mon-fri 08:00-12:00 13:00-17:00`.
    ///
    /// # Errors
    /// [`HoursError`] when the line cannot be read; then nothing is added.
    pub fn add(&mut self, line: &str) -> Result<(), HoursError> {
        let mut parts = line.split_ascii_whitespace();
        let days = days(parts.next().ok_or_else(|| HoursError::Form(line.to_owned()))?)?;
        let spans = parts.map(LocalSpan::parse).collect::<Result<Vec<_>, _>>()?;
        if spans.is_empty() {
            return Err(HoursError::Form(line.to_owned()));
        }
        for day in days {
            self.week[day].extend(&spans);
            self.week[day].sort_unstable();
        }
        Ok(())
    }

    /// The ranges that begin on a day of the week, in order.
    pub fn of(&self, day: Weekday) -> &[LocalSpan] {
        &self.week[usize::from(day.to_monday_zero_offset().unsigned_abs())]
    }

    /// Whether they have no range at all.
    pub fn never(&self) -> bool {
        self.week.iter().all(Vec::is_empty)
    }

    /// Whether every day is open from midnight to midnight by a single range of its own.
    pub fn always(&self) -> bool {
        let whole_day = |span: &LocalSpan| span.start_minutes == 0 && span.end_minutes >= DAY_MINUTES;
        self.week.iter().all(|day| day.iter().any(whole_day))
    }
}

/// Days as offsets from Monday: `mon`, `sat,sun`, `mon-fri`, `fri-mon`.
fn days(text: &str) -> Result<Vec<usize>, HoursError> {
    let day = |name: &str| {
        let wrong = || HoursError::Day(name.to_owned());
        DAYS.iter().position(|known| known.eq_ignore_ascii_case(name)).ok_or_else(wrong)
    };
    let mut days = Vec::new();
    for part in text.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last) = (day(first)?, day(last)?);
        let count = (last + 7 - first) % 7 + 1;
        days.extend((first..first + count).map(|offset| offset % 7));
    }
    days.sort_unstable();
    days.dedup();
    Ok(days)
}
