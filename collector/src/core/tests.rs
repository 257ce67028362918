//! The core by itself, in virtual time: a store that remembers what it was asked in which order, agents that are
//! channels, and steps taken by hand.

mod agreement;
mod archive;
mod audit;
mod boundary;
mod files;
mod in_force;
mod items;
mod join_tokens;
mod limited;
mod newcomer;
mod notify;
mod once;
mod reports;
mod sign_in;
mod silence;
mod sim;
mod software;
mod streams;
mod takeout;
mod tokens;
mod turned_away;
mod upkeep;
mod watch;
mod windows;

use std::sync::{Arc, Mutex};

use arc_swap::ArcSwap;
use dogwatch_model::{
    AgentEvent, BackupJob, BackupKind, BackupRun, BackupStatus, EndpointId, Epoch, Goodbye, Inventory, Lane,
    LaneMarks, MachineEvidence, OrgId, Report, RunResult, ScanResult, Side, SiteId, Software,
};
use dogwatch_proto::v1::{self, collector_message::Message};
use dogwatch_triage::alert::{Act, AlertNumber, Condition, EventKind, Work};
use jiff::{SignedDuration, Timestamp, ToSpan as _};
use tokio::sync::{mpsc, oneshot};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    Attach, Attached, Command, Core, CoreHandle, Enrol, Enrolled, FromAgent, Incoming, Input, NewJoinToken,
    Settings,
};
use crate::{
    access::{ApiToken, JoinTokenRecord, Principal, Register, Scope, Sha256, Verbs},
    origin::Origin,
    policy::Policy,
    refusal::{Code, Refusal},
    state::Item,
    storage::{ChangeSet, Figures, Finished, Loaded, Memory, Position, Row, Storage, StorageError, Table},
};
use sim::*;

#[test]
fn a_command_that_nobody_waits_for_any_more_does_not_happen() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let (reply, gone) = oneshot::channel();
    drop(gone);
    let act = Act::Comment { text: "hello".into() };
    let by = person(Side::Msp);
    let command = Command::Alert { number: AlertNumber(1), act, by, version: None, reply };
    sim.step(Input::Command(Origin::default(), Box::new(command)));
    assert_eq!(sim.alerts("backup-failed")[0].alert.version, 1);
}
