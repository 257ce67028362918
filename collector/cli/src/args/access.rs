//! Logging in, and letting others and machines in.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use dogwatch_model::{OrgId, Side, SiteId, TeamId};

use super::Watching;
use crate::when::parse_join_lifetime;

#[derive(ClapArgs)]
pub(crate) struct Login {
    /// Login link or invitation, in quotes; `-` reads it from standard input. The collector's https:// address, to log in
    /// with a password, or with --token-file, --oidc or --device; the last two take `#` and its root's hash behind it
    /// where there is neither --ca-file nor an earlier login
    pub(crate) link: String,
    /// Who you are: omar, or acme:omar where there are several [default: your user name]
    #[arg(long)]
    pub(crate) person: Option<String>,
    /// Your side, for the first login at a new collector
    #[arg(long, default_value = "msp", value_parser = side)]
    pub(crate) side: Side,
    /// Your team, for the first login at a new collector
    #[arg(long)]
    pub(crate) team: Option<TeamId>,
    /// File that holds an API token
    #[arg(long, requires = "ca_file")]
    pub(crate) token_file: Option<PathBuf>,
    /// File that holds the collector's root certificate, PEM
    #[arg(long)]
    pub(crate) ca_file: Option<PathBuf>,
    /// Break the glass: come in with the code from the sealed envelope
    #[arg(long, conflicts_with = "token_file")]
    pub(crate) break_glass: bool,
    /// By your browser and this identity provider; the only one there is when none is named
    #[arg(long, value_name = "PROVIDER", conflicts_with_all = ["token_file", "person", "team", "break_glass"])]
    #[expect(clippy::option_option, reason = "clap's way to say: an option whose value may be left out")]
    pub(crate) oidc: Option<Option<String>>,
    /// By a browser on another machine: shows a code to type there; `--device=PROVIDER` where the collector does not show it
    #[arg(long, value_name = "PROVIDER", require_equals = true,
        conflicts_with_all = ["token_file", "person", "team", "break_glass", "oidc"])]
    #[expect(clippy::option_option, reason = "clap's way to say: an option whose value may be left out")]
    pub(crate) device: Option<Option<String>>,
    /// Only print the address that --oidc would open in a browser
    #[arg(long, requires = "oidc")]
    pub(crate) no_browser: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Logout {
    /// Also where the login is a token that somebody made: it is revoked for whoever uses it, and no login brings it back
    #[arg(long)]
    pub(crate) revoke: bool,
}

#[derive(Subcommand)]
pub(crate) enum JoinToken {
    /// Make one; it is shown once
    #[command(
        after_help = "Example: dogwatch join-token create --org acme --site toronto --uses 25 --expires 8h"
    )]
    Create(CreateJoinToken),
    /// Those that were made
    #[command(after_help = "Examples: dogwatch join-token list\n          dogwatch join-token list --watch")]
    List(Watching),
    /// Withdraw one
    #[command(after_help = "Example: dogwatch join-token revoke jt-4f1c")]
    Revoke(ById),
}

#[derive(ClapArgs)]
pub(crate) struct CreateJoinToken {
    /// Org that machines enrol into
    #[arg(long)]
    pub(crate) org: OrgId,
    /// Site that machines enrol into
    #[arg(long)]
    pub(crate) site: SiteId,
    /// How many machines
    #[arg(long, default_value_t = 1)]
    pub(crate) uses: u32,
    /// For how long: 60m, 8h, 7d
    #[arg(long, default_value = "60m", value_parser = parse_join_lifetime)]
    pub(crate) expires: u32,
    /// Machines wait for `dogwatch endpoint approve`
    #[arg(long)]
    pub(crate) approval: bool,
}

#[derive(ClapArgs)]
pub(crate) struct ById {
    /// Its short id, from the list
    pub(crate) id: String,
}

#[derive(Subcommand)]
pub(crate) enum Token {
    /// Make one; its login link is shown once
    #[command(
        after_help = "Example: dogwatch token create --verbs view,intake --person prometheus --service --org acme"
    )]
    Create(super::CreateToken),
    /// Those that were made, and logins, with their last use
    #[command(after_help = "Examples: dogwatch token list\n          dogwatch token list --org acme")]
    List(ListTokens),
    /// Withdraw one, or end a login
    #[command(after_help = "Example: dogwatch token revoke t-4f1c")]
    Revoke(ById),
}

#[derive(ClapArgs)]
pub(crate) struct ListTokens {
    /// Those that reach this org alone
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

pub(super) fn side(text: &str) -> Result<Side, String> {
    text.parse().map_err(|error: dogwatch_model::IdError| error.to_string())
}
