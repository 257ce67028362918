//! The collector's events, followed on a thread: what is told, and how the line is.
//!
//! A line that breaks is taken up again where it was, with growing pauses. A collector that is older has no events; whoever
//! follows is told so and asks by itself. Nothing here draws.

use std::{
    io::BufRead,
    sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel},
    thread,
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::{
    client::Client,
    failure::{Exit, Failure},
};

mod reader;

use reader::{Heard, Reader};

/// A line on which nothing comes for three signs of life is dead.
const DEAD_AFTER: Duration = Duration::from_secs(45);

/// The first pause before the line is taken up again; each is twice as long as the one before.
const FIRST_PAUSE: Duration = Duration::from_secs(1);

/// The longest pause: somebody who looks at a screen waits no longer for a collector that is back.
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Words that wait for whoever follows. What comes faster than they are taken waits at the collector, which tells of what was
/// missed: a flood of events must not become ours to keep.
const MAX_WAITING: usize = 128;

/// One word.
#[derive(Debug)]
pub(crate) enum Word {
    /// The line stands. What was shown before may be old.
    Connected,
    /// Something changed: of which kind, and what is told of it.
    Changed(String, Value),
    /// Not everything was told: everything is to be asked for anew.
    Missed,
    /// Some of what was told is not ours to see any more: it is to go from the screen.
    SightLost,
    /// The line is broken, and will be taken up again.
    Broken(String),
    /// There are no events to be had from this collector.
    None,
    /// We are not let in any more.
    Refused(Failure),
}

/// What travels from the thread.
enum Signal {
    Word(Word),
    /// A sign of life.
    Alive,
}

/// Somebody who follows.
pub(crate) struct Following {
    client: Client,
    kinds: &'static str,
    signals: Receiver<Signal>,
    heard_at: Instant,
    over: bool,
}

impl Following {
    /// Follows the events of some kinds.
    pub(crate) fn begin(client: &Client, kinds: &'static str) -> Self {
        let signals = spawn(client, kinds);
        Self { client: client.clone(), kinds, signals, heard_at: Instant::now(), over: false }
    }

    /// The next word, if there is one in time.
    pub(crate) fn next(&mut self, wait: Duration) -> Option<Word> {
        let until = Instant::now() + wait;
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match self.signals.recv_timeout(left) {
                Ok(Signal::Alive) => self.heard_at = Instant::now(),
                Ok(Signal::Word(word)) => {
                    self.heard_at = Instant::now();
                    self.over = matches!(word, Word::None | Word::Refused(_));
                    return Some(word);
                }
                Err(RecvTimeoutError::Timeout) if self.is_dead() => {
                    // The thread reads a line that is none any more, and ends with it.
                    self.signals = spawn(&self.client, self.kinds);
                    self.heard_at = Instant::now();
                    return Some(Word::Broken("nothing came for too long".to_owned()));
                }
                Err(RecvTimeoutError::Timeout) => return None,
                Err(RecvTimeoutError::Disconnected) => {
                    // Only after the last word; whoever asks all the same waits as long as they said.
                    thread::sleep(left);
                    return None;
                }
            }
        }
    }

    fn is_dead(&self) -> bool {
        !self.over && self.heard_at.elapsed() > DEAD_AFTER
    }
}

fn spawn(client: &Client, kinds: &'static str) -> Receiver<Signal> {
    let (signals, received) = sync_channel(MAX_WAITING);
    let client = client.clone();
    // Ends when nobody listens to it any more, or with the program.
    thread::spawn(move || follow(&client, kinds, &signals));
    received
}

/// Follows until nobody listens or nothing more is to be had.
fn follow(client: &Client, kinds: &str, signals: &SyncSender<Signal>) {
    let (mut last_id, mut pause) = (None, FIRST_PAUSE);
    let say = |word| signals.send(Signal::Word(word)).is_ok();
    loop {
        let why = match client.events(kinds, last_id.as_deref()) {
            Ok(lines) => {
                pause = FIRST_PAUSE;
                match listen(lines, &mut last_id, signals) {
                    Some(why) => why,
                    None => return,
                }
            }
            Err(Failure::Told { exit: Exit::NotFound, .. }) => {
                say(Word::None);
                return;
            }
            Err(refused @ Failure::Told { exit: Exit::NotAllowed | Exit::Usage, .. }) => {
                say(Word::Refused(refused));
                return;
            }
            Err(failure) => failure.to_string(),
        };
        if !say(Word::Broken(why)) {
            return;
        }
        thread::sleep(pause);
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}

/// Passes on what one line tells, and gives why it ended; nothing when nobody listens any more.
fn listen(lines: impl BufRead, last_id: &mut Option<String>, signals: &SyncSender<Signal>) -> Option<String> {
    for heard in Reader::new(lines) {
        let signal = match heard {
            Err(error) => return Some(error.to_string()),
            Ok(Heard::Sign) => Signal::Alive,
            Ok(Heard::Event { id, kind, data }) => {
                *last_id = id.or(last_id.take());
                match kind.as_str() {
                    "hello" => Signal::Word(Word::Connected),
                    "missed" if data["why"] == "sight_lost" => Signal::Word(Word::SightLost),
                    "missed" => Signal::Word(Word::Missed),
                    "bye" if data["why"] == "stopping" => return Some("the collector stops".to_owned()),
                    // Asking again tells why.
                    "bye" => return Some("the collector has ended the line".to_owned()),
                    _ => Signal::Word(Word::Changed(kind, data)),
                }
            }
        };
        if signals.send(signal).is_err() {
            return None;
        }
    }
    Some("the line has ended".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_events_waits_where_it_comes_from() {
        let (signals, received) = sync_channel(MAX_WAITING);
        let event = "event: alert\ndata: {\"kind\":\"alert\"}\n\n";
        let flood = event.repeat(MAX_WAITING * 3);
        let told = thread::spawn(move || listen(flood.as_bytes(), &mut None, &signals));
        // Each word that is taken makes place for one: none is lost, and no more wait than may.
        assert_eq!(received.iter().count(), MAX_WAITING * 3);
        assert_eq!(told.join().unwrap().as_deref(), Some("the line has ended"));
    }

    #[test]
    fn whoever_listens_no_more_ends_a_flood() {
        let (signals, received) = sync_channel(MAX_WAITING);
        let endless = std::iter::repeat_n("event: alert\ndata: {}\n\n", MAX_WAITING * 3).collect::<String>();
        let told = thread::spawn(move || listen(endless.as_bytes(), &mut None, &signals));
        drop(received);
        assert_eq!(told.join().unwrap(), None);
    }
}
