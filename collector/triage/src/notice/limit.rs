//! How much one person or room can take, over all orgs: past that, what comes is held back and told together.
//!
//! Silence would hide that something is wrong, and more messages would not be read. The last message of a span is a round:
//! one message an org, with everything that has gathered. What cannot wait ([`super::Notice::is_urgent`]) has a bound of its
//! own, so that no stream of small things keeps a P1 back; groups keep a storm of them small.

use jiff::{SignedDuration, Timestamp};

/// Messages through one way within [`WITHIN`], the round counted once. A mailbox on a phone at night bears no more.
pub const MOST: usize = 6;

/// The same for what cannot wait, counted by itself: two a minute, which is two orgs in trouble all the while.
pub const MOST_URGENT: usize = 20;

/// The span that is counted over.
pub const WITHIN: SignedDuration = SignedDuration::from_mins(10);

/// What may go out through a way now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admit {
    /// The message.
    Message,
    /// One message an org, of everything that has gathered.
    Round,
    /// Nothing until then.
    Not(Timestamp),
}

/// What may go out at `now`, given when messages went out before, oldest first, and how many may.
pub fn admit(sent: &[Timestamp], most: usize, now: Timestamp) -> Admit {
    let recent: Vec<Timestamp> = sent.iter().copied().filter(|at| now.duration_since(*at) < WITHIN).collect();
    match recent.len() {
        few if few + 1 < most => Admit::Message,
        last if last + 1 == most => Admit::Round,
        many => Admit::Not(recent[many - most].checked_add(WITHIN).unwrap_or(Timestamp::MAX)),
    }
}
