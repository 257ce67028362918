//! What the agent costs, for `dogwatch-agent status --self`.
//!
//! Most of it the system tells about any process. The rest only the agent knows: bytes on the wire, reports, how long
//! its looks took. It writes that to a file once when it is asked by signal; an agent that nobody asks writes nothing.

mod looks;
pub mod process;

use dogwatch_model::LaneMarks;
use jiff::Timestamp;
pub use looks::{Look, Looks, Standing};
use serde::{Deserialize, Serialize};

use crate::{
    dial::Meter,
    outbox::SharedOutbox,
    state_dir::{StateDir, StateError},
};

const FILE: &str = "self.json";

/// What only the agent knows.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Told {
    /// When it was written down.
    pub at: Timestamp,
    /// When the agent started.
    pub started_at: Timestamp,
    /// Bytes received over TCP since then, TLS included.
    pub received_bytes: u64,
    /// Bytes sent.
    pub sent_bytes: u64,
    /// Reports sent in this epoch.
    pub sent: LaneMarks,
    /// Reports acknowledged in this epoch.
    pub acknowledged: LaneMarks,
    /// How the sources' looks went.
    pub looks: Vec<Look>,
}

/// Where it can be read off, while the agent runs.
#[derive(Debug, Clone)]
pub struct Ledger {
    /// When the agent started.
    pub started_at: Timestamp,
    /// The wire.
    pub meter: Meter,
    /// Reports.
    pub outbox: SharedOutbox,
    /// Looks.
    pub looks: Looks,
}

impl Ledger {
    /// Writes it down.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn tell(&self, state: &StateDir, at: Timestamp) -> Result<(), StateError> {
        let (received_bytes, sent_bytes) = self.meter.read();
        let (first, next) = {
            let outbox = self.outbox.lock();
            (outbox.first(), outbox.next_marks())
        };
        let told = Told {
            at,
            started_at: self.started_at,
            received_bytes,
            sent_bytes,
            sent: before(next),
            acknowledged: before(first),
            looks: self.looks.read(),
        };
        state.write(FILE, &serde_json::to_vec(&told).unwrap_or_default())
    }
}

/// Sequences begin at 1.
fn before(marks: LaneMarks) -> LaneMarks {
    LaneMarks {
        kept: marks.kept.saturating_sub(1),
        latest: marks.latest.saturating_sub(1),
        samples: marks.samples.saturating_sub(1),
    }
}

/// What was written down last; `None` when there is nothing, or nothing that can be read.
pub fn read(state: &StateDir) -> Option<Told> {
    serde_json::from_str(&state.read(FILE).ok()??).ok()
}
