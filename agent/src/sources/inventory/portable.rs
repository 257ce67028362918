//! Systems other than Linux: what sysinfo tells.

use std::path::Path;

use dogwatch_model::{Hardware, Inventory, Net, Os, OsFamily, Security};
use sysinfo::System;

pub(super) fn host_name() -> Option<String> {
    System::host_name()
}

pub(super) fn look(_root: &Path) -> Inventory {
    let mut system = System::new();
    system.refresh_memory();
    let cpus = std::thread::available_parallelism().ok().and_then(|count| u32::try_from(count.get()).ok());
    Inventory {
        os: Os {
            family: if cfg!(windows) { OsFamily::Windows } else { OsFamily::Macos },
            name: System::name(),
            version: System::os_version(),
            build: None,
            kernel: System::kernel_version(),
            arch: Some(std::env::consts::ARCH.to_owned()),
            kernel_installed: None,
            end_of_life: None,
            end_of_life_as_of: None,
        },
        hardware: Hardware { cpus, memory_bytes: Some(system.total_memory()), ..Hardware::default() },
        net: Net { hostname: host_name(), ..Net::default() },
        security: Security::default(),
        class: None,
        time_zone: jiff::tz::TimeZone::system().iana_name().map(str::to_owned),
        software: None,
    }
}

pub(super) fn own_addresses(_root: &Path) -> Vec<std::net::IpAddr> {
    Vec::new()
}
