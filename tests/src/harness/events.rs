//! Somebody who listens to a collector's events, and remembers all that they were told.

use std::{
    io::BufRead,
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use serde_json::Value;

use super::{PATIENCE, wait::wait_for};
use crate::bench::api::Api;

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Where to go on.
    pub id: String,
    /// `alert`, `endpoint`, `missed` …
    pub kind: String,
    /// What it says.
    pub data: Value,
}

#[derive(Debug, Default)]
struct Heard {
    events: Vec<Event>,
    ended: bool,
}

/// A stream that stands, or has ended.
#[derive(Debug)]
pub struct Ears(Arc<Mutex<Heard>>);

impl Ears {
    /// Listens from now on, or from after an event; returns once the collector has greeted.
    #[track_caller]
    pub fn open(api: &Api, query: &str, after: Option<&str>) -> Self {
        let lines = api.events(&format!("/api/v1/events{query}"), after).expect("a stream of events");
        let heard = Arc::<Mutex<Heard>>::default();
        let ears = Self(Arc::clone(&heard));
        // Ends with the stream, which ends with the collector at the latest.
        thread::spawn(move || listen(lines, &heard));
        ears.wait_for("the greeting", |event| event.kind == "hello");
        ears
    }

    /// All that was heard so far.
    pub fn heard(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).events.clone()
    }

    /// Those of a kind.
    pub fn of(&self, kind: &str) -> Vec<Event> {
        self.heard().into_iter().filter(|event| event.kind == kind).collect()
    }

    /// Waits until something was heard, and returns the first that is it.
    #[track_caller]
    pub fn wait_for(&self, what: &str, is: impl Fn(&Event) -> bool) -> Event {
        let heard = wait_for(what, PATIENCE, || self.heard(), |heard| heard.iter().any(&is));
        heard.into_iter().find(|event| is(event)).expect("it was just heard")
    }

    /// Whether the stream has ended.
    pub fn ended(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).ended
    }
}

fn listen(lines: impl BufRead, heard: &Mutex<Heard>) {
    let (mut id, mut kind) = (String::new(), String::new());
    for line in lines.lines().map_while(Result::ok) {
        match line.split_once(": ") {
            Some(("id", value)) => value.clone_into(&mut id),
            Some(("event", value)) => value.clone_into(&mut kind),
            Some(("data", value)) => {
                let event = Event {
                    id: id.clone(),
                    kind: kind.clone(),
                    data: serde_json::from_str(value).unwrap_or_default(),
                };
                heard.lock().unwrap_or_else(PoisonError::into_inner).events.push(event);
            }
            _ => {}
        }
    }
    heard.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
}
