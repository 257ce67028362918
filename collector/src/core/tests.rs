//! The core by itself, in virtual time: a store that remembers what it was asked in which order, agents that are
//! channels, and steps taken by hand.

mod agreement;
mod archive;
mod audit;
mod boundary;
mod files;
mod in_force;
mod join_tokens;
mod limited;
mod newcomer;
mod notify;
mod once;
mod sign_in;
mod takeout;
mod tokens;
mod upkeep;
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

/// A store that outlives the core, as a disk does, and can be told to fail.
#[derive(Clone, Default)]
struct Disk {
    store: Arc<Mutex<Memory>>,
    broken: Arc<Mutex<bool>>,
    /// What was read from it.
    reads: Arc<Mutex<Vec<(Table, String)>>>,
}

impl Storage for Disk {
    fn load(&mut self) -> Result<Loaded, StorageError> {
        self.store.lock().unwrap().load()
    }
    fn commit(&mut self, changes: &ChangeSet) -> Result<Position, StorageError> {
        if *self.broken.lock().unwrap() {
            let source = std::io::Error::other("injected");
            return Err(StorageError::Io { doing: "sync", path: "journal".into(), source });
        }
        self.store.lock().unwrap().commit(changes)
    }
    fn settle(&mut self, rows: Vec<Row>) -> Result<(), StorageError> {
        self.store.lock().unwrap().settle(rows)
    }
    fn begin_snapshot(&mut self, now: Timestamp) -> Result<(), StorageError> {
        self.store.lock().unwrap().begin_snapshot(now)
    }
    fn finished(&mut self) -> Option<Result<Finished, StorageError>> {
        self.store.lock().unwrap().finished()
    }
    fn wait(&mut self) -> Option<Result<Finished, StorageError>> {
        self.store.lock().unwrap().wait()
    }
    fn read(&self, table: Table, prefix: &str, limit: usize) -> Result<Vec<Row>, StorageError> {
        self.reads.lock().unwrap().push((table, prefix.to_owned()));
        self.store.lock().unwrap().read(table, prefix, limit)
    }
    fn figures(&self) -> Figures {
        self.store.lock().unwrap().figures()
    }
    fn release_reserve(&mut self) -> Result<(), StorageError> {
        Ok(())
    }
    fn restore_reserve(&mut self) -> Result<(), StorageError> {
        Ok(())
    }
    fn close(self: Box<Self>) -> Result<(), StorageError> {
        Ok(())
    }
}

/// A core, a clock and a disk.
struct Sim {
    core: Core,
    handle: CoreHandle,
    now: Timestamp,
    disk: Disk,
    queue: mpsc::Receiver<Input>,
}

/// An agent as the core sees it.
struct Agent {
    id: EndpointId,
    session: u64,
    inbox: mpsc::Receiver<super::Outbound>,
    cut: CancellationToken,
    next: LaneMarks,
}

const START: &str = "2026-11-02T15:00:00Z";

fn settings() -> Settings {
    Settings {
        sweep_every: SignedDuration::from_secs(15),
        settle_every: SignedDuration::from_secs(30),
        snapshot_every: SignedDuration::from_hours(1),
        gather: std::time::Duration::ZERO,
        late_after: SignedDuration::from_mins(2),
        keep_done: SignedDuration::from_hours(24),
        grace: SignedDuration::ZERO,
    }
}

fn org() -> OrgId {
    OrgId::new("home").unwrap()
}

fn person(side: Side) -> Principal {
    let within = Scope::of((side != Side::Msp).then(org), None);
    Principal::new("kim".parse().unwrap(), side, &within, Verbs::ALL)
}

/// Lets everybody in whom these tests let act, with all rights.
fn admit(access: &mut Register, now: Timestamp) {
    for name in ["kim", "lee", "mira", "omar", "tim"] {
        for side in [Side::Msp, Side::Internal, Side::Vendor] {
            let principal = Principal { person: name.parse().unwrap(), ..person(side) };
            let text = format!("{side}:{name}");
            let token = ApiToken::new(Sha256::of(text.as_bytes()), principal, now);
            access.enlist(&ApiToken { id: text, ..token }, now);
        }
    }
}

/// The next message to an agent, if one waits.
fn next(inbox: &mut mpsc::Receiver<super::Outbound>) -> Option<Message> {
    inbox.try_recv().ok().map(|sent| (*sent).unwrap().message.unwrap())
}

