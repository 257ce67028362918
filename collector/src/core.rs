//! The one thread that owns the state: it takes inputs in batches, decides, commits to disk, and only then answers.

mod command;

pub use command::{CoreHandle, Enrol, Enrolled, NewApiToken, NewJoinToken};

/// What reaches the core.
pub(crate) enum Input {
    /// From people or enrolment.
    #[expect(dead_code, reason = "handled as soon as the thread stands")]
    Command(command::Command),
}
