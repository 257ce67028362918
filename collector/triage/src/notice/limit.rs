//! How much one person or room can take, over all orgs: past that, one summary stands for what is held back.
//!
//! Silence would hide that something is wrong, and more messages would not be read. The last message of a span is the
//! summary; it counts and names no org's items, because what it stands for may be of several orgs.

use jiff::{SignedDuration, Timestamp};

/// Messages through one way within [`WITHIN`], the summary among them. A mailbox on a phone at night bears no more.
pub const MOST: usize = 6;

/// The span that is counted over.
pub const WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// What may go out through a way now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admit {
    /// The message.
    Message,
    /// One summary in place of everything that has gathered.
    Summary,
    /// Nothing until then.
    Not(Timestamp),
}

/// What may go out at `now`, given when messages went out before, oldest first.
pub fn admit(sent: &[Timestamp], now: Timestamp) -> Admit {
    let recent: Vec<Timestamp> = sent.iter().copied().filter(|at| now.duration_since(*at) < WITHIN).collect();
    match recent.len() {
        few if few + 1 < MOST => Admit::Message,
        most if most + 1 == MOST => Admit::Summary,
        many => Admit::Not(recent[many - MOST].checked_add(WITHIN).unwrap_or(Timestamp::MAX)),
    }
}
