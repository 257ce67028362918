//! The doorman: arguments in, exit code out.

use std::process::ExitCode;

use dogwatch_agent::command;

fn main() -> ExitCode {
    dogwatch_prompt::read().map_or_else(|mistyped| mistyped, command::main)
}

#[cfg(test)]
#[path = "../../packaging/shipped.rs"]
mod shipped;

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use dogwatch_agent::command::Arguments;

    #[test]
    fn the_shipped_manual_is_what_the_code_makes() {
        super::shipped::manual(&Arguments::command());
    }
}
