//! Moving to another collector, because the present one asks for it.
//!
//! Only to an address that the endpoint's owner has listed (`[allow] collectors`), and only under the root that was
//! pinned at enrolment: key, certificate and trust stay what they are. The new address counts once it has welcomed us;
//! until then nothing is written, so a restart in between is at the old one again. An address that does not answer is
//! given up after [`TRIES`] attempts, and the old one takes over.

use std::fmt;

use dogwatch_proto::v1;

use super::Uplink;
use crate::dial::split_address;

/// Attempts at the new address: some minutes, by the back-off.
const TRIES: u32 = 8;

/// A move that is under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Move {
    address: String,
    tries: u32,
}

/// Why a move is not made.
#[derive(Debug, PartialEq, Eq)]
enum Refused {
    Address,
    NotAllowed,
    OtherRoot,
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Address => "that is no address of the form host:port",
            Self::NotAllowed => "it is not listed in `[allow] collectors` of agent.toml",
            Self::OtherRoot => "its root is not the one that was pinned at enrolment; enrol there anew",
        })
    }
}

impl Uplink {
    /// Where the next attempt goes.
    pub(super) fn address(&self) -> &str {
        self.moving.as_ref().map_or(&self.identity.record().uplink, |moving| &moving.address)
    }

    /// The collector asks for the move. True when it begins: the present stream is then to end.
    pub(super) fn rehome(&mut self, wish: &v1::Rehome) -> bool {
        match self.judge(wish) {
            Ok(()) if wish.address == self.identity.record().uplink => false,
            Ok(()) => {
                tracing::info!(address = wish.address, "asked to move to another collector");
                self.moving = Some(Move { address: wish.address.clone(), tries: 0 });
                true
            }
            Err(refused) => {
                let address: String = wish.address.chars().take(256).collect();
                self.report_event("rehome_refused", format!("asked to move to {address}: {refused}"));
                tracing::warn!(address, %refused, "a move to another collector was refused");
                false
            }
        }
    }

    fn judge(&self, wish: &v1::Rehome) -> Result<(), Refused> {
        let (host, port) = split_address(&wish.address).ok_or(Refused::Address)?;
        if !self.live.borrow().allow.permits_collector(host, port) {
            return Err(Refused::NotAllowed);
        }
        (*wish.root_sha256 == self.identity.root_sha256()).then_some(()).ok_or(Refused::OtherRoot)
    }

    /// The new collector has welcomed us: from now on it is ours.
    pub(super) fn arrived(&mut self) {
        let Some(Move { address, .. }) = self.moving.take() else { return };
        match self.identity.move_to(address.clone()) {
            Ok(from) => self.report_event("rehomed", format!("moved from {from} to {address}")),
            Err(error) => self.report_event("rehome_failed", format!("{address} welcomed us, but: {error}")),
        }
    }

    /// An attempt has failed: too many, and the old collector takes over.
    pub(super) fn not_arrived(&mut self) {
        let Some(moving) = self.moving.take() else { return };
        let address = moving.address.clone();
        self.moving = moving.failed();
        if self.moving.is_none() {
            let what = format!("{address} did not take us in {TRIES} attempts; back to the old one");
            self.report_event("rehome_failed", what);
        }
    }
}

impl Move {
    /// After a failed attempt: the move as it goes on, if it does.
    fn failed(self) -> Option<Self> {
        let tries = self.tries + 1;
        (tries < TRIES).then_some(Self { tries, ..self })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_move_that_leads_nowhere_is_given_up() {
        let mut moving = Some(Move { address: "gone.example:7444".into(), tries: 0 });
        for _ in 1..TRIES {
            moving = moving.and_then(Move::failed);
        }
        assert!(moving.is_some());
        assert_eq!(moving.and_then(Move::failed), None);
    }
}
