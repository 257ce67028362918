//! `__complete WORDS`: the names that may stand in the place of the last word, one a line, as the collector knows them.
//!
//! What a shell gets here it puts on a line that somebody runs, and endpoints name themselves: only names that mean nothing to
//! any shell are told. Whoever presses Tab does not wait long, and hears of no failure.

use std::collections::BTreeSet;

use clap::{Arg, CommandFactory as _};
use serde_json::Value;

use crate::{
    args::{Args, Complete},
    client::Client,
    failure::Failure,
    output::{self, text_at},
};

/// The most names that anybody looks through at a prompt.
const MOST: &str = "200";

/// What has names at the collector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Named {
    Org,
    Endpoint,
    Alert,
}

impl Named {
    /// What an argument takes, by its own name.
    fn of(arg: &Arg) -> Option<Self> {
        match arg.get_id().as_str() {
            "org" => Some(Self::Org),
            "endpoint" => Some(Self::Endpoint),
            "number" | "alert" | "into" => Some(Self::Alert),
            _ => None,
        }
    }

    /// Where they are listed, under which name the rows come, and what of a row is its name.
    const fn listed(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Org => ("orgs", "orgs", "org"),
            Self::Endpoint => ("fleet", "endpoints", "name"),
            Self::Alert => ("queue", "alerts", "number"),
        }
    }
}

pub(crate) fn run(asked: &Complete) -> Result<(), Failure> {
    let Some(named) = wanted(&asked.words) else { return Ok(()) };
    // Nothing is said beside an empty answer: it would stand in the middle of the line.
    let names = names(named).unwrap_or_default();
    output::print(&names.into_iter().map(|name| name + "\n").collect::<String>())
}

fn names(named: Named) -> Result<Vec<String>, Failure> {
    let (path, rows, name) = named.listed();
    let params: &[_] = if named == Named::Org { &[] } else { &[("limit", MOST)] };
    let answer = Client::logged_in()?.in_haste().get(path, params)?;
    let all = answer[rows].as_array().into_iter().flatten().map(|row: &Value| text_at(row, name));
    Ok(all.filter(|name| means_nothing(name)).collect())
}

/// Whether a shell takes it for itself, and no program for an option.
fn means_nothing(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    name.starts_with(|first: char| first.is_ascii_alphanumeric()) && name.bytes().all(plain)
}

/// The options whose values are names, by their long names.
pub(super) fn options() -> BTreeSet<String> {
    fn of(command: &clap::Command) -> BTreeSet<String> {
        let own = command.get_arguments().filter(|arg| Named::of(arg).is_some());
        let own = own.filter_map(|arg| arg.get_long().map(str::to_owned));
        own.chain(command.get_subcommands().flat_map(of)).collect()
    }
    of(&Args::command())
}

/// What the last of the words is to be, by the command that the others lead to.
fn wanted(words: &[String]) -> Option<Named> {
    let program = Args::command();
    let (last, before) = words.split_last()?;
    let (mut command, mut given, mut before) = (&program, 0, before.iter());
    while let Some(word) = before.next() {
        match word.strip_prefix("--") {
            Some(long) => {
                let is_it = |arg: &&Arg| arg.get_long() == Some(long);
                let option = command.get_arguments().chain(program.get_arguments()).find(is_it);
                let takes = option.filter(|option| option.get_action().takes_values());
                if takes.is_some() && before.next().is_none() {
                    return takes.and_then(Named::of);
                }
            }
            None if word == "-o" => drop(before.next()),
            None if word.starts_with('-') => {}
            None => match command.find_subcommand(word) {
                Some(inner) => (command, given) = (inner, 0),
                None => given += 1,
            },
        }
    }
    let place = command.get_positionals().nth(given).filter(|_| !last.starts_with('-'));
    place.and_then(Named::of)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: &str) -> Option<Named> {
        wanted(&line.split(' ').map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn the_last_word_is_known_by_the_place_where_it_stands() {
        for (line, named) in [
            ("alert show ", Some(Named::Alert)),
            ("-o json alert claim 10", Some(Named::Alert)),
            ("alert -ojson show ", Some(Named::Alert)),
            ("alert merge 1042 ", Some(Named::Alert)),
            ("alert show 1042 ", None),
            ("endpoint show s", Some(Named::Endpoint)),
            ("who backup --endpoint ", Some(Named::Endpoint)),
            ("org export ", Some(Named::Org)),
            ("--context lab window add x --org a", Some(Named::Org)),
            ("alert show --", None),
            ("fleet ", None),
            ("", None),
        ] {
            assert_eq!(at(line), named, "{line}");
        }
    }

    #[test]
    fn a_name_that_a_shell_would_run_is_not_told() {
        let told = ["srv-01", "a.b_c", "1042"].map(means_nothing);
        let kept = ["", "-x", "a b", "$(reboot)", "a;b", "`a`", "a\nb", "ä", "*"].map(means_nothing);
        assert_eq!((told, kept), ([true; 3], [false; 9]));
    }
}
