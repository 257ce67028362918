//! Reads the marks of the registry.

use windows_registry::{Key, LOCAL_MACHINE};

use super::{
    Reasons,
    registry::{self, Marks},
};

const SERVICING: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing";
const WINDOWS_UPDATE: &str = r"SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update";
const SESSION_MANAGER: &str = r"SYSTEM\CurrentControlSet\Control\Session Manager";
const NAMES: &str = r"SYSTEM\CurrentControlSet\Control\ComputerName";

/// What the registry says; nothing when it could not be read at all.
pub(super) fn reasons() -> Option<Vec<Reasons>> {
    let marks = marks();
    (marks != Marks::default()).then(|| registry::reasons(&marks))
}

fn marks() -> Marks {
    Marks {
        servicing: is_there(SERVICING, "RebootPending"),
        windows_update: is_there(WINDOWS_UPDATE, "RebootRequired"),
        names: names(),
        file_renames: LOCAL_MACHINE
            .open(SESSION_MANAGER)
            .and_then(|key| key.get_multi_string("PendingFileRenameOperations"))
            .unwrap_or_default(),
    }
}

/// Whether a key has this key below it; not known when the key itself cannot be read.
fn is_there(key: &str, below: &str) -> Option<bool> {
    let key = LOCAL_MACHINE.open(key).ok()?;
    Some(key.open(below).is_ok())
}

fn names() -> Option<(String, String)> {
    let key = LOCAL_MACHINE.open(NAMES).ok()?;
    let name = |below: &str| key.open(below).and_then(|key: Key| key.get_string("ComputerName")).ok();
    Some((name("ActiveComputerName")?, name("ComputerName")?))
}