/// A machine that attaches: what its Hello says.
#[derive(Debug, Clone, Default)]
struct Machine {
    epoch: u128,
    previous: Option<u128>,
    starts: Option<u64>,
    evidence: MachineEvidence,
}

impl Machine {
    fn new(epoch: u128) -> Self {
        Self { epoch, ..Self::default() }
    }
}

impl Sim {
    fn new() -> Self {
        Self::on(Disk::default(), START.parse().unwrap())
    }

    /// A collector that starts on what a disk holds.
    fn on(disk: Disk, now: Timestamp) -> Self {
        let policy = Arc::new(ArcSwap::from_pointee(Policy::of_a_new(&org())));
        let (core, handle, queue, _) =
            Core::load(Box::new(disk.clone()), policy, settings(), None, now, CancellationToken::new())
                .unwrap();
        admit(&mut handle.shared.write().unwrap().access, now);
        Self { core, handle, now, disk, queue }
    }

    /// The process dies and another one starts on the same disk after a while.
    fn restart_after(self, away: SignedDuration) -> Self {
        let (disk, now) = (self.disk.clone(), self.now + away);
        drop(self);
        Self::on(disk, now)
    }

    fn step(&mut self, input: Input) {
        self.core.step(&mut vec![input], self.now).unwrap();
    }

    /// Time passes; what is due is judged as it would be by the thread.
    fn pass(&mut self, time: SignedDuration) {
        let end = self.now + time;
        loop {
            let outbox = self.core.shared.read().unwrap().outbox.next_due(self.now);
            let due = [self.core.due.next(), outbox].into_iter().flatten().min();
            let Some(due) = due.filter(|due| *due <= end) else { break };
            self.now = self.now.max(due);
            self.core.step(&mut Vec::new(), self.now).unwrap();
        }
        self.now = end;
    }

    fn ask<T>(&mut self, command: impl FnOnce(super::command::Reply<T>) -> Command) -> Result<T, Refusal> {
        let (reply, mut answer) = oneshot::channel();
        self.step(Input::Command(Origin::default(), Box::new(command(reply))));
        answer.try_recv().unwrap()
    }

    fn join_token(&mut self, uses: u32) -> JoinTokenRecord {
        let token = NewJoinToken {
            hash: Sha256::of(b"secret"),
            org: org(),
            site: SiteId::new("main").unwrap(),
            lifetime: SignedDuration::from_mins(60),
            uses,
            approval: false,
        };
        self.ask(|reply| Command::CreateJoinToken(token, person(Side::Msp), reply)).unwrap()
    }

    fn enrol(&mut self, key: &[u8]) -> Result<Enrolled, Refusal> {
        let enrol = Enrol {
            secret: Sha256::of(b"secret"),
            key: Sha256::of(key),
            name: "srv".into(),
            tags: vec![],
            class: None,
            evidence: MachineEvidence::default(),
        };
        self.ask(|reply| Command::Enrol(enrol, reply))
    }

    fn attach(&mut self, id: EndpointId, epoch: u128) -> (Agent, LaneMarks) {
        let (agent, welcome) = self.attach_as(id, Machine::new(epoch)).unwrap();
        (agent, LaneMarks::try_from(welcome.stored.unwrap()).unwrap())
    }

    fn attach_as(&mut self, id: EndpointId, machine: Machine) -> Result<(Agent, v1::Welcome), Refusal> {
        let (outbound, mut inbox) = mpsc::channel(64);
        let cut = CancellationToken::new();
        let (reply, mut answer) = oneshot::channel();
        self.step(Input::Attach(Box::new(Attach {
            endpoint: id,
            epoch: Epoch(Uuid::from_u128(machine.epoch)),
            first: LaneMarks { kept: 1, latest: 1, samples: 1 },
            previous: machine.previous.map(|epoch| Epoch(Uuid::from_u128(epoch))),
            starts: machine.starts,
            evidence: machine.evidence,
            address: std::net::Ipv4Addr::new(192, 0, 2, u8::try_from(machine.epoch % 256).unwrap()).into(),
            welcome: v1::Welcome::default(),
            outbound,
            cut: cut.clone(),
            at: self.now,
            reply,
        })));
        let Attached { session } = answer.try_recv().unwrap()?;
        let Message::Welcome(welcome) = next(&mut inbox).unwrap() else { panic!("no welcome") };
        assert!(matches!(next(&mut inbox), Some(Message::Policy(_))), "the policy comes next");
        let stored = LaneMarks::try_from(welcome.stored.unwrap()).unwrap();
        Ok((Agent { id, session, inbox, cut, next: stored }, welcome))
    }

