//! Showing again and again: when the collector tells of a change, and draws only what changed.
//!
//! Where no events are to be had, because the collector is older or cannot be reached, it asks every few seconds, and says
//! so.

use std::time::{Duration, Instant};

use crate::{
    client::Client,
    events::{Following, Word},
    failure::{Exit, Failure},
    output::{self, Screen},
};

/// How often the collector is asked while it tells nothing by itself.
const ASK_EVERY: Duration = Duration::from_secs(2);

/// How often it is asked although it does: ages and clocks move by themselves.
const REFRESH_EVERY: Duration = Duration::from_secs(15);

/// What changes within this time is drawn together: three times a second is as much as anybody reads.
const GATHER: Duration = Duration::from_millis(300);

/// Goes to the first line of a terminal and clears it.
const CLEAR: &str = "\x1b[H\x1b[2J\x1b[3J";

/// Draws once; or, with the kinds of changes to look out for, until somebody stops us.
pub(crate) fn show(
    client: &Client,
    kinds: Option<&'static str>,
    screen: &Screen,
    mut draw: impl FnMut() -> Result<String, Failure>,
) -> Result<(), Failure> {
    let Some(kinds) = kinds else { return output::print(&draw()?) };
    let mut line = Line { following: Following::begin(client, kinds), live: false, said: None };
    let mut shown = draw()?;
    display(&shown, screen)?;
    loop {
        line.wait()?;
        let drawn = match draw() {
            Err(Failure::Told { exit: Exit::Unreachable, what }) => {
                line.say(&format!("{what} (trying again)"));
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

/// The line to the collector.
struct Line {
    following: Following,
    /// It tells by itself.
    live: bool,
    said: Option<String>,
}

impl Line {
    /// Waits until there is a reason to look again.
    fn wait(&mut self) -> Result<(), Failure> {
        let began = Instant::now();
        let mut look_at = began + if self.live { REFRESH_EVERY } else { ASK_EVERY };
        while let left = look_at.saturating_duration_since(Instant::now())
            && !left.is_zero()
        {
            let Some(word) = self.following.next(left) else { continue };
            match word {
                Word::Connected | Word::Missed => {
                    self.live = true;
                    self.said = None;
                }
                Word::Changed(..) => {}
                Word::Broken(why) => {
                    self.live = false;
                    self.say(&format!("no events ({why}); asking every {} s", ASK_EVERY.as_secs()));
                }
                Word::None => {
                    self.live = false;
                    self.say(&format!(
                        "this collector tells no events yet; asking every {} s",
                        ASK_EVERY.as_secs()
                    ));
                }
                Word::Refused(failure) => return Err(failure),
            }
            look_at = look_at.min(Instant::now() + GATHER);
        }
        Ok(())
    }

    /// Says something once, not each time.
    fn say(&mut self, what: &str) {
        if self.said.as_deref() != Some(what) {
            output::note(what);
            self.said = Some(what.to_owned());
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
