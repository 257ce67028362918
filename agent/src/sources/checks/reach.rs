//! Where a check may connect to: this machine's loopback and its own addresses, and what its owner allows by name.
//!
//! No name of a policy is ever looked up: only one that the machine's own configuration names word for word.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::OnceLock,
    time::Duration,
};

use dogwatch_model::Target;
use tokio::{net::TcpStream, time::timeout};

use super::{NOT_ALLOWED, Verdict, failed, unknown};
use crate::{config::Allow, sources::inventory};

/// To look up an allowed name, and to connect.
const LIMIT: Duration = Duration::from_secs(5);
/// Addresses that are tried of one name.
const ADDRESSES: usize = 4;

/// What may be connected to.
#[derive(Debug)]
pub(super) struct Reach {
    root: PathBuf,
    /// This machine's addresses, looked up when a check names one.
    own: OnceLock<Vec<IpAddr>>,
    allow: Allow,
}

impl Reach {
    pub(super) fn new(root: &Path, allow: Allow) -> Self {
        Self { root: root.to_owned(), own: OnceLock::new(), allow }
    }

    /// Connects, or says why not.
    pub(super) async fn connect(&self, target: &Target) -> Result<TcpStream, Verdict> {
        let connect = async {
            let mut last = None;
            for address in self.addresses(target).await? {
                match TcpStream::connect(address).await {
                    Ok(stream) => return Ok(stream),
                    Err(error) => last = Some(error),
                }
            }
            // The kind in our words: what the system says may name more.
            Err(failed(last.map_or("no address".to_owned(), |error| error.kind().to_string())))
        };
        timeout(LIMIT, connect).await.unwrap_or_else(|_| Err(failed("no connection within 5 s")))
    }

    async fn addresses(&self, target: &Target) -> Result<Vec<SocketAddr>, Verdict> {
        let at =
            |addresses: &[IpAddr]| addresses.iter().map(|ip| SocketAddr::new(*ip, target.port)).collect();
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let Some(host) = target.host.as_deref().filter(|host| !host.eq_ignore_ascii_case("localhost")) else {
            return Ok(at(&loopback));
        };
        let address = host.parse::<IpAddr>().ok();
        if let Some(ip) = address.map(|ip| ip.to_canonical())
            && self.is_here(ip)
        {
            return Ok(at(&[ip]));
        }
        if !self.allow.permits_target(host, target.port) {
            return Err(unknown(NOT_ALLOWED));
        }
        if let Some(ip) = address {
            return Ok(at(&[ip]));
        }
        let found = tokio::net::lookup_host((host, target.port)).await;
        let found = found.map_err(|_| failed("its name has no address"))?;
        Ok(found.take(ADDRESSES).collect())
    }

    fn is_here(&self, ip: IpAddr) -> bool {
        // Loopback by the two addresses that every system has: others of 127/8 can be routed elsewhere.
        let own = || self.own.get_or_init(|| inventory::own_addresses(&self.root));
        ip == Ipv4Addr::LOCALHOST || ip == Ipv6Addr::LOCALHOST || own().contains(&ip)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reach(allow: &str) -> Reach {
        let own = OnceLock::from(vec!["192.0.2.7".parse().unwrap(), "2001:db8::7".parse().unwrap()]);
        Reach { root: "/nowhere".into(), own, allow: Allow::of(allow).unwrap() }
    }

    async fn addresses(reach: &Reach, host: &str) -> Option<Vec<String>> {
        let target = Target { host: Some(host.to_owned()), port: 80 };
        match reach.addresses(&target).await {
            Ok(found) => Some(found.iter().map(ToString::to_string).collect()),
            Err(verdict) => {
                assert_eq!(verdict, unknown(NOT_ALLOWED), "{host}");
                None
            }
        }
    }

    #[tokio::test]
    async fn only_this_machine_is_reached_however_another_is_written() {
        let reach = reach("");
        for (host, expected) in [
            ("127.0.0.1", "127.0.0.1:80"),
            ("::1", "[::1]:80"),
            ("::ffff:127.0.0.1", "127.0.0.1:80"),
            ("192.0.2.7", "192.0.2.7:80"),
            ("2001:db8::7", "[2001:db8::7]:80"),
        ] {
            assert_eq!(addresses(&reach, host).await, Some(vec![expected.to_owned()]), "{host}");
        }
        for host in [
            "192.0.2.8",
            "10.0.0.1",
            "0.0.0.0",
            "::",
            "::ffff:192.0.2.8",
            "169.254.169.254",
            "127.0.0.2",
            "255.255.255.255",
            "224.0.0.1",
            "2130706433",
            "0x7f.1",
            "127.1",
            "evil.example",
            "localhost.evil.example",
            "127.0.0.1.evil.example",
            "192.0.2.7:22",
            "[::1]",
            "fe80::1%eth0",
            "",
        ] {
            assert_eq!(addresses(&reach, host).await, None, "{host}");
        }
    }

    #[tokio::test]
    async fn what_the_owner_names_is_reached_at_that_port_alone() {
        let reach = reach("targets = [\"192.0.2.8:80\", \"192.0.2.9:81\"]");
        assert_eq!(addresses(&reach, "192.0.2.8").await, Some(vec!["192.0.2.8:80".to_owned()]));
        assert_eq!(addresses(&reach, "192.0.2.9").await, None);
    }
}
