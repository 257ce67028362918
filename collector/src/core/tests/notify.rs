//! Telling people, in virtual time: from the finding to the timeline's last word, through deaths and storms.

mod apart;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
    time::Duration,
};

use dogwatch_model::{Class, Criticality, Endpoint, EndpointState, Facts as EndpointFacts, Presence, RuleId};
use dogwatch_triage::{
    alert::{EventKind, TimelineEvent, Told},
    finding::{Category, Finding, Severity},
    notice::Via,
};

use super::*;
use crate::{
    core::Batch,
    notify::{
        self, Channels, Facts, Message as Sent, News, Order, Outcome, Subject, channels::Kind, worker::Worker,
    },
    queue,
    state::Member,
};

const MATRIX: &str = r#"
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

fn policy(orgs: &[&str]) -> Policy {
    let texts: Vec<_> = orgs.iter().map(|org| (org.parse().unwrap(), MATRIX.replace("@ORG@", org))).collect();
    Policy::of_texts(&texts, "")
}

fn facts() -> Facts {
    let channel = |id: &str| (id.parse().unwrap(), (Kind::Slack, None));
    Facts {
        channels: BTreeMap::from([channel("noc-chat"), channel("it-chat")]),
        mail: true,
        timing: dogwatch_triage::notice::group::Timing::default(),
    }
}

/// A core that tells, and the other end of its worker's inbox.
struct Desk {
    sim: Sim,
    policy: Arc<Policy>,
    inbox: mpsc::UnboundedReceiver<Order>,
    /// Messages that the worker was told to let go of.
    dropped: Vec<String>,
    /// Of machines that are new.
    criticality: Criticality,
}

impl Desk {
    fn new(orgs: &[&str]) -> Self {
        Self::at(Sim::new(), orgs)
    }

    fn at(sim: Sim, orgs: &[&str]) -> Self {
        Self::over(sim, policy(orgs), facts())
    }

    fn over(mut sim: Sim, policy: Policy, facts: Facts) -> Self {
        let policy = Arc::new(policy);
        sim.core.policy.store(policy.clone());
        let (worker, inbox) = mpsc::unbounded_channel();
        sim.step(Input::Notify(Box::new(News::Channels(Box::new(facts)))));
        sim.step(Input::Notify(Box::new(News::Worker(worker))));
        Self { sim, policy, inbox, dropped: Vec::new(), criticality: Criticality::Normal }
    }

    fn restart(self, orgs: &[&str]) -> Self {
        Self::at(self.sim.restart_after(SignedDuration::from_secs(1)), orgs)
    }

    /// A machine with a finding on each of so many subjects; one commit.
    fn fire(&mut self, org: &str, machine: u128, subjects: std::ops::Range<u32>) {
        let mut endpoint = endpoint(EndpointId(Uuid::from_u128(machine)), org, self.sim.now);
        endpoint.criticality = self.criticality;
        let now = self.sim.now;
        self.find(endpoint, subjects.map(|subject| finding(subject, now)));
    }

