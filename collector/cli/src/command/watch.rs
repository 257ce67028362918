//! `watch`: both crews' queue side by side and the fleet's pulse, live in the terminal.
//!
//! What is shown is one value, the [`model::Model`]; keys, answers and events change it, [`render`] draws it, and neither
//! asks anybody. The asking is done on threads of its own, so that a slow collector never makes a key wait.

mod desk;
mod keys;
mod line;
mod model;
mod prompt;
mod pulse;
mod render;
mod terminal;

#[cfg(test)]
mod tests;

use std::{
    io::IsTerminal as _,
    sync::mpsc::Receiver,
    time::{Duration, Instant},
};

use jiff::Timestamp;
use ratatui::crossterm::event::{self, Event, KeyEventKind};

use self::{
    desk::{Desk, News},
    keys::Wish,
    model::{Link, Model},
    terminal::Terminal,
};
use crate::{client::Client, failure::Failure, output::Screen};

/// How long a look at the keyboard takes: what the collector tells is shown this soon.
const LOOK: Duration = Duration::from_millis(50);

/// Clocks count in seconds.
const SECOND: Duration = Duration::from_secs(1);

/// The fleet's counts are asked for at most this often, however much changes.
const PULSE_EVERY: Duration = Duration::from_secs(2);

/// The queue and who is on duty are asked for anew this often, whatever was told …
const REFRESH_EVERY: Duration = Duration::from_secs(60);

/// … and this often while nothing is told.
const ASK_EVERY: Duration = Duration::from_secs(5);

pub(crate) fn run(screen: &Screen) -> Result<(), Failure> {
    if !(screen.terminal && std::io::stdin().is_terminal()) {
        return Err(Failure::usage(
            "`dogwatch watch` needs a terminal; for a script, `dogwatch queue --watch -o json` tells the same",
        ));
    }
    let client = Client::logged_in()?;
    let me = client.get("whoami", &[])?;
    let (desk, news) = Desk::open(&client);
    let mut terminal = Terminal::enter()?;
    let ended = live(&mut terminal, &desk, &news, Model::new(&me, screen.clone()));
    drop(terminal);
    ended
}

/// Shows until somebody has seen enough.
fn live(
    terminal: &mut Terminal,
    desk: &Desk,
    news: &Receiver<News>,
    mut model: Model,
) -> Result<(), Failure> {
    let (mut drawn_at, mut refreshed_at, mut pulse_at) = (None::<Instant>, Instant::now(), Instant::now());
    desk.ask(Wish::Reload);
    loop {
        let mut changed = false;
        if event::poll(LOOK)? {
            changed = true;
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => match keys::press(&mut model, key) {
                    Some(Wish::Quit) => return Ok(()),
                    Some(wish) => desk.ask(wish),
                    None => {}
                },
                _ => {}
            }
        }
        for told in news.try_iter().take(desk::MAX_NEWS) {
            changed = true;
            if let Some(wish) = model.hear(told, Timestamp::now())? {
                desk.ask(wish);
            }
        }
        let refresh_every = if model.link == Link::Live { REFRESH_EVERY } else { ASK_EVERY };
        if refreshed_at.elapsed() >= refresh_every {
            refreshed_at = Instant::now();
            desk.ask(Wish::Reload);
        } else if model.pulse_is_old && pulse_at.elapsed() >= PULSE_EVERY {
            (pulse_at, model.pulse_is_old) = (Instant::now(), false);
            desk.ask(Wish::Pulse);
        }
        if changed || drawn_at.is_none_or(|drawn| drawn.elapsed() >= SECOND) {
            drawn_at = Some(Instant::now());
            terminal.draw(&model, Timestamp::now())?;
        }
    }
}
