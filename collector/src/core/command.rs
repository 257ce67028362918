//! What may be asked of the core.
//!
//! Every method that changes something answers after the change is on disk.

mod access;
mod ownership;
mod reads;
mod wanted;

pub use access::NewApiToken;
pub use wanted::{ByPhone, Enrol, Enrolled, NewJoinToken, Opened, Proposal};

use std::sync::Arc;

use dogwatch_model::{EndpointId, EndpointState, OrgId, Side, WindowId};
use dogwatch_triage::{
    alert::{Act, AlertNumber},
    audit::{Chain, Checkpoint},
    mute::{NewWindow, Window},
    upkeep::EndpointChange,
};

use crate::{
    access::{Account, ApiToken, Change, JoinTokenRecord, Login, PersonKey, Principal, Renewal, Sha256},
    core::{Delivery, Departed, Taken, software::SoftwareList, upkeep::Upkept},
    identity::Proved,
    origin::Origin,
    ownership::Version,
    refusal::Refusal,
    state::Item,
    views::{NewView, View},
};

/// What the core is asked to do on people's or enrolment's behalf.
pub(crate) enum Command {
    /// Enrol an endpoint.
    Enrol(Enrol, Reply<Enrolled>),
    /// Trade the setup code for the first administrator's token.
    RedeemSetup {
        /// Hash of the code.
        code: Sha256,
        /// The token that takes its place.
        token: NewApiToken,
        /// Answered with its record.
        reply: Reply<ApiToken>,
    },
    /// An act of the access register.
    Access(Box<crate::access::Act>, Principal, Reply<Vec<Change>>),
    /// Trade a sealed code for an hour's token.
    BreakSeal {
        /// Hash of the code.
        code: Sha256,
        /// Hash of the token.
        token: Sha256,
        /// Answered with its record.
        reply: Reply<ApiToken>,
    },
    /// Open a session for somebody whose password was right.
    Login(Box<Login>, Reply<ApiToken>),
    /// Take an invitation up.
    Accept {
        /// Its hash.
        invitation: Sha256,
        /// What the person set.
        account: Box<Account>,
        /// Answered with who they are, and what changed.
        reply: Reply<(PersonKey, Vec<Change>)>,
    },
    /// Change how somebody comes in, who showed their password.
    Renew(Box<Renewal>, Principal, Reply<Vec<Change>>),
    /// A side leaves an org for good.
    Offboard(OrgId, Side, Principal, Reply<Departed>),
    /// Write down that an org's data is taken out.
    TakeOut(OrgId, Principal, Reply<()>),
    /// Write down that an org was made.
    NoteOrg(OrgId, Principal, Reply<()>),
    /// Write down that somebody failed to come in.
    LoginFailed(Option<PersonKey>),
    /// Note that a token is in use.
    Touch(Sha256),
    /// Let somebody in whom a provider has proved.
    SignIn(Box<Proved>, Reply<Principal>),
    /// Make a join token.
    CreateJoinToken(NewJoinToken, Principal, Reply<JoinTokenRecord>),
    /// Withdraw a join token by its short id.
    RevokeJoinToken(String, Principal, Reply<JoinTokenRecord>),
    /// Do something to an alert; with a version, only if nobody else did meanwhile.
    Alert {
        /// Which.
        number: AlertNumber,
        /// What.
        act: Act,
        /// Who.
        by: Principal,
        /// What they had seen.
        version: Option<u64>,
        /// Answered with the alert as it is then.
        reply: Reply<Item>,
    },
    /// Open an item by hand.
    OpenAlert(ByPhone, Principal, Reply<Opened>),
    /// Take in what another tool tells.
    TakeIn(Delivery, Principal, Reply<Taken>),
    /// Read an alert that has left the working set.
    ReadArchived(AlertNumber, Reply<Option<Item>>),
    /// Read the alerts that have left the working set of one [shelf](SHELF) of numbers.
    ReadShelf(u64, Reply<Vec<Item>>),
    /// Read the records of one [shelf](crate::audit::SHELF) of a chain of the audit.
    ReadAudit(Chain, u64, Reply<Vec<Vec<u8>>>),
    /// Keep the sealed answer of a request that was done under a key.
    KeepAnswer(Sha256, String, Reply<()>),
    /// Read the checkpoints of a chain.
    ReadCheckpoints(Chain, Reply<Vec<Checkpoint>>),
    /// The list of installed software of an endpoint.
    ReadSoftware(EndpointId, Reply<Option<SoftwareList>>),
    /// Approve, revoke or retire an endpoint.
    SetEndpointState(EndpointId, EndpointState, Principal, Reply<()>),
    /// Change what people decide about an endpoint.
    ChangeEndpoint(EndpointId, EndpointChange, Principal, Reply<Upkept>),
    /// Plan a maintenance window.
    AddWindow(NewWindow, Principal, Reply<Window>),
    /// End one for good.
    EndWindow(WindowId, Principal, Reply<Window>),
    /// Save a view of the fleet.
    SaveView(NewView, Principal, Reply<View>),
    /// Delete one, by its name and perhaps its org.
    DeleteView(String, Option<OrgId>, Principal, Reply<View>),
    /// Propose a version of an org's matrix.
    ProposeMatrix(Proposal, Principal, Reply<Version>),
    /// Sign one for the principal's side.
    SignMatrix(OrgId, String, Principal, Reply<Version>),
    /// Take one back that is not in force yet.
    WithdrawMatrix(OrgId, String, Principal, Reply<Version>),
}

