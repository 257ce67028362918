//! `dogwatch`: the fleet, the shared queue and who owns what, from the command line.
//!
//! A thin client: it asks the collector's JSON API over TLS pinned to the collector's own root, and shows the answer.
//! Decisions are the collector's; what works offline (`who --file`, `rules check`) runs the very same code.
//! Deliberately synchronous: a command starts, asks, prints and is gone.

mod args;
mod asking;
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

use std::process::ExitCode;

fn main() -> ExitCode {
    let done = dogwatch_prompt::read().map(command::run);
    match done {
        Ok(Ok(())) => ExitCode::SUCCESS,
        Ok(Err(failure)) => failure.tell(),
        Err(mistyped) => mistyped,
    }
}
