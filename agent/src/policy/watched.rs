//! The services and checks of a policy, as far as they can be understood.

use std::collections::BTreeSet;

use dogwatch_model::{CheckWatch, ServiceWatch};
use dogwatch_proto::{conversions::limits, v1};

/// What policy wants watched. At most 64 of each; names are unique.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watched {
    /// Services.
    pub services: Vec<ServiceWatch>,
    /// Checks.
    pub checks: Vec<CheckWatch>,
    /// Checks that this version does not understand, or that are out of form: they are told as unknown.
    pub misunderstood: Vec<Misunderstood>,
}

/// A check that cannot be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misunderstood {
    /// What people call it.
    pub name: String,
    /// Why.
    pub why: String,
}

impl Watched {
    /// Takes what can be understood. Services whose name is not plain are left out: there is nothing to say about them.
    pub fn from_wire(wire: &v1::Policy) -> Self {
        let mut watched = Self::default();
        let services = wire.services.iter().take(limits::WATCHED_SERVICES);
        let mut seen = BTreeSet::new();
        for service in services {
            match ServiceWatch::try_from(service.clone()) {
                Ok(service) if seen.insert(service.name.clone()) => watched.services.push(service),
                Ok(_) => {}
                Err(error) => tracing::warn!(%error, "a service of the policy is left out"),
            }
        }
        let mut seen = BTreeSet::new();
        for check in wire.checks.iter().take(limits::WATCHED_CHECKS) {
            let name = limits::clip(&check.name, limits::NAME_BYTES);
            if name.is_empty() || !seen.insert(name.clone()) {
                continue;
            }
            match CheckWatch::try_from(check.clone()) {
                Ok(check) => watched.checks.push(check),
                Err(error) => {
                    let why = match check.probe {
                        Some(_) => error.to_string(),
                        None => "this version of the agent cannot do it".to_owned(),
                    };
                    watched.misunderstood.push(Misunderstood { name, why });
                }
            }
        }
        watched
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tcp(name: &str, port: u32) -> v1::WatchedCheck {
        let probe = v1::TcpProbe { host: None, port };
        let probe = Some(v1::watched_check::Probe::Tcp(probe));
        v1::WatchedCheck { name: name.into(), every_seconds: 1, probe }
    }

    #[test]
    fn a_hostile_list_is_cut_and_what_is_out_of_form_is_said() {
        let mut checks =
            vec![tcp("a", 80), tcp("a", 81), tcp("b", 0), tcp("", 1), v1::WatchedCheck::default()];
        checks.push(v1::WatchedCheck { name: "later".into(), ..v1::WatchedCheck::default() });
        checks.extend((0..1000).map(|n| tcp(&format!("c{n}"), 1)));
        let service = |name: &str| v1::WatchedService { name: name.into(), expected: "running".into() };
        let services = vec![service("-H"), service("ssh"), service("ssh"), service("a;reboot")];
        let watched = Watched::from_wire(&v1::Policy { checks, services, ..v1::Policy::default() });
        assert_eq!(watched.services.len(), 1);
        assert_eq!(watched.checks.len(), 1 + limits::WATCHED_CHECKS - 6);
        assert_eq!(watched.checks[0].every_seconds, limits::CHECK_EVERY_SECONDS);
        let said: Vec<(&str, &str)> =
            watched.misunderstood.iter().map(|check| (check.name.as_str(), check.why.as_str())).collect();
        let expected = [
            ("b", "probe.port: out of range, expected a port from 1 to 65535"),
            ("later", "this version of the agent cannot do it"),
        ];
        assert_eq!(said, expected);
    }
}
