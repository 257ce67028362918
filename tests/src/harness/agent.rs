//! A real agent with a state folder of its own.

use std::{
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use super::{
    debian::Debian,
    program::{Finished, Running, built},
};

/// Asking the machine's own apt takes seconds of processor time, and nobody knows what it says.
const WITHOUT_PATCH: &str = "[narrow]\ndisable = [\"patch\"]\n";

/// One machine's agent.
#[derive(Debug)]
pub struct LabAgent {
    name: String,
    folder: PathBuf,
    environment: Vec<(String, OsString)>,
    running: Option<Running>,
}

impl LabAgent {
    pub(super) fn new(folder: &Path, name: &str) -> Self {
        fs::create_dir_all(folder).expect("a lab's folder can be written");
        let agent =
            Self { name: name.to_owned(), folder: folder.to_owned(), environment: Vec::new(), running: None };
        agent.configure(WITHOUT_PATCH);
        agent
    }

    /// What its endpoint is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its state folder.
    pub fn state_dir(&self) -> PathBuf {
        self.folder.join("state")
    }

    /// Its log.
    pub fn log(&self) -> PathBuf {
        self.folder.join("agent.log")
    }

    /// Replaces its `agent.toml`. A lab's collector asks for more than an agent allows by itself.
    pub fn configure(&self, toml: &str) {
        let toml = match toml.split_once("[narrow]") {
            Some((before, after)) => format!("{before}[narrow]{after}\nfloors = false\n"),
            None => format!("{toml}\n[narrow]\nfloors = false\n"),
        };
        fs::write(self.folder.join("agent.toml"), toml).expect("a lab's folder can be written");
    }

    /// Lets it look for missing updates, in a made-up Debian.
    pub fn look_for_updates(&mut self, debian: &Debian) {
        self.configure("");
        self.environment.push(("APT_CONFIG".to_owned(), debian.apt_config().into()));
    }

    /// A variable of its environment.
    pub fn set(&mut self, name: &str, value: &str) {
        self.environment.push((name.to_owned(), value.into()));
    }

    /// A command of the program on this machine's state.
    pub fn command(&self, command: &[&str], arguments: &[&str]) -> Command {
        let mut program = Command::new(built("dogwatch-agent"));
        program.args(command).arg("--state-dir").arg(self.state_dir());
        program.arg("--config").arg(self.folder.join("agent.toml")).args(arguments);
        program.envs(self.environment.iter().map(|(name, value)| (name, value)));
        program
    }

    /// Trades a join token for an identity.
    #[track_caller]
    pub fn enroll(&self, token: &str) -> Finished {
        Finished::of(&mut self.command(&["enroll"], &[token, "--name", &self.name, "--class", "server"]))
    }

    /// Starts it.
    #[track_caller]
    pub fn start(&mut self) {
        self.running = Some(Running::start(&mut self.command(&["run"], &[]), &self.log()));
    }

    /// Runs it where it must end by itself.
    #[track_caller]
    pub fn run_once(&self) -> Finished {
        Finished::of(&mut self.command(&["run"], &[]))
    }

    /// The running program.
    #[track_caller]
    pub fn running(&mut self) -> &mut Running {
        self.running.as_mut().expect("the agent was started")
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

    /// Runs a backup job through the wrapper.
    #[track_caller]
    pub fn backup_run(&self, job: &str, command: &[&str]) -> Finished {
        let mut arguments = vec!["--job", job, "--"];
        arguments.extend(command);
        Finished::of(&mut self.command(&["backup", "run"], &arguments))
    }
}
