//! The bare peer as a child process, with its meter and its crew.

use std::process::Command;

use anyhow::{Context as _, Result};
use dogwatch_model::JoinToken;
use tokio::runtime::Handle;

use crate::load::{
    agent::Agent,
    enrol::enrol,
    fleet::Fleet,
    process::{Meter, Program, sibling},
};

/// The bare peer as a child process.
pub struct BarePeer {
    program: Program,
    token: JoinToken,
}

impl BarePeer {
    /// Starts it.
    pub fn start() -> Result<Self> {
        let (program, line) = Program::start_and_read_line(&mut Command::new(sibling("bare")?))?;
        let token = line.parse().context("the bare peer printed no join token")?;
        Ok(Self { program, token })
    }

    /// Its processor time and memory.
    pub fn meter(&self) -> Meter {
        self.program.meter()
    }

    /// Enrols this many agents.
    pub fn crew(&self, runtime: &Handle, agents: usize) -> Result<Vec<Agent>> {
        Ok(Fleet::crew(runtime.block_on(enrol(&self.token, "bare", agents))?))
    }
}
