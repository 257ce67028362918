//! A week as a strip: a line for each local day, a letter for each hour, and below it the exact stretches.
//!
//! An hour is told by whoever has its beginning, and marked where that changes within it. Hours are those that pass:
//! a day on which the clocks change has 23 or 25 of them, or a half one at its end.

use core::fmt;

use jiff::{
    SignedDuration, Timestamp,
    civil::{Date, Time},
    tz::TimeZone,
};

use super::{
    Stretch, Week,
    words::{matrix, subject},
};
use crate::calendar::{Span, first_of};

/// Letters for teams, in the order in which they come; the last is for all further ones, which the lines below name.
const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz#";

const HOUR: SignedDuration = SignedDuration::from_hours(1);

/// A [`Week`] as people read it, in the zone whose week it is.
#[derive(Debug, Clone, Copy)]
pub struct InWords<'a> {
    week: &'a Week,
    zone: &'a TimeZone,
}

impl Week {
    /// This week in words; `zone` is the one whose week it is.
    pub const fn in_words<'a>(&'a self, zone: &'a TimeZone) -> InWords<'a> {
        InWords { week: self, zone }
    }

    /// The teams in the order in which they come first.
    pub fn teams(&self) -> Vec<&Stretch> {
        let mut teams: Vec<&Stretch> = Vec::new();
        for stretch in &self.stretches {
            if teams.iter().all(|known| known.team != stretch.team) {
                teams.push(stretch);
            }
        }
        teams
    }
}

impl fmt::Display for InWords<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let week = self.week;
        let hours = hours(week.minutes);
        writeln!(f, "{}, {hours} hours in {}: {}", week.asked.org, week.zone, subject(&week.asked))?;
        writeln!(f, "  {:<14} 0     6     12    18", "")?;
        for day in self.days() {
            self.day(f, day)?;
        }
        writeln!(f, "  {}", matrix(&week.matrix_version, week.matrix_standing))?;
        let teams = week.teams();
        for (place, team) in teams.iter().enumerate() {
            writeln!(f, "  {}  {} ({}, {} side)", letter(place), team.team_name, team.team, team.side)?;
        }
        if self.days().any(|day| self.hours_of(day).any(|hour| self.changes_within(hour))) {
            writeln!(f, "  *  changes hands within the hour")?;
        }
        for stretch in &week.stretches {
            let place = teams.iter().position(|team| team.team == stretch.team).unwrap_or(LETTERS.len());
            let person = stretch.person.as_ref().map(|person| format!(" {person}")).unwrap_or_default();
            let row =
                stretch.row.as_ref().map_or_else(|| "last resort".to_owned(), |row| format!("row {row}"));
            let from = stretch.from.to_zoned(self.zone.clone());
            let from = from.strftime("%a %Y-%m-%d %H:%M %Z");
            writeln!(f, "  {from}  {}{person}  {row}", letter(place))?;
        }
        Ok(())
    }
}

impl InWords<'_> {
    /// The local days, from midnight to midnight.
    fn days(&self) -> impl Iterator<Item = Span> {
        let (zone, until) = (self.zone, self.week.until);
        let midnight = |date: Date| first_of(zone, date.to_datetime(Time::midnight()));
        let day = move |start: &Timestamp| {
            let tomorrow = zone.to_datetime(*start).date().tomorrow().ok();
            tomorrow.and_then(midnight).unwrap_or(until)
        };
        core::iter::successors(Some(self.week.from), move |start| Some(day(start)))
            .take_while(move |start| *start < until)
            .map(move |start| Span { start, end: day(&start).min(until) })
    }

    fn day(&self, f: &mut fmt::Formatter<'_>, day: Span) -> fmt::Result {
        let name = day.start.to_zoned(self.zone.clone()).strftime("%a %Y-%m-%d").to_string();
        let cells: String = self.hours_of(day).map(|hour| self.cell(hour)).collect();
        let minutes = day.end.duration_since(day.start).as_mins();
        match minutes {
            1440 => writeln!(f, "  {name:<14} {cells}"),
            _ => writeln!(f, "  {name:<14} {cells:<25} {} hours: the clocks change", hours(minutes)),
        }
    }

    fn hours_of(&self, day: Span) -> impl Iterator<Item = Span> {
        let next = move |start: &Timestamp| start.checked_add(HOUR).ok().filter(|next| *next < day.end);
        core::iter::successors(Some(day.start), next)
            .map(move |start| Span { start, end: start.checked_add(HOUR).unwrap_or(day.end).min(day.end) })
    }

    fn cell(&self, hour: Span) -> char {
        if self.changes_within(hour) {
            return '*';
        }
        let stretches = &self.week.stretches;
        let now = stretches.iter().find(|stretch| stretch.from <= hour.start && hour.start < stretch.until);
        let place = now.and_then(|now| self.week.teams().iter().position(|team| team.team == now.team));
        place.map_or(' ', letter)
    }

    /// Whether another team comes on within an hour, not at its beginning.
    fn changes_within(&self, hour: Span) -> bool {
        self.week
            .stretches
            .windows(2)
            .any(|pair| pair[0].team != pair[1].team && hour.start < pair[1].from && pair[1].from < hour.end)
    }
}

fn letter(place: usize) -> char {
    char::from(LETTERS.get(place).copied().unwrap_or(b'#'))
}

/// `168`, or `167.5` where the clocks move by half an hour.
fn hours(minutes: i64) -> String {
    match minutes % 60 {
        0 => (minutes / 60).to_string(),
        30 => format!("{}.5", minutes / 60),
        rest => format!("{}:{rest:02}", minutes / 60),
    }
}
