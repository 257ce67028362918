//! The machine's addresses, from the kernel's tables. Pure.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

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
        let address = Ipv6Addr::from_bits(bits);
        (!address.is_loopback() && !address.is_unicast_link_local()).then_some(IpAddr::V6(address))
    };
    sorted(if_inet6.lines().filter_map(address).collect())
}

fn sorted(mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    addresses.sort_unstable();
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
}
