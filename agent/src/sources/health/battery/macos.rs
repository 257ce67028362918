//! macOS: `pmset`, every few minutes, and on a Mac without a battery only once.

use std::time::Duration;

use dogwatch_model::Battery;

use super::pmset;
use crate::{clock::Moment, sources::process};

/// The tool costs some ten milliseconds: an hour of it a tenth of a second.
const EVERY: Duration = Duration::from_secs(300);
/// A sample waits for it.
const LIMIT: Duration = Duration::from_secs(2);

/// Reads the battery.
#[derive(Debug)]
pub(in crate::sources::health) struct Gauge {
    asked: Option<Moment>,
    known: Option<Battery>,
    /// It answered, and there is none.
    has_none: bool,
}

impl Gauge {
    /// Nothing is read yet.
    pub(in crate::sources::health) const fn new() -> Self {
        Self { asked: None, known: None, has_none: false }
    }

    /// As it was at most a few minutes ago.
    pub(in crate::sources::health) async fn read(&mut self, now: Moment) -> Option<Battery> {
        let is_fresh = self.asked.is_some_and(|asked| now.since(asked) < EVERY);
        if self.has_none || is_fresh {
            return self.known;
        }
        self.asked = Some(now);
        let answer = process::run("pmset", &["-g", "batt"], LIMIT).await.ok().filter(|said| said.success);
        self.known = answer.as_ref().and_then(|said| pmset::battery(&said.stdout));
        self.has_none = answer.is_some() && self.known.is_none();
        self.known
    }
}
