//! The command line: what can be typed, with an example each.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use dogwatch_model::{OrgId, PersonId, Side, SiteId, TeamId};

use crate::when::parse_seconds;

/// The fleet, the shared queue and who owns what.
#[derive(Parser)]
#[command(name = "dogwatch", version, max_term_width = 110)]
#[command(
    after_help = "Exit codes: 0 ok · 1 condition not met · 2 usage · 3 not found · 4 not allowed · 5 unreachable"
)]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) output: OutputArgs,
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
        after_help = "Example: dogwatch login 'https://collector.example:7443/setup#CODE.HASH' --person kim"
    )]
    Login(Login),
    /// Who I am, and where
    #[command(after_help = "Example: dogwatch whoami")]
    Whoami,
    /// Endpoints, all or those that match a filter
    #[command(
        after_help = "Example: dogwatch fleet 'patch.missing.security > 0 && class == \"server\"' --sort -health.cpu.used_percent"
    )]
    Fleet(Fleet),
    /// One endpoint
    #[command(subcommand)]
    Endpoint(Endpoint),
    /// The shared queue, most urgent first
    #[command(after_help = "Example: dogwatch queue 'site == \"toronto\"' --watch")]
    Queue(Queue),
    /// One alert, and work on it
    #[command(subcommand)]
    Alert(Alert),
    /// Who acts when something happens
    #[command(
        after_help = "Examples: dogwatch who backup --endpoint srv-01 --severity critical --at '2026-11-01 01:30 America/Toronto'\n          dogwatch who backup --file acme.toml --expect msp-noc"
    )]
    Who(Who),
    /// What lets machines enrol
    #[command(subcommand)]
    JoinToken(JoinToken),
    /// What lets people and programs in
    #[command(subcommand)]
    Token(Token),
    /// The rules that decide what is wrong
    #[command(subcommand)]
    Rules(Rules),
}

#[derive(ClapArgs)]
pub(crate) struct Login {
    /// Login link, in quotes; `-` reads it from standard input. With --token-file, the collector's https:// address
    pub(crate) link: String,
    /// Who you are, for the first login at a new collector [default: your user name]
    #[arg(long)]
    pub(crate) person: Option<PersonId>,
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
    #[arg(long, requires = "token_file")]
    pub(crate) ca_file: Option<PathBuf>,
}

#[derive(ClapArgs)]
pub(crate) struct Fleet {
    /// Which endpoints, as a CEL expression; `--schema` lists the names
    pub(crate) filter: Option<String>,
    /// Field to sort by; with a `-` before it, from the top
    #[arg(long, allow_hyphen_values = true, value_name = "FIELD")]
    pub(crate) sort: Option<String>,
    /// Fields to show: name,health.cpu.used_percent
    #[arg(long, value_delimiter = ',', value_name = "FIELDS")]
    pub(crate) columns: Vec<String>,
    /// Endpoints in which state: active, pending, revoked or all
    #[arg(long, default_value = "active")]
    pub(crate) state: String,
    /// Keep showing, until Ctrl-C
    #[arg(long)]
    pub(crate) watch: bool,
    /// The names that filters, columns and JSON have
    #[arg(long, conflicts_with_all = ["filter", "sort", "columns", "watch"])]
    pub(crate) schema: bool,
}

#[derive(Subcommand)]
pub(crate) enum Endpoint {
    /// Everything known of it
    #[command(after_help = "Example: dogwatch endpoint show srv-01")]
    Show(Named),
    /// Let it into service
    #[command(after_help = "Example: dogwatch endpoint approve srv-01")]
    Approve(Named),
    /// Refuse its key for ever, and cut it off at once
    #[command(after_help = "Example: dogwatch endpoint revoke srv-01")]
    Revoke(Named),
}