    /// One enrolled endpoint with a live stream.
    fn with_agent() -> (Self, Agent) {
        let mut sim = Self::new();
        sim.join_token(1);
        let enrolled = sim.enrol(b"key").unwrap();
        let (agent, _) = sim.attach(enrolled.id, 1);
        (sim, agent)
    }

    fn report(&mut self, agent: &Agent, report: &Report) {
        let wire = prost::Message::encode_to_vec(&v1::Report::from(report));
        let incoming = Incoming {
            lane: v1::Lane::from(report.lane).into(),
            sequence: report.sequence,
            wire,
            report: Ok(report.clone()),
            at: self.now,
        };
        self.incoming(agent, incoming);
    }

    fn incoming(&mut self, agent: &Agent, incoming: Incoming) {
        let message = FromAgent::Report(Box::new(incoming));
        self.step(Input::FromAgent { session: agent.session, endpoint: agent.id, message });
    }

    /// Reports a backup run in the kept lane, in sequence.
    fn backup(&mut self, agent: &mut Agent, result: RunResult) {
        agent.next.kept += 1;
        let report = backup_report(agent.next.kept, self.now, result);
        self.report(agent, &report);
    }

    fn detach(&mut self, agent: &Agent, goodbye: Option<Goodbye>) {
        let message = FromAgent::Detach { goodbye, at: self.now };
        self.step(Input::FromAgent { session: agent.session, endpoint: agent.id, message });
    }

    fn alerts(&self, rule: &str) -> Vec<Item> {
        self.handle.read(|state| {
            state.alerts.values().filter(|item| item.alert.rule.as_str() == rule).cloned().collect()
        })
    }
}

fn backup_report(sequence: u64, at: Timestamp, result: RunResult) -> Report {
    let run = BackupRun {
        ended_at: Some(at),
        exit_code: Some(i32::from(result == RunResult::Failed)),
        ..BackupRun::new(format!("run-{sequence}"), at - 5.seconds(), result)
    };
    let job = BackupJob {
        last_success: (result == RunResult::Success).then_some(at),
        consecutive_failures: u32::from(result == RunResult::Failed),
        last_run: Some(run),
        ..BackupJob::new("nightly".into(), "command".into(), BackupKind::Backup, at)
    };
    let mut report = Report::empty(Lane::Kept, sequence, at);
    report.backup = Some(BackupStatus { scanned_at: at, jobs: vec![job] });
    report
}

fn messages(agent: &mut Agent) -> Vec<Message> {
    let mut all = Vec::new();
    while let Ok(outbound) = agent.inbox.try_recv() {
        all.extend(outbound.ok().and_then(|sent| sent.message));
    }
    all
}

#[test]
fn a_report_is_acknowledged_once_it_is_committed_and_applied_once_however_often_it_comes() {
    let (mut sim, mut agent) = Sim::with_agent();
    let at = sim.now;
    sim.report(&agent, &backup_report(1, at, RunResult::Failed));
    sim.report(&agent, &backup_report(1, at, RunResult::Failed));
    let acks = messages(&mut agent);
    let ack = Message::Ack(v1::Ack { lane: v1::Lane::Kept.into(), up_to: 1 });
    assert_eq!(acks, [ack.clone(), ack]);
    assert_eq!(sim.alerts("backup-failed").len(), 1);
    assert_eq!(sim.alerts("backup-failed")[0].alert.version, 1);
}

#[test]
fn a_report_ahead_of_its_turn_is_refused_with_the_sequence_that_is_wanted() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.report(&agent, &backup_report(5, sim.now, RunResult::Failed));
    let reject = Message::Reject(v1::Reject { lane: v1::Lane::Kept.into(), expected: 1 });
    assert_eq!(messages(&mut agent), [reject]);
    assert!(sim.alerts("backup-failed").is_empty());
}

#[test]
fn nothing_is_acknowledged_when_the_disk_fails() {
    let (mut sim, mut agent) = Sim::with_agent();
    *sim.disk.broken.lock().unwrap() = true;
    let report = backup_report(1, sim.now, RunResult::Failed);
    let incoming = Incoming {
        lane: v1::Lane::Kept.into(),
        sequence: 1,
        wire: prost::Message::encode_to_vec(&v1::Report::from(&report)),
        report: Ok(report),
        at: sim.now,
    };
    let message = FromAgent::Report(Box::new(incoming));
    let input = Input::FromAgent { session: agent.session, endpoint: agent.id, message };
    assert!(sim.core.step(&mut vec![input], sim.now).is_err());
    assert_eq!(messages(&mut agent), []);
    assert!(matches!(sim.handle.health(), crate::state::Health::Degraded { .. }));
}

