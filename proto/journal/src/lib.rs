//! An append-only, checksummed, group-committed log: the collector's truth, and the agent's spool.
//!
//! A journal is a directory of *segments*; a segment is a header and a run of *frames*; a frame is one record
//! at one [`Position`]. [`Journal::append`] collects records, [`Journal::commit`] makes all of them durable
//! with **one** `fdatasync`. Only what a `commit` has returned `Ok` for may be acknowledged to anybody.
//!
//! # Invariants
//! * A record that was committed is read back, byte for byte and in order, or its loss is reported with the
//!   place and the positions ([`Damage`]). It is never cut silently.
//! * Records that were appended and not committed may survive a power cut, but only as a prefix.
//! * A failed sync poisons the journal for ever: after one, the kernel may have dropped the dirty pages, so a
//!   second sync that succeeds would prove nothing. Open it again and look at what is really there.
//! * A full disk does not poison: what was not committed is withdrawn and the journal goes on.
//!
//! # A torn tail is not damage
//! After a power cut any subset of the sectors that were not yet synced may be on the disk, so a bad frame
//! near the end is normal and is cut. A bad frame that *had* been synced is a fault of the medium, and cutting
//! there would lose acknowledged records. Each frame therefore carries the *watermark*: how many bytes of its
//! segment were already synced when it was written; and each commit leaves a small mark frame (not synced
//! itself) that carries the new one. At open, a bad place below the highest watermark of any valid header in
//! the segment is [`Damage`]; at or above it, it is the torn tail. What this cannot tell apart: a bit that
//! flips in the very last batch *and* a power cut that lost the mark after it.
//!
//! # What it deliberately does not do
//! No threads, no clock, no locking against a second process (its owner holds the lock), no index by key, no
//! compression, no opinion on what a record means.

pub mod disk;
mod error;
mod frame;
mod journal;
mod position;
mod read;
mod recover;
mod reserve;
mod scan;
mod segment;
pub mod sim;

pub use disk::{Disk, DiskFile, RealDisk};
pub use error::{Cut, Damage, Error};
pub use journal::{Journal, Opened, Options};
pub use position::Position;
pub use read::Records;