impl Command {
    /// Nobody waits for the answer any more: who asked was told to look again, so it must not happen unseen.
    pub(crate) fn is_abandoned(&self) -> bool {
        match self {
            Self::Enrol(_, reply) => reply.is_closed(),
            Self::RedeemSetup { reply, .. } | Self::BreakSeal { reply, .. } | Self::Login(_, reply) => {
                reply.is_closed()
            }
            Self::SignIn(_, reply) => reply.is_closed(),
            Self::Access(_, _, reply) => reply.is_closed(),
            Self::Accept { reply, .. } => reply.is_closed(),
            Self::Renew(_, _, reply) => reply.is_closed(),
            Self::Offboard(_, _, _, reply) => reply.is_closed(),
            Self::TakeOut(_, _, reply) => reply.is_closed(),
            Self::NoteOrg(_, _, reply) => reply.is_closed(),
            Self::LoginFailed(_) | Self::Touch(_) => false,
            Self::CreateJoinToken(_, _, reply) | Self::RevokeJoinToken(_, _, reply) => reply.is_closed(),
            Self::Alert { reply, .. } => reply.is_closed(),
            Self::OpenAlert(_, _, reply) => reply.is_closed(),
            Self::TakeIn(_, _, reply) => reply.is_closed(),
            Self::ReadArchived(_, reply) => reply.is_closed(),
            Self::ReadShelf(_, reply) => reply.is_closed(),
            Self::ReadSoftware(_, reply) => reply.is_closed(),
            Self::ReadAudit(_, _, reply) => reply.is_closed(),
            Self::KeepAnswer(_, _, reply) => reply.is_closed(),
            Self::ReadCheckpoints(_, reply) => reply.is_closed(),
            Self::SetEndpointState(_, _, _, reply) => reply.is_closed(),
            Self::ChangeEndpoint(_, _, _, reply) => reply.is_closed(),
            Self::AddWindow(_, _, reply) | Self::EndWindow(_, _, reply) => reply.is_closed(),
            Self::SaveView(_, _, reply) | Self::DeleteView(_, _, _, reply) => reply.is_closed(),
            Self::ProposeMatrix(_, _, reply)
            | Self::SignMatrix(_, _, _, reply)
            | Self::WithdrawMatrix(_, _, _, reply) => reply.is_closed(),
        }
    }
}

/// Archived alerts that are read at once: some milliseconds of the core's time.
pub const SHELF: u64 = 1_000;

/// Where an answer goes.
pub(crate) type Reply<T> = tokio::sync::oneshot::Sender<Result<T, Refusal>>;

/// What may be asked of the core. Cheap to clone.
///
/// Every method that changes something judges who asks at the instant at which it is done, and answers after it is on disk.
#[derive(Clone)]
pub struct Commands {
    pub(crate) inputs: tokio::sync::mpsc::Sender<super::Input>,
    pub(crate) meters: Arc<crate::meters::Meters>,
}

impl Commands {
    /// Enrols an endpoint with a join token's secret.
    ///
    /// # Errors
    /// `NotAllowed` when the token is unknown, expired, used up or withdrawn.
    pub async fn enrol(&self, enrol: Enrol) -> Result<Enrolled, Refusal> {
        self.ask(|reply| Command::Enrol(enrol, reply)).await
    }

    /// Approves (`Active`), revokes or retires an endpoint; a live stream of one that is to be no more is cut at once.
    ///
    /// # Errors
    /// `NotFound` when there is none; `Conflict` when it was revoked or retired before and is to be approved.
    pub async fn set_endpoint_state(
        &self,
        id: EndpointId,
        state: EndpointState,
        by: Principal,
    ) -> Result<(), Refusal> {
        self.ask(|reply| Command::SetEndpointState(id, state, by, reply)).await
    }

