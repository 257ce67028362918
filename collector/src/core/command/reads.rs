//! What is read from disk by the core: the archive, lists of software, the audit.

use dogwatch_model::EndpointId;
use dogwatch_triage::{
    alert::AlertNumber,
    audit::{Chain, Checkpoint},
};

use super::{Command, Commands};
use crate::{core::software::SoftwareList, refusal::Refusal, state::Item};

impl Commands {
    /// An alert that ended long ago, from the archive; whose it is judges the caller.
    ///
    /// # Errors
    /// `Unavailable` when the archive cannot be read.
    pub(in crate::core) async fn read_archived(&self, number: AlertNumber) -> Result<Option<Item>, Refusal> {
        self.ask(|reply| Command::ReadArchived(number, reply)).await
    }

    /// The alerts of the archive whose number divided by [`SHELF`](super::SHELF) is `shelf`, of every org; whose they are judges the caller.
    ///
    /// # Errors
    /// `Unavailable` when the archive cannot be read.
    pub(in crate::core) async fn read_shelf(&self, shelf: u64) -> Result<Vec<Item>, Refusal> {
        self.ask(|reply| Command::ReadShelf(shelf, reply)).await
    }

    /// What an endpoint has installed; whose it is judges the caller.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub(in crate::core) async fn read_software(
        &self,
        id: EndpointId,
    ) -> Result<Option<SoftwareList>, Refusal> {
        self.ask(|reply| Command::ReadSoftware(id, reply)).await
    }

    /// The records of a chain of the audit whose number divided by [`crate::audit::SHELF`] is `shelf`, as they were hashed;
    /// whose the chain is judges the caller.
    ///
    /// # Errors
    /// `Unavailable` when the store cannot be read.
    pub(in crate::core) async fn read_audit(
        &self,
        chain: Chain,
        shelf: u64,
    ) -> Result<Vec<Vec<u8>>, Refusal> {
        self.ask(|reply| Command::ReadAudit(chain, shelf, reply)).await
    }

    /// The checkpoints of a chain of the audit, and one of this moment; whose the chain is judges the caller.
    ///
    /// # Errors
    /// `Unavailable` when the core has ended.
    pub(in crate::core) async fn read_checkpoints(&self, chain: Chain) -> Result<Vec<Checkpoint>, Refusal> {
        self.ask(|reply| Command::ReadCheckpoints(chain, reply)).await
    }
}
