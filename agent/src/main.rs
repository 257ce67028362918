//! The doorman: arguments in, exit code out.

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::Parser as _;
use dogwatch_agent::command::{self, Arguments};

fn main() -> ExitCode {
    match Arguments::try_parse() {
        Ok(arguments) => command::main(arguments),
        Err(error) => {
            tell(&error);
            ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
        }
    }
}

/// Help goes out as it is, and what was typed wrongly without the secret that it may be. When even this cannot be printed
/// there is nobody to tell.
fn tell(error: &clap::Error) {
    let _ = match error.use_stderr() {
        true => write!(io::stderr(), "{}", dogwatch_model::veiled(&error.to_string())),
        false => error.print(),
    };
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
