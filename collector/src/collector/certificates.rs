//! The server's own certificates while it runs: looked at once a day, and changed in both listeners when a new one was
//! made. Connections that stand keep theirs; the next handshake shows the new one.

use std::{sync::Arc, time::Duration};

use arc_swap::ArcSwap;
use jiff::Timestamp;
use rustls_pki_types::CertificateDer;
use tokio_util::sync::CancellationToken;

use crate::{
    authority::{Authority, AuthorityError, standing::KeyStatus, tls},
    listener::SharedTls,
};

/// A certificate is renewed a third of its life before its end: a day's delay is nothing.
const LOOK_EVERY: Duration = Duration::from_secs(24 * 3600);

/// What both listeners show of themselves.
pub(super) struct Certificates {
    authority: Arc<Authority>,
    hosts: Vec<String>,
    keys: Arc<dyn KeyStatus>,
    shown: Vec<CertificateDer<'static>>,
    pub(super) people: SharedTls,
    pub(super) agents: SharedTls,
}

impl Certificates {
    /// The certificate of now, in both listeners' settings.
    pub(super) fn new(
        authority: Arc<Authority>,
        hosts: Vec<String>,
        keys: Arc<dyn KeyStatus>,
        now: Timestamp,
    ) -> Result<Self, AuthorityError> {
        let identity = || authority.server_identity(&hosts, now);
        let shown = identity()?.chain;
        let people = tls::people(identity()?, authority.root())?;
        let agents = tls::agents(identity()?, authority.root(), keys.clone())?;
        let shared = |config| Arc::new(ArcSwap::new(config));
        Ok(Self { people: shared(people), agents: shared(agents), authority, hosts, keys, shown })
    }

    /// Makes a new certificate when the present one is old, and shows it from then on. Says whether it changed.
    fn renew(&mut self, now: Timestamp) -> Result<bool, AuthorityError> {
        let identity = || self.authority.server_identity(&self.hosts, now);
        let chain = identity()?.chain;
        if chain == self.shown {
            return Ok(false);
        }
        let people = tls::people(identity()?, self.authority.root())?;
        let agents = tls::agents(identity()?, self.authority.root(), self.keys.clone())?;
        self.people.store(people);
        self.agents.store(agents);
        self.shown = chain;
        Ok(true)
    }

    /// Looks after them until `stop`.
    pub(super) async fn run(mut self, stop: CancellationToken) {
        let mut days = tokio::time::interval(LOOK_EVERY);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = days.tick() => {}
            }
            match self.renew(Timestamp::now()) {
                Ok(true) => tracing::info!("the server certificate was changed"),
                Ok(false) => {}
                Err(error) => {
                    tracing::error!(%error, "the server certificate cannot be renewed; trying again tomorrow");
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;
    use crate::{access::Sha256, authority::standing::KeyState};

    struct Nobody;

    impl KeyStatus for Nobody {
        fn status(&self, _: &Sha256) -> KeyState {
            KeyState::Unknown
        }
    }

    #[test]
    fn an_old_certificate_is_changed_in_both_listeners_and_a_young_one_in_none() {
        let folder = tempfile::tempdir().unwrap();
        let now: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        let hosts = vec!["localhost".to_owned()];
        let authority = Authority::create(&folder.path().join("ca"), "acme-msp", &hosts, now).unwrap();
        let mut shown = Certificates::new(Arc::new(authority), hosts, Arc::new(Nobody), now).unwrap();
        let settings = |shown: &Certificates| [shown.people.load_full(), shown.agents.load_full()];
        let first = settings(&shown);

        assert!(!shown.renew(now + SignedDuration::from_hours(24)).unwrap());
        assert!(first.iter().zip(&settings(&shown)).all(|(old, new)| Arc::ptr_eq(old, new)));

        assert!(shown.renew(now + SignedDuration::from_hours(300 * 24)).unwrap());
        assert!(first.iter().zip(&settings(&shown)).all(|(old, new)| !Arc::ptr_eq(old, new)));
    }
}
