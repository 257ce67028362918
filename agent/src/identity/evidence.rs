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
        boot_id: text("proc/sys/kernel/random/boot_id"),
    }
}

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
    }
}
