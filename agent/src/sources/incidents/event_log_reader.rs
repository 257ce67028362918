//! Asks the System log now and then, in the background: an answer is told at the look after it has come.

use std::time::Duration;

use dogwatch_model::Incident;
use tokio::sync::oneshot;

use super::event_log;
use crate::{
    clock::{Moment, Now},
    sources::{
        process,
        windows_event::{self, Event},
    },
};

/// Between two questions.
const EVERY: Duration = Duration::from_secs(900);
/// How far back the first question goes: a start of the machine, and the agent's after it.
const FIRST: Duration = Duration::from_secs(24 * 3600);
const LIMIT: Duration = Duration::from_secs(60);
/// Newest first; a disk that fails writes thousands.
const EVENTS: &str = "/c:200";

/// The log.
#[derive(Debug)]
pub(super) struct Log {
    asked: Option<Moment>,
    answer: Option<oneshot::Receiver<Option<Vec<Event>>>>,
    sequence: Option<u64>,
    silent: bool,
}

impl Log {
    pub(super) const IS_READ: bool = true;

    pub(super) const fn new() -> Self {
        Self { asked: None, answer: None, sequence: None, silent: false }
    }

    /// What has come in that is newer than what was told.
    pub(super) fn news(&mut self, after: Option<u64>, now: Now) -> Vec<Incident> {
        self.sequence = self.sequence.max(after);
        let mut told = Vec::new();
        if let Some(Ok(events)) = self.answer.as_mut().map(oneshot::Receiver::try_recv) {
            self.answer = None;
            self.silent = events.is_none();
            told = self.take(events.unwrap_or_default());
        }
        let elapsed = self.asked.map(|asked| now.moment.since(asked));
        if self.answer.is_none() && elapsed.is_none_or(|elapsed| elapsed >= EVERY) {
            self.asked = Some(now.moment);
            // A little more than was missed: what is told twice is told apart by its number.
            let seconds = elapsed.map_or(FIRST, |elapsed| elapsed + LIMIT).as_secs();
            let (tell, answer) = oneshot::channel();
            self.answer = Some(answer);
            // Nobody listens any more when the agent ends meanwhile.
            tokio::spawn(async move { tell.send(ask(seconds).await) });
        }
        told
    }

    fn take(&mut self, mut events: Vec<Event>) -> Vec<Incident> {
        events.retain(|event| self.sequence.is_none_or(|told| event.record > told));
        events.sort_by_key(|event| event.record);
        self.sequence = self.sequence.max(events.last().map(|event| event.record));
        events.iter().filter_map(event_log::incident).collect()
    }

    pub(super) const fn sequence(&self) -> Option<u64> {
        self.sequence
    }

    /// It did not answer the last question.
    pub(super) const fn is_silent(&self) -> bool {
        self.silent
    }
}

async fn ask(seconds: u64) -> Option<Vec<Event>> {
    let query = format!("/q:{}", event_log::query(seconds));
    let arguments = ["qe", "System", &query, "/f:xml", "/rd:true", EVENTS];
    let output = process::run("wevtutil", &arguments, LIMIT).await.ok()?;
    output.success.then(|| windows_event::parse(&output.stdout))
}
