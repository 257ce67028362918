//! The queue, and who acts on what is in it.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use dogwatch_model::{OrgId, TeamId};

use super::Watching;

#[derive(ClapArgs)]
pub(crate) struct Queue {
    /// Which items, by their own fields and their endpoint's: words and field:value, or a CEL expression, with a saved
    /// view as @NAME before it; `--schema` lists the names
    #[arg(value_parser = super::term)]
    pub(crate) filter: Vec<String>,
    /// Those that are done, too
    #[arg(long)]
    pub(crate) all: bool,
    /// Those that are snoozed, or that a window or another item hides, too
    #[arg(long)]
    pub(crate) hidden: bool,
    /// Only those that I have
    #[arg(long)]
    pub(crate) mine: bool,
    /// Only those that a team owns or is offered
    #[arg(long)]
    pub(crate) team: Option<TeamId>,
    /// How many to show at most, from the top [default: 1000]
    #[arg(long)]
    pub(crate) limit: Option<usize>,
    /// Show the filter as a CEL expression, and nothing else
    #[arg(long)]
    pub(crate) explain: bool,
    #[command(flatten)]
    pub(crate) watching: Watching,
    /// The names that filters over the queue have
    #[arg(long, conflicts_with_all = ["filter", "watch"])]
    pub(crate) schema: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Who {
    /// Category or tool: backup, patch, edr …
    #[arg(required_unless_present = "alert")]
    pub(crate) about: Option<String>,
    /// An alert as it stands now, by its number, instead of a category or tool
    #[arg(long, value_name = "NUMBER", value_parser = alert_number, conflicts_with_all = NOT_WITH_ALERT)]
    pub(crate) alert: Option<u64>,
    /// Endpoint that it is about
    #[arg(long)]
    pub(crate) endpoint: Option<String>,
    /// How bad it is: info, warning or critical
    #[arg(long)]
    pub(crate) severity: Option<String>,
    /// When: an instant (2026-11-01T05:30:00Z) or a local time and its zone (2026-11-01 01:30 America/Toronto)
    #[arg(long)]
    pub(crate) at: Option<String>,
    /// Through the whole week of that time, Monday to Sunday: a letter an hour, then the exact stretches
    #[arg(long)]
    pub(crate) week: bool,
    /// Org, when there is no endpoint to tell it
    #[arg(long, conflicts_with = "endpoint")]
    pub(crate) org: Option<OrgId>,
    /// Exit with 1 when another team is the answer, at any time of the week with --week
    #[arg(long, value_name = "TEAM", conflicts_with = "watch")]
    pub(crate) expect: Option<TeamId>,
    /// Answer from this matrix, without a collector
    #[arg(long, value_name = "MATRIX.toml", conflicts_with = "watch")]
    pub(crate) file: Option<PathBuf>,
    /// The directory that the matrix refers to
    #[arg(long, value_name = "DIRECTORY.toml", requires = "file")]
    pub(crate) directory: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

/// An alert brings all of this along, and is asked about as it stands.
const NOT_WITH_ALERT: [&str; 7] = ["about", "endpoint", "severity", "at", "week", "org", "file"];

pub(super) fn alert_number(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    digits.parse().map_err(|_| format!("`{text}` is not an alert's number; write 1042 or '#1042'"))
}
