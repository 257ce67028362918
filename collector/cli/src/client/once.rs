//! A change is done once, however often it is sent: under a key of its own.

use std::{
    io, thread,
    time::{Duration, Instant},
};

use serde_json::Value;
use ureq::{Body, http::Response};

use super::{Client, unreachable::tls_of};
use crate::failure::{Exit, Failure};

/// Says which change a request is, so that sending it again does nothing twice.
pub(super) const KEY: &str = "idempotency-key";

/// How long to wait for an earlier try of the same change: the collector itself gives up after ten seconds.
const IN_FLIGHT_PATIENCE: Duration = Duration::from_secs(10);

/// How often to ask meanwhile.
const IN_FLIGHT_PAUSE: Duration = Duration::from_millis(500);

impl Client {
    /// Sends a change under a key of its own, so that sending it again does nothing twice: once more when the connection
    /// failed, and until it is through when it is still being done.
    pub(super) fn once(
        &self,
        send: impl Fn(&str) -> Result<Response<Body>, ureq::Error>,
    ) -> Result<Value, Failure> {
        let key = new_key()?;
        let mut outcome = send(&key);
        if outcome.as_ref().is_err_and(may_have_arrived) {
            outcome = send(&key);
        }
        let asked = Instant::now();
        while outcome.as_ref().is_ok_and(still_at_it) && asked.elapsed() < IN_FLIGHT_PATIENCE {
            thread::sleep(IN_FLIGHT_PAUSE);
            outcome = send(&key);
        }
        self.answer(outcome, &[])
    }
}

/// Whether a request that failed so may have been done, or can be sent again at once. Nobody waits for a silent collector
/// twice, and a wrong certificate does not get better.
fn may_have_arrived(error: &ureq::Error) -> bool {
    match error {
        ureq::Error::Io(error) => tls_of(error).is_none() && error.kind() != io::ErrorKind::ConnectionRefused,
        ureq::Error::Protocol(_) => true,
        _ => false,
    }
}

/// Whether the collector still does what an earlier try has asked for: it says so and when to ask again.
fn still_at_it(response: &Response<Body>) -> bool {
    response.status() == 409 && response.headers().contains_key("retry-after")
}

/// A key that no other request has: 128 random bits.
fn new_key() -> Result<String, Failure> {
    let mut bits = [0; 16];
    aws_lc_rs::rand::fill(&mut bits)
        .map_err(|_| Failure::new(Exit::NotMet, "the system gives no random numbers"))?;
    Ok(bits.iter().map(|byte| format!("{byte:02x}")).collect())
}
