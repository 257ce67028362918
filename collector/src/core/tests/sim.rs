//! The core by itself: a store that outlives it, agents that are channels, and a clock.

use dogwatch_triage::audit::{Chain, Record};

use super::*;

/// A store that outlives the core, as a disk does, and can be told to fail.
#[derive(Clone, Default)]
pub(super) struct Disk {
    pub(super) store: Arc<Mutex<Memory>>,
    pub(super) broken: Arc<Mutex<bool>>,
    /// What was read from it.
    pub(super) reads: Arc<Mutex<Vec<(Table, String)>>>,
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
pub(super) struct Sim {
    pub(super) core: Core,
    pub(super) handle: CoreHandle,
    pub(super) now: Timestamp,
    pub(super) disk: Disk,
    pub(super) queue: mpsc::Receiver<Input>,
}

/// An agent as the core sees it.
pub(super) struct Agent {
    pub(super) id: EndpointId,
    pub(super) session: u64,
    pub(super) inbox: mpsc::Receiver<crate::core::Outbound>,
    pub(super) cut: CancellationToken,
    pub(super) next: LaneMarks,
}

pub(super) const START: &str = "2026-11-02T15:00:00Z";

pub(super) fn settings() -> Settings {
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

pub(super) fn org() -> OrgId {
    OrgId::new("home").unwrap()
}

pub(super) fn person(side: Side) -> Principal {
    let within = Scope::of((side != Side::Msp).then(org), None);
    Principal::new("kim".parse().unwrap(), side, &within, Verbs::ALL)
}

/// Lets everybody in whom these tests let act, with all rights.
pub(super) fn admit(access: &mut Register, now: Timestamp) {
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
pub(super) fn next(inbox: &mut mpsc::Receiver<crate::core::Outbound>) -> Option<Message> {
    inbox.try_recv().ok().map(|sent| (*sent).unwrap().message.unwrap())
}

/// A machine that attaches: what its Hello says.
#[derive(Debug, Clone, Default)]
pub(super) struct Machine {
    pub(super) epoch: u128,
    pub(super) previous: Option<u128>,
    pub(super) starts: Option<u64>,
    pub(super) evidence: MachineEvidence,
}

impl Machine {
    pub(super) fn new(epoch: u128) -> Self {
        Self { epoch, ..Self::default() }
    }
}

impl Sim {
    pub(super) fn new() -> Self {
        Self::on(Disk::default(), START.parse().unwrap())
    }

    /// A collector that starts on what a disk holds.
    pub(super) fn on(disk: Disk, now: Timestamp) -> Self {
        let policy = Arc::new(ArcSwap::from_pointee(Policy::of_a_new(&org())));
        let (core, handle, queue, _) =
            Core::load(Box::new(disk.clone()), policy, settings(), None, now, CancellationToken::new())
                .unwrap();
        admit(&mut handle.shared.write().unwrap().access, now);
        Self { core, handle, now, disk, queue }
    }

    /// The process dies and another one starts on the same disk after a while.
    pub(super) fn restart_after(self, away: SignedDuration) -> Self {
        let (disk, now) = (self.disk.clone(), self.now + away);
        drop(self);
        Self::on(disk, now)
    }

    pub(super) fn step(&mut self, input: Input) {
        self.core.step(&mut vec![input], self.now).unwrap();
    }

    /// Time passes; what is due is judged as it would be by the thread.
    pub(super) fn pass(&mut self, time: SignedDuration) {
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

    pub(super) fn ask<T>(
        &mut self,
        command: impl FnOnce(crate::core::command::Reply<T>) -> Command,
    ) -> Result<T, Refusal> {
        let (reply, mut answer) = oneshot::channel();
        self.step(Input::Command(Origin::default(), Box::new(command(reply))));
        answer.try_recv().unwrap()
    }

    /// What the audit has of an org, or of the collector itself.
    pub(super) fn records(&mut self, chain: Chain) -> Vec<Record> {
        let lines = self.ask(|reply| Command::ReadAudit(chain, 0, reply)).unwrap();
        lines.iter().map(|line| serde_json::from_slice(line).unwrap()).collect()
    }

    /// The org's owner, who has a way in of their own, says goodbye to the MSP.
    pub(super) fn say_goodbye(&mut self) -> crate::core::Departed {
        let owner = person(Side::Internal);
        let account = crate::access::Account {
            password: crate::access::Hidden::new("$argon2id$".into()),
            totp: None,
            pending: None,
            recovery: std::collections::BTreeSet::new(),
            set_at: self.now,
            set_by: None,
        };
        self.handle.shared.write().unwrap().access.accounts.insert(owner.key(), account);
        self.ask(|reply| Command::Offboard(org(), Side::Msp, owner, reply)).unwrap()
    }

    pub(super) fn join_token(&mut self, uses: u32) -> JoinTokenRecord {
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

    pub(super) fn enrol(&mut self, key: &[u8]) -> Result<Enrolled, Refusal> {
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

    pub(super) fn attach(&mut self, id: EndpointId, epoch: u128) -> (Agent, LaneMarks) {
        let (agent, welcome) = self.attach_as(id, Machine::new(epoch)).unwrap();
        (agent, LaneMarks::try_from(welcome.stored.unwrap()).unwrap())
    }

    pub(super) fn attach_as(
        &mut self,
        id: EndpointId,
        machine: Machine,
    ) -> Result<(Agent, v1::Welcome), Refusal> {
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
    pub(super) fn with_agent() -> (Self, Agent) {
        let mut sim = Self::new();
        sim.join_token(1);
        let enrolled = sim.enrol(b"key").unwrap();
        let (agent, _) = sim.attach(enrolled.id, 1);
        (sim, agent)
    }

    pub(super) fn report(&mut self, agent: &Agent, report: &Report) {
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

    pub(super) fn incoming(&mut self, agent: &Agent, incoming: Incoming) {
        let message = FromAgent::Report(Box::new(incoming));
        self.step(Input::FromAgent { session: agent.session, endpoint: agent.id, message });
    }

    /// Reports a backup run in the kept lane, in sequence.
    pub(super) fn backup(&mut self, agent: &mut Agent, result: RunResult) {
        agent.next.kept += 1;
        let report = backup_report(agent.next.kept, self.now, result);
        self.report(agent, &report);
    }

    pub(super) fn detach(&mut self, agent: &Agent, goodbye: Option<Goodbye>) {
        let message = FromAgent::Detach { goodbye, at: self.now };
        self.step(Input::FromAgent { session: agent.session, endpoint: agent.id, message });
    }

    pub(super) fn alerts(&self, rule: &str) -> Vec<Item> {
        self.handle.read(|state| {
            state.alerts.values().filter(|item| item.alert.rule.as_str() == rule).cloned().collect()
        })
    }
}

pub(super) fn backup_report(sequence: u64, at: Timestamp, result: RunResult) -> Report {
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

pub(super) fn messages(agent: &mut Agent) -> Vec<Message> {
    let mut all = Vec::new();
    while let Ok(outbound) = agent.inbox.try_recv() {
        all.extend(outbound.ok().and_then(|sent| sent.message));
    }
    all
}
