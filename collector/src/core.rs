//! The one thread that owns the state: it takes inputs in batches, decides, commits to disk, and only then answers.
//!
//! Invariants:
//! * Everything that an answer, an acknowledgement or a cut stream tells is on disk before it is told.
//! * One batch is one commit: reports' effect, high-water marks, alert transitions and audit together or not at all.
//! * While a batch is on its way to disk the next one gathers in the queue; that is the group commit.
//! * Inputs wait in one bounded queue. A slow disk makes it fill, and full it pushes back on every stream.
//!
//! What it deliberately does not do: read clocks in the middle of a decision (`now` enters once per batch), speak to
//! sockets (sessions do), or judge people's permissions (the API's table does).

mod access;
mod agents;
mod archive;
mod audit;
mod batch;
mod chores;
mod command;
mod desk;
mod dispatch;
mod due;
mod enrolment;
mod files;
mod follow;
mod handle;
mod in_force;
mod intake;
mod keys;
mod load;
mod may;
mod newcomer;
mod offboard;
mod once;
mod outbound;
mod ownership;
mod reports;
mod setup;
mod sight;
mod sign_in;
mod software;
mod start;
mod takeout;
mod thread;
mod turned_away;
pub(crate) mod upkeep;
mod views;
mod windows;
mod work;

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    net::IpAddr,
    sync::Arc,
};

use arc_swap::ArcSwap;
use dogwatch_model::{EndpointId, Epoch, Goodbye, LaneMarks, MachineEvidence, Report, SoftwareDigest};
use dogwatch_proto::v1;
use dogwatch_triage::alert::AlertNumber;
use jiff::Timestamp;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

pub use command::{ByPhone, Commands, Enrol, Enrolled, NewApiToken, NewJoinToken, Opened, Proposal, SHELF};
pub use desk::Desk;
pub(crate) use files::FileRead;
pub use handle::CoreHandle;
pub use intake::{Arrival, DEFAULT_TOOL, Delivery, Taken, Trouble, UNPLACED};
pub use offboard::Departed;
pub(crate) use outbound::{Outbound, outbound};
pub use sight::Sight;
pub use software::SoftwareList;
pub(crate) use start::start;
pub use start::{CoreError, CoreThread, Settings};
pub(crate) use takeout::TakeOut;
pub use upkeep::Upkept;

use crate::{
    access::Sha256,
    feed::{Feed, Notices},
    meters::Meters,
    notify::News,
    origin::Origin,
    policy::Policy,
    refusal::Refusal,
    state::{Health, Shared},
    storage::Storage,
};
pub(crate) use batch::Batch;
use command::Command;
use due::Due;

/// Inputs that may wait for the core: two full windows of a thousand agents would be half a million; at 20 µs each this
/// many are a tenth of a second's work.
const INPUT_QUEUE: usize = 4096;

/// Inputs of one commit: more than arrive during one `fdatasync`, few enough to keep the state's lock short.
const MAX_BATCH: usize = 1024;

/// Bytes of reports in one commit: a quarter of the journal's largest record leaves room for what they lead to.
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

/// What reaches the core.
pub(crate) enum Input {
    /// From people or enrolment.
    Command(Origin, Box<Command>),
    /// An agent opens its stream.
    Attach(Box<Attach>),
    /// An agent tells something.
    FromAgent {
        /// The session it came through: one that was replaced is not listened to any more.
        session: u64,
        /// Whose it is.
        endpoint: EndpointId,
        /// What.
        message: FromAgent,
    },
    /// A key was refused at the agents' door: an endpoint's that was revoked or retired, or an unknown one.
    KeyRefused(Option<EndpointId>),
    /// A token that has ended was shown, from an address.
    TokenRefused(Sha256, Option<IpAddr>),
    /// About telling people.
    Notify(Box<News>),
    /// A file of settings was read.
    File(Box<FileRead>),
    /// Rules or matrices changed: everything is to be judged anew.
    PolicyChanged,
    /// Say good night to the agents, settle, take a snapshot and end.
    Drain {
        /// Agents spread their return over this.
        jitter_ms: u32,
    },
}

/// What an agent tells, as far as the core cares.
pub(crate) enum FromAgent {
    /// A report.
    Report(Box<Incoming>),
    /// The stream ended.
    Detach {
        /// The agent's word, if it said one.
        goodbye: Option<Goodbye>,
        /// When.
        at: Timestamp,
    },
}

/// A report as it came.
pub(crate) struct Incoming {
    /// The wire's number of its lane, known even when the rest is not understood.
    pub(crate) lane: i32,
    /// Its place in the lane.
    pub(crate) sequence: u64,
    /// Its bytes.
    pub(crate) wire: Vec<u8>,
    /// What it says, or why that was not understood.
    pub(crate) report: Result<Report, String>,
    /// When it came.
    pub(crate) at: Timestamp,
}

/// An agent that opens its stream.
pub(crate) struct Attach {
    pub(crate) endpoint: EndpointId,
    pub(crate) epoch: Epoch,
    /// The first sequence per lane that the agent still holds.
    pub(crate) first: LaneMarks,
    /// An epoch that ended, of which the agent holds reports that it had sent.
    pub(crate) previous: Option<Epoch>,
    /// How often the agent was started on its state.
    pub(crate) starts: Option<u64>,
    pub(crate) evidence: MachineEvidence,
    /// From where it calls.
    pub(crate) address: IpAddr,
    /// What it is answered, but for what is stored. The core says it, so that nothing can be said before.
    pub(crate) welcome: v1::Welcome,
    pub(crate) outbound: mpsc::Sender<Outbound>,
    pub(crate) cut: CancellationToken,
    pub(crate) at: Timestamp,
    pub(crate) reply: oneshot::Sender<Result<Attached, Refusal>>,
}

/// An agent attached, and was welcomed.
pub(crate) struct Attached {
    pub(crate) session: u64,
}

/// A live stream.
struct Session {
    id: u64,
    told: follow::Told,
    /// Streams of the same key whose place it took, and those it is not to be taken for.
    past: newcomer::Past,
    /// The list of software that was asked for on this stream: once is enough, it is long.
    software_asked: Option<SoftwareDigest>,
    outbound: mpsc::Sender<Outbound>,
    cut: CancellationToken,
}

/// The core itself; lives on its thread.
struct Core {
    storage: Box<dyn Storage>,
    shared: Shared,
    policy: Arc<ArcSwap<Policy>>,
    settings: Settings,
    meters: Arc<Meters>,
    health: watch::Sender<Health>,
    sessions: BTreeMap<EndpointId, Session>,
    next_session: u64,
    due: Due<EndpointId>,
    /// Items without an endpoint: nothing else brings them up.
    due_items: Due<AlertNumber>,
    /// Agents that were turned away lately.
    turned_away: turned_away::TurnedAway,
    /// Endpoints whose rows in the view lag behind the state.
    dirty: BTreeSet<EndpointId>,
    /// The storage works on its view or on a snapshot.
    storage_works: bool,
    /// The policy that was in force at the last look; absent before the first.
    noted: Option<Arc<Policy>>,
    /// Agreed versions were last looked at then.
    agreed_at: Timestamp,
    /// What is told of each commit.
    notices: Notices,
    feed: Feed,
    /// Cancelled when the collector stops: a full disk is not waited for any more then.
    stop: CancellationToken,
}
