//! Now, twice: the wall clock for people, and a clock that only goes forward for ages and due times.
//!
//! The second one counts the time that the machine sleeps (`CLOCK_BOOTTIME` where there is one): a report that was
//! observed before a suspend is late after it, whatever the wall clock says.

use std::time::Duration;

use jiff::Timestamp;
use uuid::Uuid;

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

    /// The moment this much earlier, but not before the clock's start.
    #[must_use]
    pub const fn minus(self, earlier: Duration) -> Self {
        Self(self.0.saturating_sub(earlier))
    }

    /// Milliseconds since the clock's start.
    pub fn as_millis(self) -> u64 {
        u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX)
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

/// How far back the clock that only goes forward reaches: moments of one run of it can be compared, also those that
/// another process took. One boot of the kernel where the system can tell, else the life of this process.
pub fn run() -> Option<Uuid> {
    imp::run()
}

/// How long the machine has slept since it started: grows by a suspend and by nothing else. Zero where the system
/// cannot tell.
pub fn slept() -> Duration {
    imp::slept()
}

#[cfg(target_os = "linux")]
mod imp {
    use std::time::Duration;

    use rustix::time::{ClockId, clock_gettime};
    use uuid::Uuid;

    pub(super) fn since_start() -> Duration {
        read(ClockId::Boottime)
    }

    pub(super) fn run() -> Option<Uuid> {
        std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?.trim().parse().ok()
    }

    pub(super) fn slept() -> Duration {
        // In this order, so that a pause between the two reads cannot look like sleep.
        let boot = read(ClockId::Boottime);
        boot.saturating_sub(read(ClockId::Monotonic))
    }

    fn read(clock: ClockId) -> Duration {
        let time = clock_gettime(clock);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
    }
}

/// macOS: `CLOCK_MONOTONIC` counts sleep there, and the standard library's clock does not.
#[cfg(target_os = "macos")]
mod imp {
    use std::{
        sync::LazyLock,
        time::{Duration, Instant},
    };

    use rustix::time::{ClockId, clock_gettime};
    use uuid::Uuid;

    /// Both clocks at the first call, and a name for this life of the process.
    static START: LazyLock<(Duration, Instant, Uuid)> =
        LazyLock::new(|| (monotonic(), Instant::now(), Uuid::new_v4()));

    pub(super) fn since_start() -> Duration {
        let (start, ..) = *START;
        monotonic().saturating_sub(start)
    }

    pub(super) fn run() -> Option<Uuid> {
        Some(START.2)
    }

    pub(super) fn slept() -> Duration {
        // In this order, so that a pause between the two reads cannot look like sleep.
        let passed = since_start();
        passed.saturating_sub(START.1.elapsed())
    }

    fn monotonic() -> Duration {
        let time = clock_gettime(ClockId::Monotonic);
        let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
        Duration::new(seconds, u32::try_from(time.tv_nsec).unwrap_or(0))
    }
}

/// Windows: the standard library's clock is the performance counter, which counts sleep. One that does not is not to be
/// had without `unsafe`, so how long the machine slept is not known.
#[cfg(windows)]
mod imp {
    use std::{
        sync::LazyLock,
        time::{Duration, Instant},
    };

    use uuid::Uuid;

    static START: LazyLock<(Instant, Uuid)> = LazyLock::new(|| (Instant::now(), Uuid::new_v4()));

    pub(super) fn since_start() -> Duration {
        START.0.elapsed()
    }

    pub(super) fn run() -> Option<Uuid> {
        Some(START.1)
    }

    pub(super) fn slept() -> Duration {
        Duration::ZERO
    }
}
