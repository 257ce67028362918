//! A process group of its own, which is killed whole.

use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;

const PATH: &str = "/usr/sbin:/usr/bin:/sbin:/bin";

/// Output is what the parsers know, whatever whoever started the agent has set.
pub(super) fn plain(command: &mut Command) {
    command.env_clear().env("PATH", PATH).env("LC_ALL", "C").env("LANGUAGE", "C").process_group(0);
}

/// Ends the tool and what it has started.
pub(super) async fn kill(leader: Option<u32>) {
    let group = leader.and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    // It may have ended in this very moment.
    let _ = group.map(|group| kill_process_group(group, Signal::KILL));
}
