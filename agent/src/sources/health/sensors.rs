//! Temperatures: the thermal zones of the machine, and of the hardware monitors those that people know by name.
//!
//! Left out: drives that report through `drivetemp`, because asking a sleeping disk wakes it, and the many nameless
//! inputs of mainboards, which are often connected to nothing.

use std::{fs, path::Path};

use dogwatch_model::Temperature;
use dogwatch_proto::conversions::limits;

use super::kept_file::{Buffer, KeptFile};
use crate::sources::order;

/// Monitors that are read, each with the labels that stand for the whole of it.
const MONITORS: &[(&str, &[&str])] = &[
    ("coretemp", &["Package id"]),
    ("k10temp", &["Tctl"]),
    ("zenpower", &["Tctl"]),
    ("nvme", &["Composite"]),
    ("cpu_thermal", &[""]),
];
/// What is past these has no sensor behind it.
const POSSIBLE: std::ops::RangeInclusive<f64> = -60.0..=200.0;

/// The sensors of a machine.
pub(super) struct Sensors(Vec<(String, KeptFile)>);

impl Sensors {
    /// Finds them.
    pub(super) fn find(root: &Path) -> Self {
        let mut sensors = zones(root);
        sensors.extend(monitors(root));
        order::by(&mut sensors, |(a, _), (b, _)| a.cmp(b));
        sensors.truncate(limits::TEMPERATURES);
        Self(sensors)
    }

    /// Reads them: one of a name, the hottest, sorted.
    pub(super) fn read(&mut self, buffer: &mut Buffer) -> Vec<Temperature> {
        let mut temperatures: Vec<Temperature> = Vec::with_capacity(self.0.len());
        for (sensor, file) in &mut self.0 {
            let read = file.read(buffer).and_then(|text| celsius(&text));
            let Some(celsius) = read else { continue };
            match temperatures.last_mut().filter(|last| last.sensor == *sensor) {
                Some(last) => last.celsius = last.celsius.max(celsius),
                None => temperatures.push(Temperature { sensor: sensor.clone(), celsius }),
            }
        }
        temperatures
    }
}

/// The kernel writes thousandths.
fn celsius(text: &str) -> Option<f64> {
    let celsius = text.trim().parse::<f64>().ok()? / 1000.0;
    POSSIBLE.contains(&celsius).then_some(celsius)
}

fn text(path: &Path) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| limits::clip(text.trim(), limits::NAME_BYTES))
}

fn zones(root: &Path) -> Vec<(String, KeptFile)> {
    let zones = fs::read_dir(root.join("sys/class/thermal")).into_iter().flatten().flatten();
    zones
        .filter_map(|zone| {
            let temperature = zone.path().join("temp");
            let name = text(&zone.path().join("type"))?;
            temperature.exists().then(|| (name, KeptFile::new(temperature)))
        })
        .collect()
}

fn monitors(root: &Path) -> Vec<(String, KeptFile)> {
    let mut sensors = Vec::new();
    for monitor in fs::read_dir(root.join("sys/class/hwmon")).into_iter().flatten().flatten() {
        let folder = monitor.path();
        let Some(name) = text(&folder.join("name")) else { continue };
        let Some((_, labels)) = MONITORS.iter().find(|(known, _)| *known == name) else { continue };
        for input in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let file = input.file_name();
            let number = file.to_str().and_then(|file| file.strip_prefix("temp")?.strip_suffix("_input"));
            let Some(number) = number else { continue };
            let label = text(&folder.join(format!("temp{number}_label"))).unwrap_or_default();
            if labels.iter().any(|wanted| label.starts_with(wanted)) {
                let owner = owner(&folder).unwrap_or_else(|| name.clone());
                sensors.push((format!("{owner} {label}").trim().to_owned(), KeptFile::new(input.path())));
            }
        }
    }
    sensors
}

/// `nvme0` says more than `nvme` on a machine that has two.
fn owner(folder: &Path) -> Option<String> {
    let device = fs::read_link(folder.join("device")).ok()?;
    let name = device.file_name()?.to_str()?.to_owned();
    name.starts_with("nvme").then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn put(root: &Path, path: &str, content: &str) {
        let path = root.join("sys/class").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    #[test]
    fn the_sensors_that_people_know_are_read_and_no_sleeping_disk_is_woken() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path();
        for (path, content) in [
            ("thermal/thermal_zone0/type", "acpitz\n"),
            ("thermal/thermal_zone0/temp", "27800\n"),
            ("thermal/thermal_zone1/type", "acpitz\n"),
            ("thermal/thermal_zone1/temp", "29800\n"),
            ("thermal/cooling_device0/type", "Processor\n"),
            ("hwmon/hwmon0/name", "nvme\n"),
            ("hwmon/hwmon0/temp1_input", "38850\n"),
            ("hwmon/hwmon0/temp1_label", "Composite\n"),
            ("hwmon/hwmon0/temp2_input", "65261850\n"),
            ("hwmon/hwmon0/temp2_label", "Sensor 1\n"),
            ("hwmon/hwmon1/name", "drivetemp\n"),
            ("hwmon/hwmon1/temp1_input", "31000\n"),
            ("hwmon/hwmon2/name", "k10temp\n"),
            ("hwmon/hwmon2/temp1_input", "45125\n"),
            ("hwmon/hwmon2/temp1_label", "Tctl\n"),
        ] {
            put(root, path, content);
        }
        std::os::unix::fs::symlink("../../nvme0", root.join("sys/class/hwmon/hwmon0/device")).unwrap();
        let read = Sensors::find(root).read(&mut Buffer::default());
        let read: Vec<(&str, f64)> = read.iter().map(|t| (t.sensor.as_str(), t.celsius)).collect();
        assert_eq!(read, [("acpitz", 29.8), ("k10temp Tctl", 45.125), ("nvme0 Composite", 38.85)]);
    }
}