#[test]
fn what_was_acknowledged_is_there_after_a_crash_and_is_known_to_the_agent() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let before = sim.alerts("backup-failed");
    let mut sim = sim.restart_after(SignedDuration::from_secs(3));
    assert_eq!(sim.alerts("backup-failed"), before);
    let (_, stored) = sim.attach(agent.id, 1);
    assert_eq!(stored.kept, 1);
}

#[test]
fn a_report_that_cannot_be_understood_is_set_aside_counts_as_done_and_stays_done_after_a_crash() {
    let (mut sim, mut agent) = Sim::with_agent();
    let wire = prost::Message::encode_to_vec(&v1::Report {
        lane: v1::Lane::Kept.into(),
        sequence: 1,
        ..Default::default()
    });
    let incoming = Incoming {
        lane: v1::Lane::Kept.into(),
        sequence: 1,
        wire,
        report: Err("made up".into()),
        at: sim.now,
    };
    sim.incoming(&agent, incoming);
    let told = messages(&mut agent);
    assert!(matches!(told[..], [Message::Poisoned(_), Message::Ack(_)]), "{told:?}");
    let mut sim = sim.restart_after(SignedDuration::from_secs(3));
    assert_eq!(sim.attach(agent.id, 1).1.kept, 1);
}

#[test]
fn a_failed_backup_opens_an_alert_for_its_owner_and_a_success_ends_it_if_nobody_touched_it() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let alert = sim.alerts("backup-failed").remove(0).alert;
    assert_eq!((alert.condition, alert.work), (Condition::Firing, Work::Unclaimed));
    assert!(!alert.owner.why.is_empty());
    sim.now += 60.seconds();
    sim.backup(&mut agent, RunResult::Success);
    let alert = sim.alerts("backup-failed").remove(0).alert;
    assert_eq!((alert.condition, alert.work), (Condition::Cleared, Work::Done));
}

#[test]
fn a_claimed_alert_stays_claimed_when_its_condition_clears() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let alert = sim.alerts("backup-failed").remove(0).alert;
    let (number, by) = (alert.number, person(alert.owner.side));
    let act = Act::Claim { override_reason: None };
    sim.ask(|reply| Command::Alert { number, act, by, version: Some(1), reply }).unwrap();
    sim.now += 60.seconds();
    sim.backup(&mut agent, RunResult::Success);
    let alert = sim.alerts("backup-failed").remove(0).alert;
    assert_eq!((alert.condition, alert.work), (Condition::Cleared, Work::Claimed));
}

#[test]
fn of_two_writers_who_saw_the_same_version_one_wins() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let alert = sim.alerts("backup-failed").remove(0).alert;
    let by = person(alert.owner.side);
    let mut claim = || {
        let (act, by) = (Act::Claim { override_reason: None }, by.clone());
        sim.ask(|reply| Command::Alert { number: AlertNumber(1), act, by, version: Some(1), reply })
    };
    assert!(claim().is_ok());
    assert_eq!(claim().unwrap_err().code, Code::Conflict);
}

#[test]
fn an_alert_that_left_the_working_set_is_read_from_the_archive() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    sim.now += 60.seconds();
    sim.backup(&mut agent, RunResult::Success);
    let number = sim.alerts("backup-failed").remove(0).alert.number;
    let mut batch = super::Batch::default();
    let later = sim.now + SignedDuration::from_hours(25);
    super::load::retire(&mut sim.handle.shared.write().unwrap(), later, settings().keep_done, &mut batch);
    sim.disk.store.lock().unwrap().commit(&batch.changes).unwrap();
    let on_its_way = sim.ask(|reply| Command::ReadShelf(number.0 / super::SHELF, reply)).unwrap();
    assert_eq!(on_its_way.len(), 1, "the view does not have it yet");
    assert!(sim.ask(|reply| Command::ReadArchived(number, reply)).unwrap().is_some());
    sim.disk.settle(Vec::new()).unwrap();
    {
        let mut state = sim.handle.shared.write().unwrap();
        state.retired.settling();
        state.retired.settled();
    }
    assert!(sim.alerts("backup-failed").is_empty());
    let archived = sim.ask(|reply| Command::ReadArchived(number, reply)).unwrap().unwrap();
    assert_eq!((archived.alert.number, archived.alert.work), (number, Work::Done));
    assert!(sim.ask(|reply| Command::ReadArchived(AlertNumber(9), reply)).unwrap().is_none());
}

