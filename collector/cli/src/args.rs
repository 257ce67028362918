//! The command line: what can be typed, with an example each.

mod access;
mod account;
mod alert;
mod audit;
mod completions;
mod context;
mod endpoint;
mod ownership;
mod register;
mod report;
mod view;
mod window;
mod work;

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};

pub(crate) use access::{CreateJoinToken, JoinToken, ListTokens, Login, Logout, Token};
pub(crate) use account::Account;
pub(crate) use alert::{Alert, Handoff, Numbered, Open, Opinion};
pub(crate) use audit::Audit;
pub(crate) use completions::{Complete, Completions, Shell};
pub(crate) use context::Context;
pub(crate) use endpoint::{Endpoint, Move, Named, NamedSoftware, Set, Tag};
pub(crate) use ownership::{Change, Draft, Lint, OfOrg, Ownership, Propose, Replay};
pub(crate) use register::{
    Access, Check, CreateToken, GrantAccess, Invite, ListAccess, OfOneOrg, Offboard, Org, Seal, Seals,
};
pub(crate) use report::{Boundary, Month, MonthTable, OfFleet, OfReview, Period, QueueTable, Report};
pub(crate) use view::{Of, SaveView, View};
pub(crate) use window::{AddWindow, Window};
pub(crate) use work::{Queue, Who};

use crate::{context::ContextName, private_file::Standing};

/// The fleet, the shared queue and who owns what.
#[derive(Parser)]
#[command(name = "dogwatch", version, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 ok · 1 condition not met · 2 usage · 3 not found · 4 not allowed · 5 unreachable"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    /// The login to use for this command; `dogwatch context list` names them
    #[arg(long, global = true, env = "DOGWATCH_CONTEXT", value_name = "NAME", hide_env_values = true)]
    pub(crate) context: Option<ContextName>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// How to show the answer.
#[derive(ClapArgs, Clone)]
pub(crate) struct OutputArgs {
    /// How to show the answer
    #[arg(short, long, global = true, value_enum, default_value_t = Format::Table)]
    pub(crate) output: Format,
    /// Without colours; so does a set NO_COLOR
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
}

/// Showing again and again.
#[derive(ClapArgs, Clone, Copy, Default)]
pub(crate) struct Watching {
    /// Keep showing, until Ctrl-C: when the collector tells of a change, or every few seconds where it tells of none
    #[arg(long)]
    pub(crate) watch: bool,
}

/// Writing over what is there.
#[derive(ClapArgs, Clone, Copy, Default)]
pub(crate) struct Over {
    /// Replace the file when it is there already
    #[arg(long)]
    force: bool,
}

impl Over {
    /// What becomes of a file that is there already.
    pub(crate) const fn standing(self) -> Standing {
        if self.force { Standing::Replaced } else { Standing::Kept }
    }
}

/// The states of endpoints, as the collector calls them, and all of them.
const STATES: [&str; 5] = ["active", "pending", "revoked", "retired", "all"];

/// A part of a filter as it was typed: without the space that keeps `-tag:lab` from being an option.
fn term(text: &str) -> Result<String, core::convert::Infallible> {
    Ok(text.trim_start().to_owned())
}

/// How to show an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For people with wide screens
    Wide,
    /// For programs, as the API gave it
    Json,
    /// The same as YAML
    Yaml,
    /// One line each, for spreadsheets
    Csv,
    /// Names only, one a line
    Name,
}

