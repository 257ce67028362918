//! What is asked for and what comes of it, where that takes more than a word or two.

use dogwatch_model::{Class, EndpointId, EndpointState, MachineEvidence, OrgId, SiteId, ToolId};
use dogwatch_triage::finding::Severity;
use jiff::{SignedDuration, Timestamp};

use crate::{access::Sha256, state::Item};

/// A request to enrol an endpoint, already checked for form.
#[derive(Debug, Clone)]
pub struct Enrol {
    /// Hash of the join token's secret.
    pub secret: Sha256,
    /// Hash of the public key in the certificate request.
    pub key: Sha256,
    /// What to call it; made unique within its org.
    pub name: String,
    /// Free tags.
    pub tags: Vec<String>,
    /// What kind of machine it is.
    pub class: Option<Class>,
    /// Evidence for later.
    pub evidence: MachineEvidence,
}

/// An endpoint that was enrolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Enrolled {
    /// Its id.
    pub id: EndpointId,
    /// Its org.
    pub org: OrgId,
    /// Its site.
    pub site: SiteId,
    /// Its name.
    pub name: String,
    /// `Pending` or `Active`.
    pub state: EndpointState,
}

/// A join token to make.
#[derive(Debug, Clone)]
pub struct NewJoinToken {
    /// Hash of its secret.
    pub hash: Sha256,
    /// The org; it must have a matrix file.
    pub org: OrgId,
    /// The site.
    pub site: SiteId,
    /// For how long it works.
    pub lifetime: SignedDuration,
    /// How many endpoints it may enrol.
    pub uses: u32,
    /// Endpoints wait for approval.
    pub approval: bool,
}

/// A version of an org's matrix to propose.
#[derive(Debug, Clone)]
pub struct Proposal {
    /// Whose.
    pub org: OrgId,
    /// The document.
    pub text: String,
    /// When it is to take effect; once signed when absent.
    pub effective_at: Option<Timestamp>,
    /// What it changes and why.
    pub note: String,
}

/// What somebody opens by hand.
#[derive(Debug, Clone)]
pub struct ByPhone {
    /// The org.
    pub org: OrgId,
    /// The endpoint, if it is about one; its site counts then.
    pub endpoint: Option<EndpointId>,
    /// The site, where there is no endpoint.
    pub site: Option<SiteId>,
    /// The tool whose owner it concerns.
    pub tool: ToolId,
    /// How bad it is.
    pub severity: Severity,
    /// What is the matter.
    pub text: String,
    /// Open another one although there is an open item about the same.
    pub another: bool,
}

/// What became of it.
#[derive(Debug, Clone)]
pub enum Opened {
    /// A new item.
    New(Box<Item>),
    /// Nothing: is it one of these?
    IsItThisOne(Vec<Item>),
}
