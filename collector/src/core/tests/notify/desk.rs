//! A core that tells, and findings for it to tell of.

use super::*;

pub(super) const MATRIX: &str = r#"
[org]
id = "@ORG@"
name = "Org @ORG@"
last_resort = "noc"

[[team]]
id = "noc"
side = "msp"
channels = ["noc-chat"]
rota = "nights"

[[team]]
id = "it"
side = "internal"
channels = ["it-chat"]

[[person]]
id = "mira"
side = "msp"
team = "noc"
email = "mira@msp.example"

[[rota]]
id = "nights"
team = "noc"
zone = "UTC"
people = ["mira"]
turn = "7d"
starts = 2020-01-06
hand_over = "09:00"

[[row]]
id = "backup"
categories = ["backup"]
responsible = "noc"
accountable = "noc"
informed = ["it"]
"#;

pub(super) fn policy(orgs: &[&str]) -> Policy {
    let texts: Vec<_> = orgs.iter().map(|org| (org.parse().unwrap(), MATRIX.replace("@ORG@", org))).collect();
    Policy::of_texts(&texts, "")
}

pub(super) fn facts() -> Facts {
    let channel = |id: &str| (id.parse().unwrap(), (Kind::Slack, None));
    Facts {
        channels: BTreeMap::from([channel("noc-chat"), channel("it-chat")]),
        mail: true,
        timing: dogwatch_triage::notice::group::Timing::default(),
    }
}

/// A core that tells, and the other end of its worker's inbox.
pub(super) struct Desk {
    pub(super) sim: Sim,
    pub(super) policy: Arc<Policy>,
    pub(super) inbox: mpsc::UnboundedReceiver<Order>,
    /// Messages that the worker was told to let go of.
    pub(super) dropped: Vec<String>,
    /// Of machines that are new.
    pub(super) criticality: Criticality,
}

impl Desk {
    pub(super) fn new(orgs: &[&str]) -> Self {
        Self::at(Sim::new(), orgs)
    }

    pub(super) fn at(sim: Sim, orgs: &[&str]) -> Self {
        Self::over(sim, policy(orgs), facts())
    }

    pub(super) fn over(mut sim: Sim, policy: Policy, facts: Facts) -> Self {
        let policy = Arc::new(policy);
        sim.core.policy.store(policy.clone());
        let (worker, inbox) = mpsc::unbounded_channel();
        sim.step(Input::Notify(Box::new(News::Channels(Box::new(facts)))));
        sim.step(Input::Notify(Box::new(News::Worker(worker))));
        Self { sim, policy, inbox, dropped: Vec::new(), criticality: Criticality::Normal }
    }

    pub(super) fn restart(self, orgs: &[&str]) -> Self {
        Self::at(self.sim.restart_after(SignedDuration::from_secs(1)), orgs)
    }

    /// A machine with a finding on each of so many subjects; one commit.
    pub(super) fn fire(&mut self, org: &str, machine: u128, subjects: std::ops::Range<u32>) {
        let mut endpoint = endpoint(EndpointId(Uuid::from_u128(machine)), org, self.sim.now);
        endpoint.criticality = self.criticality;
        let now = self.sim.now;
        self.find(endpoint, subjects.map(|subject| finding(subject, now)));
    }

    /// A machine, new or known, with findings; one commit.
    pub(super) fn find(&mut self, endpoint: Endpoint, findings: impl Iterator<Item = Finding>) {
        let id = endpoint.id;
        let shared = self.sim.core.shared.clone();
        let mut batch = Batch::default();
        {
            let mut state = shared.write().unwrap();
            if state.members.get(&id).is_none() {
                state.members.insert(id, Member::new(endpoint, MachineEvidence::default()));
            }
            for finding in findings {
                queue::fire(&mut state, &self.policy, id, &finding, self.sim.now, &mut batch);
            }
            notify::enqueue(&mut state, &self.policy, self.sim.now, &mut batch);
        }
        self.sim.core.commit(batch).unwrap();
    }

