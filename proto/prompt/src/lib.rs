//! What was typed at a prompt, for all three programs: read, or answered with what is wrong in one line and where help is in
//! another.
//!
//! The words are those of the library that reads command lines; here they are only put in a line, without the secret that
//! somebody may have typed in a wrong place. Help and versions go out as they are. What a command then does wrong is told
//! elsewhere.

mod filter;
mod place;

use std::{
    env,
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{Command, Error, Parser, error::ErrorKind};

use place::Place;

/// How every program ends that was asked for something in a wrong way.
const USAGE: u8 = 2;

/// Reads the command line of this process.
///
/// # Errors
/// How to end: people have been told already.
pub fn read<P: Parser>() -> Result<P, ExitCode> {
    let typed = filter::with_terms(&P::command(), env::args_os().collect());
    P::try_parse_from(typed).map_err(|error| {
        tell(&error, &P::command());
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(USAGE))
    })
}

/// When even this cannot be printed there is nobody to tell.
fn tell(error: &Error, program: &Command) {
    let _ = if error.use_stderr() {
        let typed = env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned());
        write!(io::stderr(), "{}", answer(error, program, typed))
    } else {
        error.print()
    };
}

/// What is wrong, and where help is.
fn answer(error: &Error, program: &Command, typed: impl Iterator<Item = String>) -> String {
    let rendered = error.render().to_string();
    let said = match error.kind() {
        // Nothing was typed yet, and all that could be is shown.
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => rendered,
        _ => {
            let typed: Vec<String> = typed.collect();
            let place = Place::of(program, typed.iter().cloned());
            let mended = filter::mended(error, place.command(program), &typed);
            let what = mended.unwrap_or_else(|| in_a_line(&rendered));
            format!("{}: {what}\ntry: {place} --help\n", program.get_name())
        }
    };
    dogwatch_model::veiled(&said).into_owned()
}

/// What the library says over several lines, in one, without its usage and its pointer to help.
fn in_a_line(rendered: &str) -> String {
    let ends = |line: &&str| line.starts_with("Usage:") || line.starts_with("For more information");
    let mut said = String::new();
    for line in rendered.lines().take_while(|line| !ends(line)) {
        let text = line.trim();
        let text = text.strip_prefix("error: ").unwrap_or(text);
        let (between, text) = match text.strip_prefix("tip: ") {
            Some(tip) => ("; ", tip),
            None if line.starts_with("  ") && !said.ends_with(':') && !text.starts_with('[') => (", ", text),
            None => (" ", text),
        };
        if !text.is_empty() {
            said.push_str(if said.is_empty() { "" } else { between });
            said.push_str(text);
        }
    }
    said
}

#[cfg(test)]
mod tests;
