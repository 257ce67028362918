//! The terminal: taken over at the start, and given back however it ends.

use std::{
    io::{self, Stdout, Write as _},
    panic,
    sync::Once,
};

use jiff::Timestamp;
use ratatui::{
    backend::CrosstermBackend,
    crossterm::{
        cursor::Show,
        execute,
        terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode},
    },
};

use super::{model::Model, render};
use crate::failure::Failure;

/// A terminal that is ours; dropped, it is as it was.
pub(super) struct Terminal(ratatui::Terminal<CrosstermBackend<Stdout>>);

impl Terminal {
    /// Takes it over.
    pub(super) fn enter() -> Result<Self, Failure> {
        static HOOKED: Once = Once::new();
        HOOKED.call_once(|| {
            let tell = panic::take_hook();
            // Given back first, so that what went wrong can be read.
            panic::set_hook(Box::new(move |what| {
                give_back();
                tell(what);
            }));
        });
        enable_raw_mode()?;
        let entered = execute!(io::stdout(), EnterAlternateScreen)
            .and_then(|()| ratatui::Terminal::new(CrosstermBackend::new(io::stdout())));
        match entered {
            Ok(terminal) => Ok(Self(terminal)),
            Err(error) => {
                give_back();
                Err(error.into())
            }
        }
    }

    /// Draws what is to be seen now: only what differs is written.
    pub(super) fn draw(&mut self, model: &Model, now: Timestamp) -> Result<(), Failure> {
        self.0.draw(|frame| render::draw(frame, model, now))?;
        Ok(())
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    // A terminal that takes nothing any more has gone.
    let _ = disable_raw_mode();
    let _ = execute!(io::stdout(), LeaveAlternateScreen, Show);
    let _ = io::stdout().flush();
}
