//! `dogwatch`: the fleet, the shared queue and who owns what, from the command line.
//!
//! A thin client: it asks the collector's JSON API over TLS pinned to the collector's own root, and shows the answer.
//! Decisions are the collector's; what works offline (`who --file`, `rules check`) runs the very same code.
//! Deliberately synchronous: a command starts, asks, prints and is gone.

mod args;
mod client;
mod command;
#[cfg(test)]
mod contact_tests;
mod context;
mod events;
mod failure;
mod link;
mod org_export;
mod output;
mod pin;
mod private_file;
mod progress;
mod when;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;

/// Help goes out as it is, and what was typed wrongly without the secret that it may be. When even this cannot be printed
/// there is nobody to tell.
fn tell(error: &clap::Error) {
    let _ = match error.use_stderr() {
        true => write!(io::stderr(), "{}", dogwatch_model::veiled(&error.to_string())),
        false => error.print(),
    };
}

fn main() -> ExitCode {
    let args = match args::Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            tell(&error);
            return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
        }
    };
    match command::run(args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.tell(),
    }
}