#[test]
fn a_list_of_software_is_asked_for_when_the_digest_is_news_and_is_kept_on_disk_alone() {
    let (mut sim, mut agent) = Sim::with_agent();
    let inventory = |digest: &str| {
        let os = Some(v1::Os { family: "linux".into(), ..v1::Os::default() });
        let software = Some(v1::SoftwareDigest { count: 1, digest: digest.into() });
        Inventory::try_from(v1::Inventory { os, software, ..v1::Inventory::default() }).unwrap()
    };
    let latest = |sim: &mut Sim, agent: &mut Agent, inventory, software| {
        agent.next.latest += 1;
        let report =
            Report { inventory, software, ..Report::empty(Lane::Latest, agent.next.latest, sim.now) };
        sim.report(agent, &report);
        let asks = |message: &Message| matches!(message, Message::Refresh(refresh) if refresh.sources == ["software"]);
        messages(agent).iter().filter(|message| asks(message)).count()
    };
    assert_eq!(latest(&mut sim, &mut agent, Some(inventory("a")), None), 1);
    assert_eq!(latest(&mut sim, &mut agent, Some(inventory("a")), None), 0, "asked for once");
    let bash = Software { source: "dpkg".into(), name: "bash".into(), version: "5.2".into() };
    assert_eq!(latest(&mut sim, &mut agent, None, Some(vec![bash.clone()])), 0);
    assert_eq!(latest(&mut sim, &mut agent, Some(inventory("a")), None), 0, "it is held");
    assert_eq!(latest(&mut sim, &mut agent, Some(inventory("b")), None), 1);

    sim.disk.settle(Vec::new()).unwrap();
    let list = sim.ask(|reply| Command::ReadSoftware(agent.id, reply)).unwrap().unwrap();
    assert_eq!((list.software, list.told_at), (vec![bash], sim.now));
}

#[test]
fn a_scan_that_could_not_tell_takes_no_update_back_and_an_event_alone_is_judged() {
    let (mut sim, mut agent) = Sim::with_agent();
    let patch = |result: &str, updates: Option<v1::Updates>| {
        let status =
            v1::PatchStatus { source: "apt".into(), result: result.into(), updates, ..Default::default() };
        dogwatch_model::PatchStatus::try_from(status).unwrap()
    };
    let update = v1::Update {
        id: "apt:bash".into(),
        package: "bash".into(),
        class: "regular".into(),
        severity: "unspecified".into(),
        state: "missing".into(),
        ..Default::default()
    };
    let event = AgentEvent { at: sim.now, kind: "identity_exposed".into(), detail: "key.pem".into() };
    for (patch, events) in [
        (Some(patch("ok", Some(v1::Updates { updates: vec![update] }))), vec![]),
        (Some(patch("failed", None)), vec![]),
        (None, vec![event]),
    ] {
        agent.next.kept += 1;
        let report = Report { patch, events, ..Report::empty(Lane::Kept, agent.next.kept, sim.now) };
        sim.report(&agent, &report);
    }
    let known = sim.handle.read(|state| state.members[&agent.id].endpoint.facts.patch.clone()).unwrap();
    assert_eq!((known.result, known.updates.map(|updates| updates.len())), (ScanResult::Failed, Some(1)));
    assert_eq!(sim.alerts("key-exposed").len(), 1);
}

#[test]
fn an_act_that_an_override_would_let_through_says_so_to_programs() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let alert = sim.alerts("backup-failed").remove(0).alert;
    let mut act = |name: &str, act: Act| {
        let by = Principal { person: name.parse().unwrap(), ..person(alert.owner.side) };
        sim.ask(|reply| Command::Alert { number: alert.number, act, by, version: None, reply })
    };
    let claim = Act::Claim { override_reason: None };
    act("kim", claim.clone()).unwrap();
    let again = act("kim", claim).unwrap_err();
    assert_eq!((again.reason, again.override_would_do), (Some("already_yours"), false));
    let refused = act("lee", Act::Release { override_reason: None }).unwrap_err();
    assert_eq!((refused.reason, refused.override_would_do), (Some("held_by_another"), true));
}

