//! What `pmset -g batt` of macOS says: where power comes from, and a line for each battery. Pure.

use dogwatch_model::Battery;

use super::{Cell, together};

/// The Mac's own batteries as one; that of an uninterruptible supply is not one of them.
pub(super) fn battery(text: &str) -> Option<Battery> {
    let mut lines = text.lines();
    let discharging = lines.next()?.contains("'Battery Power'");
    let cells = lines.filter_map(|line| {
        let told = line.trim_start().strip_prefix("-InternalBattery-")?;
        let percent: f64 = told.split_once('\t')?.1.split_once('%')?.0.trim().parse().ok()?;
        let is_there = !told.contains("present: false") && (0.0..=100.0).contains(&percent);
        is_there.then_some(Cell { percent, discharging, now: None, full: None, designed: None })
    });
    together(&cells.collect::<Vec<Cell>>())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(charge_percent: f64, discharging: bool) -> Option<Battery> {
        Some(Battery { charge_percent, discharging, health_percent: None })
    }

    /// In the form of macOS 12 to 14, after pmset(1) and what owners have published.
    #[test]
    fn a_macbook_tells_its_charge_and_where_its_power_comes_from() {
        let away = "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=4653155)\t87%; discharging; 4:21 remaining present: true\n";
        assert_eq!(battery(away), told(87.0, true));
        let desk = "Now drawing from 'AC Power'\n -InternalBattery-0 (id=4653155)\t100%; charged; 0:00 remaining present: true\n";
        assert_eq!(battery(desk), told(100.0, false));
        let fresh = "Now drawing from 'Battery Power'\n -InternalBattery-0 (id=4653155)\t52%; discharging; (no estimate) present: true\n";
        assert_eq!(battery(fresh), told(52.0, true));
    }

    #[test]
    fn a_desktop_has_none_and_the_one_of_its_power_supply_is_not_its_own() {
        assert_eq!(battery("Now drawing from 'AC Power'\n"), None);
        let supply =
            "Now drawing from 'AC Power'\n -Back-UPS ES 700G (id=3276800)\t100%; charging present: true\n";
        assert_eq!(battery(supply), None);
        let gone = "Now drawing from 'AC Power'\n -InternalBattery-0 (id=1)\t0%; charged; present: false\n";
        assert_eq!(battery(gone), None);
        assert_eq!(battery(""), None);
    }
}
