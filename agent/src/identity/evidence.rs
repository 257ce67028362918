//! What speaks for this machine being the one it was. Never identity: cloned disks share all of it.

use std::{fs, path::Path};

use aws_lc_rs::digest::{SHA256, digest};
use dogwatch_model::MachineEvidence;

/// Reads it below `root`.
pub fn read(root: &Path) -> MachineEvidence {
    let text = |path: &str| {
        let text = fs::read_to_string(root.join(path)).ok()?;
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    MachineEvidence {
        machine_id_hash: text("etc/machine-id").map(|id| hashed(&id)),
        // Only root may read the first; then a network card that is built in speaks for the board.
        hardware_hash: text("sys/class/dmi/id/product_uuid")
            .or_else(|| built_in_address(&root.join("sys/class/net")))
            .map(|id| hashed(&id)),
        boot_id: text("proc/sys/kernel/random/boot_id"),
    }
}

/// The lowest permanent address of a network card that is neither virtual nor on a plug.
fn built_in_address(cards: &Path) -> Option<String> {
    let read = |card: &Path, name: &str| Some(fs::read_to_string(card.join(name)).ok()?.trim().to_owned());
    let cards = fs::read_dir(cards).ok()?.flatten().take(MOST_CARDS).map(|card| card.path());
    let built_in = cards.filter(|card| {
        let bus = fs::canonicalize(card.join("device/subsystem")).ok();
        let permanent = read(card, "addr_assign_type").is_some_and(|kind| kind == "0");
        permanent && bus.is_some_and(|bus| bus.file_name().is_some_and(|name| name != "usb"))
    });
    built_in.filter_map(|card| read(&card, "address")).filter(|address| !address.is_empty()).min()
}

/// Network cards that are looked at: a container host shows hundreds, and none of those is built in.
const MOST_CARDS: usize = 256;

/// `machine-id(5)` asks that the id itself is not shown to the network: only this hash of it is.
fn hashed(machine_id: &str) -> String {
    let hash = digest(&SHA256, format!("dogwatch machine {machine_id}").as_bytes());
    hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_machine_id_itself_is_not_shown() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir(root.path().join("etc")).unwrap();
        fs::write(root.path().join("etc/machine-id"), "0123456789abcdef\n").unwrap();
        let evidence = read(root.path());
        let hash = evidence.machine_id_hash.unwrap();
        assert_eq!(hash.len(), 64);
        assert!(!hash.contains("0123456789abcdef"));
        assert_eq!(evidence.boot_id, None);
        assert_eq!(evidence.hardware_hash, None);
    }

    #[cfg(unix)]
    #[test]
    fn a_card_that_is_built_in_speaks_for_the_board_and_one_on_a_plug_does_not() {
        let root = tempfile::tempdir().unwrap();
        let card = |name: &str, bus: &str, kind: &str, address: &str| {
            let card = root.path().join("sys/class/net").join(name);
            fs::create_dir_all(card.join("device")).unwrap();
            let bus = root.path().join("sys/bus").join(bus);
            fs::create_dir_all(&bus).unwrap();
            std::os::unix::fs::symlink(bus, card.join("device/subsystem")).unwrap();
            fs::write(card.join("addr_assign_type"), kind).unwrap();
            fs::write(card.join("address"), address).unwrap();
        };
        card("dock0", "usb", "0\n", "00:00:00:00:00:01\n");
        card("veth0", "virtio", "3\n", "00:00:00:00:00:02\n");
        assert_eq!(read(root.path()).hardware_hash, None);
        card("eth0", "pci", "0\n", "00:00:00:00:00:03\n");
        assert_eq!(read(root.path()).hardware_hash, Some(hashed("00:00:00:00:00:03")));
    }
}
