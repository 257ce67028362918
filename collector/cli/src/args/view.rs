//! Saved views of the fleet and the queue.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use dogwatch_model::OrgId;

use super::Watching;

#[derive(Subcommand)]
pub(crate) enum View {
    /// Those that are saved for you
    #[command(after_help = "Example: dogwatch view list")]
    List(Watching),
    /// One of them: its filter, order and columns
    #[command(after_help = "Example: dogwatch view show patching")]
    Show {
        /// Its name
        name: String,
        /// The org it is for, where several have the name
        #[arg(long)]
        org: Option<OrgId>,
        #[command(flatten)]
        watching: Watching,
    },
    /// Save one, in place of the one with this name
    #[command(
        after_help = "Examples: dogwatch view save patching 'os:windows patch.missing.critical:>0' --sort -patch.missing.critical\n          dogwatch fleet @patching site:toronto\n          dogwatch view save --of queue grave 'priority:P1 work:unclaimed'"
    )]
    Save(SaveView),
    /// Delete one
    #[command(after_help = "Example: dogwatch view delete patching")]
    Delete {
        /// Its name
        name: String,
        /// The org it is for, where several have the name
        #[arg(long)]
        org: Option<OrgId>,
    },
}

/// What a view is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Of {
    /// Endpoints
    Fleet,
    /// Items
    Queue,
}

impl Of {
    /// As the collector calls it; the command that shows it has the same name.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Fleet => "fleet",
            Self::Queue => "queue",
        }
    }
}

#[derive(ClapArgs)]
pub(crate) struct SaveView {
    /// What to call it
    pub(crate) name: String,
    /// Which endpoints or items, as `dogwatch fleet` or `dogwatch queue` takes it
    #[arg(value_parser = super::term)]
    pub(crate) filter: Vec<String>,
    /// What it is of
    #[arg(long, value_enum, default_value = "fleet")]
    pub(crate) of: Of,
    /// Fields to sort by; the queue has its own order
    #[arg(long, allow_hyphen_values = true, value_name = "FIELDS")]
    pub(crate) sort: Option<String>,
    /// Fields to show
    #[arg(long, value_delimiter = ',', value_name = "FIELDS")]
    pub(crate) columns: Vec<String>,
    /// The org it is for [default: yours, or every org]
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
    /// For both sides, not only for yours
    #[arg(long)]
    pub(crate) shared: bool,
}
