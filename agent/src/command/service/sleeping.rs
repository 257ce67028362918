//! `service sleep` and `service wake`: what the system runs around a sleep of the machine.
//!
//! A machine that sleeps without a word is silent after a while, and somebody is called. The agent cannot know of a sleep
//! ahead of it by itself, so the system's own hook tells it: `dogwatch-agent-sleep.service`.

use std::{process::ExitCode, time::Duration};

use crate::{
    command::{answer, status::is_agent},
    config::Config,
    link_status::{self, LinkState},
    uplink::FAREWELL,
    wishes::{self, Wish},
};

/// What the hook may take over what the agent allows itself: a process to start, a file to write.
const MARGIN: Duration = Duration::from_secs(1);

/// Has the running agent say goodbye, and waits until it has, or has had its time: a sleep is never held up for longer.
/// No agent, nothing to say.
pub(super) async fn sleep(config: &Config) -> anyhow::Result<ExitCode> {
    let Some(pid) = running(config)? else { return super::say(&["no agent runs".into()]) };
    let gone = || {
        let agent = link_status::read(&config.state).ok()??;
        let connected = matches!(agent.link, LinkState::Streaming | LinkState::Draining);
        (!connected).then_some(())
    };
    let gone = answer::ask(&config.state, (pid, Wish::Sleep), FAREWELL + MARGIN, gone).await;
    anyhow::ensure!(
        gone.is_some(),
        "agent {pid} did not say goodbye within {:?}: run this as its user or as root, and see its log",
        FAREWELL + MARGIN
    );
    super::say(&["the agent is away until the machine is awake again".into()])
}

/// Has the agent connect again. What comes of it is for `status`.
pub(super) fn wake(config: &Config) -> anyhow::Result<ExitCode> {
    let Some(pid) = running(config)? else { return super::say(&["no agent runs".into()]) };
    anyhow::ensure!(
        wishes::ask(pid, Wish::Wake),
        "agent {pid} cannot be told: run this as its user or as root"
    );
    super::say(&["the agent connects again".into()])
}

fn running(config: &Config) -> anyhow::Result<Option<u32>> {
    let agent = link_status::read(&config.state)?;
    let agent = agent.filter(|agent| agent.link != LinkState::Stopped && is_agent(agent.pid));
    Ok(agent.map(|agent| agent.pid))
}
