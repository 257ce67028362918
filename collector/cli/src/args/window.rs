//! Maintenance windows.

use clap::{Args as ClapArgs, Subcommand};
use dogwatch_model::{OrgId, SiteId, ToolId};
use dogwatch_triage::{finding::Category, mute::Recurrence};
use jiff::civil::Date;

use super::{Watching, alert::word};
use crate::when::parse_seconds;

#[derive(Subcommand)]
pub(crate) enum Window {
    /// Plan one
    #[command(
        after_help = "Examples: dogwatch window add 'new switches' --starts '2026-12-05 22:00 America/Toronto' --for 2h --site toronto\n          dogwatch window add 'patch night' --starts '2026-12-12 22:00 America/Toronto' --for 4h --every 'monthly 2nd tue +4' --category patch"
    )]
    Add(AddWindow),
    /// Those that are open or ahead, and some that have ended
    #[command(after_help = "Examples: dogwatch window list\n          dogwatch window list --watch")]
    List {
        /// Only those of an org
        #[arg(long)]
        org: Option<OrgId>,
        #[command(flatten)]
        watching: Watching,
    },
    /// End one for good, at once
    #[command(after_help = "Example: dogwatch window end w3")]
    End {
        /// Its id, from the list
        id: String,
    },
}

#[derive(ClapArgs)]
pub(crate) struct AddWindow {
    /// Why, in a sentence: the other side reads it
    pub(crate) reason: String,
    /// When it begins first: a local time and its zone [default zone: yours]
    #[arg(long, value_name = "WHEN")]
    pub(crate) starts: String,
    /// How long it lasts: 90m, 2h, 3d at most
    #[arg(long = "for", value_name = "SPAN", value_parser = parse_seconds)]
    pub(crate) lasts: u32,
    /// When it comes again: daily, 'weekly mon,thu', 'monthly 15', 'monthly 2nd tue', 'monthly 2nd tue +4'
    #[arg(long, default_value = "once", value_parser = recurrence)]
    pub(crate) every: Recurrence,
    /// The last date on which it begins [default: until ended]
    #[arg(long, value_name = "DATE")]
    pub(crate) last_day: Option<Date>,
    /// Only endpoints that match, as `dogwatch fleet` takes it; of a @VIEW what it is now
    #[arg(long, allow_hyphen_values = true)]
    pub(crate) filter: Option<String>,
    /// Only one site
    #[arg(long)]
    pub(crate) site: Option<SiteId>,
    /// Only items of a category: backup, patch …; may be given again
    #[arg(long, value_parser = word::<Category>)]
    pub(crate) category: Vec<Category>,
    /// Only items of a tool; may be given again
    #[arg(long)]
    pub(crate) tool: Vec<ToolId>,
    /// Org [default: the only one that you see]
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
}

fn recurrence(text: &str) -> Result<Recurrence, String> {
    text.parse().map_err(|error: dogwatch_triage::mute::recurrence::RecurrenceError| error.to_string())
}