    /// Changes what people decide about an endpoint: tags, labels, class, criticality, site.
    ///
    /// # Errors
    /// `NotFound` when there is none; `Invalid` as [`dogwatch_triage::upkeep::UpkeepError`] says.
    pub async fn change_endpoint(
        &self,
        id: EndpointId,
        change: EndpointChange,
        by: Principal,
    ) -> Result<Upkept, Refusal> {
        self.ask(|reply| Command::ChangeEndpoint(id, change, by, reply)).await
    }

    /// Does something to an alert on a person's behalf, and gives it as it is then.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it is not at `version` any more or the act does not fit its state; `NotAllowed` and
    /// `Invalid` as [`dogwatch_triage::alert::Refusal`] says.
    pub async fn alert_act(
        &self,
        number: AlertNumber,
        act: Act,
        by: Principal,
        version: Option<u64>,
    ) -> Result<Item, Refusal> {
        self.ask(|reply| Command::Alert { number, act, by, version, reply }).await
    }

    /// Opens an item by hand, or asks whether it is one that is open already.
    ///
    /// # Errors
    /// `NotFound` for what the principal may not see; `Invalid` for a text or a tool that is none.
    pub async fn open_alert(&self, report: ByPhone, by: Principal) -> Result<Opened, Refusal> {
        self.ask(|reply| Command::OpenAlert(report, by, reply)).await
    }

    /// Keeps the sealed answer of a request that was done under a key.
    ///
    /// # Errors
    /// `Unavailable` when the collector cannot write.
    pub async fn keep_answer(&self, id: Sha256, sealed: String) -> Result<(), Refusal> {
        self.ask(|reply| Command::KeepAnswer(id, sealed, reply)).await
    }

    /// Plans a maintenance window.
    ///
    /// # Errors
    /// `Invalid` as [`dogwatch_triage::mute::WindowError`] says, and for an unknown site or tool; `NotFound` for an org that
    /// there is not; `NotAllowed` for a vendor; `Conflict` when the org has too many.
    pub async fn add_window(&self, plan: NewWindow, by: Principal) -> Result<Window, Refusal> {
        self.ask(|reply| Command::AddWindow(plan, by, reply)).await
    }

    /// Ends a window for good, at once.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when it has ended already.
    pub async fn end_window(&self, id: WindowId, by: Principal) -> Result<Window, Refusal> {
        self.ask(|reply| Command::EndWindow(id, by, reply)).await
    }

    /// Saves a view of the fleet, in place of one with the same name, org and side.
    ///
    /// # Errors
    /// `Invalid` for a name, filter, order or columns that do not hold; `NotFound` for an org that there is not; `Conflict`
    /// when there are too many.
    pub async fn save_view(&self, view: NewView, by: Principal) -> Result<View, Refusal> {
        self.ask(|reply| Command::SaveView(view, by, reply)).await
    }

    /// Deletes the view of a name.
    ///
    /// # Errors
    /// `NotFound`; `Conflict` when several are meant.
    pub async fn delete_view(
        &self,
        name: String,
        org: Option<OrgId>,
        by: Principal,
    ) -> Result<View, Refusal> {
        self.ask(|reply| Command::DeleteView(name, org, by, reply)).await
    }

    /// Takes in what another tool tells.
    ///
    /// # Errors
    /// `NotFound` when the org is not the principal's to see.
    pub async fn take_in(&self, delivery: Delivery, by: Principal) -> Result<Taken, Refusal> {
        self.ask(|reply| Command::TakeIn(delivery, by, reply)).await
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, Refusal> {
        let gone = || {
            Refusal::new(
                crate::refusal::Code::Unavailable,
                "the collector could not write in time (see /readyz); look whether it happened before you try again",
            )
        };
        let (reply, answer) = tokio::sync::oneshot::channel();
        let sent = self.inputs.send(super::Input::Command(Origin::current(), Box::new(command(reply))));
        tokio::time::timeout(ANSWER_LIMIT, async {
            sent.await.map_err(|_| gone())?;
            answer.await.map_err(|_| gone())?
        })
        .await
        .unwrap_or_else(|_| Err(gone()))
    }
}

/// How long a caller waits for the core. What has not begun by then does not happen; what is on its way to the disk does.
const ANSWER_LIMIT: std::time::Duration = std::time::Duration::from_secs(10);
