//! Filters among options: a term that begins with `-` means what must not be, and a field is typed as an option.

use std::ffi::OsString;

use clap::{Command, Error, error::ErrorKind};

use crate::place::Place;

/// What filters are called among what a command takes.
const FILTER: &str = "filter";

/// Fields that people type as options, as other commands take them.
const FIELDS: [&str; 5] = ["org", "site", "class", "tag", "os"];

/// How to type what was meant for the filter of a command, where that is what went wrong.
pub(crate) fn mended(error: &Error, command: &Command, typed: &[String]) -> Option<String> {
    if !matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidValue) || !takes_filter(command)
    {
        return None;
    }
    let mut options = typed.iter().enumerate().filter_map(|(at, word)| Some((at, word.strip_prefix("--")?)));
    options.find_map(|(at, field)| as_option(command, field, typed.get(at + 1)))
}

/// The words of a command line, the program's name first, as they are read: `-tag:lab` is a term where a filter may stand. It
/// gets a space before it, which no option has and a filter does not see.
pub(crate) fn with_terms(program: &Command, mut typed: Vec<OsString>) -> Vec<OsString> {
    let words = typed.iter().skip(1).map(|word| word.to_string_lossy().into_owned());
    let mut terms = Vec::new();
    Place::walk(program, words, |place, at, word| {
        if is_term(word) && takes_filter(place.command(program)) {
            terms.push((at + 1, format!(" {word}")));
        }
    });
    for (at, term) in terms {
        typed[at] = term.into();
    }
    typed
}

fn takes_filter(command: &Command) -> bool {
    command.get_positionals().any(|arg| arg.get_id() == FILTER)
}

/// `-tag:lab`: what must not be.
fn is_term(word: &str) -> bool {
    let name = word.strip_prefix('-').and_then(|rest| rest.split_once(':')).map(|(name, _)| name);
    name.is_some_and(|name| name.starts_with(char::is_alphabetic))
}

fn as_option(command: &Command, field: &str, next: Option<&String>) -> Option<String> {
    let (name, value) = match field.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (field, next.map(String::as_str).filter(|next| !next.starts_with('-'))),
    };
    let is_field = FIELDS.contains(&name) && command.get_arguments().all(|arg| arg.get_long() != Some(name));
    is_field.then(|| {
        format!(
            "there is no option --{name} here; it is a field of the filter: {name}:{}",
            value.unwrap_or("…")
        )
    })
}
