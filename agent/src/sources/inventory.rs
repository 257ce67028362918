//! Inventory: what the machine is. Looked at once an hour, told when it changes and once a day.

mod addresses;
mod class;
pub mod doctor;
mod end_of_life;
pub(super) mod kernels;
pub(super) mod macos_facts;
mod release;
pub(super) mod smbios;
#[cfg_attr(not(any(windows, test)), expect(dead_code, reason = "of use on Windows, tested everywhere"))]
pub(super) mod windows_facts;

#[cfg(target_os = "linux")]
#[path = "inventory/linux.rs"]
mod imp;
#[cfg(not(target_os = "linux"))]
#[path = "inventory/portable.rs"]
mod imp;
#[cfg(target_os = "linux")]
mod posture;

#[cfg(windows)]
#[path = "inventory/windows.rs"]
mod tools;
#[cfg(target_os = "macos")]
#[path = "inventory/macos.rs"]
mod tools;
#[cfg(target_os = "linux")]
mod tools {
    /// Everything is in files here.
    pub(super) async fn complete(_: &mut super::Inventory) {}
}

use std::{path::Path, time::Duration};

use dogwatch_model::Inventory;
use tokio::time::Instant;

use super::{Desk, Look, software::Census};
use crate::{
    config::{Live, SourceName},
    report::Observation,
};

/// Hardware and addresses change rarely, and a look costs a few file reads.
const INTERVAL: Duration = Duration::from_secs(3600);

/// The machine's host name as the system tells it.
pub fn host_name() -> Option<String> {
    imp::host_name()
}

/// The machine's own addresses, loopback and link-local ones aside. Empty where they cannot be told.
pub(super) fn own_addresses(root: &Path) -> Vec<std::net::IpAddr> {
    imp::own_addresses(root)
}

/// Looks at the machine seen below `root`. Without a census, what is installed is nobody's business.
pub async fn look(root: &Path, census: Option<&mut Census>) -> Inventory {
    let software = match census {
        Some(census) => census.digest(root).await,
        None => None,
    };
    let mut inventory = Inventory { software, ..imp::look(root) };
    tools::complete(&mut inventory).await;
    inventory
}

/// Looks once an hour and when asked.
pub async fn run(mut desk: Desk, root: std::path::PathBuf, live: Live) {
    let mut census = Census::default();
    loop {
        let looked = Instant::now();
        let counts = live.borrow().allows(SourceName::Software);
        desk.tell(Observation::Inventory(look(&root, counts.then_some(&mut census)).await)).await;
        if desk.next_look(looked, |_| INTERVAL).await == Look::Never {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn who_keeps_software_to_himself_tells_no_digest_of_it() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("var/lib/dpkg");
        std::fs::create_dir_all(&folder).unwrap();
        let installed = "Package: openssl\nStatus: install ok installed\nVersion: 3.0\n\n";
        std::fs::write(folder.join("status"), installed).unwrap();
        assert!(look(root.path(), Some(&mut Census::default())).await.software.is_some());
        assert_eq!(look(root.path(), None).await.software, None);
    }
}
