//! Reading and verifying the audit.

use std::path::PathBuf;

use clap::Args as ClapArgs;
use dogwatch_model::PersonId;
use dogwatch_triage::audit::Chain;

use super::Watching;
use crate::when::parse_seconds;

#[derive(ClapArgs)]
pub(crate) struct Audit {
    /// Org; the only one that you see when left out; '*' for what concerns the collector itself
    #[arg(long)]
    pub(crate) org: Option<Chain>,
    /// The same as --org '*'
    #[arg(long, conflicts_with = "org")]
    pub(crate) collector: bool,
    /// How far back: 12h, 7d
    #[arg(long, value_name = "SPAN", value_parser = parse_seconds)]
    pub(crate) since: Option<u32>,
    /// Only what this person did
    #[arg(long, value_name = "PERSON")]
    pub(crate) by: Option<PersonId>,
    /// Only this act, or all that begin so: token
    #[arg(long)]
    pub(crate) act: Option<String>,
    /// How many records at most, the newest
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) limit: u64,
    /// Verify the whole chain: the collector's, or the one of a file that `--export` wrote
    #[arg(
        long, value_name = "FILE", num_args = 0..=1,
        conflicts_with_all = ["since", "by", "act", "limit", "export"]
    )]
    pub(crate) verify: Option<Option<PathBuf>>,
    /// A file with checkpoints that you hold, for `--verify FILE`
    #[arg(long, value_name = "FILE", requires = "verify")]
    pub(crate) checkpoints: Option<PathBuf>,
    /// The collector's public key in hexadecimal, or a file that holds it, for `--verify FILE`; `dogwatch whoami -o json`
    /// shows it (`public_key`), and so does what `--export` says
    #[arg(long, value_name = "KEY", requires = "verify")]
    pub(crate) key: Option<String>,
    /// With --verify FILE: be content with records that fit together, though nothing vouches for their end
    #[arg(long, requires = "verify")]
    pub(crate) unsigned: bool,
    /// Forget the key and the checkpoint that this computer remembers, after a restore that you know of
    #[arg(long, requires = "verify")]
    pub(crate) start_anew: bool,
    /// Write the whole chain and its checkpoints to a file of your own, as JSON Lines; it must not be there yet
    #[arg(long, value_name = "FILE", conflicts_with_all = ["since", "by", "act", "limit"])]
    pub(crate) export: Option<PathBuf>,
    /// With --export: replace the file when it is there already
    #[arg(long, requires = "export")]
    pub(crate) force: bool,
    #[command(flatten)]
    pub(crate) watching: Watching,
}
