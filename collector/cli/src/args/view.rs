//! Saved views of the fleet.

use clap::{Args as ClapArgs, Subcommand};
use dogwatch_model::OrgId;

use super::Watching;

#[derive(Subcommand)]
pub(crate) enum View {
    /// Those that are saved for you
    #[command(after_help = "Example: dogwatch view list")]
    List(Watching),
    /// Save one, in place of the one with this name
    #[command(
        after_help = "Examples: dogwatch view save patching 'os:windows patch.missing.critical:>0' --sort -patch.missing.critical\n          dogwatch fleet @patching"
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

#[derive(ClapArgs)]
pub(crate) struct SaveView {
    /// What to call it
    pub(crate) name: String,
    /// Which endpoints, as `dogwatch fleet` takes it
    pub(crate) filter: Vec<String>,
    /// Fields to sort by
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
