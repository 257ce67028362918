//! Reports over a time.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use dogwatch_model::OrgId;
use jiff::{Timestamp, civil::Date, tz::TimeZone};

use super::Watching;

#[derive(Subcommand)]
pub(crate) enum Report {
    /// What went wrong at the seam between the two sides, and how the work is shared
    #[command(
        after_help = "Examples: dogwatch report boundary --month 2026-11\n          dogwatch report boundary --org acme --from 2026-09-01 --until 2026-12-01 --table sla -o csv"
    )]
    Boundary(Boundary),
    /// How much of the fleet misses no update, site by site
    #[command(
        after_help = "Examples: dogwatch report patch\n          dogwatch report patch --filter 'class == \"server\"' -o csv"
    )]
    Patch(OfFleet),
    /// How much of the fleet is backed up, in time, and proved by restores
    #[command(after_help = "Example: dogwatch report backup --org acme")]
    Backup(OfFleet),
    /// A month for both sides: patches, backups, and what became of the queue
    #[command(after_help = "Example: dogwatch report month --month 2026-11 --org acme")]
    Month(Month),
    /// What the quarterly review has to look at
    #[command(after_help = "Example: dogwatch report review --org acme -o json")]
    Review(OfReview),
}

#[derive(ClapArgs)]
pub(crate) struct OfFleet {
    /// Org; all that you see when left out
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
    /// Only endpoints that match, as `dogwatch fleet` takes it, @VIEW too: they are the denominator
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) filter: Option<String>,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

#[derive(ClapArgs)]
pub(crate) struct OfReview {
    /// Org; all that you see when left out
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

#[derive(ClapArgs)]
pub(crate) struct Boundary {
    #[command(flatten)]
    pub(crate) period: Period,
    /// Only one table; a spreadsheet (`-o csv`) holds one [default: all of them, and `groups` in a spreadsheet]
    #[arg(long, value_enum)]
    pub(crate) table: Option<QueueTable>,
}

#[derive(ClapArgs)]
pub(crate) struct Month {
    #[command(flatten)]
    pub(crate) period: Period,
    /// Only one table; a spreadsheet (`-o csv`) holds one [default: all of them, and `figures` in a spreadsheet]
    #[arg(long, value_enum)]
    pub(crate) table: Option<MonthTable>,
}

/// A table about the queue, named as the API names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum QueueTable {
    /// What went wrong, per org, category and month
    Groups,
    /// How long each side takes
    Sides,
    /// Whether promises were kept
    Sla,
    /// Who does the work of whose rows
    Drift,
    /// Who is disturbed
    Burden,
}

/// A table of a month.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MonthTable {
    /// Patches and backups
    Figures,
    /// What went wrong, per org, category and month
    Groups,
    /// How long each side takes
    Sides,
    /// Whether promises were kept
    Sla,
    /// Who does the work of whose rows
    Drift,
    /// Who is disturbed
    Burden,
}

impl MonthTable {
    /// The table about the queue that it is, if it is one.
    pub(crate) const fn of_queue(self) -> Option<QueueTable> {
        match self {
            Self::Figures => None,
            Self::Groups => Some(QueueTable::Groups),
            Self::Sides => Some(QueueTable::Sides),
            Self::Sla => Some(QueueTable::Sla),
            Self::Drift => Some(QueueTable::Drift),
            Self::Burden => Some(QueueTable::Burden),
        }
    }
}

/// Whose, and when.
#[derive(ClapArgs)]
pub(crate) struct Period {
    /// Org; all that you see when left out
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
    /// A month: 2026-11 (UTC); the present one when neither this nor a time is given
    #[arg(long, value_name = "YYYY-MM", value_parser = month, conflicts_with_all = ["from", "until"])]
    pub(crate) month: Option<(Timestamp, Timestamp)>,
    /// The first day (UTC), or instant
    #[arg(long, value_name = "WHEN", value_parser = day_or_instant)]
    pub(crate) from: Option<Timestamp>,
    /// The first day (UTC) after it, or instant
    #[arg(long, value_name = "WHEN", value_parser = day_or_instant)]
    pub(crate) until: Option<Timestamp>,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

/// The beginnings of a month and of the next.
fn month(text: &str) -> Result<(Timestamp, Timestamp), String> {
    let wrong = || format!("`{text}` is not a month; write 2026-11");
    let first: Date = format!("{text}-01").parse().map_err(|_| wrong())?;
    let next = first.last_of_month().tomorrow().map_err(|_| wrong())?;
    Ok((midnight(first).ok_or_else(wrong)?, midnight(next).ok_or_else(wrong)?))
}

fn day_or_instant(text: &str) -> Result<Timestamp, String> {
    let wrong =
        || format!("`{text}` is neither a day nor an instant; write 2026-11-01 or 2026-11-01T05:30:00Z");
    if let Ok(instant) = text.parse() {
        return Ok(instant);
    }
    text.parse().ok().and_then(midnight).ok_or_else(wrong)
}

fn midnight(day: Date) -> Option<Timestamp> {
    day.to_zoned(TimeZone::UTC).ok().map(|begin| begin.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_ends_where_the_next_begins_and_what_is_none_is_refused() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        assert_eq!(month("2026-12"), Ok((at("2026-12-01T00:00:00Z"), at("2027-01-01T00:00:00Z"))));
        assert!(month("2026-13").is_err() && month("november").is_err());
        assert_eq!(day_or_instant("2026-11-01"), Ok(at("2026-11-01T00:00:00Z")));
        assert_eq!(day_or_instant("2026-11-01T05:30:00Z"), Ok(at("2026-11-01T05:30:00Z")));
        assert!(day_or_instant("yesterday").is_err());
    }
}
