//! A real collector in a folder of its own: made by `init`, given the lab's settings, started, stopped and killed.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use rustix::process::Signal;
use serde_json::json;

use super::{
    PATIENCE, port,
    program::{Finished, Running, built},
    settings::Settings,
    wait::{tail, wait_for},
};
use crate::{
    bench::api::Api,
    load::trust::{Place, fetch_root},
};

/// The collector of a lab.
pub struct LabCollector {
    folder: PathBuf,
    people: u16,
    agents: u16,
    code: String,
    root_sha256: String,
    under: Vec<String>,
    log: Option<&'static str>,
    environment: Vec<(&'static str, String)>,
    running: Option<Running>,
    api: Option<Api>,
    bearer: String,
}

impl LabCollector {
    /// Makes one that does not run yet.
    #[track_caller]
    pub fn init(folder: &Path, settings: &Settings) -> Self {
        let (people, agents) = (port::free(), port::free());
        let made = Finished::of(
            program()
                .args(["init", "--name", "Lab", "--host", "localhost", "--data-dir"])
                .arg(folder)
                .args(["--port", &people.to_string(), "--agent-port", &agents.to_string()]),
        )
        .succeeds();
        let link = made.stdout.split_ascii_whitespace().find(|word| word.contains("/setup#"));
        let (_, fragment) = link.and_then(|link| link.split_once('#')).expect("init prints a set-up link");
        let (code, root_sha256) = fragment.rsplit_once('.').expect("a set-up link is CODE.HASH");
        let collector = Self {
            folder: folder.to_owned(),
            people,
            agents,
            code: code.to_owned(),
            root_sha256: root_sha256.to_owned(),
            under: settings.under.clone(),
            log: settings.log,
            environment: settings.environment.clone(),
            running: None,
            api: None,
            bearer: String::new(),
        };
        collector.write("collector.toml", &settings.collector_toml(people, agents));
        collector.write("policy/rules.toml", &settings.rules_toml());
        collector
    }

    /// Where it keeps everything.
    pub fn data_dir(&self) -> &Path {
        &self.folder
    }

    /// A file of its data directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// Replaces a file of its data directory.
    #[track_caller]
    pub fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap_or_else(|error| panic!("cannot write {name}: {error}"));
    }

    /// Its log.
    pub fn log(&self) -> PathBuf {
        self.folder.with_extension("log")
    }

    /// What its log says so far.
    pub fn log_text(&self) -> String {
        fs::read_to_string(self.log()).unwrap_or_default()
    }

    /// `host:port` of the people's listener.
    pub fn people_address(&self) -> String {
        format!("localhost:{}", self.people)
    }

    /// `host:port` of the agents' listener.
    pub fn agents_address(&self) -> String {
        format!("localhost:{}", self.agents)
    }

    /// The agents' port.
    pub const fn agents_port(&self) -> u16 {
        self.agents
    }

    /// The one-time set-up link that `init` printed.
    pub fn setup_link(&self) -> String {
        format!("https://{}/setup#{}.{}", self.people_address(), self.code, self.root_sha256)
    }

    /// The code of that link.
    pub fn setup_code(&self) -> &str {
        &self.code
    }

    /// What somebody with this API token logs in with.
    pub fn login_link(&self, token: &str) -> String {
        format!("https://{}/#{token}.{}", self.people_address(), self.root_sha256)
    }

    /// The first administrator's token; empty before [`Self::set_up`].
    pub fn bearer(&self) -> &str {
        &self.bearer
    }

    /// SHA-256 of its root certificate.
    pub fn root_sha256(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        for (byte, at) in hash.iter_mut().zip((0..64).step_by(2)) {
            *byte = u8::from_str_radix(&self.root_sha256[at..at + 2], 16).expect("hex");
        }
        hash
    }

    /// A command of the program on its data directory.
    pub fn command(&self, command: &str) -> Command {
        let mut program = match &self.under[..] {
            [] => program(),
            [outer, arguments @ ..] => {
                let mut program = Command::new(outer);
                program.args(arguments).arg(built("dogwatch-collector"));
                program
            }
        };
        if let Some(log) = self.log {
            program.env("DOGWATCH_LOG", log);
        }
        program.envs(self.environment.iter().map(|(name, value)| (name, value)));
        program.arg(command).arg("--data-dir").arg(&self.folder);
        program
    }

    /// Starts it; returns once it is ready.
    #[track_caller]
    pub fn start(&mut self) {
        let from = self.log_text().len();
        self.running = Some(Running::start(&mut self.command("serve"), &self.log()));
        wait_for(
            "the collector's start",
            PATIENCE,
            || {
                let ended = self.running.as_mut().and_then(Running::ended);
                assert!(ended.is_none(), "the collector ended at its start: {}", tail(&self.log()));
                self.log_text()
                    .get(from..)
                    .is_some_and(|news| news.lines().any(|line| line.starts_with("ready ")))
            },
            |ready| *ready,
        );
    }

    /// The first login: its administrator's token serves [`Self::api`] from now on.
    #[track_caller]
    pub fn set_up(&mut self, person: &str) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let root = runtime.block_on(async {
            let place = Place::find(&self.people_address()).await?;
            fetch_root(&place, self.root_sha256()).await
        });
        let mut api = Api::new(&self.people_address(), &root.expect("the collector shows its root"));
        let setup = json!({ "code": self.code, "person": person, "side": "msp", "team": "msp-noc" });
        let answer = api.post("/api/v1/setup", &setup).expect("the set-up code works once");
        answer["token"].as_str().expect("the answer has a token").clone_into(&mut self.bearer);
        api.sign_in(&self.bearer);
        self.api = Some(api);
    }

    /// People's API, as the first administrator.
    #[track_caller]
    pub const fn api(&self) -> &Api {
        self.api.as_ref().expect("the collector was set up")
    }

    /// The running program.
    #[track_caller]
    pub const fn running(&mut self) -> &mut Running {
        self.running.as_mut().expect("the collector was started")
    }

    /// The pid of the running program.
    pub fn pid(&self) -> Option<u32> {
        self.running.as_ref().map(Running::pid)
    }

    /// SIGTERM, and its end in order.
    #[track_caller]
    pub fn stop(&mut self) {
        self.running().stop();
        self.running = None;
    }

    /// SIGKILL.
    #[track_caller]
    pub fn kill(&mut self) {
        self.running().kill();
        self.running = None;
    }

    /// SIGHUP: read the policy again.
    pub fn reload(&mut self) {
        self.running().signal(Signal::HUP);
    }
}

fn program() -> Command {
    let mut program = Command::new(built("dogwatch-collector"));
    program.env("DOGWATCH_LOG", std::env::var_os("DOGWATCH_LOG").unwrap_or_else(|| OsString::from("info")));
    program
}
