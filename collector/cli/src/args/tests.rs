//! That the command line holds together, and that what is written about it is true.

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
        for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
            walk(inner, &format!("{path} {}", inner.get_name()), without);
        }
    }
    let mut without = Vec::new();
    walk(&Args::command(), "dogwatch", &mut without);
    assert_eq!(without, Vec::<String>::new());
}

/// Commands that show something of which nothing changes while somebody looks, and why.
const NOT_WATCHED: [(&str, &str); 7] = [
    ("completions", "it writes a script"),
    ("context list", "logins are on this computer, and change by its own commands alone"),
    ("context show", "logins are on this computer, and change by its own commands alone"),
    ("ownership diff", "it compares two documents that are named"),
    ("ownership replay", "it plays a time that is over"),
    ("rules check", "it looks at a file without a collector"),
    ("watch", "it is the live view itself"),
];

/// Commands that do something: what they show is what they did, once.
const DOING: [&str; 58] = [
    "access approve",
    "access break-glass",
    "access break-glass revoke",
    "access disable",
    "access enable",
    "access grant",
    "access invite",
    "access refuse",
    "access review",
    "access revoke",
    "account password",
    "account recovery-codes",
    "alert accept",
    "alert acknowledge",
    "alert assign",
    "alert claim",
    "alert close",
    "alert comment",
    "alert decline",
    "alert feedback",
    "alert handoff",
    "alert link",
    "alert merge",
    "alert open",
    "alert prioritise",
    "alert release",
    "alert reopen",
    "alert resume",
    "alert snooze",
    "alert wait",
    "alert wake",
    "alert withdraw",
    "context remove",
    "context rename",
    "context use",
    "endpoint approve",
    "endpoint move",
    "endpoint retire",
    "endpoint revoke",
    "endpoint set",
    "endpoint tag",
    "join-token create",
    "join-token revoke",
    "login",
    "logout",
    "org create",
    "org export",
    "org offboard",
    "org second-factor",
    "ownership propose",
    "ownership sign",
    "ownership withdraw",
    "token create",
    "token revoke",
    "view delete",
    "view save",
    "window add",
    "window end",
];

#[test]
fn what_shows_something_of_the_collectors_can_be_watched_in_every_form() {
    fn walk(command: &clap::Command, path: &str, leaves: &mut Vec<(String, bool)>) {
        let watched = command.get_arguments().any(|arg| arg.get_id() == "watch");
        // Such as `fleet`, which shows endpoints and has a command of its own inside.
        if command.get_subcommands().next().is_none() || command.is_args_conflicts_with_subcommands_set() {
            leaves.push((path.trim().to_owned(), watched));
        }
        for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
            walk(inner, &format!("{path} {}", inner.get_name()), leaves);
        }
    }
    let (root, mut leaves) = (Args::command(), Vec::new());
    walk(&root, "", &mut leaves);
    let output = root.get_arguments().find(|arg| arg.get_id() == "output").unwrap();
    assert!(output.is_global_set(), "-o is for every command");
    let named: Vec<&str> = NOT_WATCHED.iter().map(|(path, _)| *path).chain(DOING).collect();
    let without: Vec<&str> =
        leaves.iter().filter(|(_, watched)| !watched).map(|(path, _)| path.as_str()).collect();
    let lacking: Vec<_> = without.iter().filter(|path| !named.contains(path)).collect();
    assert!(lacking.is_empty(), "give these --watch, or name them with the reason: {lacking:?}");
    let gone: Vec<_> = named.iter().filter(|path| !without.contains(path)).collect();
    assert!(gone.is_empty(), "these can be watched, or are no commands any more: {gone:?}");
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
        assert!(matches!(args.command, Command::Alert(Alert::Show { of: Numbered { number: 1042 }, .. })));
    }
    assert!(Args::try_parse_from(["dogwatch", "alert", "show", "##1"]).is_err());
}

#[test]
fn a_sort_from_the_top_is_not_mistaken_for_an_option() {
    let args = Args::try_parse_from(["dogwatch", "fleet", "--sort", "-name", "-o", "json"]).ok().unwrap();
    assert_eq!(args.output.output, Format::Json);
    assert!(matches!(args.command, Command::Fleet(Fleet { sort: Some(sort), .. }) if sort == "-name"));
}

/// The commands of a document: the lines of its consoles and what stands between backquotes, but for those that name several
/// at once or leave something out.
fn commands_of(document: &str) -> Vec<String> {
    let typed = document.lines().filter_map(|line| line.strip_prefix("$ "));
    let quoted = document.split("```").step_by(2).flat_map(|text| text.split('`').skip(1).step_by(2));
    let all = typed.chain(quoted).filter_map(|text| text.strip_prefix("dogwatch "));
    let whole = all.filter(|text| !text.contains(['…', '|']));
    whole.map(|text| text.split(" # ").next().unwrap_or(text).trim().replace('\n', " ")).collect()
}

#[test]
fn every_command_of_the_readme_is_one_that_there_is() {
    let commands = commands_of(include_str!("../../../../README.md"));
    assert!(commands.len() > 30, "{commands:?}");
    let mut wrong = Vec::new();
    for command in commands {
        let typed = std::iter::once("dogwatch".to_owned()).chain(words(&command));
        // Files are nobody's here, and a command may be spoken of without what it takes.
        let of_no_harm = |error: &clap::Error| {
            !error.use_stderr()
                || error.to_string().contains("no such file")
                || !command.contains(' ') && Args::command().find_subcommand(&command).is_some()
        };
        if let Some(error) = Args::try_parse_from(typed).err().filter(|error| !of_no_harm(error)) {
            wrong.push(format!("{command}: {error}"));
        }
    }
    assert_eq!(wrong, Vec::<String>::new());
}
