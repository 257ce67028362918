//! Showing again and again: when the collector tells of a change, and draws only what changed.
//!
//! Where no events are to be had, because the collector is older or cannot be reached, it asks every few seconds, and says
//! so.

use std::{
    thread,
    time::{Duration, Instant},
};

use crate::{
    args::Watching,
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

/// How often something is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pace {
    /// Once.
    Once,
    /// Whenever the collector tells of a change of these kinds.
    Told(&'static str),
    /// Every few seconds: no event tells of it.
    Asked,
}

impl Pace {
    /// Of what events of some kinds tell.
    pub(crate) const fn told(asked: Watching, kinds: &'static str) -> Self {
        if asked.watch { Self::Told(kinds) } else { Self::Once }
    }

    /// Of what no event tells.
    pub(crate) const fn asked(asked: Watching) -> Self {
        if asked.watch { Self::Asked } else { Self::Once }
    }
}

/// Draws once, or until somebody stops us.
pub(crate) fn show(
    client: &Client,
    pace: Pace,
    screen: &Screen,
    mut draw: impl FnMut() -> Result<String, Failure>,
) -> Result<(), Failure> {
    let following = match pace {
        Pace::Once => return output::print(&draw()?),
        Pace::Told(kinds) => Some(Following::begin(client, kinds)),
        Pace::Asked => None,
    };
    let mut line = Line { following, live: false, said: None };
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
    /// Absent where there is nothing to follow.
    following: Option<Following>,
    /// It tells by itself.
    live: bool,
    said: Option<String>,
}

impl Line {
    /// Waits until there is a reason to look again.
    fn wait(&mut self) -> Result<(), Failure> {
        if self.following.is_none() {
            thread::sleep(ASK_EVERY);
        }
        let began = Instant::now();
        let mut look_at = began + if self.live { REFRESH_EVERY } else { ASK_EVERY };
        while let left = look_at.saturating_duration_since(Instant::now())
            && !left.is_zero()
        {
            let Some(following) = &mut self.following else { return Ok(()) };
            let Some(word) = following.next(left) else { continue };
            match word {
                Word::Connected | Word::Missed | Word::SightLost => {
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
    if screen.terminal && !screen.is_for_programs() { output::print_anew(text) } else { output::print(text) }
}
