//! The boundary between the two sides, measured: what goes wrong at the seam, recorded as it happens, and the numbers
//! that both sides see.
//!
//! | measure | recorded when |
//! |---|---|
//! | gap | the catch-all or the last resort takes an item (here); the first-responder window ends unclaimed ([`tick`](crate::alert::tick())) |
//! | collision | a side works on what the other side has worked on since the last hand-off, on the item itself or on another one about the same |
//! | bounce | a hand-over or hand-off brings an item back to a side that had it before |
//! | double ticket | an item opens or reopens while one about the same is open that came from elsewhere: a rule and a person, or persons of both sides |
//! | misroute | the first hand-off of an item is made, or declined, as *not ours* |
//!
//! *Work* is what takes, moves or decides: claim, assign, hand off, accept, wait, set the priority, close. To look, to comment and to
//! acknowledge is everybody's right and no work, so nobody is counted for helping with words.
//!
//! *One window.* Works of the two sides are at once when they lie in one life of an item (the time in which its service level
//! counts) and nothing between them passed it on: an accepted hand-off, a hand-over, another owner by the matrix, a release by who had worked, a lapse.
//! One collision is recorded in each such stretch.
//!
//! *About the same*: the same endpoint (or, without one, the same site), and the same rule; or the same tool when one of the two was
//! opened by hand.
//!
//! Everything here is computed from timelines. A measure is made of exactly the entries that a change adds, in the
//! commit of that change, so it is recorded once whatever is restarted in between.

mod joint;
mod observe;
pub mod report;
mod story;
#[cfg(test)]
pub(crate) mod tests;

pub use joint::{Together, joint};
pub use observe::{Other, begins, is_about_same, observe};
pub use report::{BoundaryReport, report};
pub use story::is_work;