#[test]
fn a_duplicate_ends_and_the_one_that_goes_on_knows() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    sim.detach(&agent, None);
    sim.pass(SignedDuration::from_secs(181));
    let (failed, silent) =
        (sim.alerts("backup-failed").remove(0).alert, sim.alerts("silent").remove(0).alert);
    let mut act = |number: AlertNumber, act: Act| {
        let by = person(failed.owner.side);
        sim.ask(|reply| Command::Alert { number, act, by, version: None, reply })
    };
    let merge = |into| Act::Merge { into, override_reason: None };
    let refused = act(failed.number, merge(AlertNumber(99))).unwrap_err();
    assert_eq!(refused.code, Code::NotFound);
    let merged = act(failed.number, merge(silent.number)).unwrap().alert;
    assert_eq!((merged.work, merged.links[0].to), (Work::Done, silent.number));
    assert_eq!(act(silent.number, merge(failed.number)).unwrap_err().code, Code::Conflict);
    let silent = sim.alerts("silent").remove(0);
    assert_eq!(silent.alert.links[0].to, failed.number);
    let linked = silent.timeline.iter().filter(|event| matches!(event.kind, EventKind::Linked { .. }));
    assert_eq!((silent.alert.version, linked.count()), (2, 1));
}

#[test]
fn an_old_item_is_not_reopened_beside_the_one_that_took_its_place() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    sim.now += 60.seconds();
    sim.backup(&mut agent, RunResult::Success);
    let first = sim.alerts("backup-failed").remove(0).alert;
    sim.now += SignedDuration::from_hours(25);
    sim.backup(&mut agent, RunResult::Failed);
    let (act, by) = (Act::Reopen { reason: "it is back".into() }, person(first.owner.side));
    let refused =
        sim.ask(|reply| Command::Alert { number: first.number, act, by, version: None, reply }).unwrap_err();
    assert_eq!((refused.code, refused.reason), (Code::Conflict, Some("superseded")));
}

#[test]
fn silence_is_raised_after_its_time_and_cleared_by_a_return() {
    let (mut sim, agent) = Sim::with_agent();
    sim.detach(&agent, None);
    sim.pass(SignedDuration::from_secs(179));
    assert!(sim.alerts("silent").is_empty());
    sim.pass(SignedDuration::from_secs(2));
    assert_eq!(sim.alerts("silent").len(), 1);
    sim.attach(agent.id, 1);
    assert_eq!(sim.alerts("silent")[0].alert.work, Work::Done);
}

#[test]
fn an_agent_that_said_goodbye_is_not_silent() {
    let (mut sim, agent) = Sim::with_agent();
    sim.detach(&agent, Some(Goodbye::Shutdown));
    sim.pass(SignedDuration::from_hours(3));
    assert!(sim.alerts("silent").is_empty());
}

#[test]
fn a_restart_raises_nothing_false_and_still_finds_who_is_gone() {
    let (sim, agent) = Sim::with_agent();
    // A long stop: nobody was watching, so nobody is silent yet.
    let mut sim = sim.restart_after(SignedDuration::from_hours(5));
    sim.pass(SignedDuration::from_secs(170));
    assert!(sim.alerts("silent").is_empty());
    sim.pass(SignedDuration::from_secs(20));
    assert_eq!(sim.alerts("silent").len(), 1, "{}", agent.id);
}

#[test]
fn a_hold_that_runs_when_the_collector_stops_goes_on_from_there() {
    let (mut sim, agent) = Sim::with_agent();
    sim.detach(&agent, None);
    sim.pass(SignedDuration::from_secs(100));
    let mut sim = sim.restart_after(SignedDuration::from_mins(30));
    sim.pass(SignedDuration::from_secs(60));
    assert!(sim.alerts("silent").is_empty());
    sim.pass(SignedDuration::from_secs(130));
    assert_eq!(sim.alerts("silent").len(), 1);
}

#[test]
fn a_second_stream_of_the_same_key_takes_the_place_of_the_first() {
    let (mut sim, mut first) = Sim::with_agent();
    let (mut second, _) = sim.attach(first.id, 1);
    assert!(first.cut.is_cancelled());
    sim.backup(&mut first, RunResult::Failed);
    assert!(sim.alerts("backup-failed").is_empty(), "a stream that was replaced is not listened to");
    sim.detach(&first, None);
    sim.backup(&mut second, RunResult::Failed);
    assert_eq!(sim.alerts("backup-failed").len(), 1);
    assert!(sim.handle.read(|state| state.members[&second.id].endpoint.presence.online));
}

