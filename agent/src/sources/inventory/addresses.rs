//! The machine's addresses, from the tables of Linux or from interfaces as other systems list them. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use crate::sources::order;

/// An interface as a system lists it.
#[derive(Debug, Clone)]
pub(super) struct Listed {
    /// The addresses that it has.
    pub(super) addresses: Vec<IpAddr>,
    /// Its hardware address, `00:00:00:00:00:00` without one.
    pub(super) mac: String,
}

/// Addresses and hardware addresses of the machine. Interfaces without an address that means something are those that
/// are down, and what the system makes for its own ends.
#[cfg_attr(all(target_os = "linux", not(test)), expect(dead_code, reason = "Linux tells by tables"))]
pub(super) fn of(interfaces: Vec<Listed>) -> (Vec<IpAddr>, Vec<String>) {
    let (mut addresses, mut macs) = (Vec::new(), Vec::new());
    for Listed { addresses: mut own, mac } in interfaces {
        own.retain(means_something);
        if !own.is_empty() && mac.chars().any(|c| !matches!(c, '0' | ':')) {
            macs.push(mac);
        }
        addresses.extend(own);
    }
    macs.sort_unstable();
    macs.dedup();
    (sorted(addresses), macs)
}

/// Loopback and link-local addresses say nothing about the machine.
fn means_something(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !address.is_loopback() && !address.is_link_local(),
        IpAddr::V6(address) => !address.is_loopback() && !address.is_unicast_link_local(),
    }
}

/// Addresses of `/proc/net/fib_trie`: a leaf `|-- a.b.c.d` with `/32 host LOCAL` below it is one of ours.
pub(super) fn ipv4(fib_trie: &str) -> Vec<IpAddr> {
    let mut addresses = Vec::new();
    let mut leaf: Option<Ipv4Addr> = None;
    for line in fib_trie.lines().map(str::trim) {
        if let Some(address) = line.strip_prefix("|-- ") {
            leaf = address.parse().ok();
        } else if line == "/32 host LOCAL" {
            addresses.extend(leaf.filter(|address| !address.is_loopback()).map(IpAddr::V4));
        }
    }
    sorted(addresses)
}

/// Addresses of `/proc/net/if_inet6`, without loopback and link-local ones, which say nothing about the machine.
pub(super) fn ipv6(if_inet6: &str) -> Vec<IpAddr> {
    let address = |line: &str| {
        let bits = u128::from_str_radix(line.split_whitespace().next()?, 16).ok()?;
        Some(IpAddr::V6(Ipv6Addr::from_bits(bits))).filter(means_something)
    };
    sorted(if_inet6.lines().filter_map(address).collect())
}

fn sorted(mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    order::by(&mut addresses, Ord::cmp);
    addresses.dedup();
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the kernel's own form, Linux 6.1.
    const TRIE: &str = "Main:\n  +-- 0.0.0.0/0 3 0 5\n     |-- 0.0.0.0\n        /0 universe UNICAST\n     \
        +-- 192.168.7.0/24 2 0 2\n        |-- 192.168.7.0\n           /24 link UNICAST\n        |-- 192.168.7.21\n           \
        /32 host LOCAL\n        |-- 192.168.7.255\n           /32 link BROADCAST\n     +-- 127.0.0.0/8 2 0 2\n        \
        |-- 127.0.0.1\n           /32 host LOCAL\nLocal:\n        |-- 192.168.7.21\n           /32 host LOCAL\n";

    #[test]
    fn our_own_addresses_are_found_once_and_loopback_is_not() {
        assert_eq!(ipv4(TRIE), ["192.168.7.21".parse::<IpAddr>().unwrap()]);
    }

    #[test]
    fn global_and_local_ipv6_addresses_are_told_apart() {
        let text = "00000000000000000000000000000001 01 80 10 80       lo\n\
            fe80000000000000505400fffe123456 02 40 20 80     eth0\n20010db8000000000000000000000007 02 40 00 80     eth0\n";
        assert_eq!(ipv6(text), ["2001:db8::7".parse::<IpAddr>().unwrap()]);
        assert_eq!(ipv6("rubbish\n\n"), Vec::<IpAddr>::new());
    }

    #[test]
    fn an_interface_with_an_address_lends_its_hardware_address_too() {
        let listed = |addresses: &[&str], mac: &str| Listed {
            addresses: addresses.iter().map(|address| address.parse().unwrap()).collect(),
            mac: mac.to_owned(),
        };
        let (addresses, macs) = of(vec![
            listed(&["127.0.0.1", "::1"], "00:00:00:00:00:00"),
            listed(&["192.168.7.21", "fe80::1"], "54:00:12:34:56:78"),
            listed(&["192.168.7.21"], "54:00:12:34:56:78"),
            listed(&["169.254.7.1", "fe80::2"], "02:00:00:00:00:01"),
            listed(&["10.8.0.2"], "00:00:00:00:00:00"),
        ]);
        assert_eq!(addresses, ["10.8.0.2", "192.168.7.21"].map(|own| own.parse::<IpAddr>().unwrap()));
        assert_eq!(macs, ["54:00:12:34:56:78"]);
    }
}
