//! Batteries: what the kernel of Linux tells of each power supply (`/sys/class/power_supply/*/uevent`), put together as
//! one; other systems tell by a call or by a tool.
//!
//! Left out: the batteries of mice and headsets, which are of the class too but do not feed the machine.

mod pmset;
#[cfg(any(windows, test))]
mod power_status;

#[cfg(target_os = "macos")]
#[path = "battery/macos.rs"]
mod imp;
#[cfg(windows)]
#[path = "battery/windows.rs"]
mod imp;

use dogwatch_model::Battery;
#[cfg(not(target_os = "linux"))]
pub(super) use imp::Gauge;

/// What one battery tells. Energy is in µWh or, from those that count charge, in µAh.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Cell {
    percent: f64,
    discharging: bool,
    now: Option<f64>,
    full: Option<f64>,
    designed: Option<f64>,
}

/// One power supply's `uevent`; `None` when it is no battery of the machine.
pub(super) fn cell(uevent: &str) -> Option<Cell> {
    let value = |name: &str| {
        let of = |line| str::strip_prefix(line, "POWER_SUPPLY_")?.strip_prefix(name)?.strip_prefix('=');
        uevent.lines().find_map(of)
    };
    let number = |name: &str| value(name)?.parse().ok().filter(|number: &f64| *number >= 0.0);
    let either =
        |suffix: &str| number(&format!("ENERGY_{suffix}")).or_else(|| number(&format!("CHARGE_{suffix}")));
    // Mains have no capacity. Kernels before 6.0 leave out the type here.
    if value("TYPE").is_some_and(|kind| kind != "Battery") || value("SCOPE") == Some("Device") {
        return None;
    }
    if value("PRESENT") == Some("0") {
        return None;
    }
    Some(Cell {
        percent: number("CAPACITY")?.min(100.0),
        discharging: value("STATUS") == Some("Discharging"),
        now: either("NOW"),
        full: either("FULL"),
        designed: either("FULL_DESIGN"),
    })
}

/// Several are told as one: the machine runs until the last is empty.
pub(super) fn together(cells: &[Cell]) -> Option<Battery> {
    let sum = |of: fn(&Cell) -> Option<f64>| cells.iter().map(of).sum::<Option<f64>>();
    let share = |part: Option<f64>, whole: Option<f64>| {
        let share = part? / whole.filter(|whole| *whole > 0.0)? * 100.0;
        share.is_finite().then_some(share.min(100.0))
    };
    let count = u32::try_from(cells.len()).ok().filter(|count| *count > 0)?;
    let mean = cells.iter().map(|cell| cell.percent).sum::<f64>() / f64::from(count);
    let full = sum(|cell| cell.full);
    let charge = if count > 1 { share(sum(|cell| cell.now), full) } else { None };
    Some(Battery {
        charge_percent: charge.unwrap_or(mean),
        discharging: cells.iter().any(|cell| cell.discharging),
        health_percent: share(full, sum(|cell| cell.designed)),
    })
}

/// For the table of parsers.
pub(super) fn survives(text: &str) {
    let _ = together(cell(text).as_slice());
    let _ = pmset::battery(text);
}

#[cfg(target_os = "linux")]
pub(super) fn look(root: &std::path::Path) -> Option<Battery> {
    let supplies = std::fs::read_dir(root.join("sys/class/power_supply")).ok()?;
    let uevents =
        supplies.flatten().filter_map(|entry| std::fs::read_to_string(entry.path().join("uevent")).ok());
    together(&uevents.filter_map(|uevent| cell(&uevent)).collect::<Vec<Cell>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of a ThinkPad with two batteries, Linux 6.1; rounded numbers.
    const FIRST: &str = "POWER_SUPPLY_NAME=BAT0\nPOWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_STATUS=Discharging\n\
        POWER_SUPPLY_PRESENT=1\nPOWER_SUPPLY_ENERGY_FULL_DESIGN=20000000\nPOWER_SUPPLY_ENERGY_FULL=15000000\n\
        POWER_SUPPLY_ENERGY_NOW=3000000\nPOWER_SUPPLY_CAPACITY=20\n";
    /// One that counts charge, on a kernel that leaves out the type.
    const SECOND: &str = "POWER_SUPPLY_NAME=BAT1\nPOWER_SUPPLY_STATUS=Unknown\nPOWER_SUPPLY_CHARGE_FULL_DESIGN=40000000\n\
        POWER_SUPPLY_CHARGE_FULL=30000000\nPOWER_SUPPLY_CHARGE_NOW=24000000\nPOWER_SUPPLY_CAPACITY=80\n";
    const MOUSE: &str = "POWER_SUPPLY_TYPE=Battery\nPOWER_SUPPLY_SCOPE=Device\nPOWER_SUPPLY_CAPACITY=55\n";
    const MAINS: &str = "POWER_SUPPLY_NAME=AC\nPOWER_SUPPLY_TYPE=Mains\nPOWER_SUPPLY_ONLINE=0\n";

    #[test]
    fn a_battery_tells_its_charge_and_what_is_left_of_it() {
        let battery = together(cell(FIRST).as_slice());
        let expected = Battery { charge_percent: 20.0, discharging: true, health_percent: Some(75.0) };
        assert_eq!(battery, Some(expected));
    }

    #[test]
    fn two_batteries_are_told_as_one() {
        let cells: Vec<Cell> = [FIRST, SECOND].into_iter().filter_map(cell).collect();
        let expected = Battery { charge_percent: 60.0, discharging: true, health_percent: Some(75.0) };
        assert_eq!(together(&cells), Some(expected));
    }

    #[test]
    fn mains_and_mice_are_no_battery_of_the_machine() {
        assert_eq!([MOUSE, MAINS, ""].map(cell), [None; 3]);
        assert_eq!(together(&[]), None);
    }
}
