//! The queue, its alerts, and who acts on them.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use dogwatch_model::{OrgId, TeamId};

#[derive(ClapArgs)]
pub(crate) struct Queue {
    /// Alerts of which endpoints, as a CEL expression
    pub(crate) filter: Option<String>,
    /// Those that are done, too
    #[arg(long)]
    pub(crate) all: bool,
    /// Keep showing, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
}

#[derive(Subcommand)]
pub(crate) enum Alert {
    /// Everything: evidence, owner and why, timeline
    #[command(after_help = "Example: dogwatch alert show 1042")]
    Show(Numbered),
    /// Take it
    #[command(after_help = "Example: dogwatch alert claim 1042")]
    Claim(Overridden),
    /// Give it back
    #[command(after_help = "Example: dogwatch alert release 1042")]
    Release(Overridden),
    /// Say something that stays
    #[command(after_help = "Example: dogwatch alert comment 1042 'waiting for a new disk'")]
    Comment(Comment),
    /// End it
    #[command(after_help = "Example: dogwatch alert close 1042 'replaced the disk'")]
    Close(Close),
}

#[derive(ClapArgs)]
pub(crate) struct Numbered {
    /// Its number: 1042 or #1042
    #[arg(value_parser = alert_number)]
    pub(crate) number: u64,
}

#[derive(ClapArgs)]
pub(crate) struct Overridden {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    /// Do it although it is somebody else's turn, with this reason
    #[arg(long = "override", value_name = "REASON")]
    pub(crate) override_reason: Option<String>,
}

#[derive(ClapArgs)]
pub(crate) struct Comment {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    /// What to say
    pub(crate) text: String,
}

#[derive(ClapArgs)]
pub(crate) struct Close {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    /// How it ended
    pub(crate) resolution: String,
    /// Do it although another has it, with this reason
    #[arg(long = "override", value_name = "REASON")]
    pub(crate) override_reason: Option<String>,
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
    #[arg(long, value_name = "TEAM")]
    pub(crate) expect: Option<TeamId>,
    /// Answer from this matrix, without a collector
    #[arg(long, value_name = "MATRIX.toml")]
    pub(crate) file: Option<PathBuf>,
    /// The directory that the matrix refers to
    #[arg(long, value_name = "DIRECTORY.toml", requires = "file")]
    pub(crate) directory: Option<PathBuf>,
}

/// An alert brings all of this along, and is asked about as it stands.
const NOT_WITH_ALERT: [&str; 7] = ["about", "endpoint", "severity", "at", "week", "org", "file"];

fn alert_number(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    digits.parse().map_err(|_| format!("`{text}` is not an alert's number; write 1042 or '#1042'"))
}
