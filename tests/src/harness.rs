//! A whole Dogwatch on loopback for one test: real processes, real TLS, real sockets, real files.
//!
//! [`Lab`] makes a collector in a folder of its own, fast enough that tests need not wait: samples five times a
//! second, hold times of a second. It enrols real agents ([`agent::LabAgent`]), lets people use the real CLI
//! ([`person::Person`]) and lends out bare wire peers ([`peer::Peer`]) for what a well-behaved agent never does.
//!
//! Invariants: nothing outlives the lab (every child is killed by its own pid when dropped); nothing is shared
//! between labs (folders, ports and CLI contexts are each lab's own); a test never guesses at time: it waits for a
//! condition ([`wait::wait_for`]) and fails with what the condition looked at, and with the end of every log.

pub mod agent;
pub mod authenticator;
pub mod browser;
pub mod canaries;
pub mod collector;
pub mod crews;
pub mod debian;
pub mod events;
pub mod glass;
pub mod identity;
pub mod journal_audit;
pub mod peer;
pub mod person;
pub mod port;
pub mod program;
pub mod proxy;
pub mod receiver;
pub mod settings;
pub mod terminal;
pub mod tool;
pub mod wait;
pub mod wire;

use std::{
    cell::{Cell, OnceCell},
    path::Path,
    time::Duration,
};

use dogwatch_model::JoinToken;
use serde_json::{Value, json};
use tempfile::TempDir;

use self::{
    agent::LabAgent,
    canaries::{Canaries, Heard},
    collector::LabCollector,
    person::Person,
    settings::Settings,
};

/// The org that `dogwatch-collector init` makes, and a site of it.
pub const ORG: &str = "home";
/// Where the lab's machines stand.
pub const SITE: &str = "main";

/// How long anything may take that has no time of its own: far more than it does, even on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(20);

/// One collector, its first administrator, and what a test adds.
pub struct Lab {
    // Dropped in this order: the collector ends before its folder goes.
    collector: LabCollector,
    admin: Person,
    owner: OnceCell<crate::bench::api::Api>,
    agents: Cell<u32>,
    canaries: Canaries,
    folder: TempDir,
}

impl Lab {
    /// A running collector with the lab's fast settings, and its administrator logged in.
    #[track_caller]
    pub fn start() -> Self {
        Self::with(&Settings::default())
    }

    /// The same with other settings.
    #[track_caller]
    pub fn with(settings: &Settings) -> Self {
        let mut lab = Self::running(settings);
        lab.collector.set_up("ann");
        lab.canaries.note("the administrator's token", lab.collector.bearer());
        lab.admin.run(&["login", &lab.collector.login_link(lab.collector.bearer())]).succeeds();
        lab
    }

    /// A running collector that nobody has ever logged in to.
    #[track_caller]
    pub fn unmanned() -> Self {
        Self::running(&Settings::default())
    }

    #[track_caller]
    fn running(settings: &Settings) -> Self {
        let folder = TempDir::with_prefix("dogwatch-lab-").expect("a temporary folder");
        let mut collector = LabCollector::init(&folder.path().join("collector"), settings);
        collector.start();
        let admin = Person::new(folder.path(), "ann");
        let canaries = Canaries::default();
        canaries.note("the set-up code", collector.setup_code());
        Self { collector, admin, owner: OnceCell::new(), agents: Cell::new(0), canaries, folder }
    }

    /// The collector.
    pub const fn collector(&self) -> &LabCollector {
        &self.collector
    }

    /// The collector, to stop, kill or start it.
    pub const fn collector_mut(&mut self) -> &mut LabCollector {
        &mut self.collector
    }

    /// The first administrator, on the MSP's side.
    pub const fn admin(&self) -> &Person {
        &self.admin
    }

    /// The secrets that must show nowhere.
    pub const fn canaries(&self) -> &Canaries {
        &self.canaries
    }

    /// Where they show all the same: in a log, on the collector's command line, or in what it keeps on disk.
    pub fn heard(&mut self) -> Vec<Heard> {
        let mut heard = self.canaries.heard_in_logs(self.folder.path());
        if let Some(pid) = self.collector.pid() {
            heard.extend(self.canaries.heard_on_command_line(pid));
        }
        // Beside it lie the files that people write secrets into, and keys.
        heard.extend(self.canaries.heard_at_rest(&self.collector.path("store")));
        heard
    }

