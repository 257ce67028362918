//! One report on the disk: what it says, and when it was put into the outbox in a form that survives the process.
//!
//! Layout, little endian: version (1 byte), run of the clock (16 bytes, zero for none), moment in it (ms, 8 bytes),
//! wall clock (µs, 8 bytes), then the wire's bytes of the report.
//!
//! # How old is it?
//! Within one run of the clock that only goes forward, which on Linux is one boot of the kernel and counts suspends,
//! the age is the difference of two moments: restarts of the agent and jumps of the wall clock do not touch it. After
//! a reboot there is only the wall clock to say how long the machine was off. It is asked, but it has no say in what
//! matters: what is of another run is never younger than what counts as history, so no jump of a clock can let it
//! open or clear an alert. What a jump of a day can do is to make the age of such a report wrong by a day.

use std::time::Duration;

use dogwatch_model::Report;
use dogwatch_proto::conversions::{decode_report, encode_report};
use jiff::Timestamp;
use uuid::Uuid;

use crate::clock::{Moment, Now};

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 1 + 16 + 8 + 8;
/// Past this an age says nothing more; a clock that jumps by decades cannot make it overflow.
const MOST_AGE: Duration = Duration::from_secs(10 * 365 * 86_400);

/// The clocks of one place and time: what a stamp is compared with.
#[derive(Debug, Clone, Copy)]
pub struct Here {
    /// Which run of the clock that only goes forward this is.
    pub run: Option<Uuid>,
    /// Both clocks.
    pub now: Now,
}

/// When something was put into the outbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stamp {
    run: Option<Uuid>,
    moment: Moment,
    wall: Timestamp,
}

impl Stamp {
    /// Of something that is this old here and now.
    pub fn of_age(age: Duration, here: &Here) -> Self {
        let wall = here.now.wall.saturating_sub(age).unwrap_or(Timestamp::MIN);
        Self { run: here.run, moment: here.now.moment.minus(age), wall }
    }

    /// How old it is. `history` is the least age of what another run of the clock left.
    pub fn age(&self, here: &Here, history: Duration) -> Duration {
        if self.run.is_some() && self.run == here.run {
            return here.now.moment.since(self.moment);
        }
        let away = Duration::try_from(here.now.wall.duration_since(self.wall)).unwrap_or_default();
        away.min(MOST_AGE).max(history)
    }
}

/// One report, as it waits on the disk.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// When it was put into the outbox.
    pub stamp: Stamp,
    /// What it says; its sequence and age do not matter.
    pub report: Report,
}

impl Record {
    pub(super) fn encode(&self) -> Vec<u8> {
        let Stamp { run, moment, wall } = self.stamp;
        // A report without a number is none; this one gets its own when it is sent.
        let wire = encode_report(&Report { sequence: 1, ..self.report.clone() });
        let mut bytes = Vec::with_capacity(HEADER_BYTES + wire.len());
        bytes.push(VERSION);
        bytes.extend_from_slice(run.unwrap_or_default().as_bytes());
        bytes.extend_from_slice(&moment.as_millis().to_le_bytes());
        bytes.extend_from_slice(&wall.as_microsecond().to_le_bytes());
        bytes.extend_from_slice(&wire);
        bytes
    }

    /// `None` for bytes that are no record of this version.
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let (&version, rest) = bytes.split_first()?;
        let (run, rest) = rest.split_first_chunk::<16>()?;
        let (moment, rest) = rest.split_first_chunk::<8>()?;
        let (wall, wire) = rest.split_first_chunk::<8>()?;
        if version != VERSION {
            return None;
        }
        let run = Some(Uuid::from_bytes(*run)).filter(|run| !run.is_nil());
        let moment = Moment::after_start(Duration::from_millis(u64::from_le_bytes(*moment)));
        let wall = Timestamp::from_microsecond(i64::from_le_bytes(*wall)).ok()?;
        Some(Self { stamp: Stamp { run, moment, wall }, report: decode_report(wire).ok()? })
    }
}

#[cfg(test)]
mod tests {
    use dogwatch_model::Lane;
    use proptest::prelude::*;

    use super::*;

    const HISTORY: Duration = Duration::from_secs(120);

    fn here(run: u128, moment: u64, wall: i64) -> Here {
        let moment = Moment::after_start(Duration::from_secs(moment));
        Here {
            run: Some(Uuid::from_u128(run)),
            now: Now { wall: Timestamp::from_second(wall).unwrap(), moment },
        }
    }

    #[test]
    fn a_record_is_read_back_as_it_was_written() {
        let report = Report::empty(Lane::Kept, 1, Timestamp::from_second(7).unwrap());
        let stamp = Stamp::of_age(Duration::from_secs(3), &here(9, 100, 1000));
        let record = Record { stamp, report };
        assert_eq!(Record::decode(&record.encode()), Some(record));
    }

    #[test]
    fn within_one_boot_no_jump_of_the_wall_clock_changes_an_age() {
        let stamp = Stamp::of_age(Duration::ZERO, &here(1, 100, 1_000_000));
        for jump in [-86_400, 0, 86_400, 315_360_000] {
            assert_eq!(stamp.age(&here(1, 130, 1_000_000 + jump), HISTORY), Duration::from_secs(30));
        }
    }

    #[test]
    fn after_a_reboot_the_wall_clock_tells_the_age_and_never_makes_it_fresh() {
        let stamp = Stamp::of_age(Duration::from_secs(5), &here(1, 100, 1_000_000));
        let age = |wall| stamp.age(&here(2, 3, wall), HISTORY);
        assert_eq!(age(1_003_595), Duration::from_secs(3600));
        assert_eq!(age(1_000_000 - 86_400), HISTORY, "a clock that went back a day");
        assert_eq!(age(1_003_595 + 86_400), Duration::from_secs(3600 + 86_400), "wrong by the jump, no more");
        assert_eq!(age(200_000_000_000), MOST_AGE);
    }

    proptest! {
        #[test]
        fn bytes_of_any_kind_are_a_record_or_none(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let mut framed = vec![VERSION];
            framed.extend(&bytes);
            for bytes in [bytes, framed] {
                if let Some(record) = Record::decode(&bytes) {
                    prop_assert!(record.stamp.age(&here(1, 1, 1), HISTORY) <= Duration::MAX);
                }
            }
        }
    }
}
