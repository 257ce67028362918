//! Filters that were typed without quotes: a word of one that begins with `-` reads as an option, and a field of it is typed
//! as one.

use clap::{Command, Error, error::ErrorKind};

/// What filters are called among what a command takes.
const FILTER: &str = "filter";

/// Fields that people type as options, as other commands take them.
const FIELDS: [&str; 5] = ["org", "site", "class", "tag", "os"];

/// How to type what was meant for the filter of a command, where that is what went wrong.
pub(crate) fn mended(error: &Error, (command, path): (&Command, &str), typed: &[String]) -> Option<String> {
    if !matches!(error.kind(), ErrorKind::UnknownArgument | ErrorKind::InvalidValue)
        || !command.get_positionals().any(|arg| arg.get_id() == FILTER)
    {
        return None;
    }
    typed.iter().enumerate().find_map(|(at, word)| match word.strip_prefix("--") {
        Some(field) => as_option(command, field, typed.get(at + 1)),
        None => is_term(word).then(|| unquoted(path, word, typed)),
    })
}

/// `-tag:lab`: what must not be.
fn is_term(word: &str) -> bool {
    let name = word.strip_prefix('-').and_then(|rest| rest.split_once(':')).map(|(name, _)| name);
    name.is_some_and(|name| name.starts_with(char::is_alphabetic))
}

fn unquoted(path: &str, word: &str, typed: &[String]) -> String {
    let begins = path.split(' ').skip(1).count();
    let words = typed.iter().skip(begins).take_while(|word| !word.starts_with('-') || is_term(word));
    let filter = words.map(String::as_str).collect::<Vec<_>>().join(" ");
    let filter = if filter.is_empty() { word } else { &filter };
    format!("`{word}` reads as an option; put the filter in quotes: {path} '{filter}'")
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