/// What to do.
#[derive(Subcommand)]
pub(crate) enum Command {
    /// Log in at a collector
    #[command(
        after_help = "Examples: dogwatch login 'https://collector.example:7443/setup#CODE.HASH' --person kim\n          dogwatch login https://collector.example:7443 --ca-file root.pem --oidc\n          dogwatch login 'https://collector.example:7443/#HASH' --device"
    )]
    Login(Login),
    /// End a login: at the collector, and on this computer
    #[command(after_help = "Examples: dogwatch logout\n          dogwatch logout --context lab")]
    Logout(Logout),
    /// Your own password and recovery codes
    #[command(subcommand)]
    Account(Account),
    /// Logins side by side, and which of them is in use
    #[command(subcommand)]
    Context(Context),
    /// Who I am, and where
    #[command(after_help = "Example: dogwatch whoami")]
    Whoami(Watching),
    /// Endpoints, all or those that match a filter
    #[command(
        after_help = "Examples: dogwatch fleet os:windows patch.missing.critical:'>0' site:toronto srv\n          dogwatch fleet 'patch.missing.security > 0 && class == \"server\"' --sort -health.cpu.used_percent,name\n          dogwatch fleet 'os:windows -tag:lab' --explain\n          dogwatch fleet summary --by os.family,site\n          dogwatch fleet @patching"
    )]
    Fleet(Fleet),
    /// One endpoint
    #[command(subcommand)]
    Endpoint(Endpoint),
    /// The shared queue, most urgent first
    #[command(
        after_help = "Examples: dogwatch queue priority:P1,P2 tool:backup opened:'>1h'\n          dogwatch queue 'priority == \"P1\" && age(opened) > duration(\"1h\")'\n          dogwatch queue assignee:kim site:toronto --watch\n          dogwatch queue --team msp-noc --hidden\n          dogwatch queue --schema"
    )]
    Queue(Queue),
    /// One alert, and work on it
    #[command(subcommand)]
    Alert(Alert),
    /// Who acts when something happens
    #[command(
        after_help = "Examples: dogwatch who backup --endpoint srv-01 --severity critical --at '2026-11-01 01:30 America/Toronto'\n          dogwatch who backup --file acme.toml --expect msp-noc\n          dogwatch who backup --week\n          dogwatch who --alert 1042"
    )]
    Who(Who),
    /// Whose is what: the document that both sides sign
    #[command(subcommand)]
    Ownership(Ownership),
    /// What has become of things over a time
    #[command(subcommand)]
    Report(Report),
    /// Saved views of the fleet: dogwatch fleet @NAME
    #[command(subcommand)]
    View(View),
    /// Maintenance windows, which hide what is expected
    #[command(subcommand)]
    Window(Window),
    /// Who changed what, and whether the record of it holds
    #[command(
        after_help = "Examples: dogwatch audit --org acme --since 7d\n          dogwatch audit --verify\n          dogwatch audit --export acme.jsonl\n          dogwatch audit --verify acme.jsonl --checkpoints ours.jsonl --key KEY"
    )]
    Audit(Audit),
    /// What lets machines enrol
    #[command(subcommand)]
    JoinToken(JoinToken),
    /// What lets people and programs in
    #[command(subcommand)]
    Token(Token),
    /// Orgs of this collector
    #[command(subcommand)]
    Org(Org),
    /// Who may do what, where, until when
    #[command(subcommand)]
    Access(Access),
    /// The rules that decide what is wrong
    #[command(subcommand)]
    Rules(Rules),
    /// Both crews' queue and the fleet's pulse, live in the terminal
    #[command(after_help = "Example: dogwatch watch\n\n`?` shows the keys, `q` leaves")]
    Watch,
    /// A script that teaches a shell these commands
    #[command(
        after_help = "Examples: dogwatch completions bash > ~/.local/share/bash-completion/completions/dogwatch\n          dogwatch completions fish > ~/.config/fish/completions/dogwatch.fish"
    )]
    Completions(Completions),
    /// Names that may stand next on a line, for shells
    #[command(name = "__complete", hide = true, after_help = "Example: dogwatch __complete -- alert show ''")]
    Complete(Complete),
}

#[derive(ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Fleet {
    /// Counts instead of endpoints
    #[command(subcommand)]
    pub(crate) counts: Option<Counts>,
    /// Which endpoints: words and field:value, or a CEL expression, with a saved view as @NAME before it;
    /// `--schema` lists the names
    #[arg(value_parser = term)]
    pub(crate) filter: Vec<String>,
    /// Fields to sort by; with a `-` before one, from the top
    #[arg(long, allow_hyphen_values = true, value_name = "FIELDS")]
    pub(crate) sort: Option<String>,
    /// Fields to show: name,health.cpu.used_percent
    #[arg(long, value_delimiter = ',', value_name = "FIELDS")]
    pub(crate) columns: Vec<String>,
    /// Endpoints in which state: active, pending, revoked, retired or all
    #[arg(long, default_value = "active", value_parser = STATES, hide_possible_values = true)]
    pub(crate) state: String,
    /// Show the filter as a CEL expression, and nothing else
    #[arg(long)]
    pub(crate) explain: bool,
    #[command(flatten)]
    pub(crate) watching: Watching,
    /// The names that filters, columns and JSON have
    #[arg(long, conflicts_with_all = ["filter", "sort", "columns", "watch"])]
    pub(crate) schema: bool,
}

#[derive(Subcommand)]
pub(crate) enum Counts {
    /// How many endpoints have which values
    #[command(
        after_help = "Examples: dogwatch fleet summary --by os.family\n          dogwatch fleet summary 'patch.missing.critical:>0' --by site,class -o csv"
    )]
    Summary(Summary),
}

#[derive(ClapArgs)]
pub(crate) struct Summary {
    /// Which endpoints, as `dogwatch fleet` takes it
    #[arg(value_parser = term)]
    pub(crate) filter: Vec<String>,
    /// Fields to count by, three at most
    #[arg(long, value_delimiter = ',', default_value = "os.family", value_name = "FIELDS")]
    pub(crate) by: Vec<String>,
    /// Endpoints in which state: active, pending, revoked, retired or all
    #[arg(long, default_value = "active", value_parser = STATES, hide_possible_values = true)]
    pub(crate) state: String,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

#[derive(Subcommand)]
pub(crate) enum Rules {
    /// Check a file of rules, without a collector
    #[command(after_help = "Example: dogwatch rules check rules.toml")]
    Check {
        /// The file
        file: PathBuf,
    },
    /// What each rule says about an endpoint, and why
    #[command(after_help = "Example: dogwatch rules test --endpoint srv-01")]
    Test {
        /// Name or id
        #[arg(long)]
        endpoint: String,
        #[command(flatten)]
        watching: Watching,
    },
    /// The rules in force, or what holds for one endpoint
    #[command(after_help = "Examples: dogwatch rules list\n          dogwatch rules list --endpoint srv-01")]
    List {
        /// Name or id: what it watches and by which rules, each value with the layer and line that it comes from
        #[arg(long)]
        endpoint: Option<String>,
        #[command(flatten)]
        watching: Watching,
    },
}

#[cfg(test)]
mod tests;