    /// The lab's folder, for a test's own files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Somebody else, logged in with a token of their own.
    #[track_caller]
    pub fn person(&self, name: &str, side: &str, team: &str) -> Person {
        self.person_with(&json!({ "person": name, "side": side, "team": team }))
    }

    /// Somebody else, with a token made to order.
    #[track_caller]
    pub fn person_with(&self, order: &Value) -> Person {
        let token = self.token_of(order);
        let person = Person::new(self.folder(), order["person"].as_str().unwrap_or_default());
        person.run(&["login", &self.collector.login_link(&token)]).succeeds();
        person
    }

    /// A token of the MSP's for every org, with a role.
    #[track_caller]
    pub fn person_token(&self, person: &str, role: &str) -> String {
        self.token_of(&json!({ "person": person, "side": "msp", "role": role }))
    }

    /// A join token for so many machines, as the one string that people copy.
    #[track_caller]
    pub fn join_token(&self, uses: u32) -> String {
        let order = json!({ "org": ORG, "site": SITE, "uses": uses });
        let made =
            self.collector.api().post("/api/v1/join-tokens", &order).expect("an administrator makes tokens");
        let token = made["token"].as_str().expect("a join token is shown once").to_owned();
        let parsed: JoinToken = token.parse().expect("the collector makes whole join tokens");
        self.canaries.note("a join token's secret", &parsed.secret);
        token
    }

    /// The same, taken apart.
    #[track_caller]
    pub fn parsed_join_token(&self, uses: u32) -> JoinToken {
        self.join_token(uses).parse().expect("the collector makes whole join tokens")
    }

    /// A machine that is enrolled and does not run yet.
    #[track_caller]
    pub fn enrol(&self, name: &str) -> LabAgent {
        let agent = self.machine(name);
        agent.enroll(&self.join_token(1)).succeeds();
        agent
    }

    /// A machine without an identity.
    pub fn machine(&self, name: &str) -> LabAgent {
        self.agents.set(self.agents.get() + 1);
        LabAgent::new(&self.folder().join(format!("agent-{}-{name}", self.agents.get())), name)
    }

    /// A machine that is enrolled, runs, and is online.
    #[track_caller]
    pub fn online(&self, name: &str) -> LabAgent {
        let mut agent = self.enrol(name);
        agent.start();
        self.wait_for_endpoint(name, |endpoint| endpoint["online"] == json!(true));
        agent
    }

    /// An endpoint's JSON; nothing when it is not in the fleet.
    pub fn endpoint(&self, name: &str) -> Option<Value> {
        let page = self.collector.api().get("/api/v1/fleet").ok()?;
        page["endpoints"].as_array()?.iter().find(|endpoint| endpoint["name"] == json!(name)).cloned()
    }

    /// Waits until an endpoint is as it should be.
    #[track_caller]
    pub fn wait_for_endpoint(&self, name: &str, is: impl Fn(&Value) -> bool) -> Value {
        wait::wait_for(
            &format!("endpoint {name}"),
            PATIENCE,
            || self.endpoint(name),
            |seen| seen.as_ref().is_some_and(&is),
        )
        .expect("it was just seen")
    }

    /// Every alert: done ones with their work `done`, hidden ones, too.
    pub fn queue(&self) -> Vec<Value> {
        let path = "/api/v1/queue?state=all&hidden=true&limit=20000";
        let queue = self.collector.api().get(path).unwrap_or_default();
        queue["alerts"].as_array().cloned().unwrap_or_default()
    }

    /// Those of a rule.
    pub fn alerts(&self, rule: &str) -> Vec<Value> {
        self.queue().into_iter().filter(|alert| alert["rule"] == json!(rule)).collect()
    }

    /// Waits until exactly one alert of a rule is as it should be, and returns it.
    #[track_caller]
    pub fn wait_for_alert(&self, rule: &str, limit: Duration, is: impl Fn(&Value) -> bool) -> Value {
        let seen = wait::wait_for(
            &format!("an alert of rule {rule}"),
            limit,
            || self.alerts(rule),
            |seen| matches!(&seen[..], [alert] if is(alert)),
        );
        seen.into_iter().next().expect("it was just seen")
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        if std::thread::panicking() {
            wait::show_logs(self.folder.path());
        } else {
            let heard = self.heard();
            assert!(heard.is_empty(), "secrets where none may be: {heard:#?}");
        }
    }
}
