//! What Windows says of its power: the numbers of `SYSTEM_POWER_STATUS` (winbase.h). Pure.

use dogwatch_model::Battery;

use super::{Cell, together};

const ON_BATTERY: u8 = 0;
/// In the flags: there is no battery.
const NONE: u8 = 128;
const UNKNOWN: u8 = 255;

/// The battery; `None` without one, and while Windows does not know.
pub(super) fn battery(mains: u8, flags: u8, percent: u8) -> Option<Battery> {
    if flags == UNKNOWN || flags & NONE != 0 || percent > 100 {
        return None;
    }
    let discharging = mains == ON_BATTERY;
    together(&[Cell { percent: percent.into(), discharging, now: None, full: None, designed: None }])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_laptop_on_battery_and_on_mains_a_desktop_and_one_that_does_not_know() {
        let told =
            |charge_percent, discharging| Some(Battery { charge_percent, discharging, health_percent: None });
        assert_eq!(battery(0, 1, 87), told(87.0, true));
        assert_eq!(battery(1, 8 | 1, 88), told(88.0, false), "charging");
        assert_eq!(battery(1, NONE, 255), None);
        assert_eq!(battery(255, UNKNOWN, 255), None);
        assert_eq!(battery(0, 0, 255), None, "a charge that is not known is no charge");
    }
}
