//! Linux: the drives that the kernel knows, with what they are called. It knows nothing of their health.

use std::{fs, path::Path};

use dogwatch_model::Drive;
use dogwatch_proto::conversions::limits;

use crate::sources::order;

/// Block devices that are no drive: images, memory, and what is made of drives.
const MADE: &[&str] = &["loop", "ram", "zram", "dm-", "md", "sr", "fd", "nbd", "rbd", "drbd", "bcache", "zd"];

/// The drives, sorted by device.
pub(super) fn drives(root: &Path) -> Vec<Drive> {
    let mut drives: Vec<Drive> = fs::read_dir(root.join("sys/block"))
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| drive(&entry.path(), entry.file_name().to_str()?))
        .collect();
    order::by(&mut drives, |a, b| a.device.cmp(&b.device));
    drives.truncate(limits::DRIVES);
    drives
}

fn drive(folder: &Path, name: &str) -> Option<Drive> {
    let text = |path: &str| {
        let text = fs::read_to_string(folder.join(path)).ok()?;
        let text = limits::clip(text.trim(), limits::NAME_BYTES);
        (!text.is_empty()).then_some(text)
    };
    let is_made = MADE.iter().any(|made| name.starts_with(made));
    // An empty card reader has a device without a size.
    if is_made || !folder.join("device").exists() || text("size").is_none_or(|size| size == "0") {
        return None;
    }
    let vendor = text("device/vendor").filter(|vendor| vendor != "ATA" && !vendor.starts_with("0x"));
    let model =
        text("device/model").map(|model| vendor.map_or(model.clone(), |vendor| format!("{vendor} {model}")));
    let serial = text("device/serial").or_else(|| text("serial"));
    Some(Drive { device: format!("/dev/{name}"), model, serial, ..Drive::default() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drives_are_named_and_what_is_made_of_them_is_left_out() {
        let root = tempfile::tempdir().unwrap();
        let put = |path: &str, content: &str| {
            let path = root.path().join("sys/block").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        };
        for (path, content) in [
            ("sda/size", "1000\n"),
            ("sda/device/vendor", "ATA     \n"),
            ("sda/device/model", "ST4000NM0035   \n"),
            ("nvme0n1/size", "1000\n"),
            ("nvme0n1/device/model", "Samsung SSD 970\n"),
            ("nvme0n1/device/serial", "S4EV\n"),
            ("vda/size", "1000\n"),
            ("vda/serial", "\n"),
            ("vda/device/vendor", "0x1af4\n"),
            ("sdb/size", "0\n"),
            ("sdb/device/model", "Card Reader\n"),
            ("dm-0/size", "1000\n"),
            ("loop0/size", "1000\n"),
        ] {
            put(path, content);
        }
        let seen = drives(root.path());
        let seen: Vec<(&str, Option<&str>, Option<&str>)> = seen
            .iter()
            .map(|drive| (drive.device.as_str(), drive.model.as_deref(), drive.serial.as_deref()))
            .collect();
        let expected = [
            ("/dev/nvme0n1", Some("Samsung SSD 970"), Some("S4EV")),
            ("/dev/sda", Some("ST4000NM0035"), None),
            ("/dev/vda", None, None),
        ];
        assert_eq!(seen, expected);
    }
}