    /// A machine, new or known, with findings; one commit.
    fn find(&mut self, endpoint: Endpoint, findings: impl Iterator<Item = Finding>) {
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

    fn clear(&mut self, machine: u128, subject: u32) {
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
    fn sent(&mut self) -> Vec<Sent> {
        let mut sent = Vec::new();
        while let Ok(order) = self.inbox.try_recv() {
            match order {
                Order::Send(message) => sent.push(*message),
                Order::Drop(ids) => self.dropped.extend(ids),
            }
        }
        sent
    }

    fn ended(&mut self, id: &str, outcome: Outcome) {
        self.sim.step(Input::Notify(Box::new(News::Ended { id: id.to_owned(), outcome })));
    }

    /// Time passes, and whatever is sent meanwhile is taken at once.
    fn pass_delivering(&mut self, time: SignedDuration) -> Vec<Sent> {
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

    fn pass(&mut self, seconds: i64) {
        self.sim.pass(SignedDuration::from_secs(seconds));
    }

    fn items(&self) -> Vec<Item> {
        self.sim.core.shared.read().unwrap().alerts.values().cloned().collect()
    }
}

fn endpoint(id: EndpointId, org: &str, now: Timestamp) -> Endpoint {
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

fn finding(subject: u32, now: Timestamp) -> Finding {
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
fn told(item: &Item) -> Vec<String> {
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

fn ways(messages: &[Sent]) -> Vec<String> {
    let mut ways: Vec<String> = messages.iter().map(|message| message.via.to_string()).collect();
    ways.sort();
    ways
}

#[test]
fn ten_thousand_items_of_one_cause_in_a_minute_make_at_most_ten_messages_and_each_item_says_who_was_told() {
    let mut desk = Desk::new(&["home"]);
    let mut sent = Vec::new();
    for second in 0..50 {
        desk.fire("home", 1 + second, 0..200);
        desk.pass(1);
        for message in desk.sent() {
            desk.ended(&message.id, Outcome::Delivered { tries: 1 });
            sent.push(message);
        }
    }
    sent.extend(desk.pass_delivering(SignedDuration::from_mins(30)));
    assert!(sent.len() <= 10, "{} messages: {:?}", sent.len(), ways(&sent));
    let items = desk.items();
    assert_eq!(items.len(), 10_000);
    let expected = ["delivered mira <mira@msp.example>", "delivered team it", "delivered team noc"];
    let lacking = items.iter().filter(|item| told(item) != expected).count();
    assert_eq!(lacking, 0, "for example {:?}", told(&items[0]));
    assert!(items.iter().all(|item| item.alert.version == 1), "being told of is no change of an item");
}

#[test]
fn a_death_at_any_point_loses_nothing_and_repeats_under_the_same_key() {
    let orgs = &["home"][..];
    let mut whole = Desk::new(orgs);
    whole.fire("home", 1, 0..2);
    whole.pass(40);
    let expected: BTreeSet<String> = whole.sent().into_iter().map(|message| message.id).collect();
    assert_eq!(expected.len(), 3);

    let mut desk = Desk::new(orgs);
    desk.fire("home", 1, 0..2);
    let mut desk = desk.restart(orgs);
    desk.pass(40);
    let ids = |sent: Vec<Sent>| sent.into_iter().map(|message| message.id).collect::<BTreeSet<_>>();
    assert_eq!(ids(desk.sent()), expected, "died before it was gathered");
    let mut desk = desk.restart(orgs);
    assert_eq!(ids(desk.sent()), expected, "died before anybody knew what came of it");
    for id in &expected {
        desk.ended(id, Outcome::Delivered { tries: 1 });
    }
    let mut desk = desk.restart(orgs);
    desk.pass(600);
    assert!(desk.sent().is_empty(), "what was told is told");
    assert_eq!(told(&desk.items()[0]).len(), 3);
}

#[test]
fn orgs_are_never_mixed_and_what_is_too_much_for_one_way_is_one_round_that_names_its_items() {
    let orgs: Vec<String> = (0..12).map(|n| format!("org-{n}")).collect();
    let orgs: Vec<&str> = orgs.iter().map(String::as_str).collect();
    let mut desk = Desk::new(&orgs);
    for (n, org) in orgs.iter().enumerate() {
        desk.fire(org, 100 + n as u128, 0..3);
    }
    let sent = desk.pass_delivering(SignedDuration::from_mins(9));
    let chat: Vec<&Sent> = sent.iter().filter(|message| message.via.to_string() == "noc-chat").collect();
    assert_eq!(chat.len(), 12, "{:?}", ways(&sent));
    for message in chat {
        let Subject::Items { org, lines, .. } = &message.subject else { panic!("{:?}", message.subject) };
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| {
            desk.items().iter().any(|item| item.alert.number == line.number && item.alert.org == *org)
        }));
    }
    assert!(desk.items().iter().all(|item| told(item).len() == 3), "nobody is kept in silence");
    // The span is full now: what is not urgent waits for its end, and says so by silence in the timeline.
    desk.fire("org-0", 100, 3..4);
    let more = desk.pass_delivering(SignedDuration::from_secs(30));
    assert!(more.iter().all(|message| message.via.to_string() != "noc-chat"), "{:?}", ways(&more));
    let held = desk.items().into_iter().find(|item| item.alert.subject == "3").expect("it was fired");
    assert!(!told(&held).contains(&"delivered team noc".to_owned()), "{:?}", told(&held));
}

#[test]
fn a_p1_is_told_when_the_way_has_had_all_that_it_bears() {
    let orgs: Vec<String> = (0..12).map(|n| format!("org-{n}")).collect();
    let orgs: Vec<&str> = orgs.iter().map(String::as_str).collect();
    let mut desk = Desk::new(&orgs);
    for (n, org) in orgs.iter().enumerate() {
        desk.fire(org, 100 + n as u128, 0..3);
    }
    desk.pass_delivering(SignedDuration::from_mins(2));
    desk.criticality = Criticality::Critical;
    desk.fire("org-5", 900, 7..8);
    let sent = desk.pass_delivering(SignedDuration::from_secs(65));
    let chat: Vec<&Sent> = sent.iter().filter(|message| message.via.to_string() == "noc-chat").collect();
    assert_eq!(chat.len(), 1, "{:?}", ways(&sent));
    assert!(chat[0].headline().contains("P1 #37"), "{}", chat[0].headline());
}

#[test]
fn what_is_over_before_it_goes_out_is_not_told_and_says_so() {
    let mut desk = Desk::new(&["home"]);
    desk.fire("home", 1, 0..1);
    desk.pass(10);
    desk.clear(1, 0);
    desk.pass(60);
    let sent = desk.sent();
    assert_eq!(ways(&sent), ["it-chat"], "who is informed hears of the end, at most");
    let said = told(&desk.items()[0]);
    assert_eq!(
        said.iter().filter(|word| word.starts_with("not ") && word.contains("over before")).count(),
        3
    );
}

#[test]
fn an_end_that_failed_and_a_channel_that_is_gone_are_last_words() {
    let mut desk = Desk::new(&["home"]);
    desk.fire("home", 1, 0..1);
    desk.pass(40);
    for message in desk.sent() {
        let outcome = match &message.via {
            Via::Mail(_) => Outcome::Failed { tries: 9, error: "no answer".to_owned() },
            Via::Channel(_) => Outcome::Impossible { why: "gone".to_owned() },
        };
        desk.ended(&message.id, outcome);
    }
    let expected = ["failed mira <mira@msp.example>", "not team it: gone", "not team noc: gone"];
    assert_eq!(told(&desk.items()[0]), expected);
}

#[test]
fn who_has_no_channel_that_exists_is_written_down_in_the_same_commit() {
    let mut desk = Desk::new(&["home"]);
    let news = News::Channels(Box::default());
    desk.sim.step(Input::Notify(Box::new(news)));
    desk.fire("home", 1, 0..1);
    let said = told(&desk.items()[0]);
    assert_eq!(said.len(), 3);
    assert!(said[0].contains("notify.toml has no [smtp]"), "{said:?}");
    assert!(said[1].contains("channel `it-chat` is not defined in notify.toml"), "{said:?}");
    let desk = desk.restart(&["home"]);
    assert_eq!(told(&desk.items()[0]), said);
}

#[test]
fn a_pager_hears_of_the_end_even_when_the_item_went_to_another_team_meanwhile() {
    let mut desk = Desk::new(&["home"]);
    let mut facts = facts();
    facts.channels.insert("noc-chat".parse().unwrap(), (Kind::Pagerduty, None));
    desk.sim.step(Input::Notify(Box::new(News::Channels(Box::new(facts)))));
    desk.fire("home", 1, 0..1);
    let begun = desk.pass_delivering(SignedDuration::from_mins(2));
    let incidents = |sent: &[Sent]| {
        let subjects = sent.iter().map(|message| message.subject.clone());
        let of = |subject| match subject {
            Subject::Items { incidents, .. } => incidents,
            Subject::Summary { .. } => Vec::new(),
        };
        subjects.flat_map(of).map(|incident| (incident.action.to_string(), incident.key)).collect::<Vec<_>>()
    };
    assert_eq!(incidents(&begun), [("trigger".to_owned(), "dogwatch/home/1".to_owned())]);
    for item in desk.sim.core.shared.write().unwrap().alerts.values_mut() {
        item.alert.owner.team = "it".parse().unwrap();
    }
    desk.clear(1, 0);
    let ended = desk.pass_delivering(SignedDuration::from_mins(2));
    assert_eq!(incidents(&ended), [("resolve".to_owned(), "dogwatch/home/1".to_owned())]);
}

#[test]
fn what_nobody_takes_is_said_again_after_four_hours() {
    let mut desk = Desk::new(&["home"]);
    desk.fire("home", 1, 0..1);
    assert_eq!(desk.pass_delivering(SignedDuration::from_mins(10)).len(), 3);
    desk.sim.now += SignedDuration::from_hours(4);
    let mut batch = Batch::default();
    notify::repeat(&mut desk.sim.core.shared.clone().write().unwrap(), desk.sim.now, &mut batch);
    desk.sim.core.commit(batch).unwrap();
    let again = desk.pass_delivering(SignedDuration::from_mins(1));
    assert_eq!(again.len(), 3);
    assert!(again[0].headline().contains("still nobody"), "{}", again[0].headline());
}

#[tokio::test]
async fn a_target_that_hangs_or_fails_delays_nobody_and_every_try_has_the_same_id() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let hangs = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let hang_url = format!("http://{}/", hangs.local_addr().unwrap());
    let flaky = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let flaky_url = format!("http://{}/", flaky.local_addr().unwrap());
    let (seen, mut requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for n in 0.. {
            let Ok((mut stream, _)) = flaky.accept().await else { return };
            let mut request = vec![0; 64 * 1024];
            let mut length = 0;
            while !String::from_utf8_lossy(&request[..length]).ends_with('}') {
                length += stream.read(&mut request[length..]).await.unwrap();
            }
            let _ = seen.send(String::from_utf8_lossy(&request[..length]).into_owned());
            let status = if n < 2 { "500 Oops" } else { "204 No Content" };
            let _ = stream.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await;
        }
    });
    let file = format!(
        "[retry]\nfirst = \"10ms\"\nmost = \"20ms\"\ngive_up = \"1h\"\n\n\
         [[channel]]\nid = \"noc-chat\"\nkind = \"slack\"\nurl = \"{hang_url}\"\nallow_private = true\n\n\
         [[channel]]\nid = \"it-chat\"\nkind = \"webhook\"\nurl = \"{flaky_url}\"\nallow_private = true\n\
         secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = Channels::path(folder.path());
    std::fs::write(&path, file).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let channels = Arc::new(Channels::read(&path).unwrap());

    let mut desk = Desk::new(&["home"]);
    desk.fire("home", 1, 0..1);
    desk.pass(40);
    let messages: Vec<Sent> =
        desk.sent().into_iter().filter(|message| matches!(message.via, Via::Channel(_))).collect();
    let (_keep, receiver) = tokio::sync::watch::channel(channels);
    let worker = Worker::new(desk.sim.handle.clone(), receiver).await;
    let stop = CancellationToken::new();
    tokio::spawn(worker.run(stop.clone()));
    let outbox = loop {
        match desk.sim.queue.recv().await {
            Some(Input::Notify(news)) => match *news {
                News::Worker(outbox) => break outbox,
                _ => continue,
            },
            _ => panic!("the worker says hello first"),
        }
    };
    for message in messages {
        // The worker's clock is the real one.
        let message = Sent { sealed_at: Timestamp::now(), ..message };
        outbox.send(Order::Send(Box::new(message))).unwrap();
    }
    // The other one hangs all the while.
    let ended = tokio::time::timeout(Duration::from_secs(5), desk.sim.queue.recv()).await.unwrap();
    let Some(Input::Notify(news)) = ended else { panic!("a last word") };
    let News::Ended { outcome, .. } = *news else { panic!("a last word") };
    assert_eq!(outcome, Outcome::Delivered { tries: 3 });
    let ids: BTreeSet<String> = std::iter::from_fn(|| requests.try_recv().ok())
        .filter_map(|request| {
            request.lines().find(|line| line.starts_with("webhook-id: ")).map(str::to_owned)
        })
        .collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    stop.cancel();
}

/// The customer's owner says goodbye to the MSP.
fn offboard(desk: &mut Desk) -> crate::core::Departed {
    let owner = person(Side::Internal);
    let account = crate::access::Account {
        password: crate::access::Hidden::new("$argon2id$".into()),
        totp: None,
        pending: None,
        recovery: BTreeSet::new(),
        set_at: desk.sim.now,
        set_by: None,
    };
    desk.sim.handle.shared.write().unwrap().access.accounts.insert(owner.key(), account);
    let home = OrgId::new("home").unwrap();
    desk.sim.ask(|reply| Command::Offboard(home, Side::Msp, owner, reply)).unwrap()
}

fn to_the_msp(message: &Sent) -> bool {
    message.via.to_string() != "it-chat"
}

#[test]
fn a_side_that_has_left_hears_nothing_any_more_not_even_what_was_sealed() {
    let mut desk = Desk::new(&["home", "globex"]);
    desk.fire("home", 1, 0..3);
    desk.fire("globex", 2, 0..1);
    desk.pass(40);
    let sealed = desk.sent();
    let of_home =
        |message: &&Sent| matches!(&message.subject, Subject::Items { org, .. } if org.as_str() == "home");
    let theirs: BTreeSet<String> =
        sealed.iter().filter(of_home).filter(|sent| to_the_msp(sent)).map(|sent| sent.id.clone()).collect();
    assert_eq!(theirs.len(), 2, "the chat and whoever is on call: {sealed:?}");
    // More has gathered, and is not sealed yet.
    desk.fire("home", 1, 3..5);
    let departed = offboard(&mut desk);
    assert!(departed.messages >= 5, "{departed:?}");
    assert_eq!(desk.sent(), []);
    assert_eq!(desk.dropped.iter().cloned().collect::<BTreeSet<_>>(), theirs, "and nothing of globex");
    let why = |event: &TimelineEvent| match &event.kind {
        EventKind::NotNotified { why, .. } => Some(why.clone()),
        _ => None,
    };
    let told: Vec<String> = desk.sim.handle.read(|state| {
        let own = state.alerts.values().filter(|item| item.alert.org.as_str() == "home");
        own.flat_map(|item| item.timeline.iter().filter_map(why)).collect()
    });
    assert!(told.iter().all(|why| why == "the msp side has left home") && told.len() >= 5, "{told:?}");
    let stopped = desk.sim.handle.read(|state| state.access.orgs[&org()].ways_stopped.clone());
    assert_eq!(stopped.into_iter().collect::<Vec<_>>(), ["mail:mira@msp.example", "noc-chat"]);
    // What happens later, is said again or comes back after a restart goes to those who stay.
    desk.fire("home", 1, 5..9);
    desk.clear(1, 0);
    desk.pass(6 * 3600);
    desk.fire("globex", 2, 1..2);
    let mut desk = {
        desk.pass(40);
        let later = desk.sent();
        assert!(later.iter().filter(of_home).all(|sent| !to_the_msp(sent)), "{later:?}");
        assert!(later.iter().any(|sent| !of_home(&sent) && to_the_msp(sent)), "globex goes on: {later:?}");
        desk.restart(&["home", "globex"])
    };
    desk.pass(6 * 3600);
    let after = desk.sent();
    assert!(after.iter().filter(of_home).all(|sent| !to_the_msp(sent)), "{after:?}");
}

#[test]
fn what_the_departed_had_is_free_and_goes_to_those_who_stay() {
    let mut desk = Desk::new(&["home"]);
    desk.fire("home", 1, 0..3);
    let numbers: Vec<AlertNumber> =
        desk.sim.handle.read(|state| state.alerts.keys().copied().collect::<Vec<_>>());
    let claim = |desk: &mut Desk, number: AlertNumber, by: Principal| {
        let act = Act::Claim { override_reason: Some("it burns".into()) };
        desk.sim.ask(|reply| Command::Alert { number, act, by, version: None, reply }).unwrap();
    };
    claim(&mut desk, numbers[0], person(Side::Msp));
    claim(&mut desk, numbers[1], person(Side::Internal));
    let departed = offboard(&mut desk);
    assert_eq!(departed.items, 1);
    desk.pass(1);
    let items: Vec<Item> = desk.sim.handle.read(|state| state.alerts.values().cloned().collect());
    for item in &items {
        let alert = &item.alert;
        assert_eq!(alert.owner.side, Side::Internal, "{alert:?}");
        let left = item.timeline.iter().filter(|event| event.kind == EventKind::SideLeft { side: Side::Msp });
        assert_eq!(left.count(), 1, "{:?}", item.timeline);
    }
    assert_eq!((items[0].alert.work, &items[0].alert.assignee), (Work::Unclaimed, &None));
    let kept = items[1].alert.assignee.as_ref().map(|holder| holder.side);
    assert_eq!((items[1].alert.work, kept), (Work::Claimed, Some(Some(Side::Internal))));
    desk.pass(3600);
    let again = desk.sim.handle.read(|state| state.alerts[&numbers[2]].clone());
    let routed = again.timeline.iter().filter(|event| matches!(event.kind, EventKind::Routed { .. })).count();
    assert_eq!(routed, 2, "once at first and once when they left: {:?}", again.timeline);
}

#[test]
fn each_right_that_goes_with_a_side_has_its_own_record() {
    let mut desk = Desk::new(&["home"]);
    desk.sim.join_token(3);
    let departed = offboard(&mut desk);
    assert_eq!(departed.join_tokens, 1);
    let chain = dogwatch_triage::audit::Chain::Org(org());
    let lines = desk.sim.ask(|reply| Command::ReadAudit(chain, 0, reply)).unwrap();
    let acts: Vec<String> = lines
        .iter()
        .map(|line| {
            serde_json::from_slice::<serde_json::Value>(line).unwrap()["act"].as_str().unwrap().to_owned()
        })
        .collect();
    assert!(acts.contains(&"org.offboard".to_owned()), "{acts:?}");
    assert!(acts.contains(&"join-token.revoke".to_owned()), "{acts:?}");
}
