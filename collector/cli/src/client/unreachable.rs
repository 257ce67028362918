//! No answer, or none of a collector: what became of a request on its way, in words.

use std::io;

use super::Client;
use crate::failure::{Exit, Failure};

impl Client {
    pub(super) fn strange(&self, what: &str) -> Failure {
        Failure::new(
            Exit::Unreachable,
            format!("{} answered with {what}; is that a Dogwatch collector's people port?", self.url),
        )
    }

    pub(super) fn unreachable(&self, error: &ureq::Error) -> Failure {
        let url = &self.url;
        let what = match error {
            ureq::Error::Rustls(error) => distrusted(url, error),
            ureq::Error::Io(error) => match tls_of(error) {
                Some(error) => distrusted(url, error),
                None => format!("cannot reach {url}: {error}; is the collector running there?"),
            },
            ureq::Error::HostNotFound => format!("cannot reach {url}: there is no such host; check the name"),
            ureq::Error::Timeout(_) => format!("{url} did not answer in time; try again, or see its /readyz"),
            error => format!("cannot reach {url}: {error}; is the collector running there?"),
        };
        Failure::new(Exit::Unreachable, what)
    }
}

/// The fault of a handshake, where a connection failed by one.
pub(super) fn tls_of(error: &io::Error) -> Option<&rustls::Error> {
    error.get_ref().and_then(|inner| inner.downcast_ref())
}

fn distrusted(url: &str, error: &rustls::Error) -> String {
    format!("{url} is not the collector you logged in at ({error}); if it was set up anew, log in again")
}
