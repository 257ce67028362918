//! What is done to versions of an org's matrix.

use dogwatch_model::OrgId;

use super::{Command, Commands};
use crate::{access::Principal, core::Proposal, ownership::Version, refusal::Refusal};

impl Commands {
    /// Proposes a version of an org's matrix.
    ///
    /// # Errors
    /// `Invalid` with every fault of the document; `Conflict` when it is proposed already or too many wait.
    pub async fn propose_matrix(&self, proposal: Proposal, by: Principal) -> Result<Version, Refusal> {
        self.ask(|reply| Command::ProposeMatrix(proposal, by, reply)).await
    }

    /// Signs a version for the principal's side. With both signatures it takes effect on its date.
    ///
    /// # Errors
    /// `NotAllowed` for who is no signer; `Conflict` when their side has signed, or the document has errors by now.
    pub async fn sign_matrix(&self, org: OrgId, hash: String, by: Principal) -> Result<Version, Refusal> {
        self.ask(|reply| Command::SignMatrix(org, hash, by, reply)).await
    }

    /// Takes a proposal back that is not in force yet.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it is in force.
    pub async fn withdraw_matrix(&self, org: OrgId, hash: String, by: Principal) -> Result<Version, Refusal> {
        self.ask(|reply| Command::WithdrawMatrix(org, hash, by, reply)).await
    }
}
