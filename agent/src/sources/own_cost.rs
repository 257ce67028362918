//! The agent itself: its version, the policy it runs by, and what it costs.

use std::time::Duration;

use dogwatch_model::AgentFacts;
use tokio::time::Instant;

use super::Desk;
use crate::{VERSION, cost::process, report::Observation};

/// Between two looks. The reporter tells what is the same but for the cost once an hour.
const INTERVAL: Duration = Duration::from_secs(3600);

/// Looks whenever the policy changes, and once an hour.
pub async fn run(mut desk: Desk) {
    let started = Instant::now();
    loop {
        desk.tell(Observation::Agent(facts(desk.policy_version(), started.elapsed()))).await;
        if !desk.next_policy(INTERVAL).await {
            return;
        }
    }
}

impl Desk {
    /// Waits for another policy, or for the interval to be over. False when the agent ends.
    async fn next_policy(&mut self, interval: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.cancel.cancelled() => false,
            changed = self.policy.changed() => changed.is_ok(),
            () = tokio::time::sleep(interval) => true,
        }
    }
}

/// The agent as it is, `running` after its start.
pub fn facts(policy_version: Option<String>, running: Duration) -> AgentFacts {
    let own = process::look(std::process::id());
    let cpu_percent = own
        .cpu_seconds
        .filter(|_| running > Duration::from_secs(1))
        .map(|seconds| seconds / running.as_secs_f64() * 100.0);
    AgentFacts {
        version: VERSION.to_owned(),
        policy_version,
        rss_bytes: own.rss_bytes,
        cpu_percent,
        ..AgentFacts::default()
    }
}
