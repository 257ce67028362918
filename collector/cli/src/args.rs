//! The command line: what can be typed, with an example each.

mod access;
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

pub(crate) use access::{CreateJoinToken, JoinToken, Login, Logout, Token};
pub(crate) use alert::{Alert, Handoff, Numbered, Open, Opinion};
pub(crate) use audit::Audit;
pub(crate) use completions::{Completions, Shell};
pub(crate) use context::Context;
pub(crate) use endpoint::{Endpoint, Move, Named, NamedSoftware, Set, Tag};
pub(crate) use ownership::{Change, Draft, Lint, OfOrg, Ownership, Propose, Replay};
pub(crate) use register::{
    Access, Check, CreateToken, GrantAccess, Invite, ListAccess, OfOneOrg, Offboard, Org,
};
pub(crate) use report::{Boundary, Month, MonthTable, OfFleet, OfReview, Period, QueueTable, Report};
pub(crate) use view::{SaveView, View};
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
    /// Logins side by side, and which of them is in use
    #[command(subcommand)]
    Context(Context),
    /// Who I am, and where
    #[command(after_help = "Example: dogwatch whoami")]
    Whoami,
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
}

#[derive(ClapArgs)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Fleet {
    /// Counts instead of endpoints
    #[command(subcommand)]
    pub(crate) counts: Option<Counts>,
    /// Which endpoints: words and field:value, or a CEL expression, or a saved view as @NAME; `--schema` lists the names
    pub(crate) filter: Vec<String>,
    /// Fields to sort by; with a `-` before one, from the top
    #[arg(long, allow_hyphen_values = true, value_name = "FIELDS")]
    pub(crate) sort: Option<String>,
    /// Fields to show: name,health.cpu.used_percent
    #[arg(long, value_delimiter = ',', value_name = "FIELDS")]
    pub(crate) columns: Vec<String>,
    /// Endpoints in which state: active, pending, revoked, retired or all
    #[arg(long, default_value = "active")]
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
    pub(crate) filter: Vec<String>,
    /// Fields to count by, three at most
    #[arg(long, value_delimiter = ',', default_value = "os.family", value_name = "FIELDS")]
    pub(crate) by: Vec<String>,
    /// Endpoints in which state: active, pending, revoked, retired or all
    #[arg(long, default_value = "active")]
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
    fn what_lists_or_shows_something_of_the_collectors_can_be_watched() {
        const READING: [&str; 6] = ["fleet", "history", "list", "people", "queue", "summary"];
        fn walk(command: &clap::Command, path: &str, without: &mut Vec<String>) {
            // Logins are on this computer, and change by its own commands alone.
            if READING.contains(&command.get_name()) && path != "dogwatch context list" {
                let watched = command.get_arguments().any(|arg| arg.get_id() == "watch");
                without.extend((!watched).then(|| path.to_owned()));
            }
            for inner in command.get_subcommands() {
                walk(inner, &format!("{path} {}", inner.get_name()), without);
            }
        }
        let mut without = Vec::new();
        walk(&Args::command(), "dogwatch", &mut without);
        assert_eq!(without, Vec::<String>::new());
    }

    /// The commands of an `after_help`, a line each: continued lines joined, what a shell does with the output cut off.
    fn examples(help: &str) -> Vec<String> {
        let joined = help.replace("\\\n", " ");
        let lines = joined.lines().filter_map(|line| line.split_once("dogwatch ").map(|(_, rest)| rest));
        lines
            .map(|rest| rest.split(" > ").next().unwrap_or(rest).trim().to_owned())
            .filter(|rest| !rest.is_empty())
            .collect()
    }

    /// Words as a shell splits them: quotes of both kinds hold spaces, a backslash the next sign.
    fn words(line: &str) -> Vec<String> {
        let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
        for c in line.chars() {
            match (quote, c) {
                (None, '\'' | '"') => quote = Some(c),
                (Some(open), _) if open == c => quote = None,
                (None, ' ') if !word.is_empty() => words.push(std::mem::take(&mut word)),
                (None, ' ') => {}
                _ => word.push(c),
            }
        }
        words.extend((!word.is_empty()).then_some(word));
        words
    }

    #[test]
    fn every_example_is_a_command_that_there_is() {
        fn walk(command: &clap::Command, wrong: &mut Vec<String>) {
            let leaf = command.get_subcommands().next().is_none();
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            for example in examples(&help).into_iter().filter(|_| leaf) {
                let typed = std::iter::once("dogwatch".to_owned()).chain(words(&example));
                if let Err(error) = Args::try_parse_from(typed) {
                    // Files of an example are nobody's here.
                    let absent = error.to_string().contains("no such file");
                    wrong.extend((!absent).then(|| format!("{example}: {error}")));
                }
            }
            command.get_subcommands().for_each(|inner| walk(inner, wrong));
        }
        let mut wrong = Vec::new();
        walk(&Args::command(), &mut wrong);
        assert_eq!(wrong, Vec::<String>::new());
        assert_eq!(words("a 'b c' \"d e\" f"), ["a", "b c", "d e", "f"]);
    }

    #[test]
    fn an_alerts_number_may_be_written_as_people_say_it() {
        for text in ["1042", "#1042"] {
            let args = Args::try_parse_from(["dogwatch", "alert", "show", text]).ok().unwrap();
            assert!(matches!(
                args.command,
                Command::Alert(Alert::Show { of: Numbered { number: 1042 }, .. })
            ));
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
