//! Now, twice: the wall clock for people, and a clock that only goes forward for ages and due times.
//!
//! The second one counts the time that the machine sleeps (`CLOCK_BOOTTIME` where there is one): a report that was
//! observed before a suspend is late after it, whatever the wall clock says.

use std::time::Duration;

use jiff::Timestamp;

/// An instant of the clock that only goes forward: time since some start, the same for the life of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment(Duration);

impl Moment {
    /// This much after the clock's start. For tests and simulations.
    pub const fn after_start(elapsed: Duration) -> Self {
        Self(elapsed)
    }

    /// The moment this much later.
    #[must_use]
    pub const fn plus(self, later: Duration) -> Self {
        Self(self.0.saturating_add(later))
    }

    /// How long after `earlier` this is; zero when it is not.
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// Both clocks read at once.
#[derive(Debug, Clone, Copy)]
pub struct Now {
    /// The wall clock.
    pub wall: Timestamp,
    /// The clock that only goes forward.
    pub moment: Moment,
}

/// Reads both clocks.
pub fn now() -> Now {
    Now { wall: Timestamp::now(), moment: Moment(imp::since_start()) }
}

#[cfg(target_os = "linux")]
mod imp {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};

    pub(super) fn since_start() -> Duration {
        let time = clock_gettime(ClockId::Boottime);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
    }
}

#[cfg(not(target_os = "linux"))]
mod imp {
    use std::{
        sync::LazyLock,
        time::{Duration, Instant},
    };

    static START: LazyLock<Instant> = LazyLock::new(Instant::now);

    pub(super) fn since_start() -> Duration {
        START.elapsed()
    }
}