#[derive(ClapArgs)]
pub(crate) struct Named {
    /// Name or id
    pub(crate) endpoint: String,
}

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
    pub(crate) about: String,
    /// Endpoint that it is about
    #[arg(long)]
    pub(crate) endpoint: Option<String>,
    /// How bad it is: info, warning or critical
    #[arg(long)]
    pub(crate) severity: Option<String>,
    /// When: an instant (2026-11-01T05:30:00Z) or a local time and its zone (2026-11-01 01:30 America/Toronto)
    #[arg(long)]
    pub(crate) at: Option<String>,
    /// Org, when there is no endpoint to tell it
    #[arg(long, conflicts_with = "endpoint")]
    pub(crate) org: Option<OrgId>,
    /// Exit with 1 when another team is the answer
    #[arg(long, value_name = "TEAM")]
    pub(crate) expect: Option<TeamId>,
    /// Answer from this matrix, without a collector
    #[arg(long, value_name = "MATRIX.toml")]
    pub(crate) file: Option<PathBuf>,
    /// The directory that the matrix refers to
    #[arg(long, value_name = "DIRECTORY.toml", requires = "file")]
    pub(crate) directory: Option<PathBuf>,
}

#[derive(Subcommand)]
pub(crate) enum JoinToken {
    /// Make one; it is shown once
    #[command(
        after_help = "Example: dogwatch join-token create --org acme --site toronto --uses 25 --expires 8h"
    )]
    Create(CreateJoinToken),
    /// Those that were made
    #[command(after_help = "Example: dogwatch join-token list")]
    List,
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
    #[arg(long, default_value = "60m", value_parser = parse_seconds)]
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
        after_help = "Example: dogwatch token create --person omar --side internal --team it --org acme"
    )]
    Create(CreateToken),
    /// Those that were made
    #[command(after_help = "Example: dogwatch token list")]
    List,
    /// Withdraw one
    #[command(after_help = "Example: dogwatch token revoke t-4f1c")]
    Revoke(ById),
}

#[derive(ClapArgs)]
pub(crate) struct CreateToken {
    /// Who it is for
    #[arg(long)]
    pub(crate) person: PersonId,
    /// Their side: msp, internal or vendor
    #[arg(long, value_parser = side)]
    pub(crate) side: Side,
    /// Their team
    #[arg(long)]
    pub(crate) team: Option<TeamId>,
    /// The one org they may see [default: all that you see for the MSP side, the only one there is for others]
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
    /// What they may do: viewer, member or admin
    #[arg(long, default_value = "member")]
    pub(crate) role: String,
    /// For how long: 8h, 90d [default: until revoked]
    #[arg(long, value_parser = parse_seconds)]
    pub(crate) expires: Option<u32>,
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
    },
    /// The rules in force
    #[command(after_help = "Example: dogwatch rules list")]
    List,
}

fn side(text: &str) -> Result<Side, String> {
    text.parse().map_err(|error: dogwatch_model::IdError| error.to_string())
}

fn alert_number(text: &str) -> Result<u64, String> {
    let digits = text.strip_prefix('#').unwrap_or(text);
    digits.parse().map_err(|_| format!("`{text}` is not an alert's number; write 1042 or '#1042'"))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_holds_together() {
        Args::command().debug_assert();
    }

    #[test]
    fn every_command_shows_an_example() {
        fn walk(command: &clap::Command, path: &str, without: &mut Vec<String>) {
            let leaf = command.get_subcommands().next().is_none();
            let example = command.get_after_help().is_some_and(|help| help.to_string().contains("dogwatch "));
            if leaf && !example {
                without.push(path.to_owned());
            }
            for inner in command.get_subcommands() {
                walk(inner, &format!("{path} {}", inner.get_name()), without);
            }
        }
        let mut without = Vec::new();
        walk(&Args::command(), "dogwatch", &mut without);
        assert_eq!(without, Vec::<String>::new());
    }

    #[test]
    fn an_alerts_number_may_be_written_as_people_say_it() {
        for text in ["1042", "#1042"] {
            let args = Args::try_parse_from(["dogwatch", "alert", "show", text]).ok().unwrap();
            assert!(matches!(args.command, Command::Alert(Alert::Show(Numbered { number: 1042 }))));
        }
        assert!(Args::try_parse_from(["dogwatch", "alert", "show", "##1"]).is_err());
    }

    #[test]
    fn a_sort_from_the_top_is_not_mistaken_for_an_option() {
        let args = Args::try_parse_from(["dogwatch", "fleet", "--sort", "-name", "-o", "json"]).ok().unwrap();
        assert_eq!(args.output.output, Format::Json);
        assert!(matches!(args.command, Command::Fleet(Fleet { sort: Some(sort), .. }) if sort == "-name"));
    }
}
