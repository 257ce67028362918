//! What people think of it: how urgent it is, and whether it was worth their time.

use super::{Doing, EventKind, Priority, Refusal, written};

impl Doing<'_> {
    pub(super) fn prioritise(&mut self, priority: Priority, reason: &str) -> Result<(), Refusal> {
        let from = self.alert.priority;
        let reason = written("reason", reason)?;
        if from == priority {
            return Err(Refusal::NoChange { number: self.alert.number, how: format!("is {priority}") });
        }
        self.next.priority = priority;
        self.next.progress.prioritised = true;
        self.kinds.push(EventKind::Prioritised { from, to: priority, reason });
        Ok(())
    }

    pub(super) fn feedback(&mut self, noise: bool, text: &str) -> Result<(), Refusal> {
        let text = if text.trim().is_empty() { String::new() } else { written("feedback", text)? };
        self.kinds.push(EventKind::Feedback { noise, text });
        Ok(())
    }
}
