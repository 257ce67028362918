//! One endpoint, and what people decide about it.

use clap::{Args as ClapArgs, Subcommand};
use dogwatch_model::{Class, Criticality, SiteId};

use super::{Watching, alert::word};

#[derive(Subcommand)]
pub(crate) enum Endpoint {
    /// Everything known of it
    #[command(
        after_help = "Examples: dogwatch endpoint show srv-01\n          dogwatch endpoint show srv-01 --watch"
    )]
    Show {
        #[command(flatten)]
        of: Named,
        #[command(flatten)]
        watching: Watching,
    },
    /// What it has installed
    #[command(after_help = "Example: dogwatch endpoint software srv-01 openssl")]
    Software(NamedSoftware),
    /// Give it tags and labels, or take them away
    #[command(
        after_help = "Examples: dogwatch endpoint tag srv-01 prod db rack=B12\n          dogwatch endpoint tag srv-01 --remove lab --remove rack"
    )]
    Tag(Tag),
    /// Say what it is for
    #[command(after_help = "Example: dogwatch endpoint set srv-01 --criticality high --class server")]
    Set(Set),
    /// Say at which site it stands; its open alerts go along
    #[command(
        after_help = "Examples: dogwatch endpoint move srv-01 ottawa\n          dogwatch endpoint move srv-01 attic --new-site"
    )]
    Move(Move),
    /// Let it into service
    #[command(after_help = "Example: dogwatch endpoint approve srv-01")]
    Approve(Named),
    /// Refuse its key for ever, and cut it off at once
    #[command(after_help = "Example: dogwatch endpoint revoke srv-01")]
    Revoke(Named),
    /// Take it out of service for good: its alerts end, and it stays in the list as retired
    #[command(after_help = "Example: dogwatch endpoint retire srv-01")]
    Retire(Named),
}

#[derive(ClapArgs)]
pub(crate) struct Named {
    /// Name or id
    pub(crate) endpoint: String,
}

#[derive(ClapArgs)]
pub(crate) struct NamedSoftware {
    /// Name or id of the endpoint
    pub(crate) endpoint: String,
    /// Part of a product's or package's name
    pub(crate) name: Option<String>,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

#[derive(ClapArgs)]
pub(crate) struct Tag {
    /// Name or id
    pub(crate) endpoint: String,
    /// Tags to add, and labels to set as KEY=VALUE
    #[arg(value_name = "TAG|KEY=VALUE", required_unless_present = "remove")]
    pub(crate) add: Vec<String>,
    /// Tag or label to take away; may be given again
    #[arg(long, value_name = "TAG|KEY")]
    pub(crate) remove: Vec<String>,
}

#[derive(ClapArgs)]
#[group(required = true, multiple = true)]
pub(crate) struct What {
    /// What kind of machine: server, workstation, laptop or virtual
    #[arg(long, value_parser = word::<Class>)]
    pub(crate) class: Option<Class>,
    /// How much it hurts when it fails: low, normal, high or critical
    #[arg(long, value_parser = word::<Criticality>)]
    pub(crate) criticality: Option<Criticality>,
}

#[derive(ClapArgs)]
pub(crate) struct Set {
    /// Name or id
    pub(crate) endpoint: String,
    #[command(flatten)]
    pub(crate) what: What,
}

#[derive(ClapArgs)]
pub(crate) struct Move {
    /// Name or id
    pub(crate) endpoint: String,
    /// Site of its org
    pub(crate) site: SiteId,
    /// Nothing stands there yet, and that is meant so
    #[arg(long)]
    pub(crate) new_site: bool,
}
