//! Network interfaces that are up: what went through them, and what went wrong.
//!
//! Left out: loopback, and what only carries the traffic of containers and virtual machines, which the interface that
//! leads out of the machine counts as well.

use dogwatch_model::Interface;

/// Names that container engines and hypervisors give to what they make.
const INNER: &[&str] = &[
    "lo", "veth", "docker", "br-", "virbr", "vnet", "tap", "cni", "cali", "flannel", "lxc", "lxd", "ifb",
    "dummy", "podman", "kube-",
];

/// The interfaces of `/proc/net/dev` that count, with their counters (proc_net_dev(5)).
pub(super) fn counters(text: &str) -> impl Iterator<Item = Interface> + '_ {
    text.lines().filter_map(|line| {
        let (name, counters) = line.split_once(':')?;
        let name = name.trim();
        if INNER.iter().any(|inner| name.starts_with(inner) && (*inner != "lo" || name == "lo")) {
            return None;
        }
        let mut fields = [0_u64; 12];
        let mut texts = counters.split_ascii_whitespace();
        for field in &mut fields {
            *field = texts.next()?.parse().ok()?;
        }
        // Received: bytes packets errors drops fifo frame compressed multicast; sent: bytes packets errors drops …
        let [received_bytes, _, bad_in, lost_in, _, _, _, _, sent_bytes, _, bad_out, lost_out] = fields;
        Some(Interface {
            name: name.to_owned(),
            received_bytes,
            sent_bytes,
            errors: bad_in.saturating_add(bad_out),
            drops: lost_in.saturating_add(lost_out),
        })
    })
}

/// For the table of parsers.
pub(super) fn survives(text: &str) {
    let _ = counters(text).count();
}

#[cfg(target_os = "linux")]
pub(super) use imp::Interfaces;

#[cfg(target_os = "linux")]
mod imp {
    use std::path::{Path, PathBuf};

    use dogwatch_model::Interface;
    use dogwatch_proto::conversions::limits;

    use super::super::kept_file::{Buffer, KeptFile};
    use crate::sources::order;

    /// Reads the counters, and which interfaces are up.
    pub(in super::super) struct Interfaces {
        class: PathBuf,
        counters: KeptFile,
        states: Vec<(String, KeptFile)>,
    }

    impl Interfaces {
        pub(in super::super) fn new(root: &Path) -> Self {
            Self {
                class: root.join("sys/class/net"),
                counters: KeptFile::new(root.join("proc/net/dev")),
                states: Vec::new(),
            }
        }

        pub(in super::super) fn look(&mut self, buffer: &mut Buffer) -> Vec<Interface> {
            let Some(text) = self.counters.read(buffer) else { return Vec::new() };
            let mut interfaces: Vec<Interface> = super::counters(&text).collect();
            drop(text);
            self.states.retain(|(name, _)| interfaces.iter().any(|interface| interface.name == *name));
            interfaces.retain(|interface| self.is_up(&interface.name, buffer));
            order::by(&mut interfaces, |a, b| a.name.cmp(&b.name));
            interfaces.truncate(limits::INTERFACES);
            interfaces
        }

        /// What cannot tell its state (tunnels) says `unknown` and works.
        fn is_up(&mut self, name: &str, buffer: &mut Buffer) -> bool {
            let at = self.states.iter().position(|(known, _)| known == name).unwrap_or_else(|| {
                let state = KeptFile::new(self.class.join(name).join("operstate"));
                self.states.push((name.to_owned(), state));
                self.states.len() - 1
            });
            let state = self.states[at].1.read(buffer);
            state.is_some_and(|state| ["up", "unknown"].contains(&state.trim()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of Linux 6.1 on a container host.
    const DEV: &str = "Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo: 5681194929 21117728    0    0    0     0          0         0 5681194929 21117728    0    0    0     0       0          0
  eth0: 639148062   16325    1    2    0     0          0         0   923231    9297    3    4    0     0       0          0
docker0:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
veth1a2b3c:    0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  long1:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
";

    #[test]
    fn what_leads_out_of_the_machine_is_counted() {
        let seen: Vec<Interface> = counters(DEV).collect();
        let eth0 = Interface {
            name: "eth0".into(),
            received_bytes: 639_148_062,
            sent_bytes: 923_231,
            errors: 4,
            drops: 6,
        };
        let long1 =
            Interface { name: "long1".into(), received_bytes: 1, sent_bytes: 9, errors: 14, drops: 16 };
        assert_eq!(seen, [eth0, long1]);
    }
}
