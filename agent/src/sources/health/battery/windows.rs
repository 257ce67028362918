//! Windows: one call into the system, which keeps the numbers at hand.
#![expect(unsafe_code, reason = "the call has no safe face")]

use dogwatch_model::Battery;
use windows::Win32::System::Power::{GetSystemPowerStatus, SYSTEM_POWER_STATUS};

use super::power_status;
use crate::clock::Moment;

/// Reads the battery.
#[derive(Debug)]
pub(in crate::sources::health) struct Gauge;

impl Gauge {
    /// Nothing is read yet.
    pub(in crate::sources::health) const fn new() -> Self {
        Self
    }

    /// As it is now.
    #[expect(clippy::unused_async, reason = "macOS has to wait for a tool")]
    pub(in crate::sources::health) async fn read(&mut self, _now: Moment) -> Option<Battery> {
        let mut status = SYSTEM_POWER_STATUS::default();
        // SAFETY: the structure is ours, of the size that the system knows, and outlives the call, which fills it in.
        unsafe { GetSystemPowerStatus(&raw mut status) }.ok()?;
        power_status::battery(status.ACLineStatus, status.BatteryFlag, status.BatteryLifePercent)
    }
}