    pub(super) fn clear(&mut self, machine: u128, subject: u32) {
        let id = EndpointId(Uuid::from_u128(machine));
        let shared = self.sim.core.shared.clone();
        let mut batch = Batch::default();
        {
            let mut state = shared.write().unwrap();
            let rule = RuleId::new("backup-late").unwrap();
            queue::clear(&mut state, &self.policy, id, &rule, &subject.to_string(), self.sim.now, &mut batch);
            notify::enqueue(&mut state, &self.policy, self.sim.now, &mut batch);
        }
        self.sim.core.commit(batch).unwrap();
    }

    /// What the worker was given.
    pub(super) fn sent(&mut self) -> Vec<Sent> {
        let mut sent = Vec::new();
        while let Ok(order) = self.inbox.try_recv() {
            match order {
                Order::Send(message) => sent.push(*message),
                Order::Drop(ids) => self.dropped.extend(ids),
            }
        }
        sent
    }

    pub(super) fn ended(&mut self, id: &str, outcome: Outcome) {
        self.sim.step(Input::Notify(Box::new(News::Ended { id: id.to_owned(), outcome })));
    }

    /// Time passes, and whatever is sent meanwhile is taken at once.
    pub(super) fn pass_delivering(&mut self, time: SignedDuration) -> Vec<Sent> {
        let end = self.sim.now + time;
        let mut all = Vec::new();
        while self.sim.now < end {
            self.sim.pass(SignedDuration::from_secs(5));
            for message in self.sent() {
                self.ended(&message.id, Outcome::Delivered { tries: 1 });
                all.push(message);
            }
        }
        all
    }

    pub(super) fn pass(&mut self, seconds: i64) {
        self.sim.pass(SignedDuration::from_secs(seconds));
    }

    pub(super) fn items(&self) -> Vec<Item> {
        self.sim.core.shared.read().unwrap().alerts.values().cloned().collect()
    }
}

pub(super) fn endpoint(id: EndpointId, org: &str, now: Timestamp) -> Endpoint {
    Endpoint {
        id,
        org: OrgId::new(org).unwrap(),
        site: SiteId::new("main").unwrap(),
        name: format!("srv-{}", id.0.as_u128()),
        class: Some(Class::Server),
        criticality: Criticality::Normal,
        tags: Vec::new(),
        class_fixed: true,
        labels: BTreeMap::new(),
        enrolled_at: now,
        state: EndpointState::Active,
        presence: Presence::away_since(now),
        facts: EndpointFacts::default(),
    }
}

pub(super) fn finding(subject: u32, now: Timestamp) -> Finding {
    Finding {
        rule: RuleId::new("backup-late").unwrap(),
        subject: subject.to_string(),
        category: Category::Backup,
        tool: "backup".parse().unwrap(),
        severity: Severity::Critical,
        title: format!("job {subject} is late"),
        evidence: Vec::new(),
        since: now,
    }
}

/// What a timeline says about telling: `delivered WHO`, `failed WHO`, `not WHO: WHY`.
pub(super) fn told(item: &Item) -> Vec<String> {
    let word = |kind: &EventKind| match kind {
        EventKind::Notified { who, told: Told::Delivered { .. }, .. } => Some(format!("delivered {who}")),
        EventKind::Notified { who, told: Told::Failed { .. }, .. } => Some(format!("failed {who}")),
        EventKind::NotNotified { who, why } => Some(format!("not {who}: {why}")),
        _ => None,
    };
    let mut told: Vec<String> = item.timeline.iter().filter_map(|event| word(&event.kind)).collect();
    told.sort();
    told
}

pub(super) fn ways(messages: &[Sent]) -> Vec<String> {
    let mut ways: Vec<String> = messages.iter().map(|message| message.via.to_string()).collect();
    ways.sort();
    ways
}
