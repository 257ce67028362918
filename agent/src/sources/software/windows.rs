//! Windows: reads the keys that installers leave for the machine, of 64 and of 32 bits. What users installed for
//! themselves is in keys of theirs, which are there only while they are logged in, and is left out.

use std::{path::Path, time::SystemTime};

use dogwatch_model::Software;
use windows_registry::{Key, LOCAL_MACHINE};

use super::registry::{self, Product};

const UNINSTALL: [&str; 2] = [
    r"SOFTWARE\Microsoft\Windows\CurrentVersion\Uninstall",
    r"SOFTWARE\WOW6432Node\Microsoft\Windows\CurrentVersion\Uninstall",
];

/// Keys have no date that could be read here: the list is read each time, which costs some milliseconds.
pub(super) fn stamps(_root: &Path) -> Vec<Option<SystemTime>> {
    vec![Some(SystemTime::now())]
}

pub(super) async fn list(_root: &Path) -> Vec<Software> {
    // Some hundred keys, most of them in the cache of the registry.
    tokio::task::spawn_blocking(|| UNINSTALL.into_iter().flat_map(below).collect()).await.unwrap_or_default()
}

fn below(path: &str) -> Vec<Software> {
    let Ok(key) = LOCAL_MACHINE.open(path) else { return Vec::new() };
    let Ok(names) = key.keys() else { return Vec::new() };
    names.filter_map(|name| registry::listed(product(&key.open(name).ok()?))).collect()
}

fn product(key: &Key) -> Product {
    let text = |name: &str| key.get_string(name).ok();
    Product {
        name: text("DisplayName"),
        version: text("DisplayVersion"),
        is_component: key.get_u32("SystemComponent").is_ok_and(|value| value == 1),
        parent: text("ParentKeyName"),
        release: text("ReleaseType"),
    }
}
