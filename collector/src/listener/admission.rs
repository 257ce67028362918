//! No single address may take all the turns to shake hands.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    sync::{Arc, Mutex, PoisonError},
};

/// Counts handshakes under way by address. As many entries as handshakes: the listener's own cap bounds it.
#[derive(Clone)]
pub(super) struct Admission {
    limit: u32,
    under_way: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

/// One handshake under way; dropping it ends it.
pub(super) struct Turn {
    admission: Admission,
    network: IpAddr,
}

impl Admission {
    pub(super) fn new(limit: u32) -> Self {
        Self { limit, under_way: Arc::default() }
    }

    /// Admits one more handshake from an address, unless it has too many.
    pub(super) fn admit(&self, address: IpAddr) -> Option<Turn> {
        let network = network(address);
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let count = under_way.entry(network).or_default();
        if *count >= self.limit {
            return None;
        }
        *count += 1;
        Some(Turn { admission: self.clone(), network })
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut under_way = self.admission.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = under_way.get_mut(&self.network) {
            *count -= 1;
            if *count == 0 {
                under_way.remove(&self.network);
            }
        }
    }
}

/// One customer's line: the address itself, or the /64 that an IPv6 host may pick addresses from at will.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        v4 @ IpAddr::V4(_) => v4,
        IpAddr::V6(v6) => Ipv6Addr::from_bits(v6.to_bits() & !u128::from(u64::MAX)).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_address_gets_its_share_and_others_theirs() {
        let admission = Admission::new(2);
        let [one, other] = ["192.0.2.1", "192.0.2.2"].map(|ip| ip.parse::<IpAddr>().unwrap());
        let held = (admission.admit(one), admission.admit(one));
        assert!(held.0.is_some() && held.1.is_some());
        assert!(admission.admit(one).is_none());
        assert!(admission.admit(other).is_some());
        drop(held);
        assert!(admission.admit(one).is_some());
        assert!(admission.under_way.lock().unwrap().is_empty(), "nothing is remembered of who left");
    }

    #[test]
    fn addresses_of_one_ipv6_network_share_one_limit() {
        let [one, same, other] = ["2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:1::1"]
            .map(|ip| network(ip.parse::<IpAddr>().unwrap()));
        assert_eq!(one, same);
        assert_ne!(one, other);
    }
}
