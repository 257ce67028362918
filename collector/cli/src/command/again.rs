//! Showing again and again: asks every two seconds, and draws only what changed.

use std::{thread, time::Duration};

use crate::{
    failure::{Exit, Failure},
    output::{self, Screen},
};

/// How often the collector is asked.
const INTERVAL: Duration = Duration::from_secs(2);

/// Goes to the first line of a terminal and clears it.
const CLEAR: &str = "\x1b[H\x1b[2J\x1b[3J";

/// Draws once, or until somebody stops us. A collector that is away for a while is waited for.
pub(crate) fn show(
    watch: bool,
    screen: &Screen,
    mut draw: impl FnMut() -> Result<String, Failure>,
) -> Result<(), Failure> {
    let mut shown = draw()?;
    if !watch {
        return output::print(&shown);
    }
    display(&shown, screen)?;
    loop {
        thread::sleep(INTERVAL);
        let drawn = match draw() {
            Err(Failure::Told { exit: Exit::Unreachable, what }) => {
                output::note(&format!("{what} (trying again)"));
                continue;
            }
            other => other?,
        };
        if drawn != shown {
            display(&drawn, screen)?;
            shown = drawn;
        }
    }
}

fn display(text: &str, screen: &Screen) -> Result<(), Failure> {
    if screen.terminal && !screen.is_for_programs() {
        output::print(&format!("{CLEAR}{text}"))
    } else {
        output::print(text)
    }
}
