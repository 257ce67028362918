//! Systems other than Linux: what sysinfo tells.

use std::{net::IpAddr, path::Path};

use dogwatch_model::{Hardware, Inventory, Net, Os, OsFamily, Security};
use dogwatch_proto::conversions::limits;
use sysinfo::{Networks, System};

use super::addresses::{self, Listed};

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
        net: net(),
        security: Security::default(),
        class: None,
        time_zone: jiff::tz::TimeZone::system().iana_name().map(str::to_owned),
        software: None,
    }
}

pub(super) fn own_addresses(_root: &Path) -> Vec<IpAddr> {
    addresses::of(interfaces()).0
}

fn interfaces() -> Vec<Listed> {
    let networks = Networks::new_with_refreshed_list();
    let listed = networks.values().map(|interface| Listed {
        addresses: interface.ip_networks().iter().map(|network| network.addr).collect(),
        mac: interface.mac_address().to_string(),
    });
    listed.collect()
}

fn net() -> Net {
    let (mut all, mut macs) = addresses::of(interfaces());
    all.truncate(limits::ADDRESSES);
    macs.truncate(limits::ADDRESSES);
    let addresses = all.iter().map(ToString::to_string).collect();
    Net { hostname: host_name(), addresses, macs, ..Net::default() }
}