#[test]
fn a_join_token_enrols_as_often_as_it_says_and_not_after_it_expired() {
    let mut sim = Sim::new();
    sim.join_token(2);
    assert_eq!(sim.enrol(b"one").unwrap().name, "srv");
    assert_eq!(sim.enrol(b"two").unwrap().name, "srv-2");
    assert!(sim.enrol(b"three").unwrap_err().what.contains("used up (2 of 2)"));
    let mut sim = Sim::new();
    sim.join_token(1);
    sim.now += 61.minutes();
    assert!(sim.enrol(b"one").unwrap_err().what.contains("expired"));
}

#[test]
fn a_revoked_endpoint_is_cut_refused_and_leaves_the_queue() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let (id, by) = (agent.id, person(Side::Msp));
    sim.ask(|reply| Command::SetEndpointState(id, dogwatch_model::EndpointState::Revoked, by, reply))
        .unwrap();
    assert!(agent.cut.is_cancelled());
    assert_eq!(sim.alerts("backup-failed")[0].alert.work, Work::Done);
    let (outbound, _inbox) = mpsc::channel(8);
    let (reply, mut answer) = oneshot::channel();
    let epoch = Epoch(Uuid::from_u128(1));
    sim.step(Input::Attach(Box::new(Attach {
        endpoint: id,
        epoch,
        first: LaneMarks::default(),
        previous: None,
        starts: None,
        evidence: MachineEvidence::default(),
        address: std::net::Ipv4Addr::LOCALHOST.into(),
        welcome: v1::Welcome::default(),
        outbound,
        cut: CancellationToken::new(),
        at: sim.now,
        reply,
    })));
    assert_eq!(answer.try_recv().unwrap().map(|_| ()).unwrap_err().code, Code::Unauthenticated);
}

#[test]
fn a_report_from_long_ago_changes_no_live_state() {
    let (mut sim, agent) = Sim::with_agent();
    let mut report = backup_report(1, sim.now - 10.minutes(), RunResult::Failed);
    report.age_ms = 600_000;
    sim.report(&agent, &report);
    assert!(sim.alerts("backup-failed").is_empty());
    assert_eq!(sim.handle.read(|state| state.members[&agent.id].marks().kept), 1);
}

#[test]
fn a_wrong_clock_on_an_endpoint_is_a_clock_offset_and_nothing_else() {
    let (mut sim, agent) = Sim::with_agent();
    let mut report = backup_report(1, sim.now - 1.hours(), RunResult::Failed);
    report.observed_at = sim.now - 1.hours();
    sim.report(&agent, &report);
    assert_eq!(sim.alerts("backup-failed").len(), 1);
    let offset = sim.handle.read(|state| state.members[&agent.id].endpoint.facts.clock_offset_seconds);
    assert_eq!(offset, Some(-3600.0));
}

#[test]
fn a_stream_that_ended_while_it_was_being_opened_is_found_gone() {
    let (mut sim, agent) = Sim::with_agent();
    let id = agent.id;
    // No word of the end comes: the session never began.
    drop(agent);
    sim.pass(SignedDuration::from_secs(20));
    assert!(!sim.handle.read(|state| state.members[&id].endpoint.presence.online));
    sim.pass(SignedDuration::from_mins(4));
    assert_eq!(sim.alerts("silent").len(), 1);
}

#[test]
fn an_endpoint_that_was_enrolled_and_never_came_is_silent_after_its_time() {
    let mut sim = Sim::new();
    sim.join_token(1);
    sim.enrol(b"key").unwrap();
    sim.pass(SignedDuration::from_mins(4));
    assert_eq!(sim.alerts("silent").len(), 1);
}

#[test]
fn a_burst_of_large_reports_is_spread_over_several_commits_and_none_is_lost() {
    let (mut sim, mut agent) = Sim::with_agent();
    let mut inputs: Vec<Input> = (1..=40)
        .map(|sequence| {
            let report = backup_report(sequence, sim.now, RunResult::Success);
            let mut wire = prost::Message::encode_to_vec(&v1::Report::from(&report));
            // An unknown field of 200 KiB, as a later version might send.
            wire.extend([0xfa, 0x7f, 0x80, 0xc0, 0x0c]);
            wire.resize(wire.len() + 200 * 1024, 0);
            let incoming =
                Incoming { lane: v1::Lane::Kept.into(), sequence, wire, report: Ok(report), at: sim.now };
            let message = FromAgent::Report(Box::new(incoming));
            Input::FromAgent { session: agent.session, endpoint: agent.id, message }
        })
        .collect();
    let mut commits = 0;
    while !inputs.is_empty() {
        sim.core.step(&mut inputs, sim.now).unwrap();
        commits += 1;
    }
    assert_eq!(commits, 2, "4 MiB each");
    let last = messages(&mut agent).pop();
    assert_eq!(last, Some(Message::Ack(v1::Ack { lane: v1::Lane::Kept.into(), up_to: 40 })));
    let mut sim = sim.restart_after(SignedDuration::from_secs(1));
    assert_eq!(sim.attach(agent.id, 1).1.kept, 40);
}

