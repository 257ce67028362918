//! Who is reached without the proxy: the entries of `no_proxy`, as curl and Go read them.

use std::net::IpAddr;

use crate::dial::split_address;

/// A host that is reached without the proxy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Exception {
    Everything,
    /// A domain and all below it; with a port only that.
    Domain(String, Option<u16>),
    /// An address or a network of this many bits.
    Network(IpAddr, u8),
}

impl Exception {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        if text == "*" {
            return Some(Self::Everything);
        }
        if let Ok(ip) = text.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            return Some(Self::Network(ip, 128));
        }
        if let Some((ip, bits)) = text.split_once('/') {
            return Some(Self::Network(ip.parse().ok()?, bits.parse().ok()?));
        }
        let (host, port) = split_address(text).map_or((text, None), |(host, port)| (host, Some(port)));
        let host = host.strip_prefix("*.").unwrap_or(host).trim_start_matches('.');
        is_host(host).then(|| Self::Domain(host.to_ascii_lowercase(), port))
    }

    pub(super) fn covers(&self, host: &str, port: u16) -> bool {
        match self {
            Self::Everything => true,
            Self::Domain(domain, only) => {
                let host = host.to_ascii_lowercase();
                let below = host.strip_suffix(domain.as_str());
                only.is_none_or(|only| only == port)
                    && below.is_some_and(|below| below.is_empty() || below.ends_with('.'))
            }
            Self::Network(network, bits) => host.parse().is_ok_and(|ip| is_within(ip, *network, *bits)),
        }
    }
}

fn is_within(ip: IpAddr, network: IpAddr, bits: u8) -> bool {
    let same = |a: &[u8], b: &[u8]| {
        let bits = usize::from(bits).min(a.len() * 8);
        let (whole, rest) = (bits / 8, bits % 8);
        let mask = !(0xff_u8.checked_shr(u32::try_from(rest).unwrap_or(0)).unwrap_or(0));
        a[..whole] == b[..whole] && (rest == 0 || (a[whole] ^ b[whole]) & mask == 0)
    };
    match (ip, network) {
        (IpAddr::V4(a), IpAddr::V4(b)) => same(&a.octets(), &b.octets()),
        (IpAddr::V6(a), IpAddr::V6(b)) => same(&a.octets(), &b.octets()),
        _ => false,
    }
}

pub(super) fn is_host(host: &str) -> bool {
    let ordinary = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_');
    !host.is_empty() && (host.chars().all(ordinary) || host.parse::<IpAddr>().is_ok())
}
