//! The doorman: arguments in, exit code out.

use std::process::ExitCode;

use clap::Parser as _;
use dogwatch_agent::command::{self, Arguments};

fn main() -> ExitCode {
    command::main(Arguments::parse())
}
