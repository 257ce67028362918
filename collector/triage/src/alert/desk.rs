//! What a decision about an alert may look at besides the alert: the org's matrix, and what can be set.

use jiff::SignedDuration;

use super::Priority;
use crate::matrix::Matrix;

/// How long after its end an alert that fires again is the same item. A job that fails every night is one
/// story, and its comments belong together; a week later it is another.
pub const REOPEN_WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// After what a holder of a P3 who did nothing is reminded: half a working day. It counts in the hours in which the
/// promise for the item runs, so that nobody loses over night what nobody works on at night.
pub const IDLE: SignedDuration = SignedDuration::from_hours(4);

/// How many returns within [`FLAP_WINDOW`] make an alert a flapping one: once is a relapse, twice bad luck.
pub const FLAP_RETURNS: u32 = 3;

/// See [`FLAP_RETURNS`]. What comes and goes more slowly than this leaves time to look in between.
pub const FLAP_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// How long it must neither come nor go to be taken at its word again: half of [`FLAP_WINDOW`], so that what
/// ended is not at once begun again.
pub const FLAP_CALM: SignedDuration = SignedDuration::from_mins(30);

/// What can be set about an alert's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    /// See [`REOPEN_WINDOW`].
    pub reopen_window: SignedDuration,
    /// See [`IDLE`]; other priorities by [`Policy::idle_of`].
    pub idle: SignedDuration,
    /// See [`FLAP_RETURNS`].
    pub flap_returns: u32,
    /// See [`FLAP_WINDOW`].
    pub flap_window: SignedDuration,
    /// See [`FLAP_CALM`].
    pub flap_calm: SignedDuration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            reopen_window: REOPEN_WINDOW,
            idle: IDLE,
            flap_returns: FLAP_RETURNS,
            flap_window: FLAP_WINDOW,
            flap_calm: FLAP_CALM,
        }
    }
}

impl Policy {
    /// After what the holder of an item of a priority is reminded; after as long again it is free. A P1 takes a
    /// quarter of a P3's time, a P2 half, a P4 twice.
    pub fn idle_of(&self, priority: Priority) -> SignedDuration {
        match priority {
            Priority::P1 => self.idle / 4,
            Priority::P2 => self.idle / 2,
            Priority::P3 => self.idle,
            Priority::P4 => self.idle.saturating_mul(2),
        }
    }
}

/// What an act and a tick look at.
#[derive(Debug, Clone, Copy)]
pub struct Desk<'m> {
    /// The matrix of the alert's org.
    pub matrix: &'m Matrix,
    /// What can be set.
    pub policy: &'m Policy,
}