#[test]
fn what_a_person_closed_while_it_held_is_not_forgotten_before_it_clears() {
    let (mut sim, mut agent) = Sim::with_agent();
    sim.backup(&mut agent, RunResult::Failed);
    let alert = sim.alerts("backup-failed").remove(0).alert;
    let (number, by) = (alert.number, person(alert.owner.side));
    let act = Act::Close { resolution: "we live with it".into(), override_reason: None };
    sim.ask(|reply| Command::Alert { number, act, by, version: None, reply }).unwrap();
    let keep = sim.core.settings.keep_done;
    let retire = |sim: &mut Sim| {
        let mut batch = super::Batch::default();
        let shared = sim.core.shared.clone();
        super::load::retire(&mut shared.write().unwrap(), sim.now, keep, &mut batch);
    };
    sim.now += keep * 2;
    retire(&mut sim);
    assert_eq!(sim.alerts("backup-failed").len(), 1);
    sim.backup(&mut agent, RunResult::Success);
    sim.now += keep * 2;
    retire(&mut sim);
    assert!(sim.alerts("backup-failed").is_empty());
}

#[test]
fn one_endpoint_cannot_fill_the_queue() {
    let (mut sim, mut agent) = Sim::with_agent();
    agent.next.kept += 1;
    let mut report = backup_report(1, sim.now, RunResult::Failed);
    let jobs = &mut report.backup.as_mut().unwrap().jobs;
    *jobs = (0..600).map(|n| BackupJob { name: format!("job-{n}"), ..jobs[0].clone() }).collect();
    sim.report(&agent, &report);
    let total = sim.handle.read(|state| state.alerts.len());
    assert!((512..=514).contains(&total), "{total}");
    assert_eq!(sim.alerts("too-many-findings").len(), 1);
}

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

/// The names of the checks that an agent is told next; other messages are passed over.
fn told_checks(agent: &mut Agent) -> Option<Vec<String>> {
    while let Some(message) = next(&mut agent.inbox) {
        if let Message::Policy(policy) = message {
            return Some(policy.checks.into_iter().map(|check| check.name).collect());
        }
    }
    None
}

fn change_policy(sim: &mut Sim, watch: &str) {
    sim.core.policy.store(Arc::new(Policy::watching(&org(), watch)));
    sim.step(Input::PolicyChanged);
}

#[test]
fn a_live_agent_is_told_when_the_watch_list_changes_and_only_then() {
    let (mut sim, mut agent) = Sim::with_agent();
    change_policy(&mut sim, "[[check]]\nname = \"web\"\nkind = \"http\"\n");
    assert_eq!(told_checks(&mut agent), Some(vec!["web".to_owned()]));
    sim.pass(SignedDuration::from_mins(1));
    change_policy(&mut sim, "# the same\n[[check]]\nname = \"web\"\nkind = \"http\"\n");
    assert_eq!(told_checks(&mut agent), None, "nothing changed for it");
    change_policy(&mut sim, "");
    assert_eq!(told_checks(&mut agent), Some(vec![]));
}

#[test]
fn a_live_agent_is_told_when_what_it_tells_changes_what_it_watches() {
    let (mut sim, mut agent) = Sim::with_agent();
    let condition = "[[check]]\nname = \"lid\"\nkind = \"process\"\nwhen = 'class == \"laptop\"'\n";
    change_policy(&mut sim, condition);
    assert_eq!(told_checks(&mut agent), None, "it is a server as far as anybody knows");
    let wire = v1::Inventory {
        os: Some(v1::Os { family: "linux".into(), ..v1::Os::default() }),
        class: Some("laptop".into()),
        ..v1::Inventory::default()
    };
    let inventory = Some(wire.try_into().unwrap());
    let report = Report { inventory, ..Report::empty(Lane::Latest, 1, sim.now) };
    sim.report(&agent, &report);
    assert_eq!(told_checks(&mut agent), Some(vec!["lid".to_owned()]));
}
